"""What becomes of each building row: its community, the stored building it is, its number. Sets, not loops."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.geo.names import NameBook
from app.ground.boundary_import.wished_area import Planned
from app.ground.queries.outlines import same_outline
from app.ground.queries.uses import referring_tables
from app.ground.rules import level_of

# Buildings with one name further apart than this are two buildings.
SAME_PLACE_M = 150
# Numbers run in strips of this width from west to east, in a strip from north to south.
STRIP_DEGREES = 0.001

COLUMNS = ("name", "address", "kind", "floors", "units", "households", "built_year")

ROWS = """
CREATE TEMP TABLE plan_row ON COMMIT DROP AS
SELECT row_no, name, address, settled_code, code, source_key, parent_code, parent_name,
  CASE WHEN ST_Dimension(shape) = 2 THEN ST_PointOnSurface(shape) ELSE ST_GeometryN(shape, 1) END AS point,
  CASE WHEN ST_Dimension(shape) = 2 THEN md5(ST_AsBinary(ST_Multi(shape)))::uuid END AS md5
FROM import_row WHERE import_id = :id AND NOT refused AND (CAST(:rows AS integer[]) IS NULL OR row_no = ANY(:rows));
CREATE INDEX ON plan_row USING gist (point);
ANALYZE plan_row (row_no, md5, code, parent_code, parent_name);
"""
COMMUNITIES = """
CREATE TEMP TABLE plan_community ON COMMIT DROP AS
SELECT a.code, v.name, v.boundary FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> CURRENT_DATE
WHERE a.level = 'community' AND starts_with(a.code, :prefix);
CREATE UNIQUE INDEX ON plan_community (code);
ANALYZE plan_community;
CREATE TEMP TABLE plan_name (parent_name text PRIMARY KEY, code text, candidates text[]) ON COMMIT DROP;
"""
# Few boundaries outside, the index on the points inside; PostGIS keeps each boundary prepared.
PLACES = """
CREATE TEMP TABLE plan_place ON COMMIT DROP AS
SELECT r.row_no, array_agg(c.code ORDER BY c.code) AS codes
FROM plan_community c JOIN plan_row r ON ST_Covers(c.boundary, r.point) GROUP BY r.row_no;
CREATE UNIQUE INDEX ON plan_place (row_no);
ANALYZE plan_place (row_no);
"""
# Settled by hand, then the community the import was told to fill, then code, then name, then place.
HOMES = """
CREATE TEMP TABLE plan_home ON COMMIT DROP AS
WITH stated AS (
  SELECT r.row_no, p.codes AS placed, n.candidates,
    COALESCE(settled.code, :one_community, coded.code, parent.code, n.code) AS code
  FROM plan_row r
  LEFT JOIN plan_community settled ON settled.code = r.settled_code
  LEFT JOIN plan_community coded ON length(r.code) = 17 AND coded.code = left(r.code, 12)
  LEFT JOIN plan_community parent ON parent.code = r.parent_code
  LEFT JOIN plan_name n ON n.parent_name = r.parent_name
  LEFT JOIN plan_place p ON p.row_no = r.row_no
), chosen AS (
  SELECT row_no, code, placed,
    CASE WHEN code IS NOT NULL THEN ARRAY[code::text]
         WHEN candidates IS NULL THEN placed
         ELSE COALESCE(NULLIF(ARRAY(SELECT unnest(candidates) INTERSECT SELECT unnest(placed)), '{}'), candidates)
    END AS options
  FROM stated
)
SELECT row_no, placed, options, code IS NOT NULL AS is_stated,
  CASE WHEN cardinality(options) = 1 THEN options[1] END AS area_code
FROM chosen;
CREATE UNIQUE INDEX ON plan_home (row_no);
ANALYZE plan_home (row_no, area_code);
"""
# What rows outside this plan are matched with already is not free.
MATCHES = """
CREATE TEMP TABLE plan_match (row_no integer PRIMARY KEY, building_id bigint NOT NULL UNIQUE, area_code text NOT NULL)
ON COMMIT DROP;
INSERT INTO plan_match SELECT row_no, target_id, area_code FROM import_row
WHERE import_id = :id AND target_id IS NOT NULL AND NOT row_no = ANY(:rows);
"""
BY_CODE = """
INSERT INTO plan_match
SELECT DISTINCT ON (b.id) r.row_no, b.id, b.area_code
FROM plan_row r JOIN building b ON b.code = r.code WHERE upper_inf(b.during) ORDER BY b.id, r.row_no
"""
# The office's own numbering, as far as it is one: no number twice in a community, on either side.
BY_KEY = """
INSERT INTO plan_match
SELECT r.row_no, b.id, b.area_code FROM
  (SELECT min(p.row_no) AS row_no, p.source_key, h.area_code FROM plan_row p JOIN plan_home h USING (row_no)
   WHERE p.source_key IS NOT NULL AND h.area_code IS NOT NULL
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = p.row_no)
   GROUP BY 2, 3 HAVING count(*) = 1) r
