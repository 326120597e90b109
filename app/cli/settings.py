"""Settings and a connected database for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from app import db
from app.cluster import connection_url, public_connection_url, web_connection_url
from app.config import Settings, read_settings


def installed(settings: Settings | None = None) -> Settings:
    """The settings, with the private cluster's address when no database was set."""
    settings = settings or read_settings()
    if settings.database_url:
        return settings
    return replace(
        settings,
        database_url=connection_url(settings.home),
        database_web_url=web_connection_url(settings.home),
        database_public_url=public_connection_url(settings.home),
    )


@contextmanager
def connected(
    settings: Settings | None = None, pool_size: int = 2, source: str = "cli"
) -> Iterator[Settings]:
    """Connect this process to the installation's database for the length of a command; the journal names its `source`."""
    settings = installed(settings)
    engine = db.connect(settings.database_url, pool_size=pool_size, time_zone=settings.time_zone)
    try:
        # Whoever works on the machine itself works everywhere.
        with db.acting_in(db.EVERYWHERE), db.acting_as(db.Actor(source=source)):
            yield settings
    finally:
        engine.dispose()
