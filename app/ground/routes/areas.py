"""Areas made by hand."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import PLANS, account_id, allow
from app.errors import DomainError
from app.ground import actions
from app.ground.map_layers import LEVEL_NAMES
from app.ground.queries.areas import area_tree
from app.ground.routes.days import today
from app.web import parse
from app.web.language import error_sentence
from app.web.once import once

areas = Blueprint("areas", __name__, url_prefix="/ground/areas")


@areas.get("/new")
@allow(*PLANS)
def new() -> ResponseReturnValue:
    level = request.args.get("level", "community")
    return form({"level": level if level in LEVEL_NAMES else "community"}, None), 200


@areas.post("")
@allow(*PLANS)
def add() -> ResponseReturnValue:
    sent = {name: request.form.get(name, "").strip() for name in ("level", "name", "parent_name", "code")}
    sent["parent_code"] = request.form.get(f"parent_{sent['level']}", "").strip()
    try:
        for field, label, longest in (("name", _("名称"), 100), ("parent_name", _("上级名称"), 100)):
            parse.plain_text(sent[field], label, longest)
        return once(account_id(), lambda session: made(actions.add_area(session, **sent)))
    except DomainError as refused:
        return form(sent, error_sentence(refused)), 422


def made(code: str) -> ResponseReturnValue:
    return redirect(url_for("town.show", area=code), 303)


@areas.post("/<code>/delete")
@allow(*PLANS)
def remove(code: str) -> ResponseReturnValue:
    def remove_it(session: Session) -> ResponseReturnValue:
        actions.remove_area(session, parse.area_code(code))
        return {"removed": code}

    return once(account_id(), remove_it)


def form(values: dict[str, str], problem: str | None) -> str:
    with db.reading() as session:
        tree = area_tree(session, today())
    parents = {
        "street": [one for one in tree if one.level == "district"],
        "community": [one for one in tree if one.level == "street"],
    }
    levels = {level: _(name) for level, name in LEVEL_NAMES.items()}
    return render_template(
        "ground/new_area.html", values=values, parents=parents, levels=levels, problem=problem
    )
