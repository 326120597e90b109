"""Accounts as their administrators see them; those of others are not there."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.rules import Grant, Reach, token_hash
from app.accounts.rules.administration import LOCAL_ROLES
from app.accounts.rules.throttle import DEVICE_DAYS
from app.codes import code_prefix
from app.db import like_patterns
from app.errors import N_, NotFound

MOST_LINES = 500
COVERED = "(g.area_code LIKE ANY(:wide) OR (g.role = ANY(:local_roles) AND g.area_code LIKE ANY(:narrow)))"
# What an account is now decides whose business it is; of one that is nothing any more, all that it was.
LINES = f"""
SELECT a.id, a.login, held.grants, a.created_at, seen.at AS seen_at, a.totp_key IS NOT NULL AS second_factor, seen.sessions,
  CASE WHEN a.disabled_at IS NOT NULL THEN 'disabled'
       WHEN a.password_hash LIKE '$argon2%' THEN CASE WHEN cardinality(held.grants) = 0 THEN 'idle' ELSE 'active' END
       WHEN EXISTS (SELECT FROM invitation i WHERE i.account_id = a.id AND i.used_at IS NULL AND i.revoked_at IS NULL
                    AND i.expires_at > now()) THEN 'invited'
       ELSE 'expired' END AS state
FROM account a
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(ARRAY[g.role::text, g.area_code::text] ORDER BY g.id) FILTER (WHERE g.during @> now()), '{{}}') AS grants,
    bool_and({COVERED}) FILTER (WHERE g.during @> now()) AS is_ours,
    bool_and({COVERED}) FILTER (WHERE NOT g.during @> now()) AS was_ours
  FROM role_grant g WHERE g.account_id = a.id) AS held
CROSS JOIN LATERAL (
  SELECT greatest(
    (SELECT max(s.seen_at) FROM browser_session s WHERE s.account_id = a.id),
    (SELECT max(d.expires_at) - make_interval(days => :device_days) FROM known_device d WHERE d.account_id = a.id)) AS at,
    (SELECT count(*) FROM browser_session s WHERE s.account_id = a.id AND s.expires_at > now()) AS sessions) AS seen
WHERE coalesce(held.is_ours, held.was_ours, :everything)
"""
WITH_ROLE = """
AND EXISTS (SELECT FROM role_grant g WHERE g.account_id = a.id AND g.during @> now()
            AND (:role = '' OR g.role = :role) AND g.area_code LIKE :area)
"""
ORDERS = {
    "login": "a.login", "role": "held.grants[1][1] NULLS LAST, a.login", "area": "held.grants[1][2] NULLS LAST, a.login",
    "state": "state, a.login", "seen": "seen.at DESC NULLS LAST, a.login", "created": "a.id DESC",
}  # fmt: skip
GRANTS = f"""
SELECT g.id, g.role, g.area_code, lower(g.during) AS since, upper(g.during) AS until, g.during @> now() AS is_now,
  giver.login AS given_by, ender.login AS ended_by
FROM role_grant g LEFT JOIN account giver ON giver.id = g.given_by LEFT JOIN account ender ON ender.id = g.ended_by
WHERE g.account_id = :id AND {COVERED} ORDER BY g.during @> now() DESC, upper(g.during) DESC NULLS FIRST, g.id
"""
INVITED = """
SELECT a.login, i.expires_at,
  (SELECT coalesce(array_agg(ARRAY[g.role::text, g.area_code::text] ORDER BY g.id), '{}') FROM role_grant g
   WHERE g.account_id = a.id AND g.during @> now()) AS grants
