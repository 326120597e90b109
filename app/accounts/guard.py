"""Who is asking, and may they: server-side sessions and the mark that every view carries."""

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask.sessions import SessionInterface, SessionMixin
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import delete, insert, update

from app import db
from app.accounts.models import BrowserSession
from app.accounts.rules import LOOKS, PLANS, SIGNED_IN, Grant, Identity
from app.errors import N_, NotAllowed, Unavailable
from app.web.pages import public

log = logging.getLogger("wardmap.accounts")
View = Callable[..., Any]
ANONYMOUS = timedelta(hours=1)
# The same answer for everybody, which a proxy may keep: nobody's session is looked up, renewed or put into it.
OPEN_TO_ALL = ("/assets/", "/open/")
# Asked with every request.
SESSION_AND_ACCOUNT = """
SELECT s.contents, s.expires_at, a.id, a.login,
  (SELECT array_agg(ARRAY[g.role, g.area_code] ORDER BY g.id) FROM role_grant g WHERE g.account_id = a.id AND g.during @> now())
FROM browser_session s LEFT JOIN account a ON a.id = s.account_id AND a.disabled_at IS NULL
WHERE s.token_hash = %s AND s.expires_at > now()
"""


class KeptSession(dict[str, Any], SessionMixin):
    """What Flask calls the session; its contents are a row in the database."""

    def __init__(self, contents: dict[str, Any], token: str | None, expires_at: datetime | None) -> None:
        super().__init__(contents)
        self.as_read = dict(contents)
        self.token = token
        self.expires_at = expires_at
        self.account: Identity | None = None
        self.account_id: int | None = None
        self.renewed = False
        self.trouble: Unavailable | None = None

    @property
    def changed(self) -> bool:
        return self.renewed or dict(self) != self.as_read


class DatabaseSessions(SessionInterface):
    """Sessions in PostgreSQL: gone at sign-out, a new token at sign-in, nothing but a random token in the cookie."""

    def open_session(self, app: Flask, request: Any) -> KeptSession:
        token = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if not token or request.path.startswith(OPEN_TO_ALL):
            return KeptSession({}, None, None)
        try:
            with db.glance() as asking:
                row = asking.execute(SESSION_AND_ACCOUNT, (_hash(token),)).fetchone()
        except Unavailable as away:
            # Flask opens sessions where no error page can be shown yet; the guard says it.
            nobody = KeptSession({}, None, None)
            nobody.trouble = away
            return nobody
        if row is None:
            return KeptSession({}, None, None)
        contents, expires_at, account_id, login, grants = row
        kept = KeptSession(contents, token, expires_at)
        if account_id is not None:
            held = tuple(Grant(*grant) for grant in grants or ())
            kept.account, kept.account_id = Identity(account_id, login, held), account_id
        return kept

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        lifetime = timedelta(hours=app.config["SETTINGS"].session_hours)
        now = datetime.now(UTC)
        ageing = (
            session.account_id is not None and session.expires_at and session.expires_at - now < lifetime / 2
        )
        if not session.changed and not (ageing and session.token):
            return
        try:
            self._keep(app, session, response, now + lifetime)
        except Unavailable:
            if session.renewed:
                raise  # nobody may believe to be signed out, or in, who is not
            # The answer, perhaps the page that says so, matters more than the form token in it.
            log.warning("the session was not kept: the database is away")

    def _keep(self, app: Flask, session: Any, response: Response, expires_at: datetime) -> None:
        if session.account_id is None:
            # Only a form token: enough for signing in, and nothing that many visitors could pile up.
            expires_at = min(expires_at, datetime.now(UTC) + ANONYMOUS)
        kept_on = session.token if session.token and not session.renewed else None
        token = kept_on or secrets.token_urlsafe(32)
        row = {"account_id": session.account_id, "contents": dict(session), "expires_at": expires_at}
        with db.transaction() as writing:
            if session.renewed and session.token:
                writing.execute(
                    delete(BrowserSession).where(BrowserSession.token_hash == _hash(session.token))
                )
            if session.renewed and session.account_id is None:
                response.delete_cookie(app.config["SESSION_COOKIE_NAME"], path="/")
                return
            if not kept_on:
                writing.execute(insert(BrowserSession).values(token_hash=_hash(token), **row))
            elif not writing.execute(
                update(BrowserSession).where(BrowserSession.token_hash == _hash(token)).values(row)
            ).rowcount:  # type: ignore[attr-defined]
                return  # ended while this answer was made: what is gone does not come back
        response.set_cookie(
            app.config["SESSION_COOKIE_NAME"], token, max_age=app.config["SETTINGS"].session_hours * 3600, path="/",
            httponly=True, secure=app.config["SESSION_COOKIE_SECURE"], samesite="Lax",
        )  # fmt: skip


def install(app: Flask) -> None:
    app.session_interface = DatabaseSessions()
    # Before the form token is looked at: without a session there is none, and that is what has to be said.
    app.before_request(check_guard)
    CSRFProtect(app)
    app.teardown_request(leave_scope)
    app.jinja_env.globals.update(account=current_account, menu=menu)


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
    if account is None:
        if request.method != "GET" or not opens_a_page():
            raise NotAllowed(
                "sign_in_first", N_("请先登录。登录可能已经过期。"), address=url_for("accounts.sign_in")
            )
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    if not account.may(*mark):
        if request.path == "/" and home() != "/":
            return redirect(home())
        raise NotAllowed("role_missing", N_("你的账号没有做这件事的权限，请联系街道管理员。"))
    # Everything that this request asks and does lies in the areas where the account has one of these roles.
    db.act_in(db.scope_of(account.areas(*mark)))
    return None


def fresh(view: View) -> View:
    """Mark a view, above `allow`, as one that asks for the password again when the last time is long ago."""
    view.fresh = True  # type: ignore[attr-defined]
    return view


def menu() -> list[tuple[str, str]]:
    """Where this account may go: addresses and their names."""
    account = current_account()
    return [(place, word) for place, word, roles in MENU if account and account.may(*roles)]


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


def sign_in(account_id: int) -> None:
    """Begin a session for this account under a new token."""
    session.clear()
    session.account_id, session.renewed = account_id, True  # type: ignore[attr-defined]


def sign_out() -> None:
    """End the session on the server, whatever the browser keeps."""
    session.clear()
    session.account_id, session.renewed = None, True  # type: ignore[attr-defined]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


# In the order of the menu; a room that has pages of its own adds them here.
MENU = [
    ("/", _l("地图"), LOOKS),
    ("/plans", _l("责任区"), LOOKS),
    ("/imports", _l("导入"), LOOKS),
    ("/help", _l("帮助"), SIGNED_IN),
]
ROLE_NAMES = {
    "system": _l("系统管理员"), "security": _l("安全管理员"), "auditor": _l("审计员"), "district": _l("区级管理员"),
    "planner": _l("规划员"), "dispatcher": _l("调度员"), "community": _l("社区工作者"), "volunteer": _l("志愿者"),
}  # fmt: skip
__all__ = [
    "LOOKS", "MENU", "PLANS", "ROLE_NAMES", "SIGNED_IN", "Identity", "allow", "current_account", "fresh", "home", "install", "menu",
    "public", "sign_in", "sign_out",
]  # fmt: skip