JOIN
  (SELECT min(b.id) AS id, b.source_key, b.area_code FROM building b
   WHERE b.source_key IS NOT NULL AND upper_inf(b.during) AND b.area_code IN (SELECT area_code FROM plan_home)
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.building_id = b.id)
   GROUP BY 2, 3 HAVING count(*) = 1) b
ON b.source_key = r.source_key AND b.area_code = r.area_code
"""
# The same outline several times on both sides is paired in order.
BY_OUTLINE = """
INSERT INTO plan_match
SELECT r.row_no, b.id, b.area_code FROM
  (SELECT row_no, md5, row_number() OVER (PARTITION BY md5 ORDER BY row_no) AS nth
   FROM plan_row WHERE md5 IS NOT NULL AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = plan_row.row_no)) r
JOIN
  (SELECT id, area_code, footprint_md5, row_number() OVER (PARTITION BY footprint_md5 ORDER BY id) AS nth
   FROM building b WHERE footprint_md5 IS NOT NULL AND upper_inf(during)
   AND EXISTS (SELECT FROM plan_row p WHERE p.md5 = b.footprint_md5)
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.building_id = b.id)) b
ON b.footprint_md5 = r.md5 AND b.nth = r.nth
"""
# Address lists repeat names, and even whole lines: those that repeat are paired in order, from west to east.
BY_NAME = """
INSERT INTO plan_match
SELECT r.row_no, b.id, b.area_code FROM
  (SELECT p.row_no, h.area_code, COALESCE(p.name, '') AS name, COALESCE(p.address, '') AS address, p.point,
     row_number() OVER (PARTITION BY h.area_code, COALESCE(p.name, ''), COALESCE(p.address, '')
       ORDER BY ST_X(p.point), ST_Y(p.point), p.row_no) AS nth
   FROM plan_row p JOIN plan_home h USING (row_no)
   WHERE COALESCE(p.name, '') || COALESCE(p.address, '') <> '' AND h.area_code IS NOT NULL
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = p.row_no)) r
JOIN
  (SELECT b.id, b.area_code, b.name, b.address, b.point,
     row_number() OVER (PARTITION BY b.area_code, b.name, b.address ORDER BY ST_X(b.point), ST_Y(b.point), b.id) AS nth
   FROM building b
   WHERE b.area_code IN (SELECT area_code FROM plan_home) AND b.name || b.address <> '' AND upper_inf(b.during)
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.building_id = b.id)) b
USING (area_code, name, address, nth)
WHERE r.point IS NULL OR b.point IS NULL OR ST_DistanceSphere(r.point, b.point) <= :same_place_m
"""
# Redrawn a little: each outline contains the other's point.
BY_OVERLAP = """
INSERT INTO plan_match
SELECT DISTINCT ON (row_no) row_no, id, area_code FROM (
  SELECT DISTINCT ON (b.id) r.row_no, b.id, b.area_code
  FROM plan_row r
  JOIN import_row i ON i.import_id = :id AND i.row_no = r.row_no
  JOIN building b ON b.point && i.shape AND ST_Covers(i.shape, b.point) AND ST_Covers(b.footprint, r.point)
  WHERE r.md5 IS NOT NULL AND upper_inf(b.during)
  AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = r.row_no)
  AND NOT EXISTS (SELECT FROM plan_match m WHERE m.building_id = b.id)
  ORDER BY b.id, r.row_no) pairs