FROM invitation i JOIN account a ON a.id = i.account_id
WHERE i.token_hash = :hash AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now() AND a.disabled_at IS NULL
"""


class AccountLine(NamedTuple):
    """One account in the list."""

    id: int
    login: str
    grants: tuple[Grant, ...]
    created_at: datetime
    # As far as browsers are remembered.
    seen_at: datetime | None
    second_factor: bool
    sessions: int
    # "active", "idle" (no role), "invited", "expired" or "disabled".
    state: str


class GrantLine(NamedTuple):
    """A grant of one account, with who gave and who ended it."""

    id: int
    role: str
    area_code: str
    since: datetime
    until: datetime | None
    is_now: bool
    given_by: str | None
    ended_by: str | None


class InvitedLogin(NamedTuple):
    """Whom a link is for."""

    login: str
    expires_at: datetime
    grants: tuple[Grant, ...]


def account_lines(
    session: Session,
    reaches: tuple[Reach, ...],
    words: str = "",
    role: str = "",
    area_code: str = "",
    sort: str = "login",
    most: int = MOST_LINES,
) -> list[AccountLine]:
    """Accounts in reach, filtered and in order; one more than `most` when there are more."""
    patterns = like_patterns(words)
    found = "".join(f" AND a.login LIKE :{name}" for name in patterns)
    held = WITH_ROLE if role or area_code else ""
    order = ORDERS.get(sort, ORDERS["login"])
    rows = session.execute(
        text(f"{LINES} {found} {held} ORDER BY {order} LIMIT :most"),
        {
            **_reach(reaches), **{name: pattern.lower() for name, pattern in patterns.items()},
            "role": role, "area": f"{code_prefix(area_code)}%", "most": most + 1,
        },
    )  # fmt: skip
    return [_line(row) for row in rows]


def account_line(session: Session, reaches: tuple[Reach, ...], account_id: int) -> AccountLine:
    """One account, or NotFound when it is not there or not in reach."""
    row = session.execute(text(f"{LINES} AND a.id = :id"), {**_reach(reaches), "id": account_id}).first()
    if row is None:
        raise NotFound("account_gone", N_("没有这个账号。"))
    return _line(row)


def account_to_change(session: Session, reaches: tuple[Reach, ...], account_id: int) -> AccountLine:
    """The same, held until the end of the transaction: nobody gives it anything out of reach meanwhile."""
    # First the lock, then the question: it must see what the one before has done. A new grant waits for it by its foreign key.
    session.execute(text("SELECT 1 FROM account WHERE id = :id FOR UPDATE"), {"id": account_id})
    return account_line(session, reaches, account_id)


def grant_lines(session: Session, reaches: tuple[Reach, ...], account_id: int) -> list[GrantLine]:
    """What an account is and was within reach, present ones first."""
    rows = session.execute(text(GRANTS), {**_reach(reaches), "id": account_id})
    return [GrantLine(*row) for row in rows]


def invited_login(session: Session, token: str) -> InvitedLogin | None:
    """Whom a link is for, if it still opens something."""
    row = session.execute(text(INVITED), {"hash": token_hash(token)}).first()
    return None if row is None else InvitedLogin(row[0], row[1], _grants(row[2]))


def logins_among(session: Session, logins: list[str]) -> list[str]:
    """Those of these logins that exist."""
    return list(
        session.scalars(text("SELECT login FROM account WHERE login = ANY(:logins)"), {"logins": logins})
    )


def _line(row: Any) -> AccountLine:
    return AccountLine(**{**row._mapping, "grants": _grants(row.grants)})


def _grants(pairs: list[list[str]]) -> tuple[Grant, ...]:
    return tuple(Grant(*pair) for pair in pairs)


def _reach(reaches: tuple[Reach, ...]) -> dict[str, Any]:
    wide = [reach for reach in reaches if "security" in reach.roles]
    return {
        "wide": [f"{code_prefix(reach.area_code)}%" for reach in wide],
        "narrow": [f"{code_prefix(reach.area_code)}%" for reach in reaches],
        "local_roles": list(LOCAL_ROLES),
        "everything": any(not reach.area_code for reach in wide),
        "device_days": DEVICE_DAYS,
    }
