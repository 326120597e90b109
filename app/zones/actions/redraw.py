"""Many zones drawn anew as one step: by the cutter, or from a list that an office brought."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import N_, Conflict, InvalidInput
from app.zones.actions.rows import drop_zone, insert_zone, label_zones, place, zone_facts
from app.zones.actions.steps import Ask, Outcome, take_step
from app.zones.models import Plan, Zone
from app.zones.rules import MAX_ZONES, free_colour, own_name

# Zone id as text, "" for none -> buildings: as JSON keeps it.
Held = dict[str, list[int]]


class Wanted(NamedTuple):
    """A zone as it shall be: one of the plan's by its id, or a new one; with these buildings among others."""

    zone_id: int | None
    number: int
    name: str
    building_ids: Sequence[int]


def redraw_zones(
    session: Session,
    plan_id: int,
    ask: Ask,
    wanted: Sequence[Wanted],
    *,
    removed: Collection[int] = (),
    released: Sequence[int] = (),
    asked: Any,
    colours: int,
) -> Outcome:
    """Draw many zones of a draft anew, all at once or not at all; one step that can be undone.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    ask : Ask
        As in `take_step`.
    wanted : sequence of Wanted
        What shall be; buildings that are named nowhere stay in the zone where they are.
    removed : collection of int
        Zones of the plan that go; buildings that nobody else wants are in none then.
    released : sequence of int
        Buildings that are taken out of any zone.
    asked : object
        What the person asked for, as JSON; the key of a request may not come back with another wish.
    colours : int
        How many colours the palette has.

    Returns
    -------
    Outcome
        answer: {"zones": how many were drawn, "added", "removed": how many zones, "moved": how many buildings changed zones}.

    Raises
    ------
    NotFound, Conflict
        As `take_step`; "zone_locked" when a building would enter or leave a locked zone; "zones_gone" when a zone is not there.
    InvalidInput
        "numbers_unusable" for numbers that are not 1 to 999, each once.
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any] | None]:
        present = {one.id: one for one in session.scalars(select(Zone).where(Zone.plan_id == plan.id))}
        _check(present, wanted, removed)
        going = [zone_facts(present[zone]) for zone in sorted(removed)]
        former = _held(session, plan)
        labels = {
            str(one.zone_id): {"number": one.number, "name": own_name(one.number, one.name)}
            for one in wanted
            if one.zone_id is not None
        }
        former_labels = {
            zone: {"number": present[int(zone)].number, "name": present[int(zone)].name} for zone in labels
        }
        used = [one.colour for one in present.values() if one.id not in removed]
        coming = [_new(session, plan, one, used, colours) for one in wanted if one.zone_id is None]
        fresh = iter(coming)
        target: dict[int, int | None] = dict.fromkeys(released)
        for one in wanted:
            zone = one.zone_id if one.zone_id is not None else int(next(fresh)["id"])
            target.update(dict.fromkeys(one.building_ids, zone))
        for zone in removed:
            left = (building for building, held in former.items() if held == zone)
            target.update({building: None for building in left if building not in target})
        moves = {building: zone for building, zone in target.items() if former.get(building) != zone}
        target_by_zone = _grouped(moves)
        before = {
            "from": _grouped({building: former.get(building) for building in moves}),
            "to": target_by_zone,
            "added": coming,
            "removed": going,
            "labels": {"from": former_labels, "to": labels},
        }
        answer = {"zones": len(wanted), "added": len(coming), "removed": len(going), "moved": len(moves)}
        if not moves and not coming and not going and former_labels == labels:
            return answer, None
        _draw(session, plan, target_by_zone, going, labels)
        return answer, before

    return take_step(session, plan_id, ask, kind="redraw", asked=asked, change=change)


def draw_back(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    """Undo a redrawing.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    before : dict
        As the step keeps it.
    """
    _draw_between(session, plan, before["removed"], before["from"], before["added"], before["labels"]["from"])


def draw_again(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    """Do a redrawing again that was undone.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    before : dict
        As the step keeps it.
    """
    _draw_between(session, plan, before["added"], before["to"], before["removed"], before["labels"]["to"])


def _draw_between(
    session: Session,
    plan: Plan,
    coming: Sequence[dict[str, Any]],
    held: Held,
    going: Sequence[dict[str, Any]],
    labels: Mapping[str, dict[str, Any]],
) -> None:
    for zone in coming:
        insert_zone(session, plan, zone)
    _draw(session, plan, held, going, labels)


def _draw(
    session: Session,
    plan: Plan,
    held: Held,
    going: Sequence[dict[str, Any]],
    labels: Mapping[str, dict[str, Any]],
) -> None:
    for zone in sorted(held, key=lambda one: int(one or 0)):
        place(session, plan, int(zone) if zone else None, held[zone])
    for gone in going:
        drop_zone(session, plan, gone["id"])
    if labels:
        label_zones(session, plan, dict(labels))
    # Zones read before would still show what was.
    session.expire_all()


def _check(present: Mapping[int, Zone], wanted: Sequence[Wanted], removed: Collection[int]) -> None:
    kept = {one.zone_id for one in wanted if one.zone_id is not None}
    if not (kept | set(removed)) <= set(present) or kept & set(removed):
        raise Conflict("zones_gone", N_("其中有的责任区已经不在，请重新读取方案后再做。"))
    numbers = [one.number for one in wanted]
    numbers += [zone.number for zone in present.values() if zone.id not in kept and zone.id not in removed]
    if len(numbers) != len(set(numbers)) or any(not 1 <= one <= MAX_ZONES for one in numbers):
        raise InvalidInput(
            "numbers_unusable", N_("责任区编号应为 1 到 %(most)s，且不能重复。"), most=MAX_ZONES
        )


def _new(session: Session, plan: Plan, wanted: Wanted, used: list[int], colours: int) -> dict[str, Any]:
    zone = Zone(
        plan_id=plan.id,
        area_code=plan.area_code,
        number=wanted.number,
        name=own_name(wanted.number, wanted.name),
        colour=free_colour(used, colours),
    )
    used.append(zone.colour)
    session.add(zone)
    session.flush()
    session.refresh(zone)
    return zone_facts(zone)


def _held(session: Session, plan: Plan) -> dict[int, int]:
    rows = session.execute(
        text("SELECT building_id, zone_id FROM zone_building WHERE plan_id = :plan"), {"plan": plan.id}
    )
    return {row[0]: row[1] for row in rows}


def _grouped(held: Mapping[int, int | None]) -> Held:
    grouped: Held = {}
    for building in sorted(held):
        zone = held[building]
        grouped.setdefault("" if zone is None else str(zone), []).append(building)
    return grouped
