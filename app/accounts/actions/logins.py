"""Logins: made, shut, and their browsers' sessions."""

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.actions.passwords import generated_password, hash_of
from app.accounts.actions.roles import grant_role
from app.accounts.models import Account, BrowserSession
from app.accounts.rules import DEMANDS, Demands, checked_login, checked_password
from app.errors import N_, NotFound


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
    for role in ("system", "security"):
        grant_role(session, account.id, role)
    return login, password


def disable_account(session: Session, login: str) -> None:
    """Shut an account and end its sessions.

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
    account = session.scalar(select(Account).where(Account.login == checked_login(login)))
    if account is None:
        raise NotFound("account_unknown", N_("没有账号“%(login)s”。"), login=login)
    account.disabled_at = datetime.now(UTC)
    session.execute(delete(BrowserSession).where(BrowserSession.account_id == account.id))
