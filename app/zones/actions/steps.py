"""One change to a draft: locked, counted once, recorded with what takes it back."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import N_, Conflict, InvalidInput, NotFound
from app.zones.actions.rows import drop_zone, insert_zone, label_zones, place
from app.zones.models import Plan, PlanStep

# What changed: the answer for the browser, and what is needed to take it back; None when nothing changed.
Change = Callable[[Plan], tuple[dict[str, Any], dict[str, Any] | None]]


class Outcome(NamedTuple):
    """The answer to a change, the plan's version after it, and the step's id (0: nothing had to be done)."""

    answer: dict[str, Any]
    version: int
    step: int


def take_step(
    session: Session,
    plan_id: int,
    *,
    kind: str,
    asked: Any,
    seen_version: int,
    key: str,
    by: int | None,
    change: Change,
) -> Outcome:
    """Change a draft once, however often the request arrives.

    Parameters
    ----------
    session : Session
        Inside a transaction; the plan's row stays locked until its end.
    plan_id : int
        The draft.
    kind : str
        What kind of step, as `undo_step` knows it.
    asked : object
        What was asked for, as JSON; a key may not come back with another wish.
    seen_version : int
        The version that the person saw.
    key : str
        Made by the browser for this request, at most 64 characters.
    by : int or None
        The account.
    change : callable
        Does the work and answers (answer, before); before is None when nothing had to change.

    Returns
    -------
    Outcome
        The stored answer when the key was here before.

    Raises
    ------
    NotFound
        "plan_unknown".
    Conflict
        "plan_published"; "plan_changed" when somebody else was faster.
    InvalidInput
        "key_unusable", "key_reused".
    """
    if not 8 <= len(key) <= 64:
        raise InvalidInput("key_unusable", N_("请求缺少编号，请刷新页面后再试。"))
    plan = lock_draft(session, plan_id)
    wish = hashlib.sha256(orjson.dumps([kind, asked])).hexdigest()
    known = session.scalar(select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.key == key))
    if known is not None:
        if known.made_by != by or known.before.get("wish") != wish:
            raise InvalidInput("key_reused", N_("这个请求编号已经用过，请刷新页面后再试。"))
        return Outcome(known.answer, plan.version, known.id)
    refuse_outdated(session, plan, seen_version)
    answer, before = change(plan)
    if before is None:
        return Outcome(answer, plan.version, 0)
    plan.version += 1
    step = PlanStep(
        plan_id=plan_id, key=key, kind=kind, before={**before, "wish": wish}, answer=answer, made_by=by
    )
    session.add(step)
    # The step's id is part of the answer: it is what "undo" names.
    session.flush()
    return Outcome(answer, plan.version, step.id)


def lock_draft(session: Session, plan_id: int) -> Plan:
    """Lock a plan that may be changed.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The plan.

    Returns
    -------
    Plan
        As it is now; others who want to change it wait.

    Raises
    ------
    NotFound
        "plan_unknown".
    Conflict
        "plan_published".
    """
    plan = session.get(Plan, plan_id, with_for_update={"key_share": True}, populate_existing=True)
    if plan is None:
        raise NotFound("plan_unknown", N_("没有这个方案，可能已被删除。"))
    if plan.state != "draft":
        raise Conflict("plan_published", N_("已发布的方案不能改。请先复制成草稿，在草稿里改。"))
    return plan


def refuse_outdated(session: Session, plan: Plan, seen_version: int) -> None:
    """Refuse a change by somebody who has not seen the plan as it is.

    Parameters
    ----------
    session : Session
        For who changed it last.
    plan : Plan
        Locked.
    seen_version : int
        What the person saw.

    Raises
    ------
    Conflict
        "plan_changed" with `seen`, `now` and `who`.
    """
    if plan.version == seen_version:
        return
    who = session.scalar(
        text(
            """SELECT a.login FROM plan_step s JOIN account a ON a.id = s.made_by WHERE s.plan_id = :plan
               ORDER BY greatest(s.made_at, s.undone_at) DESC, s.id DESC LIMIT 1"""
        ),
        {"plan": plan.id},
    )
    raise Conflict(
        "plan_changed",
        N_("“%(who)s”刚刚改过这个方案，你的这一步没有保存。现在显示的是最新内容，请再做一次。"),
        who=who or "?",
        seen=seen_version,
        now=plan.version,
    )


def undo_step(session: Session, plan_id: int, step_id: int, seen_version: int) -> Outcome:
    """Take back the last step of a draft.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id, step_id : int
        Which step; naming it makes a repeated request harmless.
    seen_version : int
        The version that the person saw.

    Returns
    -------
    Outcome
        answer: {"kind", "undone": step id, "moved"}. `moved` lists {"zone": number or None, "ids"} when buildings
        changed zones; None when the map has to be read again, as after a step that was taken back before.

    Raises
    ------
    NotFound
        "plan_unknown", "step_unknown".
    Conflict
        "plan_published", "plan_changed", "step_covered" when a later step is still there.
    """
    plan, step = _locked_step(session, plan_id, step_id)
    answer = {"kind": step.kind, "undone": step.id}
    if step.undone_at is not None:
        return Outcome({**answer, "moved": None}, plan.version, step.id)
    refuse_outdated(session, plan, seen_version)
    later = session.scalar(
        select(PlanStep.id)
        .where(PlanStep.plan_id == plan_id, PlanStep.undone_at.is_(None), PlanStep.id > step_id)
        .limit(1)
    )
    if later is not None:
        raise Conflict("step_covered", N_("后面还有别的步骤，请先撤销后面的。"))
    _REVERSED[step.kind](session, plan, step.before)
    step.undone_at = datetime.now(UTC)
    plan.version += 1
    return Outcome({**answer, "moved": _moved(session, step, undone=True)}, plan.version, step.id)


def redo_step(session: Session, plan_id: int, step_id: int, seen_version: int) -> Outcome:
    """Do again what was undone last.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id, step_id : int
        Which step.
    seen_version : int
        The version that the person saw.

    Returns
    -------
    Outcome
        answer: {"kind", "redone": step id, "moved"}, as in `undo_step`.

    Raises
    ------
    NotFound
        "plan_unknown", "step_unknown".
    Conflict
        "plan_published", "plan_changed", "step_covered" when it is not the next to be done again.
    """
    plan, step = _locked_step(session, plan_id, step_id)
    answer = {"kind": step.kind, "redone": step.id}
    if step.undone_at is None:
        return Outcome({**answer, "moved": None}, plan.version, step.id)
    refuse_outdated(session, plan, seen_version)
    before_it = session.scalar(
        select(PlanStep.id)
        .where(
            PlanStep.plan_id == plan_id,
            (
                (PlanStep.undone_at.is_not(None))
                & (PlanStep.id < step_id)
                & (PlanStep.id > _last_active(plan_id))
            )
            | ((PlanStep.undone_at.is_(None)) & (PlanStep.id > step_id)),
        )
        .limit(1)
    )
    if before_it is not None:
        raise Conflict("step_covered", N_("这一步已经不能重做：之后又有了新的步骤。"))
    _REPEATED[step.kind](session, plan, step.before)
    step.undone_at = None
    plan.version += 1
    return Outcome({**answer, "moved": _moved(session, step, undone=False)}, plan.version, step.id)


def _last_active(plan_id: int) -> Any:
    return (
        select(text("coalesce(max(id), 0)"))
        .select_from(PlanStep)
        .where(PlanStep.plan_id == plan_id, PlanStep.undone_at.is_(None))
        .scalar_subquery()
    )


def _locked_step(session: Session, plan_id: int, step_id: int) -> tuple[Plan, PlanStep]:
    plan = lock_draft(session, plan_id)
    step = session.get(PlanStep, step_id, populate_existing=True)
    if step is None or step.plan_id != plan_id:
        raise NotFound("step_unknown", N_("没有这一步可以撤销或重做。"))
    return plan, step


def _moved(session: Session, step: PlanStep, *, undone: bool) -> list[dict[str, Any]] | None:
    """Where buildings are after a step went back or forth; None for steps that touch more than buildings."""
    if step.kind == "add":
        return []
    if step.kind != "give":
        return None
    held = step.before["from"]
    if not undone:
        held = {step.before["to"] or "": [one for ids in held.values() for one in ids]}
    rows = session.execute(text("SELECT id, number FROM zone WHERE plan_id = :plan"), {"plan": step.plan_id})
    numbers = {str(row[0]): row[1] for row in rows}
    return [{"zone": numbers.get(str(zone)), "ids": ids} for zone, ids in held.items()]


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


_REVERSED = {"give": _put_back, "add": _zone_away, "remove": _zone_back, "label": _old_labels}
_REPEATED = {"give": _give_again, "add": _zone_back, "remove": _zone_away, "label": _new_labels}
