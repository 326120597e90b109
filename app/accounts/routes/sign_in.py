"""Sign in, with a second factor where there is one, and sign out."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import actions, guard
from app.accounts.guard import public
from app.accounts.routes import tries
from app.accounts.rules import typed_login
from app.web.pages import own_path

accounts = Blueprint("accounts", __name__)
SIGN_IN, CODE = "accounts/sign_in.html", "accounts/code.html"


@accounts.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    target = own_path(request.args.get("next", "/"))
    if guard.current_account():
        return redirect(target)
    return render_template(SIGN_IN, target=target, problem=None, login="")


@accounts.post("/sign-in")
@public
def check_sign_in() -> ResponseReturnValue:
    target = own_path(request.form.get("next", "/"))
    # PostgreSQL keeps no NUL; nobody's login holds one.
    login = request.form.get("login", "")[:64].replace("\0", " ")
    asked, wait_s = tries.counted("sign_in", typed_login(login), login, network=True)
    if wait_s:
        return tries.too_many(SIGN_IN, wait_s, target=target, login=login)
    with db.reading() as session:
        account = actions.account_with_password(session, login, request.form.get("password", ""))
    if account is None:
        problem = _("账号或密码不对。请检查大小写，或找街道管理员重设密码。")
        return render_template(SIGN_IN, target=target, problem=problem, login=login), 422
    guard.sign_in(account.id)
    if account.totp_key is not None:
        tries.was_right(asked)
        return redirect(url_for("accounts.code", next=target), 303)
    return tries.remember_device(redirect(target, 303), account.id, asked)


@accounts.get("/sign-in/code")
@public
def code() -> ResponseReturnValue:
    target = own_path(request.args.get("next", "/"))
    if guard.waiting_account() is None:
        return redirect(url_for("accounts.sign_in", next=target))
    return render_template(CODE, target=target, problem=None)


@accounts.post("/sign-in/code")
@public
def check_code() -> ResponseReturnValue:
    target = own_path(request.form.get("next", "/"))
    waiting = guard.waiting_account()
    if waiting is None:
        return redirect(url_for("accounts.sign_in", next=target), 303)
    asked, wait_s = tries.counted("code", str(waiting.id), waiting.login)
    if wait_s:
        return tries.too_many(CODE, wait_s, target=target)
    with db.transaction() as session:
        passed = actions.second_factor_passed(
            session, waiting.id, tries.secret(), request.form.get("code", "")
        )
    if not passed:
        problem = _("代码不对，或者已经用过。请等应用显示下一个，再输一次。")
        return render_template(CODE, target=target, problem=problem), 422
    guard.renew(second_factor=True)
    return tries.remember_device(redirect(target, 303), waiting.id, asked)


@accounts.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    guard.sign_out()
    return redirect(url_for("accounts.sign_in"), 303)
