"""Accounts that are given up: what they did stays, who they were does not."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actions.invitations import NO_PASSWORD
from app.accounts.actions.logins import disable_account
from app.accounts.actions.sessions import account_id_of

PSEUDONYM = """
UPDATE account SET login = 'former-' || id, password_hash = :none, totp_key = NULL,
  disabled_at = coalesce(disabled_at, clock_timestamp())
WHERE id = :account
"""
TRACES = (
    "DELETE FROM browser_session WHERE account_id = :account",
    "DELETE FROM known_device WHERE account_id = :account",
    "DELETE FROM former_password WHERE account_id = :account",
    "DELETE FROM invitation WHERE account_id = :account",
    "DELETE FROM recovery_code WHERE account_id = :account",
    "UPDATE role_grant SET during = tstzrange(lower(during), greatest(clock_timestamp(), lower(during) + interval '1 us'))"
    " WHERE account_id = :account AND during @> clock_timestamp()",
)
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
    account_id = account_id_of(session, login)
    if session.scalar(
        text("SELECT disabled_at IS NULL FROM account WHERE id = :account"), {"account": account_id}
    ):
        disable_account(session, login)
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
