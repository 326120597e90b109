"""Invitations: an account without a password, and a link with which its owner chooses one."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.accounts.actions.passwords import set_password
from app.accounts.actions.roles import grant_role
from app.accounts.actions.second_factor import reset_second_factor
from app.accounts.models import Account, InvitationBatch
from app.accounts.rules import DEMANDS, Demands, Wanted, checked_login, token_hash
from app.errors import N_, NotFound

INVITATION_DAYS = 7
# What stands in place of a hash until the owner has chosen a password: it matches none.
NO_PASSWORD = "-"  # noqa: S105
END_OPEN = """
UPDATE invitation SET revoked_at = clock_timestamp()
WHERE account_id = :account_id AND used_at IS NULL AND revoked_at IS NULL
"""
INVITE = """
INSERT INTO invitation (account_id, token_hash, invited_by, expires_at)
VALUES (:account_id, :hash, :by, now() + make_interval(days => :days)) RETURNING expires_at
"""
USE = """
UPDATE invitation i SET used_at = clock_timestamp() FROM account a
WHERE i.token_hash = :hash AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > clock_timestamp()
  AND a.id = i.account_id AND a.disabled_at IS NULL
RETURNING a.id, a.login
"""


class Invited(NamedTuple):
    """An invitation as it is handed over, once; the token is kept nowhere."""

    account_id: int
    login: str
    token: str
    expires_at: datetime


def invite(
    session: Session, login: str, role: str, area_code: str = "", invited_by: int | None = None
) -> Invited:
    """Make an account with its first role, and a link for its owner to choose a password.

    Parameters
    ----------
    session : Session
        An open transaction.
    login : str
        As typed.
    role, area_code : str
        12-digit code; empty for everywhere.
    invited_by : int, optional
        Account of who invites.

    Returns
    -------
    Invited

    Raises
    ------
    InvalidInput
        "login_unusable", "role_unknown" or "code_malformed".
    Conflict
        "login_taken".
    """
    account = Account(login=checked_login(login), password_hash=NO_PASSWORD)
    session.add(account)
    session.flush()  # the grant needs the id, and a taken login must be refused here
    grant_role(session, account.id, role, area_code, invited_by)
    return _new_link(session, account.id, account.login, invited_by)


def begin_batch(session: Session, key: UUID, created_by: int | None = None) -> None:
    """A list is invited now; the same one, sent a second time, waits here and is refused.

    Parameters
    ----------
    session : Session
        An open transaction.
    key : UUID
        Of the list, made when it was shown.
    created_by : int, optional

    Raises
    ------
    Conflict
        "batch_repeated".
    """
    session.add(InvitationBatch(key=key, created_by=created_by))
    session.flush()


def invite_many(session: Session, wanted: Sequence[Wanted], invited_by: int | None = None) -> list[Invited]:
    """Invite everybody on a list, or nobody.

    Parameters
    ----------
    session : Session
        An open transaction.
    wanted : sequence of Wanted
        As checked.
    invited_by : int, optional

    Returns
    -------
    list of Invited
        In the order of the list.

    Raises
    ------
    Conflict
        "login_taken".
    """
    return [invite(session, one.login, one.role, one.area_code, invited_by) for one in wanted]


def reset_access(session: Session, account_id: int, by: int | None = None) -> Invited:
    """For somebody who cannot sign in any more, or whose password others know: begin anew with another link.

    The password, the second factor and every session end now.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    by : int, optional
        Account of who resets.

    Returns
    -------
    Invited

    Raises
    ------
    NotFound
        "account_gone".
    Conflict
        "invitation_repeated" when somebody else did the same a moment ago.
    """
    reset_second_factor(session, account_id)
    login = session.scalar(
        update(Account)
        .where(Account.id == account_id)
        .values(password_hash=NO_PASSWORD)
        .returning(Account.login)
    )
    if login is None:
        raise NotFound("account_gone", N_("没有这个账号。"))
    return _new_link(session, account_id, login, by)


def end_invitation(session: Session, account_id: int) -> None:
    """The open link of an account, if it has one, is worth nothing from now on.

    Parameters
    ----------
    session : Session
        An open transaction.
    account_id : int
    """
    session.execute(text(END_OPEN), {"account_id": account_id})


def accept_invitation(
    session: Session,
    token: str,
    password: str,
    demands: Demands = DEMANDS["none"],
    words: Iterable[str] = (),
) -> int:
    """Choose the password of an account with a link, which is used up by it.

    Parameters
    ----------
    session : Session
        An open transaction.
    token, password : str
        As sent.
    demands : Demands
        What an assessment asks of passwords.
    words : iterable of str
        Words that are easily guessed here, such as names of areas.

    Returns
    -------
    int
        The account.

    Raises
    ------
    NotFound
        "invitation_gone": used, revoked, run out, or never there; of a disabled account too.
    InvalidInput
        "password_weak" or "password_used"; the link is still good when the transaction is taken back.
    """
    used = session.execute(text(USE), {"hash": token_hash(token)}).one_or_none()
    if used is None:
        raise invitation_gone()
    set_password(session, used.login, password, demands, words)
    return int(used.id)


def invitation_gone() -> NotFound:
    """The one answer to every link that opens nothing.

    Returns
    -------
    NotFound
    """
    return NotFound(
        "invitation_gone", N_("这个链接不能用了：可能用过、过期或已作废。请找发链接的人重新要一个。")
    )


def _new_link(session: Session, account_id: int, login: str, by: int | None) -> Invited:
    """A link in place of the open one."""
    end_invitation(session, account_id)
    token = secrets.token_urlsafe(32)
    expires_at = session.execute(
        text(INVITE), {"account_id": account_id, "hash": token_hash(token), "by": by, "days": INVITATION_DAYS}
    ).scalar_one()
    return Invited(account_id, login, token, expires_at)