ORDER BY row_no, id
"""
# Rows without an outline at the very point of a stored building without one; where there are several, the same names first.
BY_POINT = """
INSERT INTO plan_match
SELECT r.row_no, b.id, b.area_code FROM
  (SELECT row_no, point, row_number() OVER (PARTITION BY point ORDER BY COALESCE(name, ''), COALESCE(address, ''), row_no) AS nth
   FROM plan_row p WHERE md5 IS NULL AND point IS NOT NULL
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = p.row_no)) r
JOIN
  (SELECT id, area_code, given_point, row_number() OVER (PARTITION BY given_point ORDER BY name, address, id) AS nth FROM building b
   WHERE given_point IS NOT NULL AND footprint IS NULL AND upper_inf(during)
   AND given_point IN (SELECT point FROM plan_row)
   AND NOT EXISTS (SELECT FROM plan_match m WHERE m.building_id = b.id)) b
ON b.given_point = r.point AND b.nth = r.nth
"""
# Numbers given out before are not given out again, not even those of an import that was undone; only where a community
# has come to the last one are the free ones below it used.
LAST_NUMBERS = """
CREATE TEMP TABLE plan_last ON COMMIT DROP AS
SELECT area_code, max(number) AS number FROM (
  SELECT area_code, right(code, 5)::integer AS number FROM building
  WHERE area_code IN (SELECT area_code FROM plan_home)
  UNION ALL
  SELECT n.key, n.value::integer FROM ground_import i, jsonb_each_text(i.summary -> 'last_numbers') n
  WHERE i.state IN ('published', 'undone') AND i.kind = 'building' AND i.summary ? 'last_numbers'
  UNION ALL
  SELECT left(code, 12), right(code, 5)::integer FROM plan_row WHERE length(code) = 17
  UNION ALL
  SELECT left(target_code, 12), right(target_code, 5)::integer FROM import_row
  WHERE import_id = :id AND NOT row_no = ANY(:rows) AND area_code IN (SELECT area_code FROM plan_home)
) given GROUP BY area_code;
CREATE TEMP TABLE plan_free ON COMMIT DROP AS
SELECT l.area_code, s.number, row_number() OVER (PARTITION BY l.area_code ORDER BY s.number) AS nth
FROM plan_last l CROSS JOIN generate_series(1, 99999) AS s(number)
WHERE l.number + (SELECT count(*) FROM plan_home h WHERE h.area_code = l.area_code) > 99999 AND s.number < l.number
  AND NOT EXISTS (SELECT FROM building b WHERE b.code = l.area_code || lpad(s.number::text, 5, '0'))
  AND NOT EXISTS (SELECT FROM plan_row r WHERE r.code = l.area_code || lpad(s.number::text, 5, '0'));
"""
RESULT = """
CREATE TEMP TABLE plan_result ON COMMIT DROP AS
WITH fresh AS (
  SELECT r.row_no, h.area_code, r.code, r.point,
    length(r.code) = 17 AND left(r.code, 12) = h.area_code
      AND row_number() OVER (PARTITION BY r.code ORDER BY r.row_no) = 1
      AND NOT EXISTS (SELECT FROM building b WHERE b.code = r.code)
      AND NOT EXISTS (SELECT FROM import_row o WHERE o.import_id = :id AND o.target_code = r.code AND NOT o.row_no = ANY(:rows))
      AS keeps_code
  FROM plan_row r JOIN plan_home h USING (row_no)
  WHERE h.area_code IS NOT NULL AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = r.row_no)
), moved AS (
  SELECT m.row_no, h.area_code, r.point, m.building_id FROM plan_match m JOIN plan_home h USING (row_no)
  JOIN plan_row r USING (row_no) WHERE h.area_code <> m.area_code AND NOT (m.building_id = ANY(:held))
), numbered AS (
  SELECT n.row_no, n.building_id, n.area_code,
    COALESCE(l.number, 0) + row_number() OVER (
      PARTITION BY n.area_code
      ORDER BY floor(ST_X(n.point) / :strip), ST_Y(n.point) DESC, n.row_no) AS number
  FROM (SELECT row_no, NULL::bigint AS building_id, area_code, point FROM fresh WHERE keeps_code IS NOT TRUE
        UNION ALL SELECT row_no, building_id, area_code, point FROM moved) n
  LEFT JOIN plan_last l USING (area_code)
)
SELECT row_no, area_code, NULL::bigint AS building_id, code AS target_code FROM fresh WHERE keeps_code
UNION ALL
SELECT n.row_no, n.area_code, n.building_id,
  CASE WHEN n.number < 100000 THEN n.area_code || lpad(n.number::text, 5, '0')
       ELSE n.area_code || lpad(f.number::text, 5, '0') END
