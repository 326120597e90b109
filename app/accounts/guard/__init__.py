"""Who is asking, and may they: server-side sessions and the mark that every view carries."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFProtect

from app import db
from app.accounts.guard.proofs import (
    NEW_PASSWORD,
    View,
    debt,
    demands,
    fresh,
    fresh_when_assessed,
    must_have_second_factor,
    opens_early,
    proof_is_old,
)
from app.accounts.guard.sessions import DatabaseSessions
from app.accounts.rules import ADMINISTERS, LOOKS, PLANS, SIGNED_IN, Identity, demanded, token_hash
from app.errors import N_, NotAllowed
from app.web.error_pages import wants_json
from app.web.headers import request_id
from app.web.pages import own_path, public


def install(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    app.config["DEMANDS"] = demanded(settings.compliance, settings.second_factor_roles)
    app.session_interface = DatabaseSessions()
    # Before the form token is looked at: without a session there is none, and that is what has to be said.
    app.before_request(check_guard)
    CSRFProtect(app)
    app.teardown_request(leave_scope)
    app.jinja_env.globals.update(
        account=current_account, menu=menu, demands=demands, has_second_factor=has_second_factor
    )


def allow(*roles: str) -> Callable[[View], View]:
    """Mark a view as open to these roles."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        guarded.guard = roles  # type: ignore[attr-defined]
        return guarded

    return mark


def check_guard() -> Any:
    """Before every view: its mark against the account. A view without a mark is closed."""
    g.scope_before = db.act_in(None)
    db.act_as(db.Actor(getattr(session, "account_id", None), "web", request_id()))
    trouble = getattr(session, "trouble", None)
    if trouble is not None:
        raise trouble
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None
    mark = getattr(view, "guard", ())
    if mark == "public":
        return None
    account = current_account()
    return send_to_sign_in() if account is None else check_account(view, mark, account)


def check_account(view: View, mark: tuple[str, ...], account: Identity) -> Any:
    """May this account, and is there something that it has to do first?"""
    owed = None if getattr(view, "opens_early", False) else debt()
    if owed is not None:
        if not asks_for_a_page():
            raise NotAllowed(owed.code, owed.sentence, address=url_for(owed.endpoint))
        return redirect(url_for(owed.endpoint, next=here()))
    if not account.may(*mark):
        if request.path == "/" and home() != "/":
            return redirect(home())
        raise NotAllowed("role_missing", N_("你的账号没有做这件事的权限，请联系街道管理员。"))
    if proof_is_old(view):
        return ask_for_proof(view)
    if session.rights_changed and asks_for_a_page():  # type: ignore[attr-defined]
        renew()
    # Everything that this request asks and does lies in the areas where the account has one of these roles.
    db.act_in(db.scope_of(account.areas(*mark)))
    return None


def send_to_sign_in() -> Any:
    """Nobody is signed in, or only half: the password was right and the code is still missing."""
    endpoint = "accounts.code" if waiting_account() else "accounts.sign_in"
    if not asks_for_a_page():
        raise NotAllowed("sign_in_first", N_("请先登录。登录可能已经过期。"), address=url_for(endpoint))
    return redirect(url_for(endpoint, next=here()))


def ask_for_proof(view: View) -> Any:
    """The page that asks for the password again; it leads back to where the person was."""
    # What a form would have done, or a file that is not shown, is asked for again from the page before.
    back = here() if asks_for_a_page() and view.fresh == "always" else page_before()  # type: ignore[attr-defined]
    if asks_for_a_page():
        return redirect(url_for("accounts.confirm", next=back))
    if wants_json() or not opens_a_page():
        address = url_for("accounts.confirm")
        raise NotAllowed("confirm_first", N_("做这件事之前，请再输一次密码。"), address=address)
    return render_template("accounts/confirm.html", target=back, problem=None, again=True), 403


def page_before() -> str:
    """The page of ours that this request came from."""
    parts = urlsplit(request.referrer or "")
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return own_path(path) if parts.netloc == request.host else "/account"


