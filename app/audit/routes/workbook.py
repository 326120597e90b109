"""The ledger as a workbook: one row for each line."""

from collections.abc import Sequence

import orjson
from flask_babel import format_datetime
from flask_babel import gettext as _

from app.audit.queries import Line, Names
from app.audit.routes.words import ACTIONS, subject_word
from app.web.workbook import Book, Column

# Excel's own limit is 32,767 characters a cell.
LONGEST_CELL = 32_000


def ledger_workbook(lines: Sequence[tuple[Line, str, str]], names: Names) -> bytes:
    """The bytes of an .xlsx file."""
    columns = [
        Column(_("行号"), 10, "plain_number"), Column(_("时间"), 22), Column(_("谁"), 16), Column(_("做了什么"), 70, "wrapped"),
        Column(_("辖区"), 18), Column(_("区划代码"), 15), Column(_("内容"), 14), Column(_("操作"), 8), Column(_("条数"), 8, "number"),
        Column(_("请求编号"), 20), Column(_("前后内容"), 60),
    ]  # fmt: skip
    rows = [
        [
            line.id, format_datetime(line.at, "yyyy-MM-dd EEE HH:mm:ss"), who, sentence, names.areas.get(line.area_code, ""),
            line.area_code, subject_word(line.subject), _(ACTIONS[line.action]), line.rows, line.request,
            orjson.dumps(line.changes).decode()[:LONGEST_CELL],
        ]
        for line, who, sentence in lines
    ]  # fmt: skip
    book = Book(_("操作记录"))
    book.sheet(_("操作记录"), columns, rows)
    return book.done()
