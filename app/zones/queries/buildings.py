"""Buildings of a plan: listed, picked by a lasso or by id, exported, and cut into map tiles."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import like_patterns
from app.errors import N_, InvalidInput
from app.ground.queries.tiles import TileAddress, cut_building_tile
from app.zones.queries.plans import PlanFacts
from app.zones.rules import UNASSIGNED_GROUP

LINES_A_PAGE = 100

_LISTED = """
FROM building b LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
LEFT JOIN zone z ON z.id = m.zone_id
WHERE b.area_code = :area AND b.during @> CAST(:on AS date)
"""
SORTS = {
    "code": "b.code",
    "address": "b.address, b.code",
    "households": "b.households DESC NULLS LAST, b.code",
    "zone": "z.number NULLS FIRST, b.code",
}


class BuildingFilter(NamedTuple):
    """What the list shows: words to find, and a zone number; 0 for buildings in no zone, None for all."""

    words: str = ""
    zone: int | None = None
    sort: str = "code"

    def condition(self) -> tuple[str, dict[str, Any]]:
        """SQL after WHERE, and its values."""
        bound: dict[str, Any] = dict(like_patterns(self.words))
        parts = [
            f" AND (b.name ILIKE :{word} OR b.address ILIKE :{word} OR b.code LIKE :{word})" for word in bound
        ]
        if self.zone == 0:
            parts.append(" AND m.zone_id IS NULL")
        elif self.zone is not None:
            parts.append(" AND z.number = :number")
            bound["number"] = self.zone
        return "".join(parts), bound


def listed_buildings(
    session: Session,
    plan: PlanFacts,
    wanted: BuildingFilter,
    on: date,
    page: int = 1,
    lines: int = LINES_A_PAGE,
) -> dict[str, Any]:
    """One page of a plan's buildings, with the count and households of all that match."""
    if wanted.sort not in SORTS:
        raise InvalidInput("sort_unknown", N_("不能按这一列排序。"))
    condition, bound = wanted.condition()
    bound |= {"plan": plan.id, "area": plan.area_code, "on": on}
    total = session.execute(
        text(f"SELECT count(*), coalesce(sum(b.households), 0)::int {_LISTED} {condition}"), bound
    ).one()
    rows = session.execute(
        text(
            f"""SELECT b.id, b.code, b.name, b.address, b.kind, b.floors, b.units, b.households, z.number AS zone,
                       ST_X(b.point) AS longitude, ST_Y(b.point) AS latitude
                {_LISTED} {condition} ORDER BY {SORTS[wanted.sort]} LIMIT :lines OFFSET :skipped"""
        ),
        {**bound, "lines": lines, "skipped": (page - 1) * lines},
    )
    return {
        "buildings": [dict(row._mapping) for row in rows],
        "count": total[0],
        "households": total[1],
        "page": page,
        "pages": max(1, -(-total[0] // lines)),
    }


def building_ids(session: Session, plan: PlanFacts, wanted: BuildingFilter, on: date) -> list[int]:
    """Every building that a filter matches, for “select all”."""
    condition, bound = wanted.condition()
    bound |= {"plan": plan.id, "area": plan.area_code, "on": on}
    return list(session.scalars(text(f"SELECT b.id {_LISTED} {condition} ORDER BY b.id"), bound))


def next_unassigned(session: Session, plan: PlanFacts, after: str, on: date) -> dict[str, Any] | None:
    """The building in no zone that comes after a building code, then from the beginning again."""
    row = session.execute(
        text(
            f"""SELECT b.id, b.code, b.name, b.address, b.households, ST_X(b.point) AS longitude,
                       ST_Y(b.point) AS latitude {_LISTED} AND m.zone_id IS NULL AND b.point IS NOT NULL
                ORDER BY b.code <= :after, b.code LIMIT 1"""
        ),
        {"plan": plan.id, "area": plan.area_code, "on": on, "after": after},
    ).first()
    return dict(row._mapping) if row else None


class Picked(NamedTuple):
    """Buildings of the plan's community inside a lasso, and how many of other communities lie there too."""

    buildings: list[tuple[int, int, int | None]]
    outside: int


def picked_by_lasso(session: Session, plan_id: int, area_code: str, lasso: bytes, on: date) -> Picked:
    """Buildings whose point a lasso covers, as (id, households, zone id).

    `&&` first, so that the GiST index on the point serves; a point on the lasso's line is inside.
    """
    bound = {"plan": plan_id, "area": area_code, "lasso": lasso, "on": on}
    inside = """b.point && ST_GeomFromWKB(:lasso, 4326) AND ST_Covers(ST_GeomFromWKB(:lasso, 4326), b.point)
                AND b.during @> CAST(:on AS date)"""
    rows = session.execute(
        text(
            f"""SELECT b.id, coalesce(b.households, 0), m.zone_id, b.area_code = :area
                FROM building b LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
                WHERE {inside}"""
        ),
        bound,
    ).all()
    return Picked([(row[0], row[1], row[2]) for row in rows if row[3]], sum(not row[3] for row in rows))


def picked_by_id(session: Session, plan_id: int, area_code: str, ids: Sequence[int], on: date) -> Picked:
    """Buildings by their ids, as (id, households, zone id); ids of no such building count as outside."""
    rows = session.execute(
        text(
            """SELECT b.id, coalesce(b.households, 0), m.zone_id
               FROM (SELECT DISTINCT unnest(CAST(:ids AS bigint[])) AS id) AS asked JOIN building b ON b.id = asked.id
               LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
               WHERE b.area_code = :area AND b.during @> CAST(:on AS date)"""
        ),
        {"plan": plan_id, "area": area_code, "ids": list(ids), "on": on},
    ).all()
    return Picked([(row[0], row[1], row[2]) for row in rows], len(set(ids)) - len(rows))


# --- maps --------------------------------------------------------------------------------------


def plan_tile(
    asking: psycopg.Connection[Any], plan_id: int, area_code: str, tile: TileAddress, on: date
) -> bytes:
    """A building tile where `g` is the zone's number; buildings of other communities have none."""
    group = f"CASE WHEN b.area_code = %(area)s THEN coalesce(z.number, {UNASSIGNED_GROUP}) END"
    join = """LEFT JOIN zone_building m ON m.plan_id = %(plan)s AND m.building_id = b.id
              LEFT JOIN zone z ON z.id = m.zone_id"""
    return cut_building_tile(asking, tile, group, join, {"on": on, "plan": plan_id, "area": area_code})


def plan_features(session: Session, plan: PlanFacts, on: date, limit: int) -> dict[str, Any]:
    """Buildings of the plan's community as GeoJSON features with their zone, one more than `limit` at most."""
    rows = session.execute(
        text(
            f"""SELECT b.id, ST_AsGeoJSON(coalesce(b.footprint, b.given_point), 6)::json AS geometry, b.code, b.name,
                       b.address, b.kind, b.floors, b.units, b.households, z.number AS zone
                {_LISTED} AND b.point IS NOT NULL ORDER BY b.code LIMIT :most"""
        ),
        {"plan": plan.id, "area": plan.area_code, "on": on, "most": limit + 1},
    )
    features = []
    for row in rows:
        facts = dict(row._mapping)
        features.append(
            {"type": "Feature", "id": facts.pop("id"), "geometry": facts.pop("geometry"), "properties": facts}
        )
    return {"type": "FeatureCollection", "features": features}
