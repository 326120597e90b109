"""From checked rows to a plan: what would be created, changed, left as it is or refused. Writes nothing but the plan."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.errors import N_, InvalidInput
from app.ground.boundary_import.plan_areas import plan_areas
from app.ground.boundary_import.plan_backdrop import plan_backdrop, plan_codes
from app.ground.boundary_import.plan_buildings import plan_buildings
from app.ground.boundary_import.plan_place import note_elsewhere
from app.ground.boundary_import.plan_scope import refuse_foreign
from app.ground.boundary_import.wished_area import Planned, planned_area
from app.ground.models import GroundImport
from app.ground.queries.import_words import PLAN_SENTENCES

# Temporary tables last until the end of the transaction; a second plan in it starts afresh.
CLEAR = """
DROP TABLE IF EXISTS plan_row, plan_community, plan_name, plan_place, plan_home, plan_match, plan_last, plan_free, plan_result
"""
FORGET_FINDINGS = """
DELETE FROM import_finding WHERE import_id = :id AND code = ANY(:codes)
  AND (CAST(:rows AS integer[]) IS NULL OR row_no = ANY(:rows))
"""
FORGET_VERDICTS = """
UPDATE import_row SET verdict = 'refused', area_code = NULL, target_id = NULL, target_code = NULL
WHERE import_id = :id AND (verdict IS NOT NULL OR refused) AND (CAST(:rows AS integer[]) IS NULL OR row_no = ANY(:rows))
"""
COUNTS = """
SELECT count(*) AS rows,
  count(*) FILTER (WHERE verdict = 'create') AS create, count(*) FILTER (WHERE verdict = 'change') AS change,
  count(*) FILTER (WHERE verdict = 'same') AS same, count(*) FILTER (WHERE verdict = 'refused') AS refused
FROM import_row WHERE import_id = :id
"""
BOUNDS = """
SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)
FROM (SELECT ST_Extent(shape) AS e FROM import_row WHERE import_id = :id) AS everything
"""


def plan_import(session: Session, found: GroundImport, rows: Sequence[int] | None = None) -> dict[str, Any]:
    """Plan an import whose checked rows are in place, and give its summary.

    Parameters
    ----------
    session : Session
        One transaction for everything; the plan of an earlier time is replaced.
    found : GroundImport
        Its kind and options say how.
    rows : sequence of int, optional
        Only these rows of a building file are planned again, in the light of the plan of all others.

    Returns
    -------
    dict
        Counts per verdict, counts per finding, bounds, revision of the ground that was planned against, the day from
        which it holds ("from_day"), and what the kind adds (last_numbers, parents_created, local_codes, cells, overlays).

    Raises
    ------
    InvalidInput
        "into_unknown", "areas_too_many", "parent_missing".
    """
    into, made = _where_to(session, found.options or {})
    bound = {"id": found.id, "rows": list(rows) if rows is not None else None}
    revision = session.scalar(text("SELECT number FROM revision WHERE subject = 'ground'"))
    session.execute(text(CLEAR))
    session.execute(text(FORGET_FINDINGS), bound | {"codes": list(PLAN_SENTENCES)})
    session.execute(text(FORGET_VERDICTS), bound)
    day = first_day(session, found)
    if rows is None:
        session.execute(text("ANALYZE import_row (import_id, row_no, refused)"))
        note_elsewhere(session, found.id)
        added = _plan_kind(session, found, into, made, day)
        refuse_foreign(session, found, day)
    else:
        added = plan_buildings(session, found.id, into, made, rows, on_another_day=_is_of_another_day(found))
    counts = dict(session.execute(text(COUNTS), bound).one()._mapping)
    per_code = session.execute(
        text("SELECT code, count(*) FROM import_finding WHERE import_id = :id GROUP BY 1"), bound
    )
    bounds = session.execute(text(BOUNDS), bound).one()
    return {
        **counts,
        "findings": {code: count for code, count in per_code},
        "bounds": list(bounds) if bounds[0] is not None else None,
        "revision": revision,
        "from_day": day.isoformat(),
        **added,
        "parents_created": _own(found, made + added.get("parents_created", [])),
    }


def _own(found: GroundImport, planned: list[Planned]) -> list[Planned]:
    """Areas above that this office may make; the rows that would have needed others are refused."""
    below = code_prefix(found.area_code)
    return [one for one in planned if str(one["code"]).startswith(below)]


def _is_of_another_day(found: GroundImport) -> bool:
    return "from_day" in (found.options or {})


def first_day(session: Session, found: GroundImport) -> date:
    """From which day on what is imported holds: the chosen one, else today as the office counts it."""
    chosen = (found.options or {}).get("from_day")
    if chosen:
        return date.fromisoformat(chosen)
    today: date = session.scalars(text("SELECT CURRENT_DATE")).one()
    return today


def _where_to(session: Session, options: dict[str, Any]) -> tuple[str | None, list[Planned]]:
    """Code of the area that the file is about, and what has to be made for it."""
    if "new_area" in options:
        return planned_area(session, **options["new_area"])
    into = options.get("into")
    _refuse_unknown_area(session, into)
    return into, []


def _plan_kind(
    session: Session, found: GroundImport, into: str | None, made: list[Planned], day: date
) -> dict[str, Any]:
    match found.kind:
        case "building":
            return plan_buildings(session, found.id, into, made, on_another_day=_is_of_another_day(found))
        case "road" | "water":
            return plan_backdrop(session, found.id, found.kind)
        case "codes":
            return plan_codes(session, found.id)
        case _:
            return plan_areas(session, found.id, found.kind or "", into, made, found.file_name, day)


def _refuse_unknown_area(session: Session, into: str | None) -> None:
    if into and not session.scalar(
        text("SELECT EXISTS (SELECT FROM area WHERE code = :code)"), {"code": into}
    ):
        raise InvalidInput(
            "into_unknown", N_("“归入”的区划 %(code)s 不存在。请从列表中选择，或先导入它的边界。"), code=into
        )
