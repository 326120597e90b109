"""What gunicorn serves."""

from app import create_app
from app.cli.settings import installed

application = create_app(installed())
