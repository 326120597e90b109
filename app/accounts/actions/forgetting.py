"""Accounts that are given up: what they did stays, who they were does not."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.rules import checked_login
from app.errors import N_, Conflict, NotFound

# No password has this hash.
NO_PASSWORD = "!"  # noqa: S105
PSEUDONYM = """
UPDATE account SET login = 'former-' || id, password_hash = :none, totp_key = NULL,
  disabled_at = coalesce(disabled_at, clock_timestamp())
WHERE id = :account
"""
TRACES = (
    "DELETE FROM browser_session WHERE account_id = :account",
    "DELETE FROM known_device WHERE account_id = :account",
    "DELETE FROM former_password WHERE account_id = :account",
    "DELETE FROM recovery_code WHERE account_id = :account",
    "UPDATE role_grant SET during = tstzrange(lower(during), greatest(clock_timestamp(), lower(during) + interval '1 us'))"
    " WHERE account_id = :account AND during @> clock_timestamp()",
)
OTHERS_WITH_SECURITY = """
SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account_id AND a.disabled_at IS NULL
WHERE g.role = 'security' AND g.during @> clock_timestamp() AND a.id <> :account
"""
OWN_SECURITY = """
SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account_id AND a.disabled_at IS NULL
WHERE g.role = 'security' AND g.during @> clock_timestamp() AND a.id = :account
"""
LONG_DISABLED = """
SELECT id FROM account WHERE disabled_at < clock_timestamp() - make_interval(days => :days) AND login <> 'former-' || id
ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
"""


def forget_account(session: Session, login: str) -> str:
    """Replace a login by a pseudonym and delete its secrets, for good; plans, imports and journal keep their references.

    Parameters
    ----------
    session : Session
        An open transaction.
    login : str
        As typed.

    Returns
    -------
    str
        The pseudonym.

    Raises
    ------
    NotFound
        "account_unknown".
    Conflict
        "last_security" when nobody else could hand out roles afterwards.
    """
    account_id = session.scalar(
        text("SELECT id FROM account WHERE login = :login FOR UPDATE"), {"login": checked_login(login)}
    )
    if account_id is None:
        raise NotFound("account_unknown", N_("没有账号“%(login)s”。"), login=login)
    bound = {"account": account_id}
    if session.scalar(text(OWN_SECURITY), bound) and not session.scalar(text(OTHERS_WITH_SECURITY), bound):
        raise Conflict("last_security", N_("这是最后一个能管理账号的人。请先把安全管理员的角色交给别人。"))
    _forget(session, account_id)
    return f"former-{account_id}"


def forget_disabled_accounts(session: Session, days: int) -> int:
    """The same for accounts that have been disabled for so long.

    Parameters
    ----------
    session : Session
        An open transaction.
    days : int

    Returns
    -------
    int
        How many; at most 500 at a time.
    """
    found = session.scalars(text(LONG_DISABLED), {"days": days}).all()
    for account_id in found:
        _forget(session, account_id)
    return len(found)


def _forget(session: Session, account_id: int) -> None:
    bound = {"account": account_id}
    for statement in TRACES:
        session.execute(text(statement), bound)
    session.execute(text(PSEUDONYM), {**bound, "none": NO_PASSWORD})
