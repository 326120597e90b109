"""What can be done with accounts. Takes a session, never commits."""

import secrets
import threading
from datetime import UTC, datetime

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import ROLES, Account, BrowserSession, RoleGrant
from app.accounts.rules import checked_login, checked_password
from app.errors import N_, InvalidInput, NotFound, Unavailable

# 19 MiB, two passes, one lane: 23 ms a hash on the reference machine, against 114 ms for the library's default,
# which would let eight sign-ins a second occupy both cores.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_HASHES_AT_ONCE = threading.Semaphore(2)
# Longer, and a flood of sign-ins would hold every thread that could answer somebody else.
_HASH_WAIT_S = 0.2
_DUMMY = _HASHER.hash("nobody has this password")


def add_account(session: Session, login: str, password: str, role: str, area_code: str = "") -> Account:
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
    account = Account(login=login, password_hash=_hash(checked_password(password, login)))
    session.add(account)
    session.flush()  # the grant needs the id, and a taken login must be refused here
    grant_role(session, account.id, role, area_code)
    return account


def grant_role(
    session: Session, account_id: int, role: str, area_code: str = "", given_by: int | None = None
) -> None:
    """Give an account a role in an area, from now on.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    role : str
        One of `models.ROLES`.
    area_code : str
        12-digit code; empty for everywhere.
    given_by : int, optional
        Account of who gives it.

    Raises
    ------
    InvalidInput
        "role_unknown" or "code_malformed".
    Conflict
        "grant_repeated".
    """
    if role not in ROLES:
        raise InvalidInput("role_unknown", N_("没有“%(role)s”这种角色。"), role=role)
    if area_code and not (len(area_code) == 12 and area_code.isascii() and area_code.isdigit()):
        raise InvalidInput(
            "code_malformed", N_("区划编码应为 12 位数字，收到的是“%(value)s”。"), value=area_code[:40]
        )
    session.add(RoleGrant(account_id=account_id, role=role, area_code=area_code, given_by=given_by))
    session.flush()


def revoke_role(session: Session, grant_id: int, ended_by: int | None = None) -> None:
    """End a grant now; what was done under it stays.

    Parameters
    ----------
    session : Session
        An open transaction.
    grant_id : int
    ended_by : int, optional
        Account of who ends it.

    Raises
    ------
    NotFound
        "grant_unknown" when there is none, or it has ended.
    """
    ended = session.execute(
        text(
            "UPDATE role_grant SET during = tstzrange(lower(during), greatest(clock_timestamp(), lower(during) + interval '1 us')),"
            " ended_by = :by WHERE id = :id AND during @> clock_timestamp() RETURNING id"
        ),
        {"id": grant_id, "by": ended_by},
    ).first()
    if ended is None:
        raise NotFound("grant_unknown", N_("没有这项授权，或者它已经结束。"))


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
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    account = add_account(session, login, password, "district")
    for role in ("system", "security"):
        grant_role(session, account.id, role)
    return login, password


def set_password(session: Session, login: str, password: str) -> None:
    """Give an account a new password and end its sessions.

    Parameters
    ----------
    session : Session
        An open transaction.
    login, password : str
        As typed.

    Raises
    ------
    NotFound
        "account_unknown".
    InvalidInput
        "password_weak".
    """
    login = checked_login(login)
    account_id = session.scalar(
        update(Account)
        .where(Account.login == login)
        .values(password_hash=_hash(checked_password(password, login)))
        .returning(Account.id)
    )
    if account_id is None:
        raise NotFound("account_unknown", N_("没有账号“%(login)s”。"), login=login)
    session.execute(delete(BrowserSession).where(BrowserSession.account_id == account_id))


def account_with_password(session: Session, login: str, password: str) -> Account | None:
    """The account that this login and password belong to.

    Parameters
    ----------
    session : Session
        May be read-only.
    login, password : str
        As typed.

    Returns
    -------
    Account or None
        None for an unknown login, a wrong password and a disabled account alike, in about the same time.

    Raises
    ------
    Unavailable
        "sign_in_busy" when too many sign in at once.
    """
    account = session.scalar(select(Account).where(Account.login == login.strip().lower()))
    usable = account is not None and account.disabled_at is None
    if not _HASHES_AT_ONCE.acquire(timeout=_HASH_WAIT_S):
        raise Unavailable("sign_in_busy", N_("同时登录的人太多，请过几秒再试。"))
    try:
        _HASHER.verify(account.password_hash if account and usable else _DUMMY, password[:256])
    except VerificationError:
        return None
    finally:
        _HASHES_AT_ONCE.release()
    return account if usable else None


def forget_expired_sessions(session: Session) -> None:
    """Delete browser sessions that have run out.

    Parameters
    ----------
    session : Session
        An open transaction.
    """
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at < func.now()))


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


def _hash(password: str) -> str:
    with _HASHES_AT_ONCE:
        return _HASHER.hash(password)
