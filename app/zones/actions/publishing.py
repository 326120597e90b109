"""Publishing: a draft becomes the plan in force, the former one ends, and neither is changed again."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.errors import N_, Conflict, InvalidInput
from app.zones.actions.steps import count_change, locked_plan, refuse_outdated
from app.zones.models import Plan, PlanException
from app.zones.queries.comparing import heirs_and_places, lineages
from app.zones.queries.plans import last_published, plan_facts, plan_in_force
from app.zones.queries.publishing import publishing_findings
from app.zones.rules import MOST_DAYS_AHEAD

LONGEST_REASON = 200
NOT_PUBLISHED = N_("“%(who)s”刚刚改过这份草稿，所以没有发布。请看过最新的检查结果，再发布。")
# Two drafts of one community are published one after the other: the second sees what the first has done.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(72122, hashtext(:area))"
# Whatever holds on or after that day ends there; one that would only have begun later never holds.
END_FORMER = """
UPDATE plan SET during = CASE WHEN lower(during) < :day THEN daterange(lower(during), :day) ELSE 'empty' END, version = version + 1
WHERE area_code = :area AND state = 'published' AND during && daterange(:day, NULL)
"""


def publish_plan(
    session: Session,
    plan_id: int,
    *,
    seen_version: int,
    seen_former: int | None,
    from_day: date,
    today: date,
    exceptions: Mapping[int, str],
    by: int | None,
) -> Plan:
    """Put a draft in force from a day on.

    Zones that carry on a zone of the plan before take over its identity, as `rules.successors` says.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    seen_version : int
        The version whose findings the person saw.
    seen_former : int or None
        The plan that was published last, as the person saw it (`last_published`); None when there was none. Every plan
        published becomes the last one, so its id says it all: what is published never changes.
    from_day : date
        First day; not before the plan in force began, at most a year ahead.
    today : date
        In the office.
    exceptions : mapping of int to str
        Zones that may stay in pieces, each with the reason; those in one piece need none and get none.
    by : int or None
        The account.

    Returns
    -------
    Plan
        Published.

    Raises
    ------
    NotFound
        "plan_unknown".
    Conflict
        "plan_published"; "plan_changed"; "former_changed" when somebody else has published another plan of this community
        meanwhile; "plan_not_ready" with how many findings stand in the way.
    InvalidInput
        "day_too_early"; "day_too_late"; "reason_missing"; "reason_too_long".
    """
    plan = locked_plan(session, plan_id)
    refuse_outdated(session, plan, seen_version, NOT_PUBLISHED)
    session.execute(text(ONE_AT_A_TIME), {"area": plan.area_code})
    _check_former(session, plan, seen_former)
    _check_day(session, plan, from_day, today)
    reasons = {zone_id: _checked_reason(reason) for zone_id, reason in exceptions.items()}
    _grant_or_refuse(session, plan, from_day, reasons, by)
    before = plan_in_force(session, plan.area_code, from_day)
    if before is not None:
        _carry_on(session, plan, before.id, from_day)
    session.execute(text(END_FORMER), {"area": plan.area_code, "day": from_day})
    plan.state, plan.during = "published", Range(from_day, None)
    plan.published_at, plan.published_by = func.now(), by  # type: ignore[assignment]
    count_change(plan, by)
    session.flush()
    return plan


def _check_former(session: Session, plan: Plan, seen_former: int | None) -> None:
    last = last_published(session, plan.area_code)
    if (last.id if last else None) != seen_former:
        raise Conflict(
            "former_changed",
            N_("这个社区刚刚发布了另一个方案“%(name)s”，所以没有发布。请看过与它的比较，再决定是否发布。"),
            name=last.name if last else "",
            now=last.id if last else 0,
        )


def _check_day(session: Session, plan: Plan, from_day: date, today: date) -> None:
    force = plan_in_force(session, plan.area_code, today)
    if force is not None and from_day < force.from_on:
        raise InvalidInput(
            "day_too_early", N_("生效日期不能早于现行方案的生效日期 %(day)s。"), day=force.from_on
        )
    if from_day > today + timedelta(days=MOST_DAYS_AHEAD):
        raise InvalidInput("day_too_late", N_("生效日期最多提前一年定，请看看年份写对了没有。"))


def _checked_reason(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise InvalidInput("reason_missing", N_("准许例外要写明理由。"))
    if len(words) > LONGEST_REASON:
        raise InvalidInput("reason_too_long", N_("例外的理由最多 %(most)s 个字。"), most=LONGEST_REASON)
    return words


def _grant_or_refuse(
    session: Session, plan: Plan, from_day: date, reasons: Mapping[int, str], by: int | None
) -> None:
    findings = publishing_findings(session, plan_facts(session, plan.id, from_day), from_day)
    granted = [
        one.zone.id
        for one in findings
        if one.code == "zone_in_pieces" and one.zone is not None and one.zone.id in reasons
    ]
    blocking = sum(one.blocks for one in findings) - len(granted)
    if blocking:
        raise Conflict("plan_not_ready", N_("还有 %(count)s 处没有做好，不能发布。"), count=blocking)
    for zone_id in granted:
        session.add(
            PlanException(
                plan_id=plan.id,
                zone_id=zone_id,
                kind="in_pieces",
                area_code=plan.area_code,
                reason=reasons[zone_id],
                granted_by=by,
            )
        )
    # Written while the plan is a draft: what is published takes no more rows.
    session.flush()


def _carry_on(session: Session, plan: Plan, former_id: int, from_day: date) -> None:
    """Give zones the identity of the zones that they carry on."""
    former = lineages(session, former_id)
    heirs, _ = heirs_and_places(session, former_id, plan.id, plan.area_code, from_day, from_day)
    own = lineages(session, plan.id)
    adopted = [
        {"zone": zone, "lineage": former[source]}
        for zone, source in heirs.items()
        if own[zone] != former[source]
    ]
    if adopted:
        session.execute(text("UPDATE zone SET lineage = :lineage WHERE id = :zone"), adopted)
        session.expire_all()
