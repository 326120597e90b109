"""How the web reaches plans and zones."""

from app.zones.routes.changes import changes
from app.zones.routes.exports import exports
from app.zones.routes.files import files
from app.zones.routes.index import plans
from app.zones.routes.publishing import publishing
from app.zones.routes.workbench import workbench

rooms = [plans, workbench, changes, exports, publishing, files]
