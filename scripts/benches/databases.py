"""The throw-away PostGIS of a run, as durable as the real one, and the databases with a town in them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from app import db
from app.cluster import Facts, start_temporary
from app.config import Settings
from app.ground.boundary_import.whole import Wishes, bring_in
from app.migrations import upgrade
from scripts.benches.footprints import TownFiles

# A temporary cluster may lose everything at a power cut, which makes writing faster than it is in an office.
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def durable_cluster() -> Iterator[Facts]:
    """An empty cluster with the durability of an installation."""
    with start_temporary() as facts:
        with psycopg.connect(facts.superuser_conninfo, autocommit=True) as connection:
            for setting in DURABLE:
                connection.execute(f"ALTER SYSTEM SET {setting} = on")
            connection.execute("ALTER SYSTEM SET max_wal_size = '1GB'")
            connection.execute("SELECT pg_reload_conf()")
        upgrade(facts.url)
        yield facts


def copy_of(facts: Facts, name: str) -> Facts:
    """A fresh copy of the cluster's database."""
    with psycopg.connect(facts.superuser_conninfo, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {facts.database} OWNER {facts.role}")
    return replace(facts, database=name)


def settle(facts: Facts) -> None:
    """Statistics and a quiet disk before something is measured."""
    with psycopg.connect(facts.superuser_conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def import_file(url: str, home: Path, path: Path, kind: str) -> dict[str, int]:
    """One file through the steps of `wardmap import`; the counts of what became of its rows."""
    settings = Settings(database_url=url, home=home)
    engine = db.connect(url, pool_size=2)
    try:
        with db.acting_in(db.EVERYWHERE):
            found = bring_in([path], Wishes(kind=kind), settings)
    finally:
        engine.dispose()
    if found.state != "published":
        raise RuntimeError(f"{path.name} was not imported: {found.state} {found.error}")
    summary = found.summary or {}
    return {name: int(summary.get(name, 0)) for name in ("rows", "create", "refused")}


def with_communities(facts: Facts, home: Path, town: TownFiles) -> None:
    """The communities that the buildings will lie in."""
    import_file(facts.url, home, town.communities, "community")


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without an operator's settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WARDMAP_", "PG")) and name != "DATABASE_URL"
    }
    return {**kept, **more}
