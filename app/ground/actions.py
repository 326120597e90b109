"""What can be done to the ground by hand: areas that come from no file."""

from itertools import chain

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.db import in_scope, in_sight
from app.errors import N_, Conflict, Counted, InvalidInput, NotFound
from app.ground.models import Area, AreaVersion, DivisionCode
from app.ground.queries.uses import USE_WORDS, uses_of
from app.ground.rules import LEVELS, is_child_code, level_of, next_local_codes, parent_level

MINE, IN_SIGHT = text(in_scope("area.code")), text(in_sight("area.code"))


def add_area(
    session: Session, level: str, name: str, *, parent_code: str = "", parent_name: str = "", code: str = ""
) -> str:
    """Make an area without a boundary, so that address lists and maps without outlines have somewhere to go.

    Parameters
    ----------
    session : Session
        An open transaction.
    level : {'district', 'street', 'community'}
    name : str
        1 to 100 characters.
    parent_code : str
        12-digit code of the area above; empty for a district, or when the parent is to be made too.
    parent_name : str
        Name for a parent that is made along with it, when there is none to choose.
    code : str
        12 digits of this level below this parent; empty for the next local code.

    Returns
    -------
    str
        The code.

    Raises
    ------
    InvalidInput
        "level_unknown", "name_missing", "parent_missing", "code_unfit".
    Conflict
        "code_taken", "name_taken".
    """
    name = name.strip()
    above = parent_level(level)
    if level not in LEVELS:
        raise InvalidInput("level_unknown", N_("没有这一级区划。"))
    if not 1 <= len(name) <= 100:
        raise InvalidInput("name_missing", N_("请填写区划名称，最多 100 个字。"))
    if above and not parent_code:
        if not parent_name.strip():
            raise InvalidInput("parent_missing", N_("请选择上级，或写出要一起建立的上级名称。"))
        only_one = _only_area(session, parent_level(above)) if parent_level(above) else ""
        parent_code = add_area(session, above, parent_name, parent_code=only_one, parent_name=parent_name)
    elif above and session.scalar(select(Area.level).where(Area.code == parent_code, IN_SIGHT)) != above:
        raise InvalidInput("parent_missing", N_("选的上级不存在或级别不对，请重新选择。"))
    code = _checked_code(session, level, code, parent_code if above else None)
    _refuse_same_name(session, name, parent_code if above else None)
    is_local = session.get(DivisionCode, code) is None
    session.add(Area(code=code, level=level, parent_code=parent_code if above else None, is_local=is_local))
    session.flush()  # the version refers to it
    session.add(AreaVersion(area_code=code, name=name))
    session.flush()
    return code


def remove_area(session: Session, code: str) -> None:
    """Take an area out that was made by hand and that nothing depends on.

    Parameters
    ----------
    session : Session
        An open transaction.
    code : str
        12-digit code.

    Raises
    ------
    NotFound
        "area_unknown" when it does not exist, or is not the asker's to change.
    Conflict
        "area_in_use" naming what depends on it, or "area_imported".
    """
    # Locked to be changed, so that the areas above, which may be seen, are not found here.
    if session.scalar(select(Area.code).where(Area.code == code, MINE).with_for_update()) is None:
        raise NotFound("area_unknown", N_("没有编码为 %(code)s 的区划，或这一天它还不存在。"), code=code)
    imported = session.scalar(
        select(func.count())
        .select_from(AreaVersion)
        .where(AreaVersion.area_code == code, AreaVersion.import_id.is_not(None))
    )
    if imported:
        raise Conflict("area_imported", N_("这个区划来自导入的文件，请在“导入”里撤销那次导入。"))
    own = session.execute(
        text(
            "SELECT (SELECT count(*) FROM building WHERE area_code = :code) AS building,"
            " (SELECT count(*) FROM area WHERE parent_code = :code) AS area"
        ),
        {"code": code},
    ).one()
    uses = {**own._mapping, **uses_of(session, "area", "code", [code])}
    counted = Counted((USE_WORDS.get(table, table), count) for table, count in uses.items() if count)
    if counted:
        raise Conflict("area_in_use", N_("这个区划里还有%(uses)s，不能删除。"), uses=counted)
    session.execute(delete(AreaVersion).where(AreaVersion.area_code == code))
    session.execute(delete(Area).where(Area.code == code))


def _only_area(session: Session, level: str | None) -> str:
    """The area of a level when there is exactly one."""
    codes = session.scalars(select(Area.code).where(Area.level == level, IN_SIGHT).limit(2)).all()
    return codes[0] if len(codes) == 1 else ""


def _checked_code(session: Session, level: str, code: str, parent_code: str | None) -> str:
    if not code:
        below = f"{code_prefix(parent_code) if parent_code else ''}%"
        taken = [
            session.scalars(select(one).where(one.like(below))) for one in (Area.code, DivisionCode.code)
        ]
        free = next_local_codes(level, parent_code, chain(*taken), 1)
        if not free:
            raise Conflict("code_taken", N_("这个上级之下的本地编码已经用完。"))
        return free[0]
    if level_of(code) != level or (parent_code and not is_child_code(code, parent_code)):
        raise InvalidInput(
            "code_unfit", N_("编码 %(code)s 不是 12 位，或不属于所选的上级和级别。"), code=code
        )
    if session.get(Area, code):
        raise Conflict("code_taken", N_("编码 %(code)s 已经有了。"), code=code)
    return code


def _refuse_same_name(session: Session, name: str, parent_code: str | None) -> None:
    siblings = (
        select(func.count())
        .select_from(AreaVersion)
        .join(Area, Area.code == AreaVersion.area_code)
        .where(Area.parent_code == parent_code if parent_code else Area.parent_code.is_(None))
        .where(AreaVersion.name == name, func.upper_inf(AreaVersion.during))
    )
    if session.scalar(siblings):
        raise Conflict("name_taken", N_("同一上级之下已有“%(name)s”。"), name=name)
