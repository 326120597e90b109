"""Passwords: made into hashes and compared with them, never kept."""

import secrets
import threading
from collections.abc import Iterable

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, BrowserSession, FormerPassword, KnownDevice
from app.accounts.rules import DEMANDS, Demands, checked_password, typed_login, typed_password
from app.accounts.rules.passwords import kinds_in
from app.errors import N_, InvalidInput, NotFound, Unavailable

# 19 MiB, two passes, one lane: 23 ms a hash on the reference machine, against 114 ms for the library's default,
# which would let eight sign-ins a second occupy both cores.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_HASHES_AT_ONCE = threading.Semaphore(2)
# Longer, and a flood of sign-ins would hold every thread that could answer somebody else.
_HASH_WAIT_S = 0.2
_DUMMY = _HASHER.hash("nobody has this password")


def set_password(
    session: Session,
    login: str,
    password: str,
    demands: Demands = DEMANDS["none"],
    words: Iterable[str] = (),
) -> None:
    """Give an account a new password, end its sessions and forget its browsers.

    Parameters
    ----------
    session : Session
        An open transaction.
    login, password : str
        As typed.
    demands : Demands
        What an assessment asks of passwords.
    words : iterable of str
        Words that are easily guessed here, such as names of areas.

    Raises
    ------
    NotFound
        "account_unknown".
    InvalidInput
        "password_weak", or "password_used" when it may not come back.
    """
    login = typed_login(login)
    typed = checked_password(password, login, demands, words)
    row = session.execute(
        select(Account.id, Account.password_hash).where(Account.login == login).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("account_unknown", N_("没有账号“%(login)s”。"), login=login)
    _keep_former(session, row.id, row.password_hash, typed, demands.history)
    session.execute(
        update(Account)
        .where(Account.id == row.id)
        .values(password_hash=hash_of(typed), password_changed_at=func.clock_timestamp())
    )
    session.execute(delete(BrowserSession).where(BrowserSession.account_id == row.id))
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == row.id))


def _keep_former(session: Session, account_id: int, present: str, typed: str, history: int) -> None:
    """Refuse a password of before, where that is demanded; otherwise keep none."""
    newest_first = select(FormerPassword).where(FormerPassword.account_id == account_id)
    former = session.scalars(newest_first.order_by(FormerPassword.id.desc())).all()
    for one in former[max(history - 1, 0) :]:
        session.delete(one)
    if not history:
        return
    for kept in (present, *(one.password_hash for one in former[: history - 1])):
        with _HASHES_AT_ONCE:
            if _matches(kept, typed):
                raise InvalidInput(
                    "password_used", N_("最近 %(history)s 个密码不能再用，请换一个。"), history=history
                )
    session.add(FormerPassword(account_id=account_id, password_hash=present))
    session.flush()


def _matches(kept: str, typed: str) -> bool:
    try:
        return _HASHER.verify(kept, typed)
    except (VerificationError, InvalidHashError):
        return False


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
    account = session.scalar(select(Account).where(Account.login == typed_login(login)))
    # Whoever has been invited and has not answered yet has no password: not even a wrong one takes less time.
    usable = (
        account is not None and account.disabled_at is None and account.password_hash.startswith("$argon2")
    )
    if not _HASHES_AT_ONCE.acquire(timeout=_HASH_WAIT_S):
        raise Unavailable("sign_in_busy", N_("同时登录的人太多，请过几秒再试。"))
    try:
        right = _matches(account.password_hash if account and usable else _DUMMY, typed_password(password))
    finally:
        _HASHES_AT_ONCE.release()
    return account if usable and right else None


def generated_password() -> str:
    """A password for somebody who will be told it once.

    Returns
    -------
    str
        64 random bits in four groups, with letters and digits.
    """
    while True:
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        if kinds_in(password) > 2:
            return password


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
