"""All communities with their plans; drafts begun, copied, deleted."""

from babel.dates import format_skeleton
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import LOOKS, PLANS, account_id, allow
from app.ground.routes.days import today
from app.web import parse
from app.web.once import once
from app.zones import actions
from app.zones.models import MAX_NAME
from app.zones.queries import plans as plan_queries
from app.zones.routes.standing import shown_standing

plans = Blueprint("plans", __name__)


@plans.get("/plans")
@allow(*LOOKS)
def index() -> ResponseReturnValue:
    words = parse.plain_text(request.args.get("q") or request.args.get("community") or "", _("搜索"), 60)
    page = parse.whole(request.args.get("page"), _("页"), 1, 1, 10_000)
    on = today()
    with db.reading() as session:
        communities, found = plan_queries.communities(session, words, on, page)
        plans_by_code = plan_queries.plans_of(session, [one.code for one in communities], on)
    pages = max(1, -(-found // plan_queries.COMMUNITIES_A_PAGE))
    return render_template(
        "zones/plans.html",
        communities=communities,
        plans=plans_by_code,
        found=found,
        words=words,
        page=page,
        pages=pages,
        standing_of=lambda plan: shown_standing(plan, on),
    )


@plans.post("/plans")
@allow(*PLANS)
def begin() -> ResponseReturnValue:
    area_code = parse.area_code(request.form.get("community"))
    name = parse.plain_text(request.form.get("name") or default_name(), _("方案名称"), MAX_NAME)
    with db.transaction() as session:
        made = actions.make_draft(session, area_code, name, account_id(), parse.form_key())
        target = url_for("workbench.show", plan_id=made.id)
    return redirect(target, 303)


@plans.post("/plans/<int:plan_id>/copy")
@allow(*PLANS)
def copy(plan_id: int) -> ResponseReturnValue:
    name = parse.plain_text(request.form.get("name") or default_name(), _("方案名称"), MAX_NAME)
    with db.transaction() as session:
        made = actions.copy_plan(session, plan_id, name, account_id(), parse.form_key())
        target = url_for("workbench.show", plan_id=made.id)
    return redirect(target, 303)


@plans.post("/plans/<int:plan_id>/delete")
@allow(*PLANS)
def delete(plan_id: int) -> ResponseReturnValue:
    seen_version = parse.whole(request.form.get("seen_version"), _("版本"), 0)

    def delete_it(session: Session) -> ResponseReturnValue:
        area_code = actions.delete_draft(session, plan_id, seen_version)
        return redirect(url_for("plans.index", community=area_code), 303)

    return once(account_id(), delete_it)


def default_name() -> str:
    """What a draft is called when nobody named it."""
    return _("%(day)s 草稿", day=format_skeleton("MMMd", today(), locale=get_locale()))
