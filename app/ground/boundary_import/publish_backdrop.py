"""Carrying out the plan of roads, water or the official code list."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ground.boundary_import.plan_backdrop import BACKDROPS

CREATE = """
INSERT INTO {table} (name, shape, {column}, import_id, area_code)
SELECT COALESCE(name, ''), shape, COALESCE(kind, {unnamed}), import_id, (SELECT area_code FROM ground_import WHERE id = :id)
FROM import_row WHERE import_id = :id AND verdict = 'create' ORDER BY row_no
"""
KEEP_ASIDE = """
INSERT INTO import_former (import_id, subject, key, columns)
SELECT :id, '{table}', b.id::text, jsonb_build_object('name', b.name, 'kind', b.{column})
FROM import_row i JOIN {table} b ON b.id = i.target_id WHERE i.import_id = :id AND i.verdict = 'change'
"""
CHANGE = """
UPDATE {table} b SET name = COALESCE(i.name, b.name), {column} = COALESCE(i.kind, b.{column})
FROM import_row i WHERE b.id = i.target_id AND i.import_id = :id AND i.verdict = 'change'
"""
KEEP_CODES_ASIDE = """
INSERT INTO import_former (import_id, subject, key, columns)
SELECT :id, 'division_code', d.code, jsonb_build_object(
  'name', d.name, 'parent_code', d.parent_code, 'urban_class', d.urban_class, 'import_id', d.import_id)
FROM import_row i JOIN division_code d ON d.code = i.target_code WHERE i.import_id = :id AND i.verdict = 'change'
"""
CODES = """
INSERT INTO division_code (code, name, parent_code, urban_class, import_id)
SELECT target_code, name, parent_code, left(kind, 3), import_id
FROM import_row WHERE import_id = :id AND verdict IN ('create', 'change')
ON CONFLICT (code) DO UPDATE SET name = excluded.name, parent_code = excluded.parent_code,
  urban_class = COALESCE(excluded.urban_class, division_code.urban_class), import_id = excluded.import_id
"""


def publish_backdrop(session: Session, import_id: int, kind: str) -> None:
    """Carry out the plan of a road or water file.

    Parameters
    ----------
    session : Session
        The one transaction of publishing.
    import_id : int
    kind : {'road', 'water'}
    """
    table, column, _, unnamed = BACKDROPS[kind]
    for statement in (KEEP_ASIDE, CHANGE, CREATE):
        session.execute(
            text(statement.format(table=table, column=column, unnamed=unnamed)), {"id": import_id}
        )


def publish_codes(session: Session, import_id: int) -> None:
    """Carry out the plan of an official code list.

    Parameters
    ----------
    session : Session
        The one transaction of publishing.
    import_id : int
    """
    session.execute(text(KEEP_CODES_ASIDE), {"id": import_id})
    session.execute(text(CODES), {"id": import_id})
    # Plans of boundary files were made against the old list.
    session.execute(text("UPDATE revision SET number = number + 1 WHERE subject = 'ground'"))
