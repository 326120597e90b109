"""A list of people to invite: which column is which, and what is wrong in which row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from app.accounts.rules.administration import CENTRAL_ROLES, Reach, refuse_foreign
from app.accounts.rules.identity import checked_login
from app.errors import N_, DomainError, InvalidInput, NotFound

MOST_ROWS: Final = 500
EVERYWHERE: Final = ("全部辖区", "全部", "everywhere", "all", "*")
ROLE_WORDS: Final = {
    "系统管理员": "system", "安全管理员": "security", "审计员": "auditor", "区级管理员": "district", "规划员": "planner",
    "调度员": "dispatcher", "社区工作者": "community", "志愿者": "volunteer",
}  # fmt: skip
COLUMNS: Final = {
    "login": ("账号", "账号名", "登录名", "login", "account"),
    "role": ("角色", "role"),
    "area": ("辖区", "区划", "区划代码", "区划编码", "辖区代码", "area", "area_code"),
}
HEADER_SEARCH_ROWS: Final = 10


class Wanted(NamedTuple):
    """One account to be made."""

    login: str
    role: str
    area_code: str


class ListRow(NamedTuple):
    """One row as it was written; the line is its place in the file."""

    line: int
    login: str
    role: str
    area: str


class CheckedRow(NamedTuple):
    """A row, and what it means or what is wrong with it."""

    row: ListRow
    wanted: Wanted | None
    problem: DomainError | None


def list_rows(lines: Sequence[tuple[int, Sequence[str]]]) -> list[ListRow]:
    """The rows of a table below its header.

    Parameters
    ----------
    lines : sequence of (line number, cells)
        As read from the file.

    Returns
    -------
    list of ListRow

    Raises
    ------
    InvalidInput
        "list_header" when a column is missing, "list_empty", or "list_long".
    """
    for at, (_line, cells) in enumerate(lines[:HEADER_SEARCH_ROWS]):
        heads = [cell.strip().lower() for cell in cells]
        places = {
            name: next((heads.index(word) for word in words if word in heads), None)
            for name, words in COLUMNS.items()
        }
        if places["login"] is not None and places["role"] is not None:
            rows = [_row(line, cells, places) for line, cells in lines[at + 1 :]]
            return _counted([row for row in rows if row.login or row.role or row.area])
    raise InvalidInput("list_header", N_("找不到“账号”“角色”“辖区”这三列的标题。请用模板填写。"))


def _row(line: int, cells: Sequence[str], places: Mapping[str, int | None]) -> ListRow:
    def cell(name: str) -> str:
        place = places[name]
        return cells[place].strip() if place is not None and place < len(cells) else ""

    return ListRow(line, cell("login"), cell("role"), cell("area"))


def _counted(rows: list[ListRow]) -> list[ListRow]:
    if not rows:
        raise InvalidInput("list_empty", N_("名单里没有人。请在标题下面一行一个填写。"))
    if len(rows) > MOST_ROWS:
        raise InvalidInput(
            "list_long", N_("一份名单最多 %(most)s 行，这份有 %(rows)s 行。请拆成几份。"), most=MOST_ROWS, rows=len(rows)
        )  # fmt: skip
    return rows


def role_named(words: str) -> str:
    """The role that somebody means.

    Parameters
    ----------
    words : str
        Its Chinese name or its code.

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        "role_unknown".
    """
    plain = words.strip()
    role = ROLE_WORDS.get(plain, plain.lower())
    if role not in ROLE_WORDS.values():
        raise InvalidInput("role_unknown", N_("没有“%(role)s”这种角色。"), role=plain[:40])
    return role


def area_named(words: str, role: str, areas: Mapping[str, str]) -> str:
    """The code of the area that somebody means.

    Parameters
    ----------
    words : str
        A code, a name, both as the page suggests them, or a word for everywhere.
    role : str
        Those of the whole installation need none.
    areas : mapping of str to str
        Names of the areas in sight, by code.

    Returns
    -------
    str
        Empty for everywhere.

    Raises
    ------
    InvalidInput
        "area_missing", or "area_ambiguous" when several have that name.
    NotFound
        "area_unknown": not there, or not in sight.
    """
    plain = words.strip()
    if plain.lower() in EVERYWHERE or (not plain and role in CENTRAL_ROLES):
        return ""
    if not plain:
        raise InvalidInput("area_missing", N_("请写明辖区：区划名称或 12 位编码。"))
    for word in reversed(plain.replace("（", " ").replace("）", " ").split()):
        if word in areas:
            return word
    found = [code for code, name in areas.items() if name == plain]
    if len(found) > 1:
        raise InvalidInput(
            "area_ambiguous", N_("有 %(count)s 个区划叫“%(name)s”，请改写 12 位编码。"), count=len(found), name=plain[:40]
        )  # fmt: skip
    if not found:
        raise NotFound("area_unknown", N_("没有这个区划。请从列表里选，或填写 12 位编码。"))
    return found[0]


def checked_rows(
    rows: Iterable[ListRow], reaches: tuple[Reach, ...], areas: Mapping[str, str], taken: Iterable[str]
) -> list[CheckedRow]:
    """Each row with what it means, or with what is wrong with it.

    Parameters
    ----------
    rows : iterable of ListRow
    reaches : tuple of Reach
        What the administrator may give.
    areas : mapping of str to str
        Names of the areas in sight, by code.
    taken : iterable of str
        Logins that exist.

    Returns
    -------
    list of CheckedRow
    """
    known = dict.fromkeys(taken, 0)
    checked = []
    for row in rows:
        try:
            wanted = wanted_of(row.login, row.role, row.area, reaches, areas)
            _refuse_repeated(wanted.login, known)
            known[wanted.login] = row.line
            checked.append(CheckedRow(row, wanted, None))
        except DomainError as problem:
            checked.append(CheckedRow(row, None, problem))
    return checked


def wanted_of(
    login: str, role: str, area: str, reaches: tuple[Reach, ...], areas: Mapping[str, str]
) -> Wanted:
    """What somebody typed, as an account to be made.

    Parameters
    ----------
    login, role, area : str
        As typed.
    reaches : tuple of Reach
        What the administrator may give.
    areas : mapping of str to str
        Names of the areas in sight, by code.

    Returns
    -------
    Wanted

    Raises
    ------
    InvalidInput, NotAllowed or NotFound
        With what is wrong.
    """
    login, role = checked_login(login), role_named(role)
    code = area_named(area, role, areas)
    refuse_foreign(reaches, role, code)
    return Wanted(login, role, code)


def _refuse_repeated(login: str, known: Mapping[str, int]) -> None:
    if known.get(login):
        raise InvalidInput("login_repeated", N_("第 %(line)s 行已经是这个账号。"), line=known[login])
    if login in known:
        raise InvalidInput("login_taken", N_("这个账号名已经有人用了，请换一个。"))
