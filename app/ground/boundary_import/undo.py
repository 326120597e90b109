"""Taking a published import back as a whole, while nothing that came later depends on it."""

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import N_, Conflict, Counted
from app.ground.boundary_import.publish import lock_ground
from app.ground.boundary_import.receive import forget_files
from app.ground.boundary_import.states import move
from app.ground.models import GroundImport
from app.ground.queries.uses import USE_WORDS, uses_of

LATER_BUILDING_CHANGES = """
SELECT count(DISTINCT c.building_id) FROM building_change c
WHERE c.import_id IS DISTINCT FROM :id AND (
  EXISTS (SELECT FROM building b WHERE b.id = c.building_id AND b.import_id = :id)
  OR EXISTS (SELECT FROM building_change mine WHERE mine.import_id = :id AND mine.building_id = c.building_id AND mine.id < c.id))
"""
# Replaced on the same day by a later import, or followed by a later version.
LATER_VERSIONS = """
SELECT count(*) FROM (
  SELECT key FROM import_former
  WHERE subject = 'area_version' AND import_id <> :id AND (columns ->> 'import_id')::bigint = :id
  UNION ALL
  SELECT v.area_code FROM area_version v JOIN area_version later
    ON later.area_code = v.area_code AND lower(later.during) > lower(v.during) AND later.created_at > v.created_at
  WHERE v.import_id = :id AND later.import_id IS DISTINCT FROM :id) AS overtaken
"""
LATER_REPLACED = """
SELECT count(*) FROM import_former later
WHERE later.import_id <> :id AND later.subject IN ('road', 'water', 'division_code') AND (
  EXISTS (SELECT FROM import_former mine WHERE mine.import_id = :id AND mine.subject = later.subject AND mine.key = later.key
    AND mine.id < later.id)
  OR (later.columns ->> 'import_id')::bigint = :id
  OR (later.subject = 'road' AND EXISTS (SELECT FROM road r WHERE r.id::text = later.key AND r.import_id = :id))
  OR (later.subject = 'water' AND EXISTS (SELECT FROM water w WHERE w.id::text = later.key AND w.import_id = :id)))
"""
RESTORE = (
    # buildings
    """
    UPDATE building b SET code = c.before ->> 'code', area_code = c.before ->> 'area_code',
      source_key = c.before ->> 'source_key', name = c.before ->> 'name',
      address = c.before ->> 'address', kind = c.before ->> 'kind', floors = (c.before ->> 'floors')::smallint,
      units = (c.before ->> 'units')::smallint, households = (c.before ->> 'households')::integer,
      built_year = (c.before ->> 'built_year')::smallint, footprint = (c.before ->> 'footprint')::geometry,
      given_point = (c.before ->> 'given_point')::geometry, version = b.version + 1
    FROM building_change c WHERE c.import_id = :id AND c.building_id = b.id
    """,
    "DELETE FROM building_change WHERE import_id = :id",
    "DELETE FROM building WHERE import_id = :id",
    # versions replaced on the day they began, then versions that closed an earlier one
    """
    UPDATE area_version v SET name = f.columns ->> 'name', boundary = f.shape, import_id = (f.columns ->> 'import_id')::bigint
    FROM import_former f WHERE f.import_id = :id AND f.subject = 'area_version' AND v.id = f.key::bigint
    """,
    """
    CREATE TEMP TABLE reopening ON COMMIT DROP AS
    SELECT former.id, upper(v.during) AS until FROM area_version v JOIN area_version former
      ON former.area_code = v.area_code AND upper(former.during) = lower(v.during)
    WHERE v.import_id = :id AND former.import_id IS DISTINCT FROM :id
    """,
    "DELETE FROM area_version WHERE import_id = :id",
    "UPDATE area_version v SET during = daterange(lower(v.during), r.until) FROM reopening r WHERE r.id = v.id",
    "DROP TABLE reopening",
    # children before parents
    "DELETE FROM area WHERE import_id = :id AND level = 'community'",
    "DELETE FROM area WHERE import_id = :id AND level = 'street'",
    "DELETE FROM area WHERE import_id = :id AND level = 'district'",
    "DELETE FROM road WHERE import_id = :id",
    "DELETE FROM water WHERE import_id = :id",
    """
    UPDATE road r SET name = f.columns ->> 'name', road_class = f.columns ->> 'kind'
    FROM import_former f WHERE f.import_id = :id AND f.subject = 'road' AND r.id = f.key::bigint
    """,
    """
    UPDATE water w SET name = f.columns ->> 'name', water_kind = f.columns ->> 'kind'
    FROM import_former f WHERE f.import_id = :id AND f.subject = 'water' AND w.id = f.key::bigint
    """,
    """
    UPDATE division_code d SET name = f.columns ->> 'name', parent_code = f.columns ->> 'parent_code',
      urban_class = f.columns ->> 'urban_class', import_id = (f.columns ->> 'import_id')::bigint
    FROM import_former f WHERE f.import_id = :id AND f.subject = 'division_code' AND d.code = f.key
    """,
    "DELETE FROM division_code WHERE import_id = :id",
    "DELETE FROM import_former WHERE import_id = :id",
    "UPDATE revision SET number = number + 1 WHERE subject = 'ground'",
    "DELETE FROM import_row WHERE import_id = :id",
)


