"""Buildings change zones: by click, by list or by lasso, all at once or not at all."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from shapely.geometry import MultiPolygon, Polygon
from sqlalchemy.orm import Session

from app.errors import N_, Conflict, InvalidInput
from app.zones.actions.rows import place
from app.zones.actions.steps import Ask, Outcome, take_step
from app.zones.actions.zones import zone_of
from app.zones.models import Plan
from app.zones.queries.buildings import Picked, picked_by_id, picked_by_lasso
from app.zones.queries.plans import locked_zones, zone_numbers

MAX_IDS = 50_000


def give_buildings(
    session: Session,
    plan_id: int,
    zone_id: int | None,
    ask: Ask,
    *,
    building_ids: Sequence[int] | None = None,
    lasso: Polygon | MultiPolygon | None = None,
    on: date,
) -> Outcome:
    """Give buildings to a zone of a draft, or take them out of any.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    zone_id : int or None
        One of its zones; None takes the buildings out.
    ask : Ask
        As in `take_step`.
    building_ids : sequence of int, optional
        Which buildings; at most 50,000.
    lasso : Polygon or MultiPolygon, optional
        Instead of ids: EPSG:4326, valid. The point on a building's surface decides whether it is inside.
    on : date
        Today in the office; buildings that are no longer there do not count.

    Returns
    -------
    Outcome
        answer: {"assigned": n, "moved_from": {zone number: n}, "unchanged": n, "outside": n,
        "locked": n, "households": h of the assigned, "ids": [those assigned], "zone": number or None}. `outside` counts
        buildings of other communities (and unknown ids), `locked` those of locked zones: they are never touched.

    Raises
    ------
    InvalidInput
        "nothing_picked" when neither or both of ids and lasso are given, or too many ids.
    NotFound
        "zone_unknown"; and as `take_step`.
    Conflict
        "zone_locked".
    """
    if (building_ids is None) == (lasso is None) or len(building_ids or ()) > MAX_IDS:
        raise InvalidInput("nothing_picked", N_("请圈选或勾选楼栋，一次最多 %(most)s 栋。"), most=MAX_IDS)
    outline = lasso.wkb if lasso is not None else None

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any] | None]:
        locked = locked_zones(session, plan.id)
        number = None if zone_id is None else zone_of(session, plan.id, zone_id).number
        if zone_id in locked:
            raise Conflict(
                "zone_locked", N_("第 %(zone)s 责任区已锁定，楼栋不能划入。请先解锁。"), zone=number
            )
        if outline is not None:
            picked = picked_by_lasso(session, plan.id, plan.area_code, outline, on)
        else:
            picked = picked_by_id(session, plan.id, plan.area_code, building_ids or (), on)
        # What is locked stays where it is: a brush goes round it.
        moving = [one for one in picked.buildings if one[2] != zone_id and one[2] not in locked]
        kept = sum(one[2] in locked for one in picked.buildings)
        answer = _counted(session, plan, picked, moving, number, kept)
        if not moving:
            return answer, None
        place(session, plan, zone_id, answer["ids"])
        former: dict[str, list[int]] = {}
        for building, _households, zone in moving:
            former.setdefault("" if zone is None else str(zone), []).append(building)
        return answer, {"to": zone_id, "from": former}

    asked = [zone_id, outline.hex() if outline else sorted(building_ids or ())]
    return take_step(session, plan_id, ask, kind="give", asked=asked, change=change)


def _counted(
    session: Session,
    plan: Plan,
    picked: Picked,
    moving: Sequence[tuple[int, int, int | None]],
    number: int | None,
    locked: int,
) -> dict[str, Any]:
    numbers = zone_numbers(session, plan.id)
    moved_from: dict[str, int] = {}
    for _building, _households, zone in moving:
        if zone is not None:
            name = str(numbers[zone])
            moved_from[name] = moved_from.get(name, 0) + 1
    return {
        "zone": number,
        "assigned": len(moving),
        "moved_from": moved_from,
        "unchanged": len(picked.buildings) - len(moving) - locked,
        "locked": locked,
        "outside": picked.outside,
        "households": sum(one[1] for one in moving),
        "ids": [one[0] for one in moving],
    }
