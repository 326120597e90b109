"""What becomes of each row of a boundary file: looks up what the choices need, and writes down what was chosen."""

from datetime import date
from pathlib import PurePath
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import N_, InvalidInput
from app.ground.boundary_import.area_choices import AreaChooser, AreaRow, Choice, PlannedFinding, StoredArea
from app.ground.boundary_import.wished_area import Planned
from app.ground.queries.import_words import severity_of
from app.ground.queries.outlines import same_outline
from app.ground.queries.versions import NEAREST_VERSION
from app.ground.rules import parent_level

MAX_AREAS = 20_000

ROWS = """
CREATE TEMP TABLE plan_row ON COMMIT DROP AS
SELECT row_no, code, name, parent_code, parent_name, ST_PointOnSurface(shape) AS point,
  md5(ST_AsBinary(ST_Multi(shape)))::uuid AS md5
FROM import_row WHERE import_id = :id AND NOT refused
"""
# One covering test per row and area above; areas are few, and PostGIS keeps the boundary prepared.
LOOKED_UP = f"""
WITH known AS (
  SELECT a.code, a.level, v.boundary, md5(ST_AsBinary(v.boundary))::uuid AS md5
  FROM area a JOIN {NEAREST_VERSION} v ON v.area_code = a.code
), placed AS (
  SELECT r.row_no, array_agg(t.code ORDER BY t.code) FILTER (WHERE t.level = :above) AS above,
    array_agg(t.code ORDER BY t.code) FILTER (WHERE t.level = 'district') AS districts
  FROM known t JOIN plan_row r ON ST_Covers(t.boundary, r.point)
  WHERE t.level IN (:above, 'district') AND t.level <> :level GROUP BY r.row_no
), same AS (
  SELECT r.row_no, array_agg(t.code ORDER BY t.code) AS codes FROM known t JOIN plan_row r USING (md5)
  WHERE t.level = :level GROUP BY r.row_no
)
SELECT r.row_no, r.code, r.name, r.parent_code, r.parent_name, p.above, p.districts, s.codes,
  ST_X(r.point), ST_Y(r.point)
FROM plan_row r LEFT JOIN placed p USING (row_no) LEFT JOIN same s USING (row_no) ORDER BY r.row_no
"""
STORED = f"""
SELECT a.code, a.level, a.parent_code, v.name, v.boundary IS NOT NULL
FROM area a JOIN {NEAREST_VERSION} v ON v.area_code = a.code
"""
# Overlays are laid over streets and communities; a name never makes a cell out of one.
OFFICIAL = """
SELECT code, name FROM division_code
WHERE code = ANY(:codes) OR (NOT is_overlay AND (left(code, 6) = ANY(:districts) OR name = ANY(:names)))
"""
WRITE = """
UPDATE import_row i SET area_code = CAST(:parent AS text), target_code = CAST(:code AS text),
  name = COALESCE(left(CAST(:name AS text), 100), i.name),
  verdict = CASE WHEN CAST(:code AS text) IS NULL THEN 'refused' ELSE 'create' END
WHERE import_id = :id AND row_no = :row_no
"""
COMPARE = """
UPDATE import_row i SET verdict = CASE
  WHEN COALESCE(i.name, v.name) = v.name
   AND (i.shape IS NULL OR {same_outline}) THEN 'same' ELSE 'change' END
FROM area_version v
WHERE i.import_id = :id AND i.verdict = 'create' AND v.area_code = i.target_code AND v.during @> CAST(:day AS date)
""".format(same_outline=same_outline("i.shape", "v.boundary"))
# Known, but not yet on that day.
EARLIER = """
UPDATE import_row i SET verdict = 'change'
WHERE i.import_id = :id AND i.verdict = 'create' AND EXISTS (SELECT FROM area a WHERE a.code = i.target_code)
"""
CHANGES = """
INSERT INTO import_finding (import_id, row_no, code, severity, facts, place)
SELECT :id, i.row_no, 'name_changes', 'note', jsonb_build_object('former', v.name, 'name', i.name), v.label_point
FROM import_row i JOIN area_version v ON v.area_code = i.target_code AND v.during @> CAST(:day AS date)
WHERE i.import_id = :id AND i.verdict = 'change' AND i.name <> v.name
UNION ALL
SELECT :id, i.row_no, 'version_replaced', 'note', jsonb_build_object('name', v.name), v.label_point
FROM import_row i JOIN area_version v ON v.area_code = i.target_code AND v.during @> CAST(:day AS date)
WHERE i.import_id = :id AND i.verdict = 'change' AND lower(v.during) = CAST(:day AS date) AND v.boundary IS NOT NULL
"""


