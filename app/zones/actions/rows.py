"""The rows that steps write, undo and write again: buildings in zones, zones, their numbers and names."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.zones.models import Plan, Zone


def place(session: Session, plan: Plan, zone_id: int | None, ids: Sequence[int]) -> None:
    """Put buildings into a zone of their plan, or into none, whatever zone they were in.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    zone_id : int or None
        One of its zones; None takes the buildings out.
    ids : sequence of int
        Buildings of its community; one that is gone from the ground stays away.
    """
    bound = {"plan": plan.id, "zone": zone_id, "area": plan.area_code, "ids": list(ids)}
    if zone_id is None:
        # Joined, not "= ANY": a fresh plan has no statistics yet, and a long list would be searched for each row.
        session.execute(
            text(
                """DELETE FROM zone_building m USING unnest(CAST(:ids AS bigint[])) AS moving (id)
                   WHERE m.plan_id = :plan AND m.building_id = moving.id"""
            ),
            bound,
        )
        return
    # In the order of the key, so that two writers never wait for each other crosswise.
    session.execute(
        text(
            """INSERT INTO zone_building (plan_id, building_id, zone_id, area_code)
               SELECT :plan, b.id, :zone, b.area_code
               FROM unnest(CAST(:ids AS bigint[])) AS moving (id) JOIN building b ON b.id = moving.id
               WHERE b.area_code = :area ORDER BY b.id
               ON CONFLICT (plan_id, building_id) DO UPDATE SET zone_id = excluded.zone_id
               WHERE zone_building.zone_id <> excluded.zone_id"""
        ),
        bound,
    )


def insert_zone(session: Session, plan: Plan, zone: dict[str, Any]) -> None:
    """Bring back a zone under its former id, so that earlier steps still mean the same zone.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    zone : dict
        id, number, name, colour, lineage; steps made before zones had a lineage get another one.
    """
    session.execute(
        text(
            """INSERT INTO zone (id, plan_id, area_code, number, name, colour, lineage) OVERRIDING SYSTEM VALUE
               VALUES (:id, :plan, :area, :number, :name, :colour, coalesce(CAST(:lineage AS uuid), gen_random_uuid()))"""
        ),
        {"lineage": None, **zone, "plan": plan.id, "area": plan.area_code},
    )


def zone_facts(zone: Zone) -> dict[str, Any]:
    """What a step keeps of a zone, so that it can come back.

    Parameters
    ----------
    zone : Zone
        With its id.

    Returns
    -------
    dict
        id, number, name, colour, lineage (text, as JSON keeps it).
    """
    return {
        "id": zone.id,
        "number": zone.number,
        "name": zone.name,
        "colour": zone.colour,
        "lineage": str(zone.lineage),
    }


def drop_zone(session: Session, plan: Plan, zone_id: int) -> None:
    """Remove a zone; its buildings are in none then.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    zone_id : int
        The zone.
    """
    session.execute(
        text("DELETE FROM zone WHERE id = :id AND plan_id = :plan"), {"id": zone_id, "plan": plan.id}
    )


def set_lock(session: Session, plan: Plan, zone_id: int, *, locked: bool) -> None:
    """Lock a zone or let it go.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    zone_id : int
        The zone.
    locked : bool
        What shall be.
    """
    session.execute(
        text("UPDATE zone SET locked = :locked WHERE id = :id AND plan_id = :plan"),
        {"locked": locked, "id": zone_id, "plan": plan.id},
    )


def label_zones(session: Session, plan: Plan, labels: dict[str, dict[str, Any]]) -> None:
    """Set numbers and names of zones at once; numbers may change hands.

    Parameters
    ----------
    session : Session
        Inside a transaction that has the plan locked.
    plan : Plan
        The plan.
    labels : dict
        Zone id (text, as JSON keeps it) -> number and name.
    """
    session.execute(
        text("UPDATE zone SET number = :number, name = :name WHERE id = :id AND plan_id = :plan"),
        [{"id": int(zone), "plan": plan.id, **label} for zone, label in labels.items()],
    )
    # The constraint on numbers is deferred; asked here, a clash is told as this step's fault.
    session.execute(text("SET CONSTRAINTS zone_plan_id_number_is_unique IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS zone_plan_id_number_is_unique DEFERRED"))
