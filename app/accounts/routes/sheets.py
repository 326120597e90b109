"""Workbooks of accounts: the list, the links of a batch, the template."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from flask_babel import gettext as _

from app.accounts.queries.accounts import AccountLine
from app.accounts.routes.slips import Slip, grant_words
from app.accounts.rules.lists import EVERYWHERE, MOST_ROWS, ROLE_WORDS
from app.web.workbook import Book, Column

STATE_STYLES = {"active": "is-good", "idle": "is-plain", "invited": "is-plain", "expired": "is-warn", "disabled": "is-bad"}  # fmt: skip


def state_words() -> dict[str, str]:
    """What the states of an account are called."""
    return {
        "active": _("可以登录"), "idle": _("没有角色"), "invited": _("等待接受邀请"), "expired": _("邀请已过期"),
        "disabled": _("已停用"),
    }  # fmt: skip


def account_sheet(lines: Iterable[AccountLine], area_names: Mapping[str, str], day: date) -> bytes:
    """The list of accounts as it was on a day."""
    words = state_words()
    columns = [
        Column(_("账号名"), 24), Column(_("角色和辖区"), 50), Column(_("状态"), 16), Column(_("动态口令"), 12),
        Column(_("最近使用"), 14), Column(_("建立日期"), 14),
    ]  # fmt: skip
    rows = [
        [
            line.login, grant_words(line.grants, area_names), words[line.state],
            _("已打开") if line.second_factor else "", str(line.seen_at.date()) if line.seen_at else "",
            str(line.created_at.date()),
        ]
        for line in lines
    ]  # fmt: skip
    return _one_sheet(_("账号"), columns, rows, str(day))


def link_sheet(made: Iterable[Slip]) -> bytes:
    """The links of a batch, each good once."""
    columns = [
        Column(_("账号名"), 24),
        Column(_("角色和辖区"), 40),
        Column(_("链接"), 80),
        Column(_("有效到"), 14),
    ]
    rows = [[one.login, one.roles, one.link, str(one.expires_at.date())] for one in made]
    return _one_sheet(_("邀请链接"), columns, rows)


def template_sheet(areas: Sequence[tuple[str, str, str]], roles: Sequence[str]) -> bytes:
    """An empty list to fill in, with the roles to choose from and the areas to copy from."""
    book = Book()
    sheet = book.sheet("名单", [Column("账号", 24), Column("角色", 18), Column("辖区", 30)], [])
    known = [word for word, role in ROLE_WORDS.items() if role in roles]
    sheet.data_validation(1, 1, MOST_ROWS, 1, {"validate": "list", "source": known})
    sheet.write_comment(0, 0, _("2 到 64 个字符，中间不能有空格"))
    sheet.write_comment(0, 2, _("名称或 12 位编码；全部就写“%(all)s”", all=EVERYWHERE[0]))
    book.sheet("辖区", [Column("编码", 18), Column("名称", 30), Column("上级", 30)], areas)
    return book.done()


def _one_sheet(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], note: str = "") -> bytes:
    book = Book(title, note)
    book.sheet(title, columns, rows)
    return book.done()
