"""Outlines of zones, derived from their buildings: never stored, never drawn by hand."""

from datetime import date
from typing import Any

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.zones.rules import label_place
from app.zones.rules import zone_outlines as outlines_of

# Above this many buildings outlines would take longer than they help; the buildings' colours say it all.
MOST_BUILDINGS = 3000


def has_outlines(session: Session, area_code: str, on: date) -> bool:
    """Whether a community is small enough for outlines."""
    counted = session.scalar(
        text(
            """SELECT count(*) FROM building
               WHERE area_code = :area AND during @> CAST(:on AS date) AND point IS NOT NULL"""
        ),
        {"area": area_code, "on": on},
    )
    return int(counted or 0) <= MOST_BUILDINGS


def zone_outlines(
    session: Session, plan_id: int, area_code: str, on: date, most: int | None = None
) -> dict[int, dict[str, Any]]:
    """For each zone with buildings its outline and label place as GeoJSON; nothing in very large communities."""
    most = MOST_BUILDINGS if most is None else most
    bound = {"plan": plan_id, "area": area_code, "on": on, "most": most + 1}
    rows = session.execute(
        text(
            """SELECT ST_AsBinary(CASE WHEN b.footprint IS NULL THEN b.point
                        WHEN ST_NPoints(b.footprint) > 500 THEN ST_Envelope(b.footprint) ELSE b.footprint END), m.zone_id
               FROM building b LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
               WHERE b.area_code = :area AND b.during @> CAST(:on AS date) AND b.point IS NOT NULL
               ORDER BY b.id LIMIT :most"""
        ),
        bound,
    ).all()
    if len(rows) > most:
        return {}
    boundary = session.scalar(
        text(
            """SELECT ST_AsBinary(ST_SimplifyPreserveTopology(boundary, 0.000005)) FROM area_version
               WHERE area_code = :area AND during @> CAST(:on AS date)"""
        ),
        bound,
    )
    shapes = [shapely.from_wkb(bytes(row[0])) for row in rows]
    frame = shapely.from_wkb(bytes(boundary)) if boundary is not None else None
    outlines = outlines_of(shapes, [row[1] for row in rows], frame)
    return {
        zone: {
            "geometry": shapely.geometry.mapping(shapely.set_precision(outline, 1e-6)),
            "label": label_place(outline),
        }
        for zone, outline in outlines.items()
    }
