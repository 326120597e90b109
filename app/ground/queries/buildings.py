"""Buildings: one in full, found by words, and as features for an export."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import in_scope, in_sight, like_patterns
from app.errors import N_, NotFound
from app.ground.queries.tiles import GROUPS

COLLECTIONS = {"road": "roads", "water": "water", "green": "green"}


def building_facts(session: Session, building_id: int) -> dict[str, Any]:
    """Everything a detail panel shows about a building, with its community, street and history."""
    row = session.execute(
        text(
            f"""SELECT b.id, b.code, b.name, b.address, b.kind, b.floors, b.units, b.households, b.built_year, b.area_code,
                      lower(b.during) AS from_on, upper(b.during) AS to_on, b.footprint IS NOT NULL AS has_footprint,
                      ST_X(b.point) AS longitude, ST_Y(b.point) AS latitude,
                      ST_Area(b.footprint::geography) AS footprint_m2,
                      (SELECT name FROM area_version WHERE area_code = b.area_code ORDER BY during DESC LIMIT 1)
                        AS community,
                      (SELECT v.name FROM area a JOIN area_version v ON v.area_code = a.parent_code
                        WHERE a.code = b.area_code ORDER BY v.during DESC LIMIT 1) AS street,
                      i.file_name AS source
               FROM building b LEFT JOIN ground_import i ON i.id = b.import_id
               WHERE b.id = :id AND {in_scope("b.area_code")}"""
        ),
        {"id": building_id},
    ).first()
    if row is None:
        raise NotFound("building_unknown", N_("没有这栋楼，可能已被撤销导入。"))
    history = session.execute(
        text(
            """SELECT c.changed_at, c.before - '{footprint,given_point}'::text[] AS before, c.after, i.file_name, a.login
               FROM building_change c LEFT JOIN ground_import i ON i.id = c.import_id
               LEFT JOIN account a ON a.id = c.changed_by
               WHERE c.building_id = :id ORDER BY c.id DESC LIMIT 50"""
        ),
        {"id": building_id},
    )
    return {**row._mapping, "history": [dict(line._mapping) for line in history]}


def found_places(session: Session, words: str, on: date, limit: int = 20) -> list[dict[str, Any]]:
    """Areas, then buildings, whose name, code or address holds the words; best match first.

    Several words must all be found. A building is found by its community's name too: “滨江 3幢”.
    """
    wanted = like_patterns(words)
    if not wanted:
        return []
    area_match = " AND ".join(f"(v.name ILIKE :{word} OR a.code LIKE :{word})" for word in wanted)
    building_match = " AND ".join(
        f"(b.name ILIKE :{word} OR b.address ILIKE :{word} OR b.code LIKE :{word} OR v.name ILIKE :{word})"
        for word in wanted
    )
    rows = session.execute(
        text(
            f"""(SELECT 'area' AS what, a.code AS key, v.name, a.code, a.level AS detail,
                        ST_XMin(v.boundary) AS west, ST_YMin(v.boundary) AS south,
                        ST_XMax(v.boundary) AS east, ST_YMax(v.boundary) AS north
                 FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> CAST(:on AS date)
                 WHERE {area_match} AND {in_sight("a.code")} ORDER BY length(v.name), a.code LIMIT :most)
                UNION ALL
                (SELECT 'building', b.id::text, concat_ws(' ', v.name, nullif(b.name, '')), b.code, b.address,
                        ST_X(b.point), ST_Y(b.point), ST_X(b.point), ST_Y(b.point)
                 FROM building b
                 JOIN area_version v ON v.area_code = b.area_code AND v.during @> CAST(:on AS date)
                 WHERE b.during @> CAST(:on AS date) AND {building_match} AND {in_scope("b.area_code")}
                 ORDER BY b.name <> :first, length(b.name), b.code LIMIT :most)"""
        ),
        {**wanted, "on": on, "most": limit, "first": words.split()[:4][-1]},
    )
    return [dict(row._mapping) for row in rows][:limit]


def building_features(session: Session, within: str, on: date, by: str, limit: int) -> dict[str, Any]:
    """Buildings below an area code as GeoJSON features with their group `g`, one more than `limit` at most."""
    rows = session.execute(
        text(
            f"""SELECT b.id, {GROUPS[by]} AS g, ST_AsGeoJSON(coalesce(b.footprint, b.given_point), 6)::json AS geometry,
                      b.code, b.name, b.address, b.kind, b.floors, b.units, b.households
               FROM building b WHERE b.area_code LIKE :prefix || '%' AND b.during @> CAST(:on AS date)
                 AND b.point IS NOT NULL AND {in_scope("b.area_code")} ORDER BY b.code LIMIT :most"""
        ),
        {"prefix": within, "on": on, "most": limit + 1},
    )
    features = []
    for row in rows:
        facts = dict(row._mapping)
        features.append(
            {"type": "Feature", "id": facts.pop("id"), "geometry": facts.pop("geometry"), "properties": facts}
        )
    return {"type": "FeatureCollection", "features": features}


def backdrop_features(session: Session, within: str, on: date) -> dict[str, dict[str, Any]]:
    """Roads, water and green ground within an area's extent, cut to it, as three collections."""
    collections = {}
    for theme, kind in (("road", "road_class"), ("water", "water_kind"), ("green", "green_kind")):
        rows = session.execute(
            text(
                f"""WITH area AS (
                      SELECT ST_Expand(ST_Extent(v.boundary)::geometry, 0.003) AS box FROM area_version v
                      WHERE v.area_code LIKE :prefix || '%' AND v.during @> CAST(:on AS date))
                    SELECT {kind} AS kind, name, ST_AsGeoJSON(ST_ClipByBox2D(shape, area.box::box2d), 6)::json AS geometry
                    FROM {theme}, area WHERE shape && area.box LIMIT 4000"""
            ),
            {"prefix": within, "on": on},
        )
        collections[COLLECTIONS[theme]] = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": row.geometry,
                    "properties": {kind: row.kind, "name": row.name},
                }
                for row in rows
                if row.geometry and row.geometry.get("coordinates", row.geometry.get("geometries"))
            ],
        }
    return collections
