"""Second factor: set up with a telephone, recovery codes for its loss, and off again."""

import segno
from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import actions, guard
from app.accounts.guard import SIGNED_IN, allow, fresh, opens_early
from app.accounts.routes import tries
from app.accounts.routes.own import me
from app.accounts.routes.sign_in import accounts
from app.errors import N_, Conflict
from app.web.pages import own_path

# In the session on the server, encrypted, until a code has shown that the app has it.
WAITING_KEY = "totp_key"


@accounts.get("/account/second-factor")
@opens_early
@fresh
@allow(*SIGNED_IN)
def second_factor() -> ResponseReturnValue:
    if guard.has_second_factor():
        return redirect(url_for("accounts.show"))
    return set_up_page(own_path(request.args.get("next", "/account")), None)


def set_up_page(target: str, problem: str | None) -> str:
    if WAITING_KEY not in session:
        session[WAITING_KEY] = actions.new_totp_key(tries.secret())
    shown = actions.shown_key(tries.secret(), session[WAITING_KEY], me().login)
    picture = segno.make(shown.uri, error="m").svg_data_uri(scale=5, border=2, dark="#1d2a33", light="#fff")
    return render_template(
        "accounts/second_factor.html",
        picture=picture,
        key=shown.words,
        target=target,
        problem=problem,
        must_have=guard.must_have_second_factor(),
    )


@accounts.post("/account/second-factor")
@opens_early
@fresh
@allow(*SIGNED_IN)
def set_second_factor() -> ResponseReturnValue:
    target = own_path(request.form.get("next", "/account"))
    kept = session.get(WAITING_KEY)
    if guard.has_second_factor() or kept is None:
        return redirect(url_for("accounts.second_factor"), 303)
    with db.transaction() as writing:
        codes = actions.set_second_factor(
            writing, me().id, tries.secret(), kept, request.form.get("code", "")
        )
    if codes is None:
        problem = _("代码不对。请看手机的时间是否准确，等应用显示下一个代码，再输一次。")
        return set_up_page(target, problem), 422
    del session[WAITING_KEY]
    guard.renew(second_factor=True)
    return render_template("accounts/recovery_codes.html", codes=codes, target=target)


@accounts.post("/account/recovery-codes")
@fresh
@allow(*SIGNED_IN)
def new_recovery_codes() -> ResponseReturnValue:
    if not guard.has_second_factor():
        return redirect(url_for("accounts.second_factor"), 303)
    with db.transaction() as writing:
        codes = actions.new_recovery_codes(writing, me().id, tries.secret())
    return render_template("accounts/recovery_codes.html", codes=codes, target="/account")


@accounts.post("/account/second-factor/off")
@fresh
@allow(*SIGNED_IN)
def drop_second_factor() -> ResponseReturnValue:
    if guard.must_have_second_factor():
        raise Conflict(
            "second_factor_required", N_("你的角色必须使用动态口令，不能关闭。换手机请找管理员重设。")
        )
    with db.transaction() as writing:
        actions.drop_second_factor(writing, me().id)
    guard.renew()
    return redirect(url_for("accounts.show", done="second-factor-off"), 303)
