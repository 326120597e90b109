"""Guessing gets slower: tries are counted before they are made; and browsers that have signed in before are known."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import actions
from app.accounts.rules import Counter, coarse_network, counters
from app.accounts.rules.throttle import DEVICE_DAYS


def secret() -> str:
    """The installation's secret, for keys of one purpose each."""
    return str(current_app.config["SECRET_KEY"])


def counted(purpose: str, subject: str, login: str, *, network: bool = False) -> tuple[list[Counter], int]:
    """Count a try at something of this login; the seconds to wait when there were too many."""
    token = request.cookies.get(current_app.config["SETTINGS"].device_cookie_name, "")[:64]
    with db.transaction() as session:
        known = bool(token) and actions.is_known_device(session, login, token)
        asked = counters(
            secret(), purpose, subject,
            network=coarse_network(request.remote_addr) if network else "", device=token if known else "",
        )  # fmt: skip
        return asked, actions.wait_before(session, asked)


def was_right(asked: Sequence[Counter]) -> None:
    """The try that was counted was right, and counts for nothing."""
    with db.transaction() as session:
        actions.give_back(session, asked)


def too_many(template: str, wait_s: int, **facts: Any) -> ResponseReturnValue:
    """The same page with how long to wait."""
    wait = _("%(count)s 秒", count=wait_s) if wait_s < 90 else _("%(count)s 分钟", count=-(-wait_s // 60))
    problem = _("试的次数太多了，请过 %(wait)s再试。在以前登录过的电脑或手机上不受别人影响。", wait=wait)
    return render_template(template, problem=problem, **facts), 429, {"Retry-After": str(wait_s)}


def remember_device(answer: Any, account_id: int, asked: Sequence[Counter] = ()) -> Response:
    """From now on this browser is known to belong to this account; the try that showed it counts for nothing."""
    answer = current_app.make_response(answer)
    settings = current_app.config["SETTINGS"]
    token = request.cookies.get(settings.device_cookie_name, "")
    token = token if len(token) == 43 else secrets.token_urlsafe(32)
    with db.transaction() as session:
        if asked:
            actions.give_back(session, asked)
        actions.remember_device(session, account_id, token)
        actions.forget_expired_sessions(session)
        actions.forget_attempts(session)
    answer.set_cookie(
        settings.device_cookie_name, token, max_age=DEVICE_DAYS * 86_400, path="/",
        httponly=True, secure=settings.secure_cookies, samesite="Lax",
    )  # fmt: skip
    return answer
