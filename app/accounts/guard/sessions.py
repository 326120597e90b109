"""Sessions in PostgreSQL: what Flask calls the session is a row, found by a random token in a cookie."""

import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, insert, text, update

from app import db
from app.accounts.models import BrowserSession
from app.accounts.rules import Grant, Identity, coarse_network, device_words, token_hash
from app.errors import Unavailable

log = logging.getLogger("wardmap.accounts")
ANONYMOUS = timedelta(hours=1)
# The same answer for everybody, which a proxy may keep: nobody's session is looked up, renewed or put into it.
OPEN_TO_ALL = ("/assets/", "/open/")
# A session that is used is written as often as this, not with every tile.
TOUCH = timedelta(minutes=3)
GRANTS = (
    "SELECT array_agg(ARRAY[g.role, g.area_code] ORDER BY g.id) AS list FROM role_grant g"
    " WHERE g.account_id = {account} AND g.during @> now()"
)
RIGHTS = "hashtextextended(coalesce(({list})::text, ''), 0)"
# Asked with every request.
SESSION_AND_ACCOUNT = f"""
SELECT s.contents, s.expires_at, s.seen_at, s.proved_at, s.second_factor, s.rights <> {RIGHTS.format(list="held.list")},
  a.id, a.login, held.list, a.totp_key IS NOT NULL, a.password_changed_at
FROM browser_session s LEFT JOIN account a ON a.id = s.account_id AND a.disabled_at IS NULL
LEFT JOIN LATERAL ({GRANTS.format(account="a.id")}) AS held ON true
WHERE s.token_hash = %s AND s.expires_at > now()
"""
RIGHTS_NOW = RIGHTS.format(list=GRANTS.format(account=":owner"))


class KeptSession(dict[str, Any], SessionMixin):
    """What Flask calls the session; its contents are a row in the database."""

    def __init__(self, contents: dict[str, Any], token: str | None, expires_at: datetime | None) -> None:
        super().__init__(contents)
        self.as_read = dict(contents)
        self.token = token
        self.expires_at = expires_at
        self.seen_at: datetime | None = None
        self.proved_at: datetime | None = None
        # Who may act; and who has given the password and not yet the code that the account asks for.
        self.account: Identity | None = None
        self.waiting: Identity | None = None
        self.account_id: int | None = None
        self.has_second_factor = self.second_factor = False
        self.password_changed_at: datetime | None = None
        self.rights_changed = False
        # What becomes of the token: "begin", "renew" or "end"; nothing while it stays.
        self.move = ""
        self.trouble: Unavailable | None = None


class DatabaseSessions(SessionInterface):
    """Sessions in PostgreSQL: gone at sign-out, a new token at sign-in, nothing but a random token in the cookie."""

    def open_session(self, app: Flask, request: Any) -> KeptSession:
        token = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if not token or request.path.startswith(OPEN_TO_ALL):
            return KeptSession({}, None, None)
        try:
            with db.glance() as asking:
                row = asking.execute(SESSION_AND_ACCOUNT, (token_hash(token),)).fetchone()
        except Unavailable as away:
            # Flask opens sessions where no error page can be shown yet; the guard says it.
            nobody = KeptSession({}, None, None)
            nobody.trouble = away
            return nobody
        return KeptSession({}, None, None) if row is None else _as_read(token, row)

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if request.path.startswith(OPEN_TO_ALL):
            return  # nobody's session was looked up, so none may be put in its place
        now = datetime.now(UTC)
        quiet = session.account_id is None or session.seen_at is None or now - session.seen_at < TOUCH
        if quiet and not session.move and session == session.as_read:
            return
        try:
            self._keep(app, session, response, now)
        except Unavailable:
            if session.move:
                raise  # nobody may believe to be signed out, or in, who is not
            # The answer, perhaps the page that says so, matters more than the form token in it.
            log.warning("the session was not kept: the database is away")

    def _keep(self, app: Flask, session: Any, response: Response, now: datetime) -> None:
        lifetime = lifetime_of(app)
        # Without an account only a form token: enough for signing in, and nothing that many visitors could pile up.
        expires_at = now + (lifetime if session.account_id is not None else min(lifetime, ANONYMOUS))
        row = {
            "account_id": session.account_id, "expires_at": expires_at, "seen_at": now, "proved_at": session.proved_at,
            "second_factor": session.second_factor, "network": coarse_network(request.remote_addr),
        }  # fmt: skip
        if session.move or session != session.as_read:
            row["contents"] = dict(session)
        token = session.token
        with db.transaction() as writing:
            if session.move in ("begin", "end") and token:
                writing.execute(delete(BrowserSession).where(BrowserSession.token_hash == token_hash(token)))
            if session.move == "end":
                response.delete_cookie(app.config["SESSION_COOKIE_NAME"], path="/")
                return
            new_token = secrets.token_urlsafe(32)
            if session.move:
                row["rights"] = text(f"({RIGHTS_NOW})").bindparams(owner=session.account_id)
            if session.move == "begin" or not token:
                row |= {
                    "token_hash": token_hash(new_token), "created_at": now, "contents": dict(session),
                    "device": device_words(request.headers.get("User-Agent", "")),
                }  # fmt: skip
                writing.execute(insert(BrowserSession).values(row))
            else:
                if session.move == "renew":
                    row["token_hash"] = token_hash(new_token)
                found = writing.execute(
                    update(BrowserSession).where(BrowserSession.token_hash == token_hash(token)).values(row)
                )
                if not found.rowcount:  # type: ignore[attr-defined]
                    return  # ended or renewed while this answer was made: what is gone does not come back
                new_token = new_token if session.move else token
        response.set_cookie(
            app.config["SESSION_COOKIE_NAME"], new_token, max_age=int(lifetime.total_seconds()), path="/",
            httponly=True, secure=app.config["SESSION_COOKIE_SECURE"], samesite="Lax",
        )  # fmt: skip


def lifetime_of(app: Flask) -> timedelta:
    """How long a session lasts without being used."""
    idle_minutes: int = app.config["DEMANDS"].idle_minutes
    return timedelta(minutes=idle_minutes or app.config["SETTINGS"].session_hours * 60)


def _as_read(token: str, row: tuple[Any, ...]) -> KeptSession:
    (
        contents,
        expires_at,
        seen_at,
        proved_at,
        second_factor,
        rights_changed,
        account_id,
        login,
        grants,
        has_factor,
        set_at,
    ) = row
    kept = KeptSession(contents, token, expires_at)
    kept.seen_at, kept.proved_at = seen_at, proved_at
    kept.second_factor, kept.has_second_factor = second_factor, bool(has_factor)
    if account_id is not None:
        identity = Identity(account_id, login, tuple(Grant(*grant) for grant in grants or ()))
        kept.account_id, kept.password_changed_at, kept.rights_changed = account_id, set_at, rights_changed
        if second_factor or not has_factor:
            kept.account = identity
        else:
            kept.waiting = identity
    return kept
