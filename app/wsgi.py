"""What gunicorn, or another production server, serves."""

import sys

from app import create_app
from app.cli.refusals import refuse_exposed, refuse_weak_database, refused_in_words
from app.cli.settings import installed

with refused_in_words():
    settings = installed()
    # Our own configuration looks where it listens, once that is known; of another server the worst is assumed.
    if "app.cli.serving" not in sys.modules:
        refuse_exposed(settings, hosts=None)
    refuse_weak_database(settings)
    application = create_app(settings)
