"""Run by alembic: GeoAlchemy2's helpers, timeouts, and which tables are ours."""

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import text

import app.migrations.tables  # noqa: F401  what is compared with the database
from app.db import Base

# A migration that waits for a lock blocks everybody behind it: better to fail and be run again.
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "120s"


def ours(name: str | None, kind: str, parents: Any) -> bool:
    return not (
        kind == "table" and name is not None and name.startswith(("procrastinate_", "spatial_ref_sys"))
    )


def include(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    return ours(name, kind, None) and bool(
        alembic_helpers.include_object(thing, name, kind, reflected, compare_to)  # type: ignore[no-untyped-call]
    )


connection = context.config.attributes["connection"]
connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
# Policies hold for the owner of the tables too; a migration works on everybody's rows.
connection.execute(text("SET wardmap.scope = '{%}'"))
connection.execute(text("SET wardmap.actor = ' migration '"))
connection.commit()
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=ours,
    include_object=include,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
