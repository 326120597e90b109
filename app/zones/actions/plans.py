"""Plans: drafts made, copied, renamed, deleted; the zones of a file laid over the ground."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from app.db import in_sight
from app.errors import N_, InvalidInput, NotFound
from app.ground.models.places import Area
from app.zones.actions.steps import Ask, Outcome, key_reused, locked_plan, refuse_outdated, take_step
from app.zones.models import MAX_NAME, Plan, Zone
from app.zones.rules import own_name

PRESENT_NAME = "现行责任区"
NOT_DELETED = N_("“%(who)s”刚刚改过这份草稿，所以没有删除。请先打开看一看，再决定是否删除。")


def make_draft(session: Session, area_code: str, name: str, by: int | None, key: UUID | None = None) -> Plan:
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
    key : UUID or None
        Made by the form: the same key again gives the draft that is already there.

    Returns
    -------
    Plan
        The draft, with its id.

    Raises
    ------
    NotFound
        "area_unknown".
    InvalidInput
        "not_a_community"; "plan_nameless"; "key_reused".
    """
    level = session.scalar(select(Area.level).where(Area.code == area_code, text(in_sight("area.code"))))
    if level is None:
        raise NotFound("area_unknown", N_("没有编码为 %(area)s 的区划。"), area=area_code)
    if level != "community":
        raise InvalidInput("not_a_community", N_("责任区方案要建在一个社区上，不能建在街道或区上。"))
    return _begun(session, area_code, name, by, key)[0]


def copy_plan(session: Session, plan_id: int, name: str, by: int | None, key: UUID | None = None) -> Plan:
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
    key : UUID or None
        Made by the form: the same key again gives the draft that is already there.

    Returns
    -------
    Plan
        The draft; numbers, names, colours and buildings as in the original.

    Raises
    ------
    NotFound
        "plan_unknown".
    InvalidInput
        "plan_nameless"; "key_reused".
    """
    original = locked_plan(session, plan_id, share=True)
    copied, fresh = _begun(session, original.area_code, name, by, key)
    if not fresh:
        return copied
    bound = {"old": plan_id, "new": copied.id}
    session.execute(
        text(
            """INSERT INTO zone (plan_id, area_code, number, name, colour, lineage)
               SELECT :new, area_code, number, name, colour, lineage FROM zone WHERE plan_id = :old ORDER BY number"""
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


def rename_plan(session: Session, plan_id: int, ask: Ask, name: str) -> Outcome:
    """Give a draft another name; a step like any other, so it can be undone.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    ask : Ask
        As in `take_step`.
    name : str
        1 to 60 characters.

    Returns
    -------
    Outcome
        answer: {"name": as it is now}.

    Raises
    ------
    NotFound, Conflict
        As `take_step`.
    InvalidInput
        "plan_nameless".
    """

    def change(plan: Plan) -> tuple[dict[str, Any], dict[str, Any] | None]:
        former, plan.name = plan.name, _checked_name(name)
        if plan.name == former:
            return {"name": former}, None
        return {"name": plan.name}, {"from": former, "to": plan.name}

    return take_step(session, plan_id, ask, kind="name", asked=name, change=change)


def delete_draft(session: Session, plan_id: int, seen_version: int) -> str:
    """Delete a draft with its zones and steps.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    seen_version : int
        The version that the person saw: nobody's work since then is thrown away unseen.

    Returns
    -------
    str
        Its community's code.

    Raises
    ------
    NotFound
        "plan_unknown".
    Conflict
        "plan_published"; "plan_changed".
    """
    plan = locked_plan(session, plan_id)
    refuse_outdated(session, plan, seen_version, NOT_DELETED)
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


def _begun(
    session: Session, area_code: str, name: str, by: int | None, key: UUID | None
) -> tuple[Plan, bool]:
    """The draft that a form asks for, and whether it is new: a form sent twice finds it made already."""
    made = session.scalar(
        insert(Plan)
        .values(area_code=area_code, name=_checked_name(name), created_by=by, key=key)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Plan)
    )
    if made is not None:
        return made, True
    known = session.scalars(select(Plan).where(Plan.key == key)).first()
    # None where another office has used it: its plans are not seen.
    if known is None or (known.area_code, known.created_by) != (area_code, by):
        raise key_reused()
    return known, False


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
