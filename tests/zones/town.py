"""A community of twenty buildings in two rows, its neighbour with five, and a draft to work on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import pytest
from shapely.geometry import Polygon, box
from sqlalchemy.orm import Session

from app.errors import DomainError
from app.zones import actions
from app.zones.models import Plan
from app.zones.queries import plans as plan_queries
from tests.builders import build_area, build_building, cell, footprint_in

COMMUNITY = "329901001001"
NEIGHBOUR = "329901001002"
TODAY = date(2026, 11, 23)
_keys = count(1)


def fresh_key() -> str:
    return f"test-key-{next(_keys):06d}"


def ask(seen_version: int = 1, key: str = "", by: int | None = None) -> actions.Ask:
    """A request with a key of its own."""
    return actions.Ask(seen_version, key or fresh_key(), by)


@dataclass
class Town:
    """Ids of what was built; buildings in the order of their codes."""

    buildings: list[int]
    elsewhere: list[int]
    plan: Plan

    def ask(self, **given: Any) -> actions.Ask:
        """A request of somebody who has just looked at the plan."""
        return ask(**{"seen_version": self.plan.version, **given})

    def give(
        self, session: Session, zone_id: int | None, asked: actions.Ask | None = None, **given: Any
    ) -> actions.Outcome:
        """Give buildings as somebody who has just looked at the plan."""
        values = {"on": TODAY, **given}
        return actions.give_buildings(session, self.plan.id, zone_id, asked or self.ask(), **values)

    def zone(self, session: Session, name: str = "") -> int:
        """One more zone; answers its id."""
        done = actions.add_zone(session, self.plan.id, self.ask(), name, colours=12)
        return int(done.answer["zone"]["id"])

    def turn(
        self,
        session: Session,
        step_id: int,
        direction: actions.Direction,
        seen_version: int = 0,
        by: int | None = None,
    ) -> actions.Outcome:
        """Undo or redo as somebody who has just looked at the plan."""
        seen = seen_version or self.plan.version
        return actions.turn_step(session, self.plan.id, step_id, direction, seen_version=seen, by=by)


def build_town(session: Session) -> Town:
    """Two communities side by side, and an empty draft for the western one."""
    here, there = cell(0), cell(1)
    build_area(session, COMMUNITY, "沿江社区", here)
    build_area(session, NEIGHBOUR, "东门社区", there)
    buildings = [
        build_building(
            session,
            f"{COMMUNITY}{n + 1:05d}",
            footprint_in(here, n),
            households=20,
            address=f"沿江路{n + 1}号",
        )
        for n in range(20)
    ]
    elsewhere = [
        build_building(session, f"{NEIGHBOUR}{n + 1:05d}", footprint_in(there, n), households=30)
        for n in range(5)
    ]
    plan = actions.make_draft(session, COMMUNITY, "试划", None)
    session.flush()
    return Town(buildings, elsewhere, plan)


def around(footprints: list[Polygon]) -> Polygon:
    """A lasso drawn closely around footprints."""
    west = min(one.bounds[0] for one in footprints)
    south = min(one.bounds[1] for one in footprints)
    east = max(one.bounds[2] for one in footprints)
    north = max(one.bounds[3] for one in footprints)
    return box(west - 0.00005, south - 0.00005, east + 0.00005, north + 0.00005)


def row(number: int) -> list[Polygon]:
    """Footprints of the ten buildings in a row of the community."""
    return [footprint_in(cell(0), 10 * number + n) for n in range(10)]


def sums(session: Session, town: Town) -> dict[int, tuple[int, int]]:
    """Zone number -> buildings and households."""
    return {
        z.number: (z.buildings, z.households) for z in plan_queries.zone_lines(session, town.plan.id, TODAY)
    }


def refused(code: str, work: Callable[[], Any]) -> DomainError:
    """The refusal with this code that the work must end in."""
    with pytest.raises(DomainError) as caught:
        work()
    assert caught.value.code == code
    return caught.value
