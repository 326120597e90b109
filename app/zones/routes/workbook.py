"""A plan as a workbook: one sheet of zones, one of buildings."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.ground.map_layers import kind_name
from app.web.workbook import Book, Column
from app.zones.queries.plans import PlanFacts


def plan_workbook(
    plan: PlanFacts, state: dict[str, Any], buildings: Sequence[dict[str, Any]], on: date
) -> bytes:
    """The bytes of an .xlsx file."""
    book = Book(f"{plan.community} {plan.name}", str(on))
    _zone_sheet(book, state)
    _building_sheet(book, state, buildings)
    return book.done()


def _zone_sheet(book: Book, state: dict[str, Any]) -> None:
    columns = [
        Column(_("编号"), 8, "number"),
        Column(_("责任区代码"), 20),
        Column(_("名称"), 26),
        Column(_("楼栋数"), 10, "number"),
        Column(_("户数"), 10, "number"),
        Column(_("规模（300–500 户为宜）"), 22),
    ]
    rows = [
        [one["number"], one["code"], one["title"], one["buildings"], one["households"], one["bandText"]]
        for one in state["zones"]
    ]
    sums = state["sums"]
    if sums["unassigned"]:
        rows.append([None, "", _("未划入"), sums["unassigned"], sums["unassigned_households"], ""])
    sheet = book.sheet(_("责任区"), columns, rows)
    last = len(rows) + 1
    sheet.write_string(last, 2, _("合计"), book.looks["sum"])
    sheet.write_number(last, 3, sums["buildings"], book.looks["sum"])
    sheet.write_number(last, 4, sums["households"], book.looks["sum"])


def _building_sheet(book: Book, state: dict[str, Any], buildings: Sequence[dict[str, Any]]) -> None:
    columns = [
        Column(_("责任区编号"), 10, "number"),
        Column(_("责任区"), 24),
        Column(_("楼栋编码"), 22),
        Column(_("楼栋"), 16),
        Column(_("地址"), 42),
        Column(_("用途"), 12),
        Column(_("层数"), 8, "number"),
        Column(_("单元"), 8, "number"),
        Column(_("户数"), 8, "number"),
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
    book.sheet(_("楼栋"), columns, rows)
