"""Publishing: a draft becomes the plan in force, the former one ends, and neither is changed again."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.errors import N_, Conflict, InvalidInput
from app.zones.actions.steps import count_change, locked_plan, refuse_outdated
from app.zones.models import Plan, PlanException, Zone
from app.zones.queries.plans import plan_facts
from app.zones.queries.publishing import publishing_findings

LONGEST_REASON = 200
NOT_PUBLISHED = N_("“%(who)s”刚刚改过这份草稿，所以没有发布。请看过最新的检查结果，再发布。")
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
    from_day: date,
    exceptions: Mapping[int, str],
    by: int | None,
) -> Plan:
    """Put a draft in force from a day on.

    Parameters
    ----------
    session : Session
        Inside a transaction.
    plan_id : int
        The draft.
    seen_version : int
        The version whose findings the person saw.
    from_day : date
        First day; not before the plan in force began.
    exceptions : mapping of int to str
        Zones that may stay in pieces, each with the reason.
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
        "plan_published"; "plan_changed"; "plan_not_ready" with how many findings stand in the way; "plan_overlaps" when somebody
        else has published another plan of this community meanwhile.
    InvalidInput
        "day_too_early"; "reason_missing".
    """
    plan = locked_plan(session, plan_id)
    refuse_outdated(session, plan, seen_version, NOT_PUBLISHED)
    _grant(session, plan, exceptions, by)
    findings = publishing_findings(session, plan_facts(session, plan_id, from_day), from_day)
    blocking = sum(one.blocks for one in findings)
    if blocking:
        raise Conflict("plan_not_ready", N_("还有 %(count)s 处没有做好，不能发布。"), count=blocking)
    began = session.scalar(
        text("SELECT max(lower(during)) FROM plan WHERE area_code = :area AND during @> CURRENT_DATE"),
        {"area": plan.area_code},
    )
    if began is not None and from_day < began:
        raise InvalidInput("day_too_early", N_("生效日期不能早于现行方案的生效日期 %(day)s。"), day=began)
    session.execute(text(END_FORMER), {"area": plan.area_code, "day": from_day})
    plan.state, plan.during = "published", Range(from_day, None)
    plan.published_at, plan.published_by = func.now(), by  # type: ignore[assignment]
    count_change(plan, by)
    session.flush()
    return plan


def _grant(session: Session, plan: Plan, exceptions: Mapping[int, str], by: int | None) -> None:
    for zone_id, reason in exceptions.items():
        words = reason.strip()[:LONGEST_REASON]
        if not words:
            raise InvalidInput("reason_missing", N_("准许例外要写明理由。"))
        zone = session.get(Zone, zone_id)
        if zone is None or zone.plan_id != plan.id:
            continue
        session.merge(
            PlanException(
                plan_id=plan.id,
                zone_id=zone_id,
                kind="in_pieces",
                area_code=plan.area_code,
                reason=words,
                granted_by=by,
            )
        )
    session.flush()
