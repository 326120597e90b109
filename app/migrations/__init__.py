"""Bring a database to the shape this code expects: one at a time, with lock and statement timeouts."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, text

from app.cluster.journal_keeping import keep_journal, lend_journal
from app.db import driver_url
from app.errors import N_, Conflict
from app.migrations.journalling import journal_all, rest_all
from app.migrations.lint import refuse_unguarded
from app.migrations.rights import give_rights

log = logging.getLogger("wardmap.migrations")
ADVISORY_LOCK = 7_211_949


def upgrade(url: str, superuser_conninfo: str = "") -> None:
    """Run the migrations that are missing. Refuses a database that is newer than this code.

    With a superuser's address the journal then belongs to a role of its own, and not even the owner of all other tables can
    change what is written in it; without, triggers refuse it.
    """
    engine = create_engine(driver_url(url))
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
            connection.commit()
            refuse_newer(connection)
            connection.commit()
            if superuser_conninfo:
                lend_journal(superuser_conninfo)
            behind = is_behind(connection)
            if behind:
                rest_all(connection)
            connection.commit()
            command.upgrade(alembic_config(connection), "head")
            connection.commit()
            repaired = journal_all(connection)
            if repaired and not behind:
                log.error("journal triggers of %s were missing or switched off", ", ".join(repaired))
            give_rights(connection)
            refuse_unguarded(connection)
            connection.commit()
            if superuser_conninfo:
                keep_journal(superuser_conninfo)
            connection.execute(text(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})"))
            connection.commit()
    finally:
        engine.dispose()


def refuse_newer(connection: Connection) -> None:
    """Raise Conflict when the database has been through a migration that this code does not know."""
    here = MigrationContext.configure(connection).get_current_revision()
    if here is None:
        return
    try:
        ScriptDirectory.from_config(alembic_config()).get_revision(here)
    except CommandError:
        raise Conflict(
            "database_newer",
            N_("数据库比这份程序新（版本 %(revision)s）。请换用新版程序，或恢复旧的备份。没有改动任何内容。"),
            revision=here,
        ) from None


def is_behind(connection: Connection) -> bool:
    """Whether there are migrations to run."""
    here = MigrationContext.configure(connection).get_current_heads()
    return set(here) != set(ScriptDirectory.from_config(alembic_config()).get_heads())


def differences(engine: Engine) -> None:
    """Raise alembic's error when models and migrations do not agree."""
    with engine.connect() as connection:
        command.check(alembic_config(connection))


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option(
        "file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    config.attributes["connection"] = connection
    return config