def here() -> str:
    return request.full_path.rstrip("?")


def asks_for_a_page() -> bool:
    return request.method == "GET" and opens_a_page()


def menu() -> list[tuple[str, str]]:
    """Where this account may go: addresses and their names."""
    account = current_account()
    if account is None or debt() is not None:
        return []
    return [(place, word) for place, word, roles in MENU if account.may(*roles)]


def home() -> str:
    """The first page for this account."""
    places = menu()
    return places[0][0] if places else "/help"


def leave_scope(error: BaseException | None) -> None:
    """The next request of this thread begins with no scope at all."""
    if "scope_before" in g:
        db.act_as_before(g.pop("scope_before"))


def opens_a_page() -> bool:
    """Whether a person opens a page. A script would follow to the sign-in page and take that for its answer."""
    return any(kind == "text/html" for kind, _quality in request.accept_mimetypes)


def current_account() -> Identity | None:
    """The signed-in account, or None."""
    return getattr(session, "account", None)


def account_id() -> int | None:
    """The signed-in account's id."""
    account = current_account()
    return account.id if account else None


def waiting_account() -> Identity | None:
    """Whose password was right, while the code is still missing."""
    return getattr(session, "waiting", None)


def sign_in(account_id: int, *, second_factor: bool = False) -> None:
    """Begin a session for this account under a new token; its second factor comes next, unless it was given."""
    session.clear()
    session.account_id, session.move = account_id, "begin"  # type: ignore[attr-defined]
    session.second_factor = second_factor  # type: ignore[attr-defined]
    session.proved_at = datetime.now(UTC)  # type: ignore[attr-defined]


def renew(*, second_factor: bool = False, proved: bool = False) -> None:
    """The same session under a new token, when what it may has changed."""
    if second_factor:
        session.second_factor = True  # type: ignore[attr-defined]
    if second_factor or proved:
        session.proved_at = datetime.now(UTC)  # type: ignore[attr-defined]
    session.move = session.move or "renew"  # type: ignore[attr-defined]


def sign_out() -> None:
    """End the session on the server, whatever the browser keeps."""
    session.clear()
    session.account_id, session.move = None, "end"  # type: ignore[attr-defined]


def has_second_factor() -> bool:
    """Whether this account signs in with a code."""
    return bool(session.has_second_factor)  # type: ignore[attr-defined]


def owes_password() -> bool:
    """Whether nothing else opens before the account has a new password."""
    return debt() is NEW_PASSWORD


def own_token_hash() -> bytes:
    """By what the present session is found."""
    token = session.token  # type: ignore[attr-defined]
    return token_hash(token) if token else b""


# In the order of the menu; a room that has pages of its own adds them here.
MENU = [
    ("/", _l("地图"), LOOKS),
    ("/plans", _l("责任区"), LOOKS),
    ("/imports", _l("导入"), LOOKS),
    ("/accounts", _l("账号"), ADMINISTERS),
    ("/journal", _l("操作记录"), ("auditor",)),
    ("/system", _l("系统"), ("system",)),
    ("/help", _l("帮助"), SIGNED_IN),
]
ROLE_NAMES = {
    "system": _l("系统管理员"), "security": _l("安全管理员"), "auditor": _l("审计员"), "district": _l("区级管理员"),
    "planner": _l("规划员"), "dispatcher": _l("调度员"), "community": _l("社区工作者"), "volunteer": _l("志愿者"),
}  # fmt: skip
__all__ = [
    "ADMINISTERS",
    "LOOKS",
    "MENU",
    "PLANS",
    "ROLE_NAMES",
    "SIGNED_IN",
    "Identity",
    "account_id",
    "allow",
    "current_account",
    "demands",
    "fresh",
    "fresh_when_assessed",
    "has_second_factor",
    "home",
    "install",
    "menu",
    "must_have_second_factor",
    "opens_early",
    "owes_password",
    "own_token_hash",
    "public",
    "renew",
    "sign_in",
    "sign_out",
    "waiting_account",
]  # fmt: skip