def plan_areas(
    session: Session,
    import_id: int,
    level: str,
    into: str | None,
    made: list[Planned],
    file_name: str,
    day: date,
) -> dict[str, Any]:
    """Decide for every row of a boundary file: area above, code, verdict.

    Parameters
    ----------
    session : Session
    import_id : int
    level : {'district', 'street', 'community'}
    into : str or None
        Area that the file is about.
    made : list
        Areas that publishing will make first, whatever the rows say.
    file_name : str
        Names a missing area above that nothing else names.
    day : date
        From which on the boundaries hold; they are compared with what holds on that day.

    Returns
    -------
    dict
        "parents_created": areas above that publishing will make first; "local_codes": how many codes were made.

    Raises
    ------
    InvalidInput
        "areas_too_many".
    """
    session.execute(text(ROWS), {"id": import_id})
    if (session.scalar(text("SELECT count(*) FROM plan_row")) or 0) > MAX_AREAS:
        raise InvalidInput(
            "areas_too_many",
            N_("一个文件最多包含 %(limit)s 个区划。这可能是楼栋或地块，请检查选择的类别。"),
            limit=MAX_AREAS,
        )
    rows = _rows(session, level, day)
    stored = [StoredArea(*row) for row in session.execute(text(STORED), {"day": day})]
    stored += [
        StoredArea(str(a["code"]), str(a["level"]), a["parent_code"], str(a["name"]), False) for a in made
    ]
    chooser = AreaChooser(
        level, stored, _official(session, rows, stored, into), into, PurePath(file_name).stem
    )
    choices = chooser.choose(rows)
    _write(session, {"id": import_id, "day": day}, choices)
    _write_findings(session, import_id, chooser.findings)
    more = [
        {"code": area.code, "name": area.name, "level": area.level, "parent_code": area.parent_code}
        for area in chooser.made.values()
    ]
    local = sum(finding.code in ("code_made", "name_unlisted") for finding in chooser.findings)
    return {"parents_created": more, "local_codes": local}


def _rows(session: Session, level: str, day: date) -> list[AreaRow]:
    bound = {"level": level, "above": parent_level(level) or "", "day": day}
    rows = session.execute(text(LOOKED_UP), bound)
    return [
        AreaRow(
            row_no, code, name, parent_code, parent_name,
            tuple(above or ()), tuple(districts or ()), tuple(same or ()), lon or 0.0, lat or 0.0,
        )
        for row_no, code, name, parent_code, parent_name, above, districts, same, lon, lat in rows
    ]  # fmt: skip


def _official(
    session: Session, rows: list[AreaRow], stored: list[StoredArea], into: str | None
) -> dict[str, str]:
    """The part of the official list that could matter: the same districts, the same names."""
    given = {
        code.ljust(12, "0") for row in rows for code in (row.code, row.parent_code) if code and code.isdigit()
    }
    parents = {code[:9] + "000" for code in given} | {code[:6] + "000000" for code in given}
    districts = {code[:6] for code in given} | {area.code[:6] for area in stored}
    if into:
        districts = {into[:6]}
    names = {name for row in rows for name in (row.name, row.parent_name) if name}
    found = session.execute(
        text(OFFICIAL),
        {"codes": sorted(given | parents), "districts": sorted(districts), "names": sorted(names)},
    )
    return {code: name for code, name in found}


def _write(session: Session, bound: dict[str, Any], choices: list[Choice]) -> None:
    if choices:
        session.execute(
            text(WRITE),
            [
                bound | {"row_no": c.row_no, "parent": c.parent_code, "code": c.code, "name": c.name}
                for c in choices
            ],
        )
    for statement in (COMPARE, EARLIER, CHANGES):
        session.execute(text(statement), bound)


def _write_findings(session: Session, import_id: int, findings: list[PlannedFinding]) -> None:
    if not findings:
        return
    session.execute(
        text(
            "INSERT INTO import_finding (import_id, row_no, code, severity, facts, place) VALUES (:id, :row_no, :code,"
            " :severity, CAST(:facts AS jsonb), (SELECT point FROM plan_row p WHERE p.row_no = :row_no))"
        ),
        [
            {
                "id": import_id,
                "row_no": f.row_no,
                "code": f.code,
                "severity": severity_of(f.code),
                "facts": orjson.dumps(f.facts).decode(),
            }
            for f in findings
        ],
    )
