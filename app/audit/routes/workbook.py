"""The ledger as a workbook: one row for each line, text stays text."""

from collections.abc import Sequence
from io import BytesIO

import orjson
import xlsxwriter
from flask_babel import format_datetime
from flask_babel import gettext as _

from app.audit.queries import Line, Names
from app.audit.routes.words import ACTIONS, subject_word
from app.zones.routes.workbook import OPTIONS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limit is 32,767 characters a cell.
LONGEST_CELL = 32_000


def ledger_workbook(lines: Sequence[tuple[Line, str, str]], names: Names) -> bytes:
    """The bytes of an .xlsx file."""
    columns = [
        (_("行号"), 10), (_("时间"), 22), (_("谁"), 16), (_("做了什么"), 70), (_("辖区"), 18), (_("区划代码"), 15),
        (_("内容"), 14), (_("操作"), 8), (_("条数"), 8), (_("请求编号"), 20), (_("前后内容"), 60),
    ]  # fmt: skip
    target = BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    head = book.add_format({"bold": True, "bg_color": "#E3EFF4", "bottom": 1, "valign": "vcenter"})
    plain = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    number = book.add_format({"num_format": "0", "valign": "top"})
    sheet = book.add_worksheet(_("操作记录")[:31])
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for column, (words, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, words, head)
    for row, (line, who, sentence) in enumerate(lines, start=1):
        values = [
            line.id, format_datetime(line.at, "yyyy-MM-dd EEE HH:mm:ss"), who, sentence, names.areas.get(line.area_code, ""),
            line.area_code, subject_word(line.subject), _(ACTIONS[line.action]), line.rows, line.request,
            orjson.dumps(line.changes).decode()[:LONGEST_CELL],
        ]  # fmt: skip
        for column, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, column, value, plain)
            else:
                sheet.write_number(row, column, value, number)
    if lines:
        sheet.autofilter(0, 0, len(lines), len(columns) - 1)
    book.close()
    return target.getvalue()
