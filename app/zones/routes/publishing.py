"""The gate before a plan comes into force: what stands in the way, what changes, and from which day."""

from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import PLANS, account_id, allow
from app.errors import N_, Conflict, DomainError, NotFound
from app.ground.routes.days import today
from app.web import parse
from app.web.error_pages import wants_json
from app.web.language import error_sentence
from app.web.once import once
from app.zones import actions, rules
from app.zones.actions.publishing import LONGEST_REASON
from app.zones.queries import plans as plan_queries
from app.zones.queries.comparing import Comparison, compare_plans
from app.zones.queries.publishing import Finding, publishing_findings
from app.zones.routes.shown import band_text, zone_title

publishing = Blueprint("publishing", __name__, url_prefix="/plans/<int:plan_id>/publish")
REASON = "reason-"
# After these there may be no draft any more to show the form for.
NO_FORM_LEFT = ("plan_published", "key_reused")


class Reason(NamedTuple):
    """A finding as the page tells it: a sentence, what to do, and where on the map it is."""

    text: str
    advice: str
    blocks: bool
    # To add to the workbench's address.
    place: str
    # The zone that may be excused, with what was typed.
    excusable: int | None
    typed: str


@publishing.get("")
@allow(*PLANS)
def gate(plan_id: int) -> ResponseReturnValue:
    day = parse.day(request.args.get("from"), today())
    return page(plan_id, day, {}, "")


@publishing.post("")
@allow(*PLANS)
def publish(plan_id: int) -> ResponseReturnValue:
    typed = {
        int(name.removeprefix(REASON)): reason
        for name, reason in request.form.items()
        if name.startswith(REASON) and name.removeprefix(REASON).isdecimal() and len(name) < 30
    }
    day = today()
    try:
        day = parse.day(request.form.get("from"), day)
        exceptions = {
            zone: parse.plain_text(reason, _("理由"), LONGEST_REASON)
            for zone, reason in typed.items()
            if reason.strip()
        }
        seen_version = parse.whole(request.form.get("seen_version"), _("版本"), 0)
        seen_former = parse.whole(request.form.get("seen_former"), _("现行方案"), 0, most=2**63 - 1)

        def publish_it(session: Session) -> ResponseReturnValue:
            actions.publish_plan(
                session,
                plan_id,
                seen_version=seen_version,
                seen_former=seen_former or None,
                from_day=day,
                today=today(),
                exceptions=exceptions,
                by=account_id(),
            )
            return redirect(url_for("workbench.show", plan_id=plan_id, done="published"), 303)

        return once(account_id(), publish_it)
    except DomainError as refused:
        if wants_json() or isinstance(refused, NotFound) or refused.code in NO_FORM_LEFT:
            raise
        status = 409 if isinstance(refused, Conflict) else 422
        return page(plan_id, day, typed, error_sentence(refused)), status


def page(plan_id: int, day: date, typed: dict[int, str], problem: str) -> str:
    """The gate as it is now, with what was typed before."""
    on = today()
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, on)
        if plan.state != "draft":
            raise Conflict("plan_published", N_("已发布的方案不能改。请先复制成草稿，在草稿里改。"))
        findings = publishing_findings(session, plan, day)
        last = plan_queries.last_published(session, plan.area_code)
        force = plan_queries.plan_in_force(session, plan.area_code, on)
        former = plan_queries.plan_in_force(session, plan.area_code, day) or last
        against = plan_queries.plan_facts(session, former.id, on) if former else None
        comparison = compare_plans(session, against, plan) if against else None
        sums = plan_queries.plan_sums(session, plan_id, plan.area_code, day)
        zones = len(plan_queries.zone_numbers(session, plan_id))
    reasons = [told(one, typed) for one in findings]
    return render_template(
        "zones/publish.html",
        plan=plan,
        day=day,
        today=on,
        problem=problem,
        blocking=[one for one in reasons if one.blocks],
        notes=[one for one in reasons if not one.blocks],
        ready=all(one.excusable for one in reasons if one.blocks),
        last=last,
        coming=last if last and last.from_on > on else None,
        earliest=force.from_on if force else None,
        against=against,
        changes=change_lines(comparison) if comparison else [],
        sums=sums,
        zones=zones,
        longest_reason=LONGEST_REASON,
    )


def told(finding: Finding, typed: dict[int, str]) -> Reason:
    """A finding in plain words."""
    zone = finding.zone
    place = f"#building={finding.building_id}" if finding.building_id else f"#zone={zone.id}" if zone else ""
    excusable = zone.id if zone and finding.code == "zone_in_pieces" else None
    text, advice = _WORDS[finding.code](finding)
    return Reason(text, advice, finding.blocks, place, excusable, typed.get(excusable or 0, ""))


def title_of(finding: Finding) -> str:
    """The zone's name, in a finding that has one."""
    return zone_title(finding.zone.number, finding.zone.name) if finding.zone else ""


# What each finding says, and what to do about it.
_WORDS: dict[str, Any] = {
    "no_zones": lambda one: (_("还没有责任区。"), _("先在地图上新建责任区，再划入楼栋。")),
    "unassigned": lambda one: (
        ngettext("还有 %(num)d 栋楼没有划入责任区。", "还有 %(num)d 栋楼没有划入责任区。", one.amount),
        _("在地图上逐栋查看，划入合适的责任区。"),
    ),
    "zone_empty": lambda one: (
        _("%(zone)s没有楼栋。", zone=title_of(one)),
        _("划入楼栋，或删除这个责任区。"),
    ),
    "zone_in_pieces": lambda one: (
        _("%(zone)s不连成一片，分成了 %(n)s 块。", zone=title_of(one), n=one.amount),
        _("把隔开的楼栋划给邻近的责任区；确实需要分开的，在下面写明理由，作为例外发布。"),
    ),
    "zone_off_size": lambda one: (
        _(
            "%(zone)s有 %(households)s 户，%(band)s。",
            zone=title_of(one),
            households=one.zone.households,
            band=band_text(rules.household_band(one.zone.households)),
        ),
        _("%(low)s–%(high)s 户为宜。可以发布。", low=rules.BAND[0], high=rules.BAND[1]),
    ),
}


def change_lines(comparison: Comparison) -> list[str]:
    """What publishing changes, in a few sentences."""
    moved, households = _counted(comparison.moves)
    entered, _entered_households = _counted(comparison.entries)
    left, _left_households = _counted(comparison.exits)
    lines = [
        moved and _("%(n)s 栋（%(h)s 户）换到别的责任区。", n=moved, h=households),
        entered and _("%(n)s 栋新划入责任区。", n=entered),
        left and _("%(n)s 栋不再属于任何责任区。", n=left),
        comparison.new_zones and _("新设 %(n)s 个责任区。", n=len(comparison.new_zones)),
        comparison.gone_zones and _("撤销 %(n)s 个责任区。", n=len(comparison.gone_zones)),
        comparison.renamed and _("%(n)s 个责任区换了编号或名称。", n=len(comparison.renamed)),
    ]
    return [line for line in lines if line]


def _counted(flows: Any) -> tuple[int, int]:
    return sum(len(one.buildings) for one in flows), sum(one.households for one in flows)
