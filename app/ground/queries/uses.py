"""Who refers to a row: read from the database's own foreign keys, so that rooms above need not be known here."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import N_

# What the ground's own tables refer to is part of the ground and looked after by its own statements.
OWN_TABLES = (
    "area",
    "area_version",
    "building",
    "building_change",
    "division_code",
    "road",
    "water",
    "green",
)
USE_WORDS = {
    "zone_building": N_("责任区中的楼栋"),
    "plan": N_("责任区方案"),
    "building": N_("楼栋"),
    "area": N_("下级区划"),
}

_FOREIGN_KEYS = """
SELECT c.conrelid::regclass::text,
  (SELECT array_agg(t.attname::text ORDER BY k.nth) FROM unnest(c.confkey) WITH ORDINALITY k(num, nth)
   JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.num),
  (SELECT array_agg(t.attname::text ORDER BY k.nth) FROM unnest(c.conkey) WITH ORDINALITY k(num, nth)
   JOIN pg_attribute t ON t.attrelid = c.conrelid AND t.attnum = k.num)
FROM pg_constraint c WHERE c.contype = 'f' AND c.confrelid = CAST(:table AS regclass) AND c.confdeltype <> 'c'
ORDER BY 1
"""


def referring_tables(session: Session, table: str) -> list[tuple[str, dict[str, str]]]:
    """Tables of other rooms that refer to one of ours: their name, and our column -> their column."""
    rows = session.execute(text(_FOREIGN_KEYS), {"table": table}).all()
    return [
        (name, dict(zip(ours, theirs, strict=True))) for name, ours, theirs in rows if name not in OWN_TABLES
    ]


def uses_of(session: Session, table: str, column: str, keys: Sequence[object]) -> dict[str, int]:
    """How many rows of other rooms refer to these rows, per table."""
    counts: dict[str, int] = {}
    for name, columns in referring_tables(session, table):
        if column in columns and keys:
            # Names come from the catalogue and are quoted by regclass; only the keys are values.
            statement = f'SELECT count(*) FROM {name} WHERE "{columns[column]}" = ANY(:keys)'
            count = int(session.scalar(text(statement), {"keys": list(keys)}) or 0)
            if count:
                counts[name] = counts.get(name, 0) + count
    return counts
