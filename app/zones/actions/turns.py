"""Steps taken back and done again, each kind in its own way."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy.orm import Session

from app.errors import N_, Conflict, NotFound
from app.zones.actions.redraw import draw_again, draw_back
from app.zones.actions.rows import drop_zone, insert_zone, label_zones, place, set_lock
from app.zones.actions.steps import Outcome, count_change, locked_plan, refuse_outdated
from app.zones.models import Plan, PlanStep
from app.zones.queries.plans import open_steps, zone_numbers

Direction = Literal["undo", "redo"]
Work = Callable[[Session, Plan, dict[str, Any]], None]


class Way(NamedTuple):
    """How one kind of step goes back, and forth again."""

    undo: Work
    redo: Work


def turn_step(
    session: Session, plan_id: int, step_id: int, direction: Direction, *, seen_version: int, by: int | None
) -> Outcome:
    """Take back the last step of a draft, or do again what was taken back last.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id, step_id : int
        Which step; naming it makes a repeated request harmless.
    direction : "undo" or "redo"
        Back or forth.
    seen_version : int
        The version that the person saw.
    by : int or None
        The account.

    Returns
    -------
    Outcome
        answer: {"kind", "undone" or "redone": step id, "moved"}. `moved` lists {"zone": number or None, "ids"} when
        buildings changed zones; None when the map has to be read again, as after a request that came twice.

    Raises
    ------
    NotFound
        "plan_unknown", "step_unknown".
    Conflict
        "plan_published", "plan_changed", "step_covered" when it is another step's turn.
    """
    plan = locked_plan(session, plan_id)
    step = session.get(PlanStep, step_id, populate_existing=True)
    if step is None or step.plan_id != plan_id:
        raise NotFound("step_unknown", N_("没有这一步可以撤销或重做。"))
    back = direction == "undo"
    answer = {"kind": step.kind, "undone" if back else "redone": step.id}
    if back == (step.undone_at is not None):
        return Outcome({**answer, "moved": None}, plan.version, step.id)
    refuse_outdated(session, plan, seen_version)
    last, following = open_steps(session, plan_id)
    its_turn = last if back else following
    if its_turn is None or its_turn.id != step_id:
        raise Conflict("step_covered", _COVERED[direction])
    way = _WAYS[step.kind]
    (way.undo if back else way.redo)(session, plan, step.before)
    step.undone_at = datetime.now(UTC) if back else None
    count_change(plan, by)
    return Outcome({**answer, "moved": _moved(session, step, undone=back)}, plan.version, step.id)


_COVERED = {
    "undo": N_("后面还有别的步骤，请先撤销后面的。"),
    "redo": N_("这一步已经不能重做：之后又有了新的步骤。"),
}


def _moved(session: Session, step: PlanStep, *, undone: bool) -> list[dict[str, Any]] | None:
    """Where buildings are after a step went back or forth; None for steps that touch more than buildings."""
    if step.kind in ("add", "name", "lock"):
        return []
    if step.kind != "give":
        return None
    held = step.before["from"]
    if not undone:
        held = {step.before["to"] or "": [one for ids in held.values() for one in ids]}
    numbers = zone_numbers(session, step.plan_id)
    return [{"zone": numbers.get(int(zone)) if zone else None, "ids": ids} for zone, ids in held.items()]


def _put_back(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    for zone, ids in before["from"].items():
        place(session, plan, int(zone) if zone else None, ids)


def _give_again(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    place(session, plan, before["to"], [one for ids in before["from"].values() for one in ids])


def _zone_back(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    insert_zone(session, plan, before["zone"])
    place(session, plan, before["zone"]["id"], before.get("ids", []))


def _zone_away(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    drop_zone(session, plan, before["zone"]["id"])


def _old_labels(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    label_zones(session, plan, before["from"])


def _new_labels(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    label_zones(session, plan, before["to"])


def _old_name(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    plan.name = before["from"]


def _new_name(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    plan.name = before["to"]


def _lock_back(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    set_lock(session, plan, before["zone"], locked=not before["locked"])


def _lock_again(session: Session, plan: Plan, before: dict[str, Any]) -> None:
    set_lock(session, plan, before["zone"], locked=before["locked"])


_WAYS = {
    "give": Way(_put_back, _give_again),
    "add": Way(_zone_away, _zone_back),
    "remove": Way(_zone_back, _zone_away),
    "label": Way(_old_labels, _new_labels),
    "name": Way(_old_name, _new_name),
    "lock": Way(_lock_back, _lock_again),
    "redraw": Way(draw_back, draw_again),
}
