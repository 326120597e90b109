"""Roles in areas: given and ended, never edited."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import ROLES
from app.errors import N_, Conflict, InvalidInput, NotFound

# Held by whoever ends something that the last security administrator may have: each sees what the one before has done.
KEEP_ONE = "SELECT pg_advisory_xact_lock(72120, 0)"
# Has chosen a password, and is not shut out.
CAN_SIGN_IN = "b.disabled_at IS NULL AND b.password_hash LIKE '$argon2%'"
# Somebody else who can sign in and give out every role.
ANOTHER_KEEPER = f"""EXISTS (
  SELECT FROM role_grant k JOIN account b ON b.id = k.account_id
  WHERE k.role = 'security' AND k.area_code = '' AND k.during @> clock_timestamp()
    AND {CAN_SIGN_IN} AND b.id <> {{account}})"""
END = f"""
UPDATE role_grant g
SET during = tstzrange(lower(during), greatest(clock_timestamp(), lower(during) + interval '1 us')), ended_by = :by
WHERE id = :id AND during @> clock_timestamp()
  AND (role <> 'security' OR area_code <> ''
       OR NOT EXISTS (SELECT FROM account b WHERE b.id = g.account_id AND {CAN_SIGN_IN}) OR {ANOTHER_KEEPER.format(account="g.account_id")})
RETURNING id
"""
# The first account of an installation may be several things at once, until others are.
GRANT = """
INSERT INTO role_grant (account_id, role, area_code, given_by, together)
SELECT :account_id, :role, :area_code, :given_by,
  EXISTS (SELECT FROM role_grant WHERE account_id = :account_id AND together AND during @> now())
"""


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
        "grant_repeated", or "duties_apart" when the account is something that does not go with it.
    """
    if role not in ROLES:
        raise InvalidInput("role_unknown", N_("没有“%(role)s”这种角色。"), role=role)
    if area_code and not (len(area_code) == 12 and area_code.isascii() and area_code.isdigit()):
        raise InvalidInput(
            "code_malformed", N_("区划编码应为 12 位数字，收到的是“%(value)s”。"), value=area_code[:40]
        )
    values = {"account_id": account_id, "role": role, "area_code": area_code, "given_by": given_by}
    session.execute(text(GRANT), values)


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
    Conflict
        "last_security" when nobody could give out roles any more.
    """
    session.execute(text(KEEP_ONE))
    ended = session.execute(text(END), {"id": grant_id, "by": ended_by}).first()
    if ended is None:
        is_there = "SELECT EXISTS (SELECT FROM role_grant WHERE id = :id AND during @> clock_timestamp())"
        if session.scalar(text(is_there), {"id": grant_id}):
            raise last_keeper()
        raise NotFound("grant_unknown", N_("没有这项授权，或者它已经结束。"))


def last_keeper() -> Conflict:
    """Nobody could give out roles any more.

    Returns
    -------
    Conflict
    """
    return Conflict(
        "last_security",
        N_("这是最后一个能用的安全管理员，不能停用或撤销。请先让另一个人担任，并等他登录过。"),
    )
