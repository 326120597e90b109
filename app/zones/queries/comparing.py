"""Two plans of one community side by side: which zone carries on which, and which buildings change hands."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.zones.queries.plans import PlanFacts, ZoneLine, zone_lines
from app.zones.rules import Stay, successors

BOTH = """
SELECT b.id, b.code, b.name, b.address, coalesce(b.households, 0),
       CASE WHEN b.during @> CAST(:former_on AS date) THEN o.zone_id END,
       CASE WHEN b.during @> CAST(:on AS date) THEN n.zone_id END,
       b.during @> CAST(:former_on AS date), b.during @> CAST(:on AS date)
FROM building b
LEFT JOIN zone_building o ON o.plan_id = :former AND o.building_id = b.id
LEFT JOIN zone_building n ON n.plan_id = :plan AND n.building_id = b.id
WHERE b.area_code = :area AND (b.during @> CAST(:former_on AS date) OR b.during @> CAST(:on AS date))
ORDER BY b.code
"""
LINEAGES = "SELECT id, lineage FROM zone WHERE plan_id = :plan"


class Place(NamedTuple):
    """A building in both plans: its zones' ids there, and whether it stood on each plan's day."""

    id: int
    code: str
    name: str
    address: str
    households: int
    former: int | None
    zone: int | None
    stood: bool
    stands: bool


class Flow(NamedTuple):
    """Buildings that go the same way. `former` and `zone` are None for no zone, or for no such building then."""

    former: ZoneLine | None
    zone: ZoneLine | None
    buildings: Sequence[Place]

    @property
    def households(self) -> int:
        return sum(one.households for one in self.buildings)

    @property
    def fresh(self) -> bool:
        """New on the ground, not taken in from no zone."""
        return not self.buildings[0].stood

    @property
    def gone(self) -> bool:
        """Gone from the ground, not merely taken out."""
        return not self.buildings[0].stands


class Comparison:
    """What a plan changes against a former one, whose zones it carries on as `heirs` says: zone id -> former zone id."""

    def __init__(
        self,
        former_zones: Sequence[ZoneLine],
        zones: Sequence[ZoneLine],
        heirs: dict[int, int],
        places: Sequence[Place],
    ) -> None:
        self.former_zones, self.zones, self.heirs, self.places = former_zones, zones, heirs, places
        self._former = {one.id: one for one in former_zones}
        self._zones = {one.id: one for one in zones}

    @cached_property
    def flows(self) -> list[Flow]:
        """Buildings that are not where they were, by where from and where to: moves first, the biggest first."""
        ways: dict[tuple[int, int, bool, bool], list[Place]] = {}
        for one in self.places:
            if (one.former, one.zone) == (None, None) or (
                one.zone is not None and one.former is not None and self.heirs.get(one.zone) == one.former
            ):
                continue
            ways.setdefault((one.former or 0, one.zone or 0, one.stood, one.stands), []).append(one)
        flows = [
            Flow(self._former.get(way[0]), self._zones.get(way[1]), buildings)
            for way, buildings in ways.items()
        ]
        return sorted(
            flows,
            key=lambda one: (one.former is None or one.zone is None, -one.households, -len(one.buildings)),
        )

    @property
    def moves(self) -> list[Flow]:
        """From one zone to another."""
        return [one for one in self.flows if one.former and one.zone]

    @property
    def entries(self) -> list[Flow]:
        """Into a zone from none."""
        return [one for one in self.flows if not one.former]

    @property
    def exits(self) -> list[Flow]:
        """Out of a zone into none."""
        return [one for one in self.flows if not one.zone]

    @property
    def new_zones(self) -> list[ZoneLine]:
        return [one for one in self.zones if one.id not in self.heirs]

    @property
    def gone_zones(self) -> list[ZoneLine]:
        carried = set(self.heirs.values())
        return [one for one in self.former_zones if one.id not in carried]

    @property
    def renamed(self) -> list[tuple[ZoneLine, ZoneLine]]:
        """Zones carried on under another number or name: (before, now)."""
        pairs = [(self._former[self.heirs[one.id]], one) for one in self.zones if one.id in self.heirs]
        return [(old, now) for old, now in pairs if (old.number, old.name) != (now.number, now.name)]

    @property
    def is_empty(self) -> bool:
        return not (self.flows or self.new_zones or self.gone_zones or self.renamed)


def compare_plans(session: Session, former: PlanFacts, plan: PlanFacts) -> Comparison:
    """What a plan changes against another one of its community, each on the ground of its own time."""
    return Comparison(
        zone_lines(session, former.id, former.ground_on),
        zone_lines(session, plan.id, plan.ground_on),
        *heirs_and_places(session, former.id, plan.id, plan.area_code, former.ground_on, plan.ground_on),
    )


def heirs_and_places(
    session: Session, former_id: int, plan_id: int, area_code: str, former_on: date, on: date
) -> tuple[dict[int, int], list[Place]]:
    """Which zone carries on which, and every building of either plan."""
    bound = {"former": former_id, "plan": plan_id, "area": area_code, "former_on": former_on, "on": on}
    places = [Place._make(row) for row in session.execute(text(BOTH), bound)]
    stays = [Stay(one.former, one.zone, one.households) for one in places]
    return successors(lineages(session, plan_id), lineages(session, former_id), stays), places


def lineages(session: Session, plan_id: int) -> dict[int, UUID]:
    """Zone id -> identity, for the zones of a plan."""
    return {row[0]: row[1] for row in session.execute(text(LINEAGES), {"plan": plan_id})}
