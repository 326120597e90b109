"""Sign in, sign out."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import guard
from app.accounts.actions import account_with_password, forget_expired_sessions
from app.accounts.guard import public
from app.web.pages import own_path

accounts = Blueprint("accounts", __name__)


@accounts.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    target = own_path(request.args.get("next", "/"))
    if guard.current_account():
        return redirect(target)
    return render_template("accounts/sign_in.html", target=target, problem=None, login="")


@accounts.post("/sign-in")
@public
def check_sign_in() -> ResponseReturnValue:
    target = own_path(request.form.get("next", "/"))
    login, password = request.form.get("login", "")[:64], request.form.get("password", "")
    # PostgreSQL keeps no NUL; nobody's login holds one.
    with db.reading() as session:
        account = None if "\0" in login else account_with_password(session, login, password)
    if account is None:
        problem = _("账号或密码不对。请检查大小写，或找街道管理员重设密码。")
        return render_template("accounts/sign_in.html", target=target, problem=problem, login=login), 422
    with db.transaction() as session:
        forget_expired_sessions(session)
    guard.sign_in(account.id)
    return redirect(target, 303)


@accounts.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    guard.sign_out()
    return redirect(url_for("accounts.sign_in"), 303)
