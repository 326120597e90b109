"""What an office may not bring in: other offices' areas, its own outline, and shapes that lie on others' ground."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.ground.boundary_import.plan_backdrop import BACKDROPS
from app.ground.models import GroundImport
from app.ground.queries.versions import NEAREST_VERSION
from app.ground.rules import LEVELS

# An area's own name and outline belong to the level above: its neighbours begin where it ends.
FOREIGN_CODE = "i.target_code IS NOT NULL AND NOT (i.target_code LIKE :below AND i.target_code <> :own)"
FOREIGN_LINE = "i.verdict = 'change' AND EXISTS (SELECT FROM {table} b WHERE b.id = i.target_id AND b.area_code NOT LIKE :below)"
ELSEWHERE = f"""EXISTS (
  SELECT FROM {NEAREST_VERSION} v WHERE v.area_code = :own AND v.boundary IS NOT NULL AND i.shape IS NOT NULL
    AND NOT ST_Intersects(v.boundary, {{place}}))"""
REFUSE = """
WITH refused AS (
  UPDATE import_row i SET verdict = 'refused'
  WHERE i.import_id = :id AND i.verdict IN ('create', 'change') AND {condition}
  RETURNING row_no, shape, target_code, name)
INSERT INTO import_finding (import_id, row_no, code, severity, facts, place)
SELECT :id, row_no, :code, 'refuse', jsonb_build_object('name', coalesce(name, target_code, '')), ST_PointOnSurface(shape) FROM refused
"""


def refuse_foreign(session: Session, found: GroundImport, day: date) -> None:
    """Refuse rows that are not this office's to write; the database would, but only at the end and without a reason.

    Parameters
    ----------
    session : Session
        The transaction in which the rows were planned.
    found : GroundImport
        Whose it is says its area; one for everywhere may write everything.
    day : date
        From which on it holds.
    """
    if not found.area_code:
        return
    bound = {
        "id": found.id, "own": found.area_code, "below": f"{code_prefix(found.area_code)}%", "day": day,
    }  # fmt: skip
    for code, condition in _conditions(found.kind or ""):
        session.execute(text(REFUSE.format(condition=condition)), bound | {"code": code})


def _conditions(kind: str) -> list[tuple[str, str]]:
    if kind in BACKDROPS:
        return [
            ("row_not_yours", FOREIGN_LINE.format(table=BACKDROPS[kind][0])),
            ("row_elsewhere", ELSEWHERE.format(place="i.shape")),
        ]
    if kind in LEVELS:
        return [
            ("row_not_yours", FOREIGN_CODE),
            ("row_elsewhere", ELSEWHERE.format(place="ST_PointOnSurface(i.shape)")),
        ]
    return [("row_not_yours", FOREIGN_CODE)] if kind == "codes" else []
