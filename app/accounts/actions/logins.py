"""Logins: made, shut and opened again."""

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.accounts.actions.invitations import end_invitation
from app.accounts.actions.passwords import generated_password, hash_of
from app.accounts.actions.roles import ANOTHER_KEEPER, CAN_SIGN_IN, KEEP_ONE, grant_role, last_keeper
from app.accounts.actions.sessions import account_id_of, end_sessions, forget_devices
from app.accounts.models import Account, RoleGrant
from app.accounts.rules import DEMANDS, Demands, checked_login, checked_password

SHUT = f"""
UPDATE account b SET disabled_at = coalesce(disabled_at, clock_timestamp())
WHERE id = :id AND (
  NOT ({CAN_SIGN_IN})
  OR NOT EXISTS (
    SELECT FROM role_grant g
    WHERE g.account_id = b.id AND g.role = 'security' AND g.area_code = '' AND g.during @> clock_timestamp())
  OR {ANOTHER_KEEPER.format(account=":id")})
RETURNING id
"""


def add_account(
    session: Session,
    login: str,
    password: str,
    role: str,
    area_code: str = "",
    demands: Demands = DEMANDS["none"],
) -> Account:
    """Make a login with its first role.

    Parameters
    ----------
    session : Session
        An open transaction.
    login, password : str
        As typed.
    role : str
        One of `models.ROLES`.
    area_code : str
        12-digit code of the area in which it holds; empty for everywhere.
    demands : Demands
        What an assessment asks of passwords.

    Returns
    -------
    Account
        The new account, with its id.

    Raises
    ------
    InvalidInput
        "login_unusable", "password_weak", "role_unknown" or "code_malformed".
    Conflict
        "login_taken".
    """
    login = checked_login(login)
    account = Account(login=login, password_hash=hash_of(checked_password(password, login, demands)))
    session.add(account)
    session.flush()  # the grant needs the id, and a taken login must be refused here
    grant_role(session, account.id, role, area_code)
    return account


def ensure_first_account(session: Session, login: str = "admin") -> tuple[str, str | None]:
    """Make the first account of an installation when there is none: it may hand out roles, and plan everywhere.

    Parameters
    ----------
    session : Session
        An open transaction.
    login : str
        Name for it.

    Returns
    -------
    tuple of (str, str or None)
        The login of the first account, and its generated password if it was made just now.
    """
    first = session.scalar(select(Account.login).order_by(Account.id).limit(1))
    if first is not None:
        return first, None
    password = generated_password()
    account = add_account(session, login, password, "district")
    session.execute(update(RoleGrant).where(RoleGrant.account_id == account.id).values(together=True))
    for role in ("system", "security"):
        grant_role(session, account.id, role)
    return login, password


def disable_account(session: Session, login: str) -> None:
    """Shut an account, end its sessions and its invitation.

    Parameters
    ----------
    session : Session
        An open transaction.
    login : str
        As typed.

    Raises
    ------
    NotFound
        "account_unknown".
    Conflict
        "last_security" when nobody could give out roles any more.
    """
    account_id = account_id_of(session, login)
    session.execute(text(KEEP_ONE))
    if session.execute(text(SHUT), {"id": account_id}).first() is None:
        raise last_keeper()
    end_sessions(session, account_id)
    forget_devices(session, account_id)
    end_invitation(session, account_id)


def enable_account(session: Session, login: str) -> None:
    """Open an account that was shut; its password and roles are as before.

    Parameters
    ----------
    session : Session
        An open transaction.
    login : str
        As typed.

    Raises
    ------
    NotFound
        "account_unknown".
    """
    account_id = account_id_of(session, login)
    session.execute(update(Account).where(Account.id == account_id).values(disabled_at=None))