FROM numbered n LEFT JOIN plan_free f ON f.area_code = n.area_code AND f.nth = n.number - 99999
UNION ALL
SELECT m.row_no, m.area_code, m.building_id, b.code FROM plan_match m JOIN building b ON b.id = m.building_id
WHERE NOT EXISTS (SELECT FROM moved v WHERE v.row_no = m.row_no);
CREATE UNIQUE INDEX ON plan_result (row_no);
ANALYZE plan_result (row_no);
"""
# An empty cell never erases what is stored; the same values mean that nothing is to be done.
WRITE = """
UPDATE import_row i SET area_code = p.area_code, target_id = p.building_id, target_code = p.target_code,
  verdict = CASE
    WHEN p.target_code IS NULL THEN 'refused'
    WHEN p.building_id IS NULL THEN 'create'
    WHEN b.code = p.target_code
      AND (p.md5 IS NULL OR p.md5 IS NOT DISTINCT FROM b.footprint_md5 OR {same_outline})
      AND (p.md5 IS NOT NULL OR p.point IS NULL OR b.footprint IS NOT NULL
           OR (b.given_point IS NOT NULL AND ST_Equals(p.point, b.given_point)))
      AND COALESCE(i.name, b.name) = b.name AND COALESCE(i.address, b.address) = b.address
      AND COALESCE(i.kind, b.kind) IS NOT DISTINCT FROM b.kind AND COALESCE(i.source_key, b.source_key, '') = COALESCE(b.source_key, '')
      AND COALESCE(i.floors, b.floors) IS NOT DISTINCT FROM b.floors
      AND COALESCE(i.units, b.units) IS NOT DISTINCT FROM b.units
      AND COALESCE(i.households, b.households) IS NOT DISTINCT FROM b.households
      AND COALESCE(i.built_year, b.built_year) IS NOT DISTINCT FROM b.built_year THEN 'same'
    ELSE 'change' END
FROM (SELECT r.row_no, r.point, r.md5, t.area_code, t.building_id, t.target_code
      FROM plan_row r LEFT JOIN plan_result t USING (row_no)) p
LEFT JOIN building b ON b.id = p.building_id
WHERE i.import_id = :id AND i.row_no = p.row_no
""".format(same_outline=same_outline("i.shape", "b.footprint"))
# A building has one set of facts. A file that says how things were, or will be, on another day adds what is missing and
# leaves the rest as it is today.
ON_ANOTHER_DAY = """
WITH kept AS (
  UPDATE import_row SET verdict = 'refused'
  WHERE import_id = :id AND verdict = 'change' AND (CAST(:rows AS integer[]) IS NULL OR row_no = ANY(:rows)) RETURNING row_no
)
INSERT INTO import_finding (import_id, row_no, code, severity, facts, place)
SELECT :id, row_no, 'building_of_another_day', 'refuse', '{}', r.point FROM kept JOIN plan_row r USING (row_no)
"""
FINDINGS = """
INSERT INTO import_finding (import_id, row_no, code, severity, facts, place)
SELECT :id, h.row_no, CASE WHEN h.options IS NULL THEN 'community_none' ELSE 'community_several' END, 'refuse',
  CASE WHEN h.options IS NULL THEN '{}'::jsonb ELSE jsonb_build_object(
    'candidates', (SELECT string_agg(c.name, '、' ORDER BY c.code) FROM plan_community c WHERE c.code = ANY(h.options)),
    'codes', to_jsonb(h.options)) END, r.point
FROM plan_home h JOIN plan_row r USING (row_no) WHERE h.area_code IS NULL AND EXISTS (SELECT FROM plan_community)
  AND NOT EXISTS (SELECT FROM plan_match m WHERE m.row_no = h.row_no)
UNION ALL
SELECT :id, h.row_no, 'community_differs', 'warn',
  jsonb_build_object('stated', s.name, 'placed', p.name), r.point
