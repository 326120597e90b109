"""All communities with their plans; drafts begun, copied, deleted."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from app import db
from app.accounts.guard import allow, current_account
from app.ground.routes.days import today
from app.web import parse
from app.zones import actions
from app.zones.queries import plans as plan_queries

plans = Blueprint("plans", __name__)
NAME_LENGTH = 60


@plans.get("/plans")
@allow("planner", "community")
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
        draft_name=default_name(),
    )


@plans.post("/plans")
@allow("planner")
def begin() -> ResponseReturnValue:
    area_code = parse.area_code(request.form.get("community"))
    name = parse.plain_text(request.form.get("name") or default_name(), _("方案名称"), NAME_LENGTH)
    with db.transaction() as session:
        made = actions.make_draft(session, area_code, name, _account_id())
        target = url_for("workbench.show", plan_id=made.id)
    return redirect(target, 303)


@plans.post("/plans/<int:plan_id>/copy")
@allow("planner")
def copy(plan_id: int) -> ResponseReturnValue:
    name = parse.plain_text(request.form.get("name") or default_name(), _("方案名称"), NAME_LENGTH)
    with db.transaction() as session:
        made = actions.copy_plan(session, plan_id, name, _account_id())
        target = url_for("workbench.show", plan_id=made.id)
    return redirect(target, 303)


@plans.post("/plans/<int:plan_id>/delete")
@allow("planner")
def delete(plan_id: int) -> ResponseReturnValue:
    with db.transaction() as session:
        area_code = actions.delete_draft(session, plan_id)
    return redirect(url_for("plans.index", community=area_code), 303)


def default_name() -> str:
    """What a draft is called when nobody named it."""
    return _("%(day)s 草稿", day=format_date(today(), "M月d日"))


def _account_id() -> int | None:
    account = current_account()
    return account.id if account else None
