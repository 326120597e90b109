"""Inviting somebody, and the page on which the invited choose a password."""

from flask import current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import actions, guard
from app.accounts.guard import ADMINISTERS, allow, fresh, public
from app.accounts.queries import accounts as queries
from app.accounts.queries.accounts import InvitedLogin
from app.accounts.routes import slips, tries
from app.accounts.routes.administration import (
    ROLE_HINTS,
    administration,
    asked_grant,
    names_in_reach,
    reaches,
    reaches_everywhere,
    show_slip,
)  # fmt: skip
from app.accounts.routes.own import me
from app.accounts.routes.sign_in import accounts
from app.accounts.rules import Grant, roles_to_give
from app.errors import DomainError, InvalidInput, NotFound
from app.web.error_pages import STATUS, wants_json
from app.web.language import error_sentence, sentence


@administration.get("/invite")
@fresh
@allow(*ADMINISTERS)
def invite() -> ResponseReturnValue:
    return invite_page({}, None)


def invite_page(values: dict[str, str], problem: str | None) -> str:
    return render_template(
        "accounts/invite.html", values=values, problem=problem, roles=guard.ROLE_NAMES,
        hints=ROLE_HINTS, given=roles_to_give(reaches()), everywhere=reaches_everywhere(), days=actions.INVITATION_DAYS,
    )  # fmt: skip


@administration.post("/invite")
@fresh
@allow(*ADMINISTERS)
def do_invite() -> ResponseReturnValue:
    try:
        with db.transaction() as session:
            role, code = asked_grant(session)
            invited = actions.invite(session, request.form.get("login", ""), role, code, me().id)
            names = names_in_reach(session)
    except DomainError as refused:
        if wants_json():
            raise
        return invite_page(request.form.to_dict(), error_sentence(refused)), STATUS[type(refused)]
    return show_slip(slips.slip(invited, [Grant(role, code)], names), again=False)


@accounts.get("/welcome/<token>")
@public
def welcome(token: str) -> ResponseReturnValue:
    with db.reading() as session:
        invited = queries.invited_login(session, token[:64])
    return gone() if invited is None else welcome_page(invited, None)


def gone() -> ResponseReturnValue:
    return render_template("accounts/welcome.html", gone=sentence(actions.invitation_gone().sentence)), 404


def welcome_page(invited: InvitedLogin, problem: str | None) -> str:
    return render_template(
        "accounts/welcome.html", gone=None, login=invited.login, problem=problem,
        roles=slips.grant_words(invited.grants, names_of(invited)),
    )  # fmt: skip


def names_of(invited: InvitedLogin) -> dict[str, str]:
    """Names of the areas that the invited will work in; nobody is signed in yet who could see others."""
    codes = [grant.area_code for grant in invited.grants if grant.area_code]
    with db.acting_in(db.scope_of(codes)), db.reading() as session:
        return dict(current_app.extensions["wardmap.area_names"](session, codes))


@accounts.post("/welcome/<token>")
@public
def accept(token: str) -> ResponseReturnValue:
    token, wanted = token[:64], request.form.get("new", "")
    with db.reading() as session:
        invited = queries.invited_login(session, token)
    if invited is None:
        return gone()
    if wanted != request.form.get("again", ""):
        return welcome_page(invited, _("两次输入的密码不一样。")), 422
    words = names_of(invited).values()
    try:
        with db.transaction() as session:
            account_id = actions.accept_invitation(session, token, wanted, guard.demands(), words)
    except InvalidInput as refused:
        return welcome_page(invited, error_sentence(refused)), 422
    except NotFound:
        return gone()
    guard.sign_in(account_id)
    return tries.remember_device(redirect("/", 303), account_id)
