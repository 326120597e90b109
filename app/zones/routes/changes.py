"""What the workbench's script changes: buildings given, zones made and removed, steps undone. JSON in, JSON out."""

from typing import Any

from flask import Blueprint, Response, jsonify
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import LOOKS, PLANS, account_id, allow
from app.errors import N_, InvalidInput
from app.ground.routes.days import today
from app.web import parse
from app.zones import actions, map_layers
from app.zones.actions import Ask, Direction, Outcome
from app.zones.actions.give import MAX_IDS
from app.zones.models import MAX_NAME
from app.zones.queries import plans as plan_queries
from app.zones.queries.buildings import picked_by_lasso
from app.zones.routes import shown
from app.zones.rules import lasso_shape

changes = Blueprint("plan_changes", __name__, url_prefix="/plans/<int:plan_id>")


@changes.post("/buildings")
@allow(*PLANS)
def give(plan_id: int) -> Response:
    asked = parse.json_object()
    lasso = lasso_shape(asked["lasso"]) if asked.get("lasso") is not None else None
    ids = parse.whole_list(asked["ids"], _("楼栋"), MAX_IDS) if asked.get("ids") is not None else None
    zone_id = _row(asked, "zone") if asked.get("zone") is not None else None
    with db.transaction() as session:
        done = actions.give_buildings(
            session, plan_id, zone_id, _request(asked), building_ids=ids, lasso=lasso, on=today()
        )
        return _answer(session, plan_id, done)


@changes.post("/pick")
@allow(*LOOKS)
def pick(plan_id: int) -> Response:
    """What a lasso would take, without taking it."""
    lasso = lasso_shape(parse.json_object().get("lasso"))
    with db.reading() as session:
        plan = plan_queries.plan_head(db.straight(session), plan_id, today())
        numbers = plan_queries.zone_numbers(session, plan_id)
        picked = picked_by_lasso(session, plan_id, plan.area_code, lasso.wkb, plan.ground_on)
    counts: dict[str, int] = {}
    for _building, _households, zone in picked.buildings:
        name = str(numbers.get(zone, 0)) if zone is not None else "0"
        counts[name] = counts.get(name, 0) + 1
    return jsonify(
        buildings=len(picked.buildings),
        households=sum(one[1] for one in picked.buildings),
        by_zone=counts,
        outside=picked.outside,
        ids=[one[0] for one in picked.buildings],
    )


@changes.post("/zones")
@allow(*PLANS)
def add_zone(plan_id: int) -> Response:
    asked = parse.json_object()
    name = parse.plain_text(asked.get("name", ""), _("名称"), MAX_NAME)
    with db.transaction() as session:
        done = actions.add_zone(session, plan_id, _request(asked), name, colours=map_layers.COLOURS)
        return _answer(session, plan_id, done)


@changes.patch("/zones/<int:zone_id>")
@allow(*PLANS)
def rename_zone(plan_id: int, zone_id: int) -> Response:
    asked = parse.json_object()
    name = parse.plain_text(asked.get("name", ""), _("名称"), MAX_NAME)
    number = _row(asked, "number") if asked.get("number") is not None else None
    with db.transaction() as session:
        done = actions.rename_zone(session, plan_id, zone_id, _request(asked), name, number)
        return _answer(session, plan_id, done)


@changes.delete("/zones/<int:zone_id>")
@allow(*PLANS)
def remove_zone(plan_id: int, zone_id: int) -> Response:
    asked = parse.json_object()
    with db.transaction() as session:
        return _answer(session, plan_id, actions.remove_zone(session, plan_id, zone_id, _request(asked)))


@changes.post("/zones/<int:zone_id>/lock")
@allow(*PLANS)
def lock_zone(plan_id: int, zone_id: int) -> Response:
    asked = parse.json_object()
    locked = asked.get("locked") is not False
    with db.transaction() as session:
        done = actions.lock_zone(session, plan_id, zone_id, _request(asked), locked=locked)
        return _answer(session, plan_id, done)


@changes.post("/renumber")
@allow(*PLANS)
def renumber(plan_id: int) -> Response:
    asked = parse.json_object()
    with db.transaction() as session:
        return _answer(session, plan_id, actions.renumber_zones(session, plan_id, _request(asked)))


@changes.post("/<any(undo, redo):direction>")
@allow(*PLANS)
def turn(plan_id: int, direction: Direction) -> Response:
    asked = parse.json_object()
    with db.transaction() as session:
        done = actions.turn_step(
            session,
            plan_id,
            _row(asked, "step"),
            direction,
            seen_version=_row(asked, "seen_version"),
            by=account_id(),
        )
        return _answer(session, plan_id, done)


@changes.post("/name")
@allow(*PLANS)
def rename(plan_id: int) -> Response:
    asked = parse.json_object()
    name = parse.plain_text(asked.get("name"), _("方案名称"), MAX_NAME)
    with db.transaction() as session:
        return _answer(session, plan_id, actions.rename_plan(session, plan_id, _request(asked), name))


def _answer(session: Session, plan_id: int, done: Outcome) -> Response:
    """What was done, and the whole panel as it is now: the browser shows this and not its own guess."""
    session.flush()
    on = today()
    state = shown.plan_state(session, plan_queries.plan_facts(session, plan_id, on), on)
    return jsonify(answer=done.answer, step=done.step, state=state)


def _request(asked: dict[str, Any]) -> Ask:
    """Who asks, what they saw, and the request's own key."""
    key = parse.plain_text(asked.get("key"), "key", 64)
    return Ask(_row(asked, "seen_version"), key, account_id())


def _row(asked: dict[str, Any], name: str) -> int:
    value = asked.get(name)
    if type(value) is not int or not 0 < value < 2**31:
        raise InvalidInput("number_unusable", N_("“%(name)s”应为编号。"), name=name)
    return value
