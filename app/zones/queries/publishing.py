"""What stands in the way of publishing a plan, and what should be known before."""

from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.zones.queries.plans import PlanFacts, ZoneLine, plan_sums, zone_lines
from app.zones.rules import household_band, pieces

PLACED = """
SELECT b.id, ST_X(b.point), ST_Y(b.point), m.zone_id FROM building b
LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
WHERE b.area_code = :area AND b.during @> CAST(:on AS date) AND b.point IS NOT NULL ORDER BY b.id
"""


class Finding(NamedTuple):
    """One reason: "no_zones", "unassigned", "zone_empty", "zone_in_pieces" (may be excused), or as a note "zone_off_size"."""

    code: str
    blocks: bool
    zone: ZoneLine | None = None
    # Buildings in no zone, or parts of a zone.
    amount: int = 0
    # A building where it can be seen: the first of the smallest part, or of those in no zone.
    building_id: int | None = None


def publishing_findings(session: Session, plan: PlanFacts, on: date) -> list[Finding]:
    """What stands in the way, the gravest first, then notes."""
    zones = zone_lines(session, plan.id, on)
    if not zones:
        return [Finding("no_zones", blocks=True)]
    rows = session.execute(text(PLACED), {"plan": plan.id, "area": plan.area_code, "on": on}).all()
    points = np.array([(row[1], row[2]) for row in rows], dtype=float).reshape(-1, 2)
    parts = pieces(points, [row[3] for row in rows])
    findings = []
    unassigned = plan_sums(session, plan.id, plan.area_code, on).unassigned
    if unassigned:
        first = next((row[0] for row in rows if row[3] is None), None)
        findings.append(Finding("unassigned", blocks=True, amount=unassigned, building_id=first))
    findings += [Finding("zone_empty", blocks=True, zone=zone) for zone in zones if not zone.buildings]
    for zone in zones:
        own = parts.get(zone.id, [])
        if len(own) > 1:
            cut_off = int(rows[own[-1][0]][0])
            findings.append(Finding("zone_in_pieces", True, zone, len(own), cut_off))
    findings += [
        Finding("zone_off_size", blocks=False, zone=zone)
        for zone in zones
        if zone.buildings and household_band(zone.households) != "within"
    ]
    return sorted(findings, key=lambda one: not one.blocks)
