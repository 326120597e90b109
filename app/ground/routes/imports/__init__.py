"""The import wizard: a file is handed in, understood, checked, accepted, and can be taken back."""

from app.ground.routes.imports import downloads, help_page, listing, review, steps, upload, wizard
from app.ground.routes.imports.room import imports

__all__ = ["downloads", "help_page", "imports", "listing", "review", "steps", "upload", "wizard"]
