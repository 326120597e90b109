"""What the check of a file may compare with: the stored areas around it."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.geo.options import Context, KnownArea
from app.ground.boundary_import.plan import first_day
from app.ground.models import GroundImport
from app.ground.queries.versions import NEAREST_VERSION
from app.ground.rules import LEVELS, parent_level

# Outlines of so many areas fit comfortably into the child's memory.
MAX_OUTLINES = 5000

AREAS = f"""
SELECT a.code, v.name, a.parent_code, ST_AsBinary(v.boundary)
FROM area a JOIN {NEAREST_VERSION} v ON v.area_code = a.code
WHERE a.level = :level AND (starts_with(a.code, :prefix) OR starts_with(:prefix, left(a.code, :digits)))
ORDER BY a.code LIMIT :most
"""


def stored_context(session: Session, found: GroundImport) -> Context:
    """Areas above and beside what the file holds; for roads and water the finest areas with boundaries."""
    into = (found.options or {}).get("into")
    prefix = code_prefix(into) if into else ""
    kind = found.kind or ""
    day = first_day(session, found)
    if kind == "codes":
        return Context()
    if kind in LEVELS:
        above = parent_level(kind)
        return Context(
            parents=_areas(session, above, prefix, day) if above else (),
            siblings=_areas(session, kind, prefix, day),
        )
    for level in ("community",) if kind == "building" else ("district", "street", "community"):
        areas = _areas(session, level, prefix, day)
        if any(area.wkb for area in areas) or level == "community":
            return Context(parents=areas)
    return Context()


def _areas(session: Session, level: str, prefix: str, day: date) -> list[KnownArea]:
    digits = {"district": 6, "street": 9, "community": 12}[level]
    rows = session.execute(
        text(AREAS), {"level": level, "prefix": prefix, "digits": digits, "day": day, "most": MAX_OUTLINES}
    )
    return [
        KnownArea(code, name, parent_code, bytes(outline) if outline is not None else None)
        for code, name, parent_code, outline in rows
    ]


def near_point(session: Session) -> tuple[float, float] | None:
    """Where the office works: the middle of what is stored, to order candidates for a missing reference system."""
    row = session.execute(
        text(
            "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_Centroid(ST_Extent(label_point)::geometry) AS c"
            " FROM area_version WHERE during @> CURRENT_DATE) AS middle"
        )
    ).first()
    return (row[0], row[1]) if row and row[0] is not None else None
