"""Plans: drafts made, copied, renamed, deleted; the zones of a file laid over the ground."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.errors import N_, InvalidInput, NotFound
from app.ground.models.places import Area
from app.zones.actions.steps import locked_plan, refuse_outdated
from app.zones.models import Plan, Zone
from app.zones.rules import own_name

MAX_NAME = 60
PRESENT_NAME = "现行责任区"


def make_draft(session: Session, area_code: str, name: str, by: int | None) -> Plan:
    """Begin a plan without zones.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    area_code : str
        12-digit code of a community.
    name : str
        1 to 60 characters.
    by : int or None
        The account.

    Returns
    -------
    Plan
        The draft, with its id.

    Raises
    ------
    NotFound
        "area_unknown".
    InvalidInput
        "not_a_community"; "plan_nameless".
    """
    level = session.scalar(select(Area.level).where(Area.code == area_code))
    if level is None:
        raise NotFound("area_unknown", N_("没有编码为 %(area)s 的区划。"), area=area_code)
    if level != "community":
        raise InvalidInput("not_a_community", N_("责任区方案要建在一个社区上，不能建在街道或区上。"))
    plan = Plan(area_code=area_code, name=_checked_name(name), created_by=by)
    session.add(plan)
    # The id is where the browser goes next.
    session.flush()
    return plan


def copy_plan(session: Session, plan_id: int, name: str, by: int | None) -> Plan:
    """Begin a draft from the zones of another plan.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        Published or draft.
    name : str
        Of the copy, 1 to 60 characters.
    by : int or None
        The account.

    Returns
    -------
    Plan
        The draft; numbers, names, colours and buildings as in the original.

    Raises
    ------
    NotFound
        "plan_unknown".
    InvalidInput
        "plan_nameless".
    """
    original = locked_plan(session, plan_id, share=True)
    copied = make_draft(session, original.area_code, name, by)
    bound = {"old": plan_id, "new": copied.id}
    session.execute(
        text(
            """INSERT INTO zone (plan_id, area_code, number, name, colour)
               SELECT :new, area_code, number, name, colour FROM zone WHERE plan_id = :old ORDER BY number"""
        ),
        bound,
    )
    session.execute(
        text(
            """INSERT INTO zone_building (plan_id, building_id, zone_id, area_code)
               SELECT :new, m.building_id, fresh.id, m.area_code
               FROM zone_building m JOIN zone old ON old.id = m.zone_id
               JOIN zone fresh ON fresh.plan_id = :new AND fresh.number = old.number WHERE m.plan_id = :old"""
        ),
        bound,
    )
    return copied


def rename_plan(session: Session, plan_id: int, name: str, seen_version: int) -> Plan:
    """Give a draft another name.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    name : str
        1 to 60 characters.
    seen_version : int
        The version that the person saw.

    Returns
    -------
    Plan
        With its new version.

    Raises
    ------
    NotFound, Conflict
        As `locked_plan` and `refuse_outdated`.
    InvalidInput
        "plan_nameless".
    """
    plan = locked_plan(session, plan_id)
    refuse_outdated(session, plan, seen_version)
    wanted = _checked_name(name)
    if wanted != plan.name:
        plan.name = wanted
        plan.version += 1
    return plan


def delete_draft(session: Session, plan_id: int) -> str:
    """Delete a draft with its zones and steps.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.

    Returns
    -------
    str
        Its community's code.

    Raises
    ------
    NotFound
        "plan_unknown".
    Conflict
        "plan_published".
    """
    plan = locked_plan(session, plan_id)
    session.execute(text("DELETE FROM plan WHERE id = :plan"), {"plan": plan_id})
    return plan.area_code


def load_zones(session: Session, path: Path, by: int | None = None, on: date | None = None) -> int:
    """Lay the zones of a file over the ground, as the plans in force.

    Parameters
    ----------
    session : Session
        Inside a transaction; communities and buildings are there already.
    path : Path
        JSON: {community code: [{"number", "name", "buildings": [17-digit code, …]}, …]}.
    by : int or None
        The account.
    on : date or None
        First day; today by the database's clock when None.

    Returns
    -------
    int
        How many zones were made. A community that already has a plan is left alone.

    Raises
    ------
    InvalidInput
        "zones_unmatched" when a code of the file is not on the ground.
    """
    wanted = orjson.loads(path.read_bytes())
    first_on = on or session.scalar(text("SELECT current_date"))
    planned = set(session.scalars(select(Plan.area_code).where(Plan.area_code.in_(list(wanted)))))
    made = 0
    for area_code, zones in wanted.items():
        if area_code in planned:
            continue
        plan = make_draft(session, area_code, PRESENT_NAME, by)
        for position, one in enumerate(zones):
            _load_zone(session, plan, one, position)
        plan.state, plan.during = "published", Range(first_on, None)
        made += len(zones)
    session.flush()
    return made


def _load_zone(session: Session, plan: Plan, wanted: dict[str, Any], position: int) -> None:
    number = int(wanted["number"])
    zone = Zone(
        plan_id=plan.id,
        area_code=plan.area_code,
        number=number,
        name=own_name(number, wanted["name"]),
        colour=position % 12,
    )
    session.add(zone)
    session.flush()
    placed = session.execute(
        text(
            """INSERT INTO zone_building (plan_id, building_id, zone_id, area_code)
               SELECT :plan, id, :zone, area_code FROM building WHERE code = ANY(:codes) AND area_code = :area"""
        ),
        {"plan": plan.id, "zone": zone.id, "codes": wanted["buildings"], "area": plan.area_code},
    ).rowcount  # type: ignore[attr-defined]
    if placed != len(wanted["buildings"]):
        raise InvalidInput(
            "zones_unmatched",
            N_("社区 %(area)s 第 %(zone)s 责任区里有 %(missing)s 栋楼在地图上找不到。"),
            area=plan.area_code,
            zone=number,
            missing=len(wanted["buildings"]) - placed,
        )


def _checked_name(name: str) -> str:
    wanted = name.strip()
    if not 1 <= len(wanted) <= MAX_NAME:
        raise InvalidInput("plan_nameless", N_("请给方案起个名字，最多 %(most)s 个字。"), most=MAX_NAME)
    return wanted
