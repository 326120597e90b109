"""Workbooks of accounts: the list, the links of a batch, the template. Text stays text, whatever it begins with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter
from flask_babel import gettext as _

from app.accounts.queries.accounts import AccountLine
from app.accounts.routes.slips import Slip, grant_words
from app.accounts.rules.lists import EVERYWHERE, MOST_ROWS, ROLE_WORDS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A cell that begins with = or http stays what was typed: a list must not compute or call anything.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
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
    heads = [
        (_("账号"), 24), (_("角色和辖区"), 50), (_("状态"), 16), (_("动态口令"), 12), (_("最近使用"), 14), (_("建立"), 14),
    ]  # fmt: skip
    rows = [
        [
            line.login, grant_words(line.grants, area_names), words[line.state],
            _("已打开") if line.second_factor else "", str(line.seen_at.date()) if line.seen_at else "",
            str(line.created_at.date()),
        ]
        for line in lines
    ]  # fmt: skip
    return _book(_("账号"), heads, rows, str(day))


def link_sheet(made: Iterable[Slip]) -> bytes:
    """The links of a batch, each good once."""
    heads = [(_("账号"), 24), (_("角色和辖区"), 40), (_("链接"), 80), (_("有效到"), 14)]
    rows = [[one.login, one.roles, one.link, str(one.expires_at.date())] for one in made]
    return _book(_("邀请链接"), heads, rows)


def template_sheet(areas: Sequence[tuple[str, str, str]], roles: Sequence[str]) -> bytes:
    """An empty list to fill in, with the roles to choose from and the areas to copy from."""
    body = BytesIO()
    with xlsxwriter.Workbook(body, OPTIONS) as book:
        heads = [("账号", 24), ("角色", 18), ("辖区", 30)]
        sheet = _sheet(book, "名单", heads, [])
        sheet.data_validation(
            1, 1, MOST_ROWS, 1,
            {"validate": "list", "source": [word for word, role in ROLE_WORDS.items() if role in roles]},
        )  # fmt: skip
        sheet.write_comment(0, 0, _("2 到 64 个字符，中间不能有空格"))
        sheet.write_comment(0, 2, _("名称或 12 位编码；全部就写“%(all)s”", all=EVERYWHERE[0]))
        _sheet(book, "辖区", [("编码", 18), ("名称", 30), ("上级", 30)], areas)
    return body.getvalue()


def _book(title: str, heads: Sequence[tuple[str, int]], rows: Sequence[Sequence[str]], note: str = "") -> bytes:  # fmt: skip
    body = BytesIO()
    with xlsxwriter.Workbook(body, OPTIONS) as book:
        book.set_properties({"title": title, "comments": note})
        _sheet(book, title, heads, rows)
    return body.getvalue()


def _sheet(book: Any, title: str, heads: Sequence[tuple[str, int]], rows: Sequence[Sequence[str]]) -> Any:
    sheet = book.add_worksheet(title[:31])
    head = book.add_format({"bold": True, "bg_color": "#E3EFF4", "bottom": 1})
    plain = book.add_format({"num_format": "@", "valign": "top"})
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for column, (word, width) in enumerate(heads):
        sheet.set_column(column, column, width, plain)
        sheet.write_string(0, column, word, head)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell, plain)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)
    return sheet
