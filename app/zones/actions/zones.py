"""Zones of a draft: made, named, numbered anew, removed. Each can be undone."""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import N_, InvalidInput, NotFound
from app.partition import reading_order
from app.zones.actions.rows import drop_zone, label_zones, zone_facts
from app.zones.actions.steps import Ask, Outcome, take_step
from app.zones.models import Plan, Zone
from app.zones.rules import MAX_ZONES, free_colour, free_number, own_name


def add_zone(
    session: Session,
    plan_id: int,
    ask: Ask,
    name: str = "",
    *,
    colours: int,
) -> Outcome:
    """Add an empty zone with the next number.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    ask : Ask
        As in `take_step`.
    name : str
        At most 60 characters; empty when the number says enough.
    colours : int
        How many colours the palette has.

    Returns
    -------
    Outcome
        answer: {"zone": {id, number, name, colour, lineage}}.

    Raises
    ------
    InvalidInput
        "zones_full" after 999 zones; and as `take_step`.
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
        present = session.scalars(select(Zone).where(Zone.plan_id == plan.id)).all()
        number = free_number({zone.number for zone in present})
        zone = Zone(
            plan_id=plan.id,
            area_code=plan.area_code,
            number=number,
            name=own_name(number, name),
            colour=free_colour([one.colour for one in present], colours),
        )
        session.add(zone)
        # Its id is given by the database and is part of the answer.
        session.flush()
        session.refresh(zone)
        return {"zone": zone_facts(zone)}, {"zone": zone_facts(zone)}

    return take_step(session, plan_id, ask, kind="add", asked=name, change=change)


def rename_zone(
    session: Session,
    plan_id: int,
    zone_id: int,
    ask: Ask,
    name: str,
    number: int | None = None,
) -> Outcome:
    """Give a zone another name, and another number if one is given.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id, zone_id : int
        The zone.
    ask : Ask
        As in `take_step`.
    name : str
        At most 60 characters, may be empty.
    number : int or None
        1 to 999; a zone that has it takes this one's number in exchange.

    Returns
    -------
    Outcome
        answer: {"zone": {id, number, name, colour, lineage}}.

    Raises
    ------
    NotFound
        "zone_unknown"; and as `take_step`.
    InvalidInput
        "number_unusable".
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any] | None]:
        zone = zone_of(session, plan.id, zone_id)
        wanted = zone.number if number is None else number
        if not 1 <= wanted <= MAX_ZONES:
            raise InvalidInput("number_unusable", N_("责任区编号应为 1 到 %(most)s。"), most=MAX_ZONES)
        former = {str(zone.id): {"number": zone.number, "name": zone.name}}
        present = {str(zone.id): {"number": wanted, "name": own_name(wanted, name)}}
        other = session.scalar(
            select(Zone).where(Zone.plan_id == plan.id, Zone.number == wanted, Zone.id != zone.id)
        )
        if other is not None:
            former[str(other.id)] = {"number": other.number, "name": other.name}
            present[str(other.id)] = {"number": zone.number, "name": other.name}
        answer = {"zone": {**zone_facts(zone), **present[str(zone.id)]}}
        return answer, _labelled(session, plan, former, present)

    return take_step(session, plan_id, ask, kind="label", asked=[zone_id, name, number], change=change)


def renumber_zones(session: Session, plan_id: int, ask: Ask) -> Outcome:
    """Number the zones of a draft from west to east and north to south.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    ask : Ask
        As in `take_step`.

    Returns
    -------
    Outcome
        answer: {"changed": how many got another number}. Empty zones come last.

    Raises
    ------
    As `take_step`.
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any] | None]:
        rows = session.execute(
            text(
                """SELECT z.id, z.number, z.name, avg(ST_X(b.point)), avg(ST_Y(b.point))
                   FROM zone z LEFT JOIN zone_building m ON m.zone_id = z.id LEFT JOIN building b ON b.id = m.building_id
                   WHERE z.plan_id = :plan GROUP BY z.id ORDER BY z.number"""
            ),
            {"plan": plan.id},
        ).all()
        placed = [row for row in rows if row[3] is not None]
        ordered = [placed[i] for i in reading_order([(row[3], row[4]) for row in placed])]
        ordered += [row for row in rows if row[3] is None]
        former = {str(row[0]): {"number": row[1], "name": row[2]} for row in ordered}
        present = {str(row[0]): {"number": n, "name": row[2]} for n, row in enumerate(ordered, start=1)}
        changed = sum(former[zone] != present[zone] for zone in former)
        return {"changed": changed}, _labelled(session, plan, former, present)

    return take_step(session, plan_id, ask, kind="label", asked="renumber", change=change)


def remove_zone(session: Session, plan_id: int, zone_id: int, ask: Ask) -> Outcome:
    """Remove a zone; its buildings are in none then.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id, zone_id : int
        The zone.
    ask : Ask
        As in `take_step`.

    Returns
    -------
    Outcome
        answer: {"zone": …, "released": how many buildings}.

    Raises
    ------
    NotFound
        "zone_unknown"; and as `take_step`.
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
        zone = zone_of(session, plan.id, zone_id)
        ids = list(
            session.scalars(
                text("SELECT building_id FROM zone_building WHERE zone_id = :zone ORDER BY 1"),
                {"zone": zone_id},
            )
        )
        facts = zone_facts(zone)
        drop_zone(session, plan, zone_id)
        session.expunge(zone)
        return {"zone": facts, "released": len(ids)}, {"zone": facts, "ids": ids}

    return take_step(session, plan_id, ask, kind="remove", asked=zone_id, change=change)


def lock_zone(session: Session, plan_id: int, zone_id: int, ask: Ask, *, locked: bool) -> Outcome:
    """Keep a zone's buildings as they are, against brush and algorithm; or let them change again.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id, zone_id : int
        The zone.
    ask : Ask
        As in `take_step`.
    locked : bool
        What shall be.

    Returns
    -------
    Outcome
        answer: {"zone": number, "locked"}. A step like any other: undone, the zone is as free as before.

    Raises
    ------
    NotFound
        "zone_unknown"; and as `take_step`.
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any] | None]:
        zone = zone_of(session, plan.id, zone_id)
        former, zone.locked = zone.locked, locked
        answer = {"zone": zone.number, "locked": locked}
        return answer, None if former == locked else {"zone": zone_id, "locked": locked}

    return take_step(session, plan_id, ask, kind="lock", asked=[zone_id, locked], change=change)


def zone_of(session: Session, plan_id: int, zone_id: int) -> Zone:
    """A zone of a plan.

    Parameters
    ----------
    session : Session
        For reading.
    plan_id, zone_id : int
        Which one.

    Returns
    -------
    Zone
        As it is now.

    Raises
    ------
    NotFound
        "zone_unknown" when the plan has no such zone.
    """
    zone = session.get(Zone, zone_id, populate_existing=True)
    if zone is None or zone.plan_id != plan_id:
        raise NotFound("zone_unknown", N_("这个方案里没有这个责任区，可能刚被删除。"))
    return zone


def _labelled(
    session: Session, plan: Plan, former: dict[str, Any], present: dict[str, Any]
) -> dict[str, Any] | None:
    changed = [zone for zone in former if former[zone] != present[zone]]
    if not changed:
        return None
    former, present = ({zone: labels[zone] for zone in changed} for labels in (former, present))
    label_zones(session, plan, present)
    # Zones read before would still show the former labels.
    session.expire_all()
    return {"from": former, "to": present}