FROM plan_home h JOIN plan_row r USING (row_no) JOIN plan_community s ON s.code = h.area_code
JOIN plan_community p ON p.code = h.placed[1]
WHERE h.is_stated AND r.settled_code IS NULL AND NOT (h.area_code = ANY(h.placed))
UNION ALL
SELECT :id, m.row_no, 'community_kept', 'warn', jsonb_build_object('placed', p.name, 'kept', COALESCE(k.name, m.area_code)), r.point
FROM plan_match m JOIN plan_home h USING (row_no) JOIN plan_row r USING (row_no)
JOIN plan_community p ON p.code = h.area_code LEFT JOIN plan_community k ON k.code = m.area_code
WHERE h.area_code <> m.area_code AND m.building_id = ANY(:held)
UNION ALL
SELECT :id, NULL, 'communities_missing', 'refuse', '{}'::jsonb, NULL
WHERE NOT EXISTS (SELECT FROM plan_community) AND EXISTS (SELECT FROM plan_row)
UNION ALL
SELECT :id, t.row_no, 'numbers_used_up', 'refuse', jsonb_build_object('parent', c.name), NULL
FROM plan_result t JOIN plan_community c ON c.code = t.area_code WHERE t.target_code IS NULL
"""


def plan_buildings(
    session: Session,
    import_id: int,
    into: str | None,
    made: list[Planned],
    rows: Sequence[int] | None = None,
    *,
    on_another_day: bool = False,
) -> dict[str, Any]:
    """Decide for every building row of an import: community, stored building, code, verdict.

    Parameters
    ----------
    session : Session
        The transaction in which staging rows were loaded; temporary tables end with it.
    import_id : int
    into : str or None
        Area that the file is about; a community takes every row.
    made : list
        Areas that publishing will make first.
    on_another_day : bool
        The file holds from a day that was chosen: it changes no building that is there.
    rows : sequence of int, optional
        Plan only these rows of the file again; the plan of the others stays as it is.

    Returns
    -------
    dict
        "last_numbers": highest number given out per community.

    Notes
    -----
    Buildings that are stored but not in the file stay as they are: files are often partial.
    """
    bound = {"id": import_id, "prefix": code_prefix(into) if into else "", "strip": STRIP_DEGREES}
    bound["rows"] = list(rows) if rows is not None else None
    bound["one_community"] = into if into and level_of(into) == "community" else None
    _run(session, ROWS, bound)
    _run(session, COMMUNITIES, bound)
    for area in made:
        if area["level"] == "community":
            session.execute(text("INSERT INTO plan_community VALUES (:code, :name, NULL)"), area)
    _match_names(session)
    _run(session, PLACES, bound)
    _run(session, HOMES, bound)
    _run(session, MATCHES, bound)
    if session.scalar(text("SELECT EXISTS (SELECT FROM building)")):
        for step in (BY_CODE, BY_OUTLINE, BY_KEY, BY_NAME, BY_OVERLAP, BY_POINT):
            session.execute(text(step), bound | {"same_place_m": SAME_PLACE_M})
    session.execute(text("ANALYZE plan_match"))
    bound["held"] = _held_buildings(session)
    for step in (LAST_NUMBERS, RESULT, WRITE, *([ON_ANOTHER_DAY] if on_another_day else []), FINDINGS):
        _run(session, step, bound)
    numbers = session.execute(
        text(
            "SELECT area_code, max(right(target_code, 5)::integer) FROM plan_result WHERE target_code IS NOT NULL GROUP BY 1"
        )
    )
    return {"last_numbers": {code: number for code, number in numbers}}


def _run(session: Session, script: str, bound: dict[str, Any]) -> None:
    """Run statements one by one: parameters cannot be bound to several at once."""
    for statement in filter(str.strip, script.split(";\n")):
        session.execute(text(statement), bound)


def _match_names(session: Session) -> None:
    """Look the stated community names up, once per distinct name."""
    book = NameBook(
        (code, name, None) for code, name in session.execute(text("SELECT code, name FROM plan_community"))
    )
    names = session.scalars(
        text("SELECT DISTINCT parent_name FROM plan_row WHERE parent_name IS NOT NULL")
    ).all()
    found = []
    for name in names:
        match = book.find(name)
        if match.how != "none":
            candidates = [code for code, _ in match.candidates] or None
            found.append({"name": name, "code": match.code, "candidates": candidates})
    if found:
        session.execute(text("INSERT INTO plan_name VALUES (:name, :code, :candidates)"), found)
    session.execute(text("ANALYZE plan_name"))


def _held_buildings(session: Session) -> list[int]:
    """Matched buildings that would change their community but that other rooms refer to together with it."""
    moving = "SELECT m.building_id FROM plan_match m JOIN plan_home h USING (row_no) WHERE h.area_code <> m.area_code"
    held: set[int] = set()
    for table, columns in referring_tables(session, "building"):
        held.update(
            session.scalars(text(f"SELECT {columns['id']} FROM {table} WHERE {columns['id']} IN ({moving})"))
        )
    return sorted(held)
