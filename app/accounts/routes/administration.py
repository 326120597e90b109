"""Accounts for those who administer them: the list, one account, and what can be done with it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app import db
from app.accounts import actions, guard
from app.accounts.guard import ADMINISTERS, allow, fresh
from app.accounts.queries import accounts as queries
from app.accounts.queries.accounts import AccountLine
from app.accounts.routes import sheets, slips
from app.accounts.routes.own import me
from app.accounts.rules import Reach, reach_of, refuse_foreign, refuse_own, roles_to_give
from app.accounts.rules.lists import area_named, role_named
from app.codes import code_prefix
from app.errors import N_, DomainError, InvalidInput, NotFound
from app.web import parse
from app.web.error_pages import STATUS, wants_json
from app.web.language import error_sentence
from app.web.pages import attachment
from app.web.workbook import XLSX

# What a role is for, in one line.
ROLE_HINTS = {
    "system": _l("设置程序；不看辖区内容"), "security": _l("管账号和角色；不看辖区内容"), "auditor": _l("查看操作记录，不能改"),
    "district": _l("导入、划分，管区内账号"), "planner": _l("导入文件、划分责任区"), "dispatcher": _l("查看、导出，应急时调度"),
    "community": _l("查看、导出本社区"), "volunteer": _l("只看自己的任务"),
}  # fmt: skip
administration = Blueprint("administration", __name__, url_prefix="/accounts")
SUGGESTED = 30
MOST_EXPORTED = 50_000


def reaches() -> tuple[Reach, ...]:
    """What the account that asks may administer."""
    return reach_of(me())


def areas_in_reach(session: Session, words: str = "", most: int | None = None) -> list[tuple[str, str, str]]:
    """Code, name and name above of the areas that the account that asks may give roles in."""
    within = [f"{code_prefix(reach.area_code)}%" for reach in reaches()]
    found: list[tuple[str, str, str]] = current_app.extensions["wardmap.areas_named"](
        session, within, words, most
    )
    return found


def names_in_reach(session: Session) -> dict[str, str]:
    """The same as names by code."""
    return {code: name for code, name, _above in areas_in_reach(session)}


def reaches_everywhere() -> bool:
    """Whether a role may be given for all areas at once."""
    return any(not reach.area_code for reach in reaches())


def names_of_grants(session: Session, lines: list[AccountLine]) -> dict[str, str]:
    codes = {grant.area_code for line in lines for grant in line.grants if grant.area_code}
    return dict(current_app.extensions["wardmap.area_names"](session, codes))


def asked_lines(session: Session, most: int = queries.MOST_LINES) -> tuple[list[AccountLine], dict[str, str]]:
    """The accounts that the address asks for, and the question as it was understood."""
    asked = {
        "q": parse.plain_text(request.args.get("q", ""), "q", 64),
        "role": request.args.get("role", ""),
        "area": parse.plain_text(request.args.get("area", ""), "area", 140),
        "sort": request.args.get("sort", "login"),
    }
    role = role_named(asked["role"]) if asked["role"] else ""
    code = area_named(asked["area"], "", names_in_reach(session)) if asked["area"] else ""
    lines = queries.account_lines(session, reaches(), asked["q"], role, code, asked["sort"], most)
    return lines, asked


@administration.get("")
@allow(*ADMINISTERS)
def show_list() -> ResponseReturnValue:
    problem = None
    with db.reading() as session:
        try:
            lines, asked = asked_lines(session)
        except (InvalidInput, NotFound) as refused:
            lines, asked, problem = [], request.args.to_dict(), error_sentence(refused)
        names = names_of_grants(session, lines)
    more = len(lines) > queries.MOST_LINES
    return render_template(
        "accounts/list.html", lines=lines[: queries.MOST_LINES], more=more, asked=asked, problem=problem,
        area_names=names, roles=guard.ROLE_NAMES, given=roles_to_give(reaches()), styles=sheets.STATE_STYLES,
        states=sheets.state_words(), everywhere=reaches_everywhere(),
    ), (422 if problem else 200)  # fmt: skip


@administration.get("/accounts.xlsx")
@fresh
@allow(*ADMINISTERS)
def export() -> Response:
    with db.reading() as session:
        lines, _asked = asked_lines(session, MOST_EXPORTED)
        names = names_of_grants(session, lines)
    day = datetime.now(ZoneInfo(current_app.config["SETTINGS"].time_zone)).date()
    return attachment(sheets.account_sheet(lines, names, day), XLSX, f"账号-{day}.xlsx")


@administration.get("/areas.json")
@allow(*ADMINISTERS)
def areas() -> ResponseReturnValue:
    words = parse.plain_text(request.args.get("q", ""), "q", 64)
    with db.reading() as session:
        found = areas_in_reach(session, words, SUGGESTED)
    return jsonify(areas=[{"code": code, "name": name, "above": above} for code, name, above in found])


@administration.get("/<int:account_id>")
@allow(*ADMINISTERS)
def show(account_id: int) -> ResponseReturnValue:
    return account_page(account_id)


def account_page(account_id: int, problem: str | None = None) -> str:
    """One account; with what was wrong with a new role, and what was asked for."""
    with db.reading() as session:
        line = queries.account_line(session, reaches(), account_id)
        grants = queries.grant_lines(session, reaches(), account_id)
        names = dict(current_app.extensions["wardmap.area_names"](session, {one.area_code for one in grants}))
    return render_template(
        "accounts/one.html", one=line, grants=grants, area_names=names, roles=guard.ROLE_NAMES,
        given=roles_to_give(reaches()), states=sheets.state_words(), styles=sheets.STATE_STYLES,
        is_own=line.id == me().id, everywhere=reaches_everywhere(), problem=problem,
    )  # fmt: skip


def back_to(account_id: int, done: str) -> ResponseReturnValue:
    return redirect(url_for("administration.show", account_id=account_id, done=done), 303)


def to_change(session: Session, account_id: int) -> AccountLine:
    """Somebody else's account that the one who asks may change, held until the end of the transaction."""
    line = queries.account_to_change(session, reaches(), account_id)
    refuse_own(me(), account_id)
    return line


