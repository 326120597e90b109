"""Who may give whom what: security everywhere it is trusted, a district within its own ground."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from app.accounts.rules.identity import SIGNED_IN, Identity
from app.codes import code_prefix
from app.errors import N_, InvalidInput, NotAllowed, NotFound

# Who has pages for accounts; and what a district may give and take.
ADMINISTERS: Final = ("security", "district")
LOCAL_ROLES: Final = ("planner", "dispatcher", "community", "volunteer")
# Roles that go with the whole installation unless an area is named.
CENTRAL_ROLES: Final = ("system", "security", "auditor")
# Roles that there are only for the whole installation: there is but one system to set up.
WHOLE_ROLES: Final = ("system",)


class Reach(NamedTuple):
    """Roles that an administrator may give and take within an area; an empty code means everywhere."""

    roles: tuple[str, ...]
    area_code: str


def reach_of(identity: Identity) -> tuple[Reach, ...]:
    """What an account may administer.

    Parameters
    ----------
    identity : Identity

    Returns
    -------
    tuple of Reach
        Empty for most.
    """
    within = tuple(role for role in SIGNED_IN if role not in WHOLE_ROLES)
    given = {"security": within, "district": LOCAL_ROLES}
    return tuple(
        Reach(
            given[grant.role] if grant.area_code else (*given[grant.role], *_whole(grant.role)),
            grant.area_code,
        )
        for grant in identity.grants
        if grant.role in given
    )


def _whole(role: str) -> tuple[str, ...]:
    return WHOLE_ROLES if role == "security" else ()


def is_within(code: str, area_code: str) -> bool:
    """Whether an area is another one or lies in it.

    Parameters
    ----------
    code, area_code : str
        12 digits; empty for everywhere.

    Returns
    -------
    bool
    """
    return code.startswith(code_prefix(area_code))


def may_grant(reaches: Iterable[Reach], role: str, area_code: str) -> bool:
    """Whether an administrator may give or take this role in this area.

    Parameters
    ----------
    reaches : iterable of Reach
    role, area_code : str

    Returns
    -------
    bool
    """
    return any(
        role in reach.roles
        and is_within(area_code, reach.area_code)
        and not (role in WHOLE_ROLES and area_code)
        for reach in reaches
    )


def roles_to_give(reaches: Iterable[Reach]) -> tuple[str, ...]:
    """The roles that an administrator may give somewhere, in the usual order.

    Parameters
    ----------
    reaches : iterable of Reach

    Returns
    -------
    tuple of str
    """
    roles = {role for reach in reaches for role in reach.roles}
    return tuple(role for role in SIGNED_IN if role in roles)


def refuse_foreign(reaches: tuple[Reach, ...], role: str, area_code: str) -> None:
    """Refuse a grant that is not an administrator's to give or take.

    Parameters
    ----------
    reaches : tuple of Reach
    role, area_code : str

    Raises
    ------
    NotAllowed
        "role_not_yours" when this administrator never gives that role.
    InvalidInput
        "role_of_the_whole" when it is for the whole installation and an area is named.
    NotFound
        "area_unknown": an area out of reach is answered like one that does not exist.
    """
    if may_grant(reaches, role, area_code):
        return
    if role not in roles_to_give(reaches):
        raise NotAllowed("role_not_yours", N_("这种角色要由安全管理员授予或撤销。"))
    if role in WHOLE_ROLES and area_code:
        raise InvalidInput("role_of_the_whole", N_("这种角色没有辖区之分：辖区请留空，或写“全部辖区”。"))
    if not area_code:
        raise NotAllowed("area_not_yours", N_("你只能在自己的辖区内授权，请选一个辖区。"))
    raise NotFound("area_unknown", N_("没有这个区划。请从列表里选，或填写 12 位编码。"))


def refuse_own(identity: Identity, account_id: int) -> None:
    """Refuse what nobody does to their own account.

    Parameters
    ----------
    identity : Identity
        Who asks.
    account_id : int
        Whose account it is about.

    Raises
    ------
    NotAllowed
        "own_account".
    """
    if identity.id == account_id:
        raise NotAllowed(
            "own_account", N_("不能改自己的角色，也不能停用或重设自己的账号。请另一位安全管理员来做。")
        )
