"""My account: who I am here, where I am signed in, my password, and the proof that it is me."""

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts import actions, guard
from app.accounts.guard import SIGNED_IN, allow, opens_early
from app.accounts.queries.sessions import open_sessions
from app.accounts.routes import tries
from app.accounts.routes.sign_in import accounts
from app.accounts.rules import Identity
from app.errors import InvalidInput
from app.web.language import error_sentence
from app.web.pages import own_path

PASSWORD, CONFIRM = "accounts/password.html", "accounts/confirm.html"


def me() -> Identity:
    """The account that asks; the guard has let nobody else in."""
    account = guard.current_account()
    if account is None:
        raise LookupError("a guarded view without an account")
    return account


def own_area_names(session: Session) -> dict[str, str]:
    """Names of the areas of one's grants, by code; the ground knows them."""
    codes = {grant.area_code for grant in me().grants if grant.area_code}
    return dict(current_app.extensions["wardmap.area_names"](session, codes))


@accounts.get("/account")
@allow(*SIGNED_IN)
def show() -> ResponseReturnValue:
    account = me()
    with db.reading() as session:
        sessions = open_sessions(session, account.id, guard.own_token_hash())
        names = own_area_names(session)
    return render_template(
        "accounts/own.html",
        sessions=sessions,
        roles=guard.ROLE_NAMES,
        area_names=names,
        must_have=guard.must_have_second_factor(),
    )


@accounts.post("/account/sessions/<key>/end")
@allow(*SIGNED_IN)
def end_session(key: str) -> ResponseReturnValue:
    with db.transaction() as session:
        actions.end_session(session, me().id, key)
    return redirect(url_for("accounts.show"), 303)


@accounts.post("/account/sessions/end-others")
@allow(*SIGNED_IN)
def end_others() -> ResponseReturnValue:
    with db.transaction() as session:
        actions.end_sessions(session, me().id, but=guard.own_token_hash())
        # A telephone that was lost is a stranger from now on, and so is the rest.
        actions.forget_devices(session, me().id)
    return tries.remember_device(redirect(url_for("accounts.show"), 303), me().id)


@accounts.get("/account/password")
@opens_early
@allow(*SIGNED_IN)
def password() -> ResponseReturnValue:
    return render_template(PASSWORD, problem=None, owed=guard.owes_password())


@accounts.post("/account/password")
@opens_early
@allow(*SIGNED_IN)
def change_password() -> ResponseReturnValue:
    account, owed = me(), guard.owes_password()
    wanted = request.form.get("new", "")
    asked, wait_s = tries.counted("confirm", str(account.id), account.login)
    if wait_s:
        return tries.too_many(PASSWORD, wait_s, owed=owed)
    with db.reading() as session:
        right = actions.account_with_password(session, account.login, request.form.get("old", ""))
    if right is None:
        return render_template(PASSWORD, problem=_("现在的密码不对。"), owed=owed), 422
    tries.was_right(asked)
    try:
        if wanted != request.form.get("again", ""):
            return render_template(PASSWORD, problem=_("两次输入的新密码不一样。"), owed=owed), 422
        with db.transaction() as session:
            names = own_area_names(session).values()
            actions.set_password(session, account.login, wanted, guard.demands(), names)
    except InvalidInput as refused:
        return render_template(PASSWORD, problem=error_sentence(refused), owed=owed), 422
    # Every session has ended with the old password; this one begins again.
    guard.sign_in(account.id, second_factor=guard.has_second_factor())
    return tries.remember_device(redirect(url_for("accounts.show", done="password"), 303), account.id)


@accounts.get("/account/confirm")
@opens_early
@allow(*SIGNED_IN)
def confirm() -> ResponseReturnValue:
    return render_template(
        CONFIRM, target=own_path(request.args.get("next", "/account")), problem=None, again=False
    )


@accounts.post("/account/confirm")
@opens_early
@allow(*SIGNED_IN)
def check_confirm() -> ResponseReturnValue:
    account = me()
    target = own_path(request.form.get("next", "/account"))
    facts = {"target": target, "again": False}
    asked, wait_s = tries.counted("confirm", str(account.id), account.login)
    if wait_s:
        return tries.too_many(CONFIRM, wait_s, **facts)
    given = request.form.get("code", "").strip()
    if given and guard.has_second_factor():
        with db.transaction() as session:
            right = actions.second_factor_passed(session, account.id, tries.secret(), given)
    else:
        with db.reading() as session:
            typed = request.form.get("password", "")
            right = actions.account_with_password(session, account.login, typed) is not None
    if not right:
        return render_template(CONFIRM, problem=_("不对，请再输一次。"), **facts), 422
    tries.was_right(asked)
    guard.renew(proved=True)
    return redirect(target, 303)
