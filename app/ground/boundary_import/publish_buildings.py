"""Carrying out the plan of a building file: new rows, changed rows, and what they were before."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

# Sorted along PostGIS's space-filling curve: neighbours share pages of the table, and the indexes grow faster.
CREATE = """
INSERT INTO building (code, area_code, footprint, given_point, source_key, name, address, kind,
  floors, units, households, built_year, during, import_id)
SELECT target_code, area_code,
  CASE WHEN ST_Dimension(shape) = 2 THEN ST_Multi(shape) END,
  CASE WHEN ST_Dimension(shape) = 0 THEN ST_GeometryN(shape, 1) END,
  source_key, COALESCE(name, ''), COALESCE(address, ''), kind,
  floors, units, households, built_year, daterange(CAST(:day AS date), NULL), import_id
FROM import_row WHERE import_id = :id AND verdict = 'create' ORDER BY shape
"""
REMEMBER = """
INSERT INTO building_change (building_id, area_code, import_id, changed_by, before, after)
SELECT b.id, b.area_code, i.import_id, :account_id,
  jsonb_build_object('code', b.code, 'area_code', b.area_code, 'source_key', b.source_key,
    'name', b.name, 'address', b.address, 'kind', b.kind,
    'floors', b.floors, 'units', b.units, 'households', b.households, 'built_year', b.built_year,
    'given_point', b.given_point::text, 'footprint', b.footprint::text, 'footprint_md5', b.footprint_md5),
  jsonb_build_object('code', i.target_code, 'area_code', i.area_code,
    'source_key', COALESCE(i.source_key, b.source_key), 'name', COALESCE(i.name, b.name),
    'address', COALESCE(i.address, b.address), 'kind', COALESCE(i.kind, b.kind),
    'floors', COALESCE(i.floors, b.floors), 'units', COALESCE(i.units, b.units),
    'households', COALESCE(i.households, b.households), 'built_year', COALESCE(i.built_year, b.built_year),
    'footprint_md5', CASE WHEN ST_Dimension(i.shape) = 2
      THEN md5(ST_AsBinary(ST_Multi(i.shape)))::uuid ELSE b.footprint_md5 END)
FROM import_row i JOIN building b ON b.id = i.target_id
WHERE i.import_id = :id AND i.verdict = 'change'
"""
# An empty cell never erases what is stored. The first importer stays named; later ones are in the history.
CHANGE = """
UPDATE building b SET code = i.target_code, area_code = i.area_code,
  footprint = CASE WHEN ST_Dimension(i.shape) = 2 THEN ST_Multi(i.shape) ELSE b.footprint END,
  given_point = CASE WHEN ST_Dimension(i.shape) = 0 AND b.footprint IS NULL THEN ST_GeometryN(i.shape, 1) ELSE b.given_point END,
  source_key = COALESCE(i.source_key, b.source_key),
  name = COALESCE(i.name, b.name), address = COALESCE(i.address, b.address),
  kind = COALESCE(i.kind, b.kind), floors = COALESCE(i.floors, b.floors), units = COALESCE(i.units, b.units),
  households = COALESCE(i.households, b.households), built_year = COALESCE(i.built_year, b.built_year),
  version = b.version + 1
FROM import_row i WHERE b.id = i.target_id AND i.import_id = :id AND i.verdict = 'change'
"""


def publish_buildings(session: Session, import_id: int, account_id: int | None, day: date) -> None:
    """Carry out the plan of a building file.

    Parameters
    ----------
    session : Session
        The one transaction of publishing.
    import_id : int
    account_id : int or None
        Who accepted the plan.
    day : date
        From which on new buildings are there.
    """
    bound = {"id": import_id, "account_id": account_id, "day": day}
    for statement in (CREATE, REMEMBER, CHANGE):
        session.execute(text(statement), bound)
