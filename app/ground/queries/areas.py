"""Areas as they were on a day: outlines for the map, the tree beside it, and where a map should start."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import in_scope, in_sight, like_patterns
from app.errors import N_, NotFound

Bounds = tuple[float, float, float, float]


class AreaLine(NamedTuple):
    """One line of the area tree."""

    code: str
    name: str
    level: str
    parent_code: str | None
    is_local: bool
    has_boundary: bool
    buildings: int
    # None where no building says how many.
    households: int | None


class AreaFacts(NamedTuple):
    """An area on a day, with its extent."""

    code: str
    name: str
    level: str
    parent_code: str | None
    is_local: bool
    bounds: Bounds | None
    area_m2: float | None


# Counts once per community, by the index, then summed upwards.
_COUNTED = f"""
WITH community AS (
  SELECT area_code, count(*) AS buildings, sum(households) AS households
  FROM building WHERE during @> CAST(:on AS date) AND area_code LIKE :prefix || '%' AND {in_scope("area_code")} GROUP BY area_code
), counted AS (
  SELECT area_code AS code, buildings, households FROM community
  UNION ALL SELECT left(area_code, 9) || '000', sum(buildings), sum(households) FROM community GROUP BY 1
  UNION ALL SELECT left(area_code, 6) || '000000', sum(buildings), sum(households) FROM community GROUP BY 1
)
"""


def ground_revision(asking: psycopg.Connection[Any]) -> int:
    """Grows with every change of areas, buildings, roads, water and green ground."""
    row = asking.execute("SELECT number FROM revision WHERE subject = 'ground'").fetchone()
    return int(row[0]) if row else 0


def area_tree(session: Session, on: date, within: str = "") -> list[AreaLine]:
    """Areas of a day with their sums, in code order: children follow their parent. `within` is a code prefix, empty for all."""
    rows = session.execute(
        text(
            f"""{_COUNTED}
            SELECT a.code, v.name, a.level, a.parent_code, a.is_local, v.boundary IS NOT NULL,
                   coalesce(c.buildings, 0)::int, c.households::int
            FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> CAST(:on AS date)
            LEFT JOIN counted c ON c.code = a.code
            WHERE a.code LIKE :prefix || '%' AND {in_sight("a.code")} ORDER BY a.code"""
        ),
        {"on": on, "prefix": within},
    )
    return [AreaLine(*row) for row in rows]


def areas_geojson(session: Session, level: str, within: str, on: date) -> bytes:
    """Outlines of one level as a FeatureCollection; `within` is a code prefix, empty for all."""
    body = session.scalar(
        text(
            f"""{_COUNTED}
            , shown AS (
              SELECT a.code, v.name, a.level, v.boundary, v.label_point,
                     coalesce(c.buildings, 0) AS buildings, c.households
              FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> CAST(:on AS date)
              LEFT JOIN counted c ON c.code = a.code
              WHERE a.level = :level AND a.code LIKE :prefix || '%' AND v.boundary IS NOT NULL AND {in_sight("a.code")}
            )
            SELECT jsonb_build_object('type', 'FeatureCollection', 'features', coalesce(jsonb_agg(
              jsonb_build_object('type', 'Feature', 'id', code, 'geometry', ST_AsGeoJSON(boundary, 6)::jsonb,
                'properties', jsonb_build_object('code', code, 'name', name, 'level', level,
                  'buildings', buildings, 'households', households,
                  'label', jsonb_build_array(ST_X(label_point), ST_Y(label_point)))) ORDER BY code), '[]'))::text
            FROM shown"""
        ),
        {"level": level, "prefix": within, "on": on},
    )
    return str(body).encode()


def area_on(session: Session, code: str, on: date) -> AreaFacts:
    """One area with its extent; NotFound when there is none on that day."""
    row = session.execute(
        text(
            f"""SELECT a.code, v.name, a.level, a.parent_code, a.is_local,
                      ST_XMin(v.boundary), ST_YMin(v.boundary), ST_XMax(v.boundary), ST_YMax(v.boundary),
                      ST_Area(v.boundary::geography)
               FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> CAST(:on AS date)
               WHERE a.code = :code AND {in_sight("a.code")}"""
        ),
        {"code": code, "on": on},
    ).first()
    if row is None:
        raise NotFound("area_unknown", N_("没有编码为 %(code)s 的区划，或这一天它还不存在。"), code=code)
    bounds = (row[5], row[6], row[7], row[8]) if row[5] is not None else None
    return AreaFacts(row[0], row[1], row[2], row[3], row[4], bounds, row[9])


def bounds_on(session: Session, code: str, on: date) -> Bounds | None:
    """An area's extent on that day, or the last that is known of it; None when it has never had a boundary."""
    row = session.execute(
        text(
            f"""SELECT ST_XMin(boundary), ST_YMin(boundary), ST_XMax(boundary), ST_YMax(boundary) FROM area_version
               WHERE area_code = :code AND boundary IS NOT NULL AND {in_sight("area_code")}
               ORDER BY during @> CAST(:on AS date) DESC, lower(during) DESC NULLS LAST LIMIT 1"""
        ),
        {"code": code, "on": on},
    ).first()
    return (row[0], row[1], row[2], row[3]) if row else None


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The latest names of some areas; those out of sight are left out."""
    rows = session.execute(
        text(
            f"""SELECT DISTINCT ON (area_code) area_code, name FROM area_version
               WHERE area_code = ANY(:codes) AND {in_sight("area_code")} ORDER BY area_code, lower(during) DESC NULLS LAST"""
        ),
        {"codes": list(codes)},
    )
    return {row.area_code: row.name for row in rows}


def areas_named(
    session: Session, within: Iterable[str], words: str = "", most: int | None = None
) -> list[tuple[str, str, str]]:
    """Code, latest name and name above of areas in code order; `within` are patterns of codes."""
    patterns = like_patterns(words)
    found = "".join(f" AND v.name || ' ' || a.code ILIKE :{name}" for name in patterns)
    latest = "SELECT name FROM area_version WHERE area_code = {code} ORDER BY lower(during) DESC NULLS LAST LIMIT 1"
    rows = session.execute(
        text(
            f"""SELECT a.code, v.name, coalesce(p.name, '') FROM area a
            JOIN LATERAL ({latest.format(code="a.code")}) v ON true
            LEFT JOIN LATERAL ({latest.format(code="a.parent_code")}) p ON true
            WHERE a.code LIKE ANY(:within) AND {in_sight("a.code")} {found} ORDER BY a.code LIMIT :most"""
        ),
        {"within": list(within), "most": most, **patterns},
    )
    return [(row[0], row[1], row[2]) for row in rows]


def area_versions(session: Session, code: str) -> list[dict[str, Any]]:
    """Every version of an area's name and boundary, newest first."""
    rows = session.execute(
        text(
            f"""SELECT name, lower(during) AS from_on, upper(during) AS to_on, boundary IS NOT NULL AS has_boundary,
                      i.file_name
               FROM area_version v LEFT JOIN ground_import i ON i.id = v.import_id
               WHERE v.area_code = :code AND {in_sight("v.area_code")} ORDER BY lower(during) DESC"""
        ),
        {"code": code},
    )
    return [dict(row._mapping) for row in rows]


def ground_bounds(session: Session) -> Bounds | None:
    """Extent of everything there is: boundaries first, else buildings, else roads."""
    own = in_scope("area_code")
    kinds = (
        ("area_version", "boundary", in_sight("area_code")),
        ("building", "point", own),
        ("road", "shape", own),
    )
    for table, column, mine in kinds:
        row = session.execute(
            text(
                f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
                f" FROM (SELECT ST_Extent({column}) AS e FROM {table} WHERE {mine}) AS everything"
            )
        ).one()
        if row[0] is not None:
            return (row[0], row[1], row[2], row[3])
    return None
