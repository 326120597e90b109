"""A plan as a workbook: one sheet of zones, one of buildings. Text stays text, whatever it begins with."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter
from flask_babel import gettext as _

from app.ground.map_layers import kind_name
from app.zones.queries.plans import PlanFacts

# A cell that begins with = or http stays what was typed: a list must not compute or call anything.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Column = tuple[str, int, str]


def plan_workbook(
    plan: PlanFacts, state: dict[str, Any], buildings: Sequence[dict[str, Any]], on: date
) -> bytes:
    """The bytes of an .xlsx file."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    book.set_properties({"title": f"{plan.community} {plan.name}", "comments": str(on)})
    looks = {
        "head": book.add_format(
            {"bold": True, "bg_color": "#E3EFF4", "bottom": 1, "valign": "vcenter", "text_wrap": True}
        ),
        "text": book.add_format({"num_format": "@", "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "sum": book.add_format({"bold": True, "num_format": "#,##0", "top": 1}),
    }
    _zone_sheet(book, looks, state)
    _building_sheet(book, looks, state, buildings)
    book.close()
    return target.getvalue()


def _zone_sheet(book: Any, looks: dict[str, Any], state: dict[str, Any]) -> None:
    columns: list[Column] = [
        (_("编号"), 8, "number"),
        (_("责任区代码"), 20, "text"),
        (_("名称"), 26, "text"),
        (_("楼栋数"), 10, "number"),
        (_("户数"), 10, "number"),
        (_("规模（300–500 户为宜）"), 22, "text"),
    ]
    rows = [
        [one["number"], one["code"], one["title"], one["buildings"], one["households"], one["bandText"]]
        for one in state["zones"]
    ]
    sums = state["sums"]
    if sums["unassigned"]:
        rows.append([None, "", _("未划入"), sums["unassigned"], sums["unassigned_households"], ""])
    sheet = _sheet(book, looks, _("责任区"), columns, rows)
    last = len(rows) + 1
    sheet.write_string(last, 2, _("合计"), looks["sum"])
    sheet.write_number(last, 3, sums["buildings"], looks["sum"])
    sheet.write_number(last, 4, sums["households"], looks["sum"])


def _building_sheet(
    book: Any, looks: dict[str, Any], state: dict[str, Any], buildings: Sequence[dict[str, Any]]
) -> None:
    columns: list[Column] = [
        (_("责任区编号"), 10, "number"),
        (_("责任区"), 24, "text"),
        (_("楼栋编码"), 22, "text"),
        (_("楼栋"), 16, "text"),
        (_("地址"), 42, "text"),
        (_("用途"), 12, "text"),
        (_("层数"), 8, "number"),
        (_("单元"), 8, "number"),
        (_("户数"), 8, "number"),
    ]
    titles = {one["number"]: one["title"] for one in state["zones"]}
    rows = [
        [
            one["zone"],
            titles.get(one["zone"], _("未划入")),
            one["code"],
            one["name"],
            one["address"],
            _(kind_name(one["kind"])),
            one["floors"],
            one["units"],
            one["households"],
        ]
        for one in buildings
    ]
    _sheet(book, looks, _("楼栋"), columns, rows)


def _sheet(
    book: Any, looks: dict[str, Any], title: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
) -> Any:
    sheet = book.add_worksheet(title[:31])
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 24)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for column, (head, width, look) in enumerate(columns):
        sheet.set_column(column, column, width, looks[look])
        sheet.write_string(0, column, head, looks["head"])
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, column, value, looks["text"])
            elif value is not None:
                sheet.write_number(row, column, value, looks["number"])
    if rows:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return sheet