def undo(session: Session, import_id: int) -> None:
    """Take a published import back: what it created goes, what it changed is as it was before.

    Parameters
    ----------
    session : Session
        One transaction: all of it or nothing.
    import_id : int

    Raises
    ------
    NotFound
        "import_missing".
    Conflict
        "import_state" when it is not published; "import_in_use" naming what depends on it.
    """
    lock_ground(session)
    move(session, import_id, "undo", "undone", undone_at=func.now())
    _refuse_used(session, import_id)
    try:
        for statement in RESTORE:
            session.execute(text(statement), {"id": import_id})
    except IntegrityError as error:
        # Something began to depend on it after the look above.
        raise _in_use({N_("刚刚新增的内容"): 1}) from error
    forget_files(session, import_id)


def _refuse_used(session: Session, import_id: int) -> None:
    bound = {"id": import_id}
    found = session.scalars(select(GroundImport).where(GroundImport.id == import_id)).one()
    uses: dict[str, int] = {}
    if found.kind == "building":
        _add(uses, N_("后来又改动过的楼栋"), session.scalar(text(LATER_BUILDING_CHANGES), bound))
        created = session.scalars(text("SELECT id FROM building WHERE import_id = :id"), bound).all()
        moved = session.scalars(
            text(
                "SELECT building_id FROM building_change WHERE import_id = :id"
                " AND before ->> 'area_code' <> after ->> 'area_code'"
            ),
            bound,
        ).all()
        _add_all(uses, uses_of(session, "building", "id", [*created, *moved]))
    _add(uses, N_("更新的边界版本"), session.scalar(text(LATER_VERSIONS), bound))
    codes = session.scalars(text("SELECT code FROM area WHERE import_id = :id"), bound).all()
    if codes:
        _add_all(uses, uses_of(session, "area", "code", codes))
        for table, column in (("building", "area_code"), ("area", "parent_code")):
            _add(
                uses,
                USE_WORDS[table],
                session.scalar(
                    text(
                        f"SELECT count(*) FROM {table} WHERE {column} = ANY(:codes) AND import_id IS DISTINCT FROM :id"
                    ),
                    bound | {"codes": codes},
                ),
            )
    _add(uses, N_("后来又改动过的条目"), session.scalar(text(LATER_REPLACED), bound))
    if uses:
        raise _in_use(uses)


def _add(uses: dict[str, int], words: str, count: int | None) -> None:
    if count:
        uses[words] = uses.get(words, 0) + count


def _add_all(uses: dict[str, int], counts: dict[str, int]) -> None:
    for table, count in counts.items():
        _add(uses, USE_WORDS.get(table, table), count)


def _in_use(uses: dict[str, int]) -> Conflict:
    return Conflict(
        "import_in_use",
        N_("这次导入不能撤销，因为后来的内容用到了它：%(uses)s。请先撤销或移走这些内容。"),
        uses=Counted(uses.items()),
    )
