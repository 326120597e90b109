"""The area that a file without one is to belong to: found by its name, or planned, to be made when the plan is accepted."""

from itertools import chain
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.errors import N_, Conflict, InvalidInput
from app.ground.models import Area, AreaVersion, DivisionCode
from app.ground.rules import LEVELS, next_local_codes, parent_level

Planned = dict[str, str | None]
MAX_NAME = 100


def clean_wish(wish: dict[str, Any]) -> dict[str, str]:
    """The wish as it is kept with the import: level, name, parent_code.

    Raises
    ------
    InvalidInput
        "level_unknown", "name_missing".
    """
    level, name = wish.get("level"), " ".join(str(wish.get("name", "")).split())
    if level not in LEVELS:
        raise InvalidInput("level_unknown", N_("没有这一级区划。"))
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidInput("name_missing", N_("请填写区划名称，最多 100 个字。"))
    return {"level": str(level), "name": name, "parent_code": str(wish.get("parent_code") or "")}


def planned_area(session: Session, level: str, name: str, parent_code: str = "") -> tuple[str, list[Planned]]:
    """The area of this name, and what has to be made for it.

    Parameters
    ----------
    session : Session
    level : {'district', 'street', 'community'}
    name : str
        1 to 100 characters.
    parent_code : str
        12-digit code of the area above. Empty where there is none to choose: one of the same name is planned.

    Returns
    -------
    tuple of (str, list)
        The code, and the missing areas, highest first: code, name, level, parent_code. None of them is made here.

    Raises
    ------
    InvalidInput
        "parent_missing" where there are areas above and none was chosen.
    Conflict
        "code_taken" when the numbers below the parent are used up.
    """
    named = (
        select(Area.code)
        .join(AreaVersion, AreaVersion.area_code == Area.code)
        .where(Area.level == level, AreaVersion.name == name, func.upper_inf(AreaVersion.during))
    )
    found = session.scalars(named.where(Area.parent_code == parent_code) if parent_code else named).all()
    if len(found) == 1:
        return found[0], []
    made: list[Planned] = []
    above = parent_level(level)
    if above and not parent_code:
        if session.scalar(select(func.count()).select_from(Area).where(Area.level == above)):
            raise InvalidInput("parent_missing", N_("请选择上级，或写出要一起建立的上级名称。"))
        parent_code, made = planned_area(session, above, name)
    below = f"{code_prefix(parent_code) if parent_code else ''}%"
    taken = [session.scalars(select(one).where(one.like(below))) for one in (Area.code, DivisionCode.code)]
    free = next_local_codes(level, parent_code or None, chain(*taken), 1)
    if not free:
        raise Conflict("code_taken", N_("这个上级之下的本地编码已经用完。"))
    return free[0], [
        *made,
        {"code": free[0], "name": name, "level": level, "parent_code": parent_code or None},
    ]
