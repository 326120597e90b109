"""Carrying out the plan of a boundary file: areas, and a new dated version where name or boundary changed."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ground.queries.versions import NEAREST_VERSION

PARENT = """
INSERT INTO area (code, level, parent_code, is_local, import_id)
SELECT CAST(:code AS text), CAST(:level AS text), CAST(:parent_code AS text),
  NOT EXISTS (SELECT FROM division_code d WHERE d.code = CAST(:code AS text)), CAST(:id AS bigint)
ON CONFLICT (code) DO NOTHING RETURNING code
"""
PARENT_NAME = """
INSERT INTO area_version (area_code, name, during, import_id)
VALUES (:code, left(CAST(:name AS text), 100), daterange(CAST(:day AS date), NULL), :id)
"""
# A code that stands neither in the file nor in the official list was made here.
CREATE = """
INSERT INTO area (code, level, parent_code, is_local, import_id)
SELECT i.target_code, CAST(:level AS text), i.area_code,
  NOT EXISTS (SELECT FROM division_code d WHERE d.code = i.target_code)
    AND rpad(COALESCE(i.code, ''), 12, '0') <> i.target_code, i.import_id
FROM import_row i WHERE i.import_id = :id AND i.verdict = 'create'
"""
# Two versions cannot begin on one day: the earlier of the day is kept aside and replaced.
KEEP_ASIDE = """
INSERT INTO import_former (import_id, subject, key, columns, shape)
SELECT :id, 'area_version', v.id::text, jsonb_build_object('name', v.name, 'import_id', v.import_id), v.boundary
FROM import_row i JOIN area_version v ON v.area_code = i.target_code AND v.during @> CAST(:day AS date)
WHERE i.import_id = :id AND i.verdict = 'change' AND lower(v.during) = CAST(:day AS date)
"""
REPLACE = """
UPDATE area_version v SET name = COALESCE(i.name, v.name),
  boundary = COALESCE(ST_Multi(i.shape), v.boundary), import_id = :id, created_at = now()
FROM import_row i
WHERE i.import_id = :id AND i.verdict = 'change' AND v.area_code = i.target_code
  AND v.during @> CAST(:day AS date) AND lower(v.during) = CAST(:day AS date)
"""
CLOSE = """
CREATE TEMP TABLE closing ON COMMIT DROP AS
SELECT v.id, v.area_code, v.name, v.boundary, upper(v.during) AS until, i.row_no
FROM import_row i JOIN area_version v ON v.area_code = i.target_code
WHERE i.import_id = :id AND i.verdict = 'change' AND v.during @> CAST(:day AS date) AND lower(v.during) < CAST(:day AS date);
UPDATE area_version v SET during = daterange(lower(v.during), CAST(:day AS date)) FROM closing c WHERE c.id = v.id;
INSERT INTO area_version (area_code, name, boundary, during, import_id)
SELECT c.area_code, COALESCE(i.name, c.name), COALESCE(ST_Multi(i.shape), c.boundary),
  daterange(CAST(:day AS date), c.until), :id
FROM closing c JOIN import_row i ON i.import_id = :id AND i.row_no = c.row_no;
DROP TABLE closing
"""
# What is known of it begins later, or has ended: the new version fills the time until the next one.
FILL = f"""
INSERT INTO area_version (area_code, name, boundary, during, import_id)
SELECT i.target_code, COALESCE(i.name, n.name), COALESCE(ST_Multi(i.shape), n.boundary),
  daterange(CAST(:day AS date), (SELECT min(lower(later.during)) FROM area_version later
    WHERE later.area_code = i.target_code AND lower(later.during) > CAST(:day AS date))), :id
FROM import_row i JOIN {NEAREST_VERSION} n ON n.area_code = i.target_code
WHERE i.import_id = :id AND i.verdict = 'change' AND NOT n.during @> CAST(:day AS date)
"""
FIRST_VERSIONS = """
INSERT INTO area_version (area_code, name, boundary, during, import_id)
SELECT i.target_code, COALESCE(i.name, i.target_code), ST_Multi(i.shape),
  daterange(CAST(:day AS date), NULL), i.import_id
FROM import_row i WHERE i.import_id = :id AND i.verdict = 'create'
"""


def make_parents(session: Session, import_id: int, parents: list[dict[str, Any]], day: date) -> None:
    """Make the areas that a plan says are missing.

    Parameters
    ----------
    session : Session
        The one transaction of publishing.
    import_id : int
    parents : list of dict
        Highest first: code, name, level, parent_code.
    day : date
        From which on they are there.
    """
    for parent in parents:
        bound = parent | {"id": import_id, "day": day}
        if session.scalar(text(PARENT), bound):
            session.execute(text(PARENT_NAME), bound)


def publish_areas(session: Session, import_id: int, level: str, day: date) -> None:
    """Carry out the plan of a boundary file.

    A changed area gets a version from the day on which the file begins to hold; the one before ends there, and one that
    comes later stays. A version that began on that very day is replaced, because dates are half-open ranges and a day has
    one truth; what it said is kept with the import for undoing it.

    Parameters
    ----------
    session : Session
        The one transaction of publishing.
    import_id : int
    level : {'district', 'street', 'community'}
    day : date
        From which on the boundaries hold.
    """
    bound = {"id": import_id, "level": level, "day": day}
    session.execute(text(KEEP_ASIDE), bound)
    session.execute(text(REPLACE), bound)
    for statement in CLOSE.split(";\n"):
        session.execute(text(statement), bound)
    session.execute(text(FILL), bound)
    session.execute(text(CREATE), bound)
    session.execute(text(FIRST_VERSIONS), bound)
