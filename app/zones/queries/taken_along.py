"""A plan's zones and buildings with their shapes, for files that other programs read."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.zones.queries.outlines import zone_outlines
from app.zones.queries.plans import PlanFacts, ZoneLine

# Above this many the outlines of an export would keep a web process busy for more than a few seconds.
MOST_TAKEN = 50_000


def taken_buildings(session: Session, plan: PlanFacts, on: date) -> list[dict[str, Any]]:
    """Every building of the plan's community with its shape as WKB; one more than `MOST_TAKEN` when there are more."""
    rows = session.execute(
        text(
            """SELECT ST_AsBinary(coalesce(b.footprint, b.point)) AS shape, b.code, b.name, b.address, b.kind, b.floors,
                      b.units, b.households, z.number AS zone, z.name AS zone_name
               FROM building b LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
               LEFT JOIN zone z ON z.id = m.zone_id
               WHERE b.area_code = :area AND b.during @> CAST(:on AS date) ORDER BY b.code LIMIT :most"""
        ),
        {"plan": plan.id, "area": plan.area_code, "on": on, "most": MOST_TAKEN + 1},
    )
    return [dict(row._mapping) for row in rows]


def taken_outlines(
    session: Session, plan: PlanFacts, zones: Sequence[ZoneLine], on: date
) -> list[bytes | None]:
    """The outline of each zone as WKB; None for one without buildings."""
    outlines = zone_outlines(session, plan.id, plan.area_code, on, MOST_TAKEN)
    return [
        shapely.to_wkb(shapely.geometry.shape(outlines[one.id]["geometry"])) if one.id in outlines else None
        for one in zones
    ]
