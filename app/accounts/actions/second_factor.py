"""Codes of an authenticator app, and codes on paper for the day when it is lost."""

import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from app.accounts.actions.sessions import end_sessions, forget_devices
from app.accounts.models import Account, RecoveryCode
from app.accounts.rules import derived_key, keyed_hash
from app.errors import N_, Conflict, NotFound

ISSUER = "守望图"
RECOVERY_CODES = 10
# One step before and after: telephones' clocks differ.
WINDOW_S = 30


class _Owner(NamedTuple):
    session: Session
    account_id: int
    counter: int


class ShownKey(NamedTuple):
    """A key as an authenticator app takes it: for its camera, and typed by hand."""

    uri: str
    words: str


def new_totp_key(secret: str) -> str:
    """A key for an authenticator app that nobody has yet.

    Parameters
    ----------
    secret : str
        Of the installation.

    Returns
    -------
    str
        Encrypted, as it is kept.
    """
    return str(_totp(secret).generate_totp_secret())


def shown_key(secret: str, kept: str, login: str) -> ShownKey:
    """A kept key as its owner needs it to set up the app.

    Parameters
    ----------
    secret, kept, login : str

    Returns
    -------
    ShownKey
    """
    return ShownKey(_totp(secret).get_totp_uri(login, kept), _totp(secret).get_totp_pretty_key(kept))


def set_second_factor(
    session: Session, account_id: int, secret: str, kept: str, code: str
) -> list[str] | None:
    """From now on this account signs in with codes of this key.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    secret, kept : str
        Of the installation, and the encrypted key.
    code : str
        As typed: it shows that the app has the key.

    Returns
    -------
    list of str or None
        Recovery codes, to be shown once; None when the code is wrong.

    Raises
    ------
    Conflict
        "second_factor_there" when the account has one already.
    """
    stored = session.execute(
        update(Account)
        .where(Account.id == account_id, Account.totp_key.is_(None))
        .values(totp_key=kept, totp_counter=0)
        .returning(Account.id)
    ).first()
    if stored is None:
        raise Conflict("second_factor_there", N_("动态口令已经打开。"))
    if not _code_is_right(session, account_id, secret, kept, 0, plain_code(code)):
        session.execute(update(Account).where(Account.id == account_id).values(totp_key=None))
        return None
    return new_recovery_codes(session, account_id, secret)


def second_factor_passed(session: Session, account_id: int, secret: str, code: str) -> bool:
    """Whether a code of the app, or one on paper, is right and was not used before; it is used now.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    secret, code : str
        Of the installation, and as typed.

    Returns
    -------
    bool
    """
    code = plain_code(code)
    row = session.execute(
        select(Account.totp_key, Account.totp_counter).where(
            Account.id == account_id, Account.disabled_at.is_(None), Account.totp_key.is_not(None)
        )
    ).one_or_none()
    if row is None or row.totp_key is None:
        return False
    if len(code) == 6 and code.isdigit():
        return _code_is_right(session, account_id, secret, row.totp_key, row.totp_counter, code)
    used = session.execute(
        delete(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == keyed_hash(secret, "recovery code", f"{account_id} {code}"),
        )
        .returning(RecoveryCode.account_id)
    )
    return used.first() is not None


def new_recovery_codes(session: Session, account_id: int, secret: str) -> list[str]:
    """Ten new recovery codes in place of those of before.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    secret : str
        Of the installation.

    Returns
    -------
    list of str
        To be shown once.
    """
    codes = [str(code) for code in _totp(secret).generate_recovery_codes(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(
        insert(RecoveryCode),
        [
            {
                "account_id": account_id,
                "code_hash": keyed_hash(secret, "recovery code", f"{account_id} {plain_code(code)}"),
            }
            for code in codes
        ],
    )
    return codes


def drop_second_factor(session: Session, account_id: int) -> None:
    """The password alone is enough again.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int

    Raises
    ------
    NotFound
        "account_gone".
    """
    changed = session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(totp_key=None, totp_counter=0)
        .returning(Account.id)
    ).first()
    if changed is None:
        raise NotFound("account_gone", N_("没有这个账号。"))
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def reset_second_factor(session: Session, account_id: int) -> None:
    """For somebody who has lost the telephone and the codes: the second factor goes, and every session ends.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int

    Raises
    ------
    NotFound
        "account_gone".
    """
    drop_second_factor(session, account_id)
    end_sessions(session, account_id)
    forget_devices(session, account_id)


def plain_code(code: str) -> str:
    """A code without what people type around it.

    Parameters
    ----------
    code : str

    Returns
    -------
    str
        Lower-case letters and digits.
    """
    return "".join(sign for sign in unicodedata.normalize("NFKC", code[:40]).lower() if sign.isalnum())


def _code_is_right(
    session: Session, account_id: int, secret: str, kept: str, counter: int, code: str
) -> bool:
    owner = _Owner(session, account_id, counter)
    return len(code) == 6 and bool(_totp(secret).verify_totp(code, kept, owner, window=WINDOW_S))


@lru_cache(maxsize=4)
def _totp(secret: str) -> Any:
    """Flask-Security's codes, with our memory of the last one; loaded when first needed."""
    from flask_security import Totp
    from passlib.exc import UsedTokenError

    class Codes(Totp):
        def get_last_counter(self, user: Any) -> int:
            return int(user.counter)

        def set_last_counter(self, user: Any, match: Any) -> None:
            taken = user.session.execute(
                text(
                    "UPDATE account SET totp_counter = :counter WHERE id = :id AND totp_counter < :counter RETURNING 1"
                ),
                {"counter": match.counter, "id": user.account_id},
            )
            if taken.first() is None:
                # Somebody used the same code a moment ago.
                raise UsedTokenError

    return Codes({"1": derived_key(secret, "totp")}, ISSUER)
