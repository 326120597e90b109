"""What becomes of each row of roads, water, or the official code list."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ground.models.places import ROAD_CLASSES, WATER_KINDS

# table, column of its kind, the kinds, and what an unnamed one is
BACKDROPS = {
    "road": ("road", "road_class", ROAD_CLASSES, "'minor'"),
    "water": (
        "water",
        "water_kind",
        WATER_KINDS,
        "CASE WHEN ST_Dimension(shape) = 2 THEN 'pond' ELSE 'canal' END",
    ),
}
# The same line several times on both sides is paired in order.
MATCH = """
UPDATE import_row i SET target_id = m.id, verdict = CASE
    WHEN m.id IS NULL THEN 'create'
    WHEN COALESCE(i.name, m.name) = m.name AND COALESCE(i.kind, m.kind) = m.kind THEN 'same' ELSE 'change' END
FROM (
  SELECT r.row_no, b.id, b.name, b.kind FROM
    (SELECT row_no, md5, row_number() OVER (PARTITION BY md5 ORDER BY row_no) AS nth FROM
       (SELECT row_no, md5(ST_AsBinary(shape))::uuid AS md5 FROM import_row WHERE import_id = :id AND NOT refused) k) r
  LEFT JOIN
    (SELECT id, name, {column} AS kind, shape_md5, row_number() OVER (PARTITION BY shape_md5 ORDER BY id) AS nth
     FROM {table}) b ON b.shape_md5 = r.md5 AND b.nth = r.nth) m
WHERE i.import_id = :id AND i.row_no = m.row_no
"""
CODES = """
UPDATE import_row i SET target_code = p.code, verdict = CASE
    WHEN p.nth > 1 THEN 'refused'
    WHEN d.code IS NULL THEN 'create'
    WHEN d.name = p.name AND d.parent_code IS NOT DISTINCT FROM p.parent_code
      AND COALESCE(p.kind, d.urban_class) IS NOT DISTINCT FROM d.urban_class THEN 'same' ELSE 'change' END
FROM (SELECT row_no, rpad(code, 12, '0') AS code, name, parent_code, left(kind, 3) AS kind,
        row_number() OVER (PARTITION BY rpad(code, 12, '0') ORDER BY row_no) AS nth
      FROM import_row WHERE import_id = :id AND NOT refused) p
LEFT JOIN division_code d ON d.code = p.code
WHERE i.import_id = :id AND i.row_no = p.row_no
"""
CELLS = """
SELECT count(*) FILTER (WHERE substr(target_code, 7, 3) < '400'), count(*) FILTER (WHERE substr(target_code, 7, 3) >= '400')
FROM import_row WHERE import_id = :id AND verdict <> 'refused' AND substr(target_code, 10) = '000'
  AND substr(target_code, 7, 3) <> '000'
"""


def plan_backdrop(session: Session, import_id: int, kind: str) -> dict[str, Any]:
    """Decide for every road or stretch of water: there already, changed in name or class, or new.

    Parameters
    ----------
    session : Session
    import_id : int
    kind : {'road', 'water'}

    Returns
    -------
    dict
        Empty: nothing to add to the summary.
    """
    table, column, _, _ = BACKDROPS[kind]
    session.execute(text(MATCH.format(table=table, column=column)), {"id": import_id})
    return {}


def plan_codes(session: Session, import_id: int) -> dict[str, Any]:
    """Decide for every row of the official code list, and tell cells from overlays among the streets.

    Parameters
    ----------
    session : Session
    import_id : int

    Returns
    -------
    dict
        "cells": streets, towns and townships; "overlays": development zones, prisons, forest farms and the like.
    """
    session.execute(
        text(
            "UPDATE import_row SET parent_code = CASE"
            " WHEN right(rpad(code, 12, '0'), 3) <> '000' THEN left(code, 9) || '000'"
            " WHEN substr(rpad(code, 12, '0'), 7, 3) <> '000' THEN left(code, 6) || '000000' ELSE parent_code END"
            " WHERE import_id = :id AND NOT refused AND parent_code IS NULL"
        ),
        {"id": import_id},
    )
    session.execute(text(CODES), {"id": import_id})
    cells, overlays = session.execute(text(CELLS), {"id": import_id}).one()
    if overlays:
        session.execute(
            text(
                "INSERT INTO import_finding (import_id, code, severity, facts)"
                " VALUES (:id, 'overlay_kept_apart', 'note', jsonb_build_object('count', CAST(:count AS integer)))"
            ),
            {"id": import_id, "count": overlays},
        )
    return {"cells": cells, "overlays": overlays}
