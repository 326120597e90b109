"""How the web reaches the ground."""

from app.ground.routes.areas import areas
from app.ground.routes.imports import imports
from app.ground.routes.open_ground import open_ground
from app.ground.routes.tiles import tiles
from app.ground.routes.town import town

rooms = [town, areas, tiles, imports, open_ground]
