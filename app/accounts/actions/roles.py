"""Roles in areas: given and ended, never edited."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import ROLES, RoleGrant
from app.errors import N_, InvalidInput, NotFound


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