@administration.post("/<int:account_id>/grants")
@fresh
@allow(*ADMINISTERS)
def grant(account_id: int) -> ResponseReturnValue:
    try:
        with db.transaction() as session:
            to_change(session, account_id)
            role, code = asked_grant(session)
            actions.grant_role(session, account_id, role, code, me().id)
    except DomainError as refused:
        if wants_json() or refused.code in ("account_gone", "own_account"):
            raise
        return account_page(account_id, error_sentence(refused)), STATUS[type(refused)]
    return back_to(account_id, "granted")


def asked_grant(session: Session) -> tuple[str, str]:
    """The role and the area of a form, which the one who asks may give."""
    role = role_named(request.form.get("role", ""))
    words = parse.plain_text(request.form.get("area", ""), "area", 140)
    code = area_named(words, role, names_in_reach(session))
    refuse_foreign(reaches(), role, code)
    return role, code


@administration.post("/<int:account_id>/grants/<int:grant_id>/end")
@fresh
@allow(*ADMINISTERS)
def revoke(account_id: int, grant_id: int) -> ResponseReturnValue:
    with db.transaction() as session:
        to_change(session, account_id)
        held = queries.grant_lines(session, reaches(), account_id)
        if grant_id not in {one.id for one in held if one.is_now}:
            raise NotFound("grant_unknown", N_("没有这项授权，或者它已经结束。"))
        actions.revoke_role(session, grant_id, me().id)
    return back_to(account_id, "revoked")


@administration.post("/<int:account_id>/disable")
@fresh
@allow(*ADMINISTERS)
def disable(account_id: int) -> ResponseReturnValue:
    with db.transaction() as session:
        actions.disable_account(session, to_change(session, account_id).login)
    return back_to(account_id, "disabled")


@administration.post("/<int:account_id>/enable")
@fresh
@allow(*ADMINISTERS)
def enable(account_id: int) -> ResponseReturnValue:
    with db.transaction() as session:
        actions.enable_account(session, to_change(session, account_id).login)
    return back_to(account_id, "enabled")


@administration.post("/<int:account_id>/end-sessions")
@fresh
@allow(*ADMINISTERS)
def end_sessions(account_id: int) -> ResponseReturnValue:
    with db.transaction() as session:
        to_change(session, account_id)
        actions.sign_out_everywhere(session, account_id)
    return back_to(account_id, "ended")


@administration.post("/<int:account_id>/reset")
@fresh
@allow(*ADMINISTERS)
def reset(account_id: int) -> ResponseReturnValue:
    with db.transaction() as session:
        line = to_change(session, account_id)
        invited = actions.reset_access(session, account_id, me().id)
        names = names_of_grants(session, [line])
    return show_slip(slips.slip(invited, line.grants, names), again=True)


def show_slip(made: slips.Slip, **facts: Any) -> str:
    return render_template("accounts/invited.html", slip=made, **facts)
