"""How the database and the background jobs are."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cluster.contents import finds_by_index
from app.db import straight

# Of a worker that lives; it says so every ten seconds.
ALIVE_S = 60
HEALTH = f"""
SELECT current_setting('server_version') AS server, postgis_lib_version() AS postgis,
  (SELECT version_num FROM alembic_version) AS shape, pg_database_size(current_database()) AS size_bytes,
  (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '{ALIVE_S} seconds') AS workers,
  (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()) AS waiting,
  (SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing') AS running,
  (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed') AS failed,
  (SELECT count(*) FROM browser_session WHERE account_id IS NOT NULL AND expires_at > now()) AS signed_in
"""


class Health(NamedTuple):
    """Versions, sizes and counts."""

    server: str
    postgis: str
    # Of the tables: the last migration.
    shape: str
    size_bytes: int
    workers: int
    waiting: int
    running: int
    failed: int
    # Browsers, not people.
    signed_in: int
    finds_by_index: bool


def health(session: Session) -> Health:
    """How it is at this moment."""
    row = session.execute(text(HEALTH)).one()
    return Health(**row._mapping, finds_by_index=finds_by_index(straight(session)))
