"""Passwords: made into hashes and compared with them, never kept."""

import secrets
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, BrowserSession
from app.accounts.rules import checked_login, checked_password
from app.errors import N_, NotFound, Unavailable

# 19 MiB, two passes, one lane: 23 ms a hash on the reference machine, against 114 ms for the library's default,
# which would let eight sign-ins a second occupy both cores.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_HASHES_AT_ONCE = threading.Semaphore(2)
# Longer, and a flood of sign-ins would hold every thread that could answer somebody else.
_HASH_WAIT_S = 0.2
_DUMMY = _HASHER.hash("nobody has this password")


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
        .values(password_hash=hash_of(checked_password(password, login)))
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


def generated_password() -> str:
    """A password for somebody who will be told it once.

    Returns
    -------
    str
        64 random bits in four groups.
    """
    return "-".join(secrets.token_hex(2) for _ in range(4))


def hash_of(password: str) -> str:
    """What is kept of a password; waits while two others are being made.

    Parameters
    ----------
    password : str
        As typed.

    Returns
    -------
    str
        An argon2id hash with its settings and salt.
    """
    with _HASHES_AT_ONCE:
        return _HASHER.hash(password)
