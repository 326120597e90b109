"""Workbooks to take along: a head row that stays, filters, A4 across; text stays text, whatever it begins with."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A cell that begins with = or http stays what was typed: a list must not compute or call anything.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
HEAD = {"bold": True, "bg_color": "#E3EFF4", "bottom": 1, "valign": "vcenter", "text_wrap": True}
LOOKS = {
    "text": {"num_format": "@", "valign": "top"},
    "wrapped": {"num_format": "@", "valign": "top", "text_wrap": True},
    "number": {"num_format": "#,##0", "valign": "top"},
    "plain_number": {"num_format": "General", "valign": "top"},
    "sum": {"bold": True, "num_format": "#,##0", "top": 1},
}


class Column(NamedTuple):
    """A column of a sheet; its look is one of `LOOKS`."""

    head: str
    width: int
    look: str = "text"


class Book:
    """A workbook while it is made; `done` gives its bytes."""

    def __init__(self, title: str = "", note: str = "") -> None:
        self._target = BytesIO()
        self._book = xlsxwriter.Workbook(self._target, OPTIONS)
        self._book.set_properties({"title": title, "comments": note})
        self._head = self._book.add_format(HEAD)
        self.looks = {name: self._book.add_format(look) for name, look in LOOKS.items()}

    def sheet(self, title: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Any:
        """Add a sheet; empty cells may be None."""
        sheet = self._book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 24)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width, self.looks[column.look])
            sheet.write_string(0, number, column.head, self._head)
        for line, row in enumerate(rows, start=1):
            for number, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, number, value)
                elif value is not None:
                    sheet.write_number(line, number, value)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        return sheet

    def done(self) -> bytes:
        """The bytes of an .xlsx file."""
        self._book.close()
        return self._target.getvalue()
