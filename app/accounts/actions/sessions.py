"""Sessions of browsers and the browsers themselves: ended, remembered, forgotten."""

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, BrowserSession, KnownDevice
from app.accounts.rules import token_hash, typed_login
from app.accounts.rules.throttle import DEVICE_DAYS
from app.errors import N_, NotFound

REMEMBER = """
INSERT INTO known_device (token_hash, account_id, expires_at) VALUES (:hash, :account_id, now() + make_interval(days => :days))
ON CONFLICT (token_hash, account_id) DO UPDATE SET expires_at = excluded.expires_at
"""
KNOWN = """
SELECT EXISTS (SELECT FROM known_device d JOIN account a ON a.id = d.account_id
               WHERE d.token_hash = :hash AND a.login = :login AND d.expires_at > now())
"""
# Whoever clears away at the same time takes others.
FORGET = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM {table} WHERE expires_at < now() FOR UPDATE SKIP LOCKED)) RETURNING 1
"""


def account_id_of(session: Session, login: str) -> int:
    """The number of an account.

    Parameters
    ----------
    session : Session
    login : str
        As typed.

    Returns
    -------
    int

    Raises
    ------
    NotFound
        "account_unknown".
    """
    found = session.scalar(select(Account.id).where(Account.login == typed_login(login)))
    if found is None:
        raise NotFound("account_unknown", N_("没有账号“%(login)s”。"), login=login)
    return found


def end_session(session: Session, account_id: int, key: str) -> None:
    """End one session of an account.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
        Whose it is; others' are not found.
    key : str
        As `queries.sessions` names it.

    Raises
    ------
    NotFound
        "session_unknown" when it is not there, or no more.
    """
    ended = session.execute(
        text(
            "DELETE FROM browser_session WHERE account_id = :account_id AND left(encode(token_hash, 'hex'), 16) = :key RETURNING 1"
        ),
        {"account_id": account_id, "key": key},
    ).first()
    if ended is None:
        raise NotFound("session_unknown", N_("这处登录已经结束。"))


def end_sessions(session: Session, account_id: int, but: bytes = b"") -> int:
    """End every session of an account.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    but : bytes
        Token hash of the one that stays.

    Returns
    -------
    int
        How many there were.
    """
    ended = session.execute(
        delete(BrowserSession)
        .where(BrowserSession.account_id == account_id, BrowserSession.token_hash != but)
        .returning(BrowserSession.token_hash)
    )
    return len(ended.all())


def sign_out_everywhere(session: Session, account_id: int) -> int:
    """For an administrator: end every session of somebody else's account and forget its browsers, on record.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int

    Returns
    -------
    int
        How many sessions there were.
    """
    session.execute(
        update(Account).where(Account.id == account_id).values(sessions_ended_at=func.clock_timestamp())
    )
    forget_devices(session, account_id)
    return end_sessions(session, account_id)


def forget_expired_sessions(session: Session) -> int:
    """Delete browser sessions and known browsers that have run out.

    Parameters
    ----------
    session : Session
        An open transaction.

    Returns
    -------
    int
        How many there were.
    """
    return sum(
        len(session.execute(text(FORGET.replace("{table}", kept.__tablename__))).all())
        for kept in (BrowserSession, KnownDevice)
    )


def remember_device(session: Session, account_id: int, token: str) -> None:
    """This browser has signed in to this account.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    token : str
        Long and random, in the browser's cookie; its hash is kept.
    """
    session.execute(
        text(REMEMBER), {"hash": token_hash(token), "account_id": account_id, "days": DEVICE_DAYS}
    )


def is_known_device(session: Session, login: str, token: str) -> bool:
    """Whether this browser has signed in to this account before.

    Parameters
    ----------
    session : Session
    login, token : str
        As sent.

    Returns
    -------
    bool
    """
    known = session.scalar(text(KNOWN), {"hash": token_hash(token), "login": typed_login(login)})
    return bool(known)


def forget_devices(session: Session, account_id: int) -> None:
    """No browser is known to have signed in to this account.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    """
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))
