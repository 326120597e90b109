"""One change to a draft: locked, counted once, recorded with what takes it back."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.db import in_scope
from app.errors import N_, Conflict, InvalidInput
from app.zones.models import Plan, PlanStep
from app.zones.queries.plans import plan_unknown

CHANGED = N_("“%(who)s”刚刚改过这个方案，你的这一步没有保存。现在显示的是最新内容，请再做一次。")
# What changed: the answer for the browser, and what is needed to take it back; None when nothing changed.
Change = Callable[[Plan], tuple[dict[str, Any], dict[str, Any] | None]]


class Ask(NamedTuple):
    """Who asks for a change, which version of the plan they saw, and the key that the browser made for this request."""

    seen_version: int
    key: str
    by: int | None


class Outcome(NamedTuple):
    """The answer to a change, the plan's version after it, and the step's id (0: nothing had to be done)."""

    answer: dict[str, Any]
    version: int
    step: int


def take_step(session: Session, plan_id: int, ask: Ask, *, kind: str, asked: Any, change: Change) -> Outcome:
    """Change a draft once, however often the request arrives.

    Parameters
    ----------
    session : Session
        Inside a transaction; the plan's row stays locked until its end.
    plan_id : int
        The draft.
    ask : Ask
        Whose request; a key that was here before gets the answer that it got then.
    kind : str
        What kind of step, as `turn_step` knows it.
    asked : object
        What was asked for, as JSON; a key may not come back with another wish.
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
    if not 8 <= len(ask.key) <= 64:
        raise InvalidInput("key_unusable", N_("请求缺少编号，请刷新页面后再试。"))
    plan = locked_plan(session, plan_id)
    wish = hashlib.sha256(orjson.dumps([kind, asked])).hexdigest()
    known = session.scalar(select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.key == ask.key))
    if known is not None:
        if known.made_by != ask.by or known.before.get("wish") != wish:
            raise key_reused()
        return Outcome(known.answer, plan.version, known.id)
    refuse_outdated(session, plan, ask.seen_version)
    answer, before = change(plan)
    if before is None:
        return Outcome(answer, plan.version, 0)
    count_change(plan, ask.by)
    step = PlanStep(
        plan_id=plan_id,
        area_code=plan.area_code,
        key=ask.key,
        kind=kind,
        before={**before, "wish": wish},
        answer=answer,
        made_by=ask.by,
    )
    session.add(step)
    # The step's id is part of the answer: it is what "undo" names.
    session.flush()
    return Outcome(answer, plan.version, step.id)


def locked_plan(session: Session, plan_id: int, *, share: bool = False) -> Plan:
    """Lock a plan: to change it, or only to keep it as it is.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The plan.
    share : bool
        Published plans too, to be read only; others may read them with a lock at the same time.

    Returns
    -------
    Plan
        As it is now; others who want to change it wait.

    Raises
    ------
    NotFound
        "plan_unknown".
    Conflict
        "plan_published" unless `share`.
    """
    mine = text(in_scope("plan.area_code"))
    found = select(Plan).where(Plan.id == plan_id, mine).with_for_update(read=share, key_share=not share)
    plan = session.scalar(found.execution_options(populate_existing=True))
    if plan is None:
        raise plan_unknown()
    if plan.state != "draft" and not share:
        raise Conflict("plan_published", N_("已发布的方案不能改。请先复制成草稿，在草稿里改。"))
    return plan


def count_change(plan: Plan, by: int | None) -> None:
    """Say that a plan is another one now, and who made it so.

    Parameters
    ----------
    plan : Plan
        Locked.
    by : int or None
        The account.
    """
    plan.version += 1
    plan.changed_by = by


def refuse_outdated(session: Session, plan: Plan, seen_version: int, sentence: str = CHANGED) -> None:
    """Refuse a change by somebody who has not seen the plan as it is.

    Parameters
    ----------
    session : Session
        For who changed it last.
    plan : Plan
        Locked.
    seen_version : int
        What the person saw.
    sentence : str
        What to tell the person; may name `who`.

    Raises
    ------
    Conflict
        "plan_changed" with `seen`, `now` and `who`.
    """
    if plan.version == seen_version:
        return
    who = session.scalar(select(Account.login).where(Account.id == plan.changed_by))
    raise Conflict("plan_changed", sentence, who=who or "?", seen=seen_version, now=plan.version)


def key_reused() -> InvalidInput:
    """What to say when a key comes back with another wish, or from somebody else."""
    return InvalidInput("key_reused", N_("这个请求编号已经用过，请刷新页面后再试。"))
