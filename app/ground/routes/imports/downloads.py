"""The findings as a list to take along: for the colleague who repairs the file."""

import csv
import io
from typing import Any

import xlsxwriter
from flask import Response
from flask_babel import gettext as _

from app import db
from app.accounts.guard import LOOKS, allow, fresh_when_assessed
from app.ground.queries import imports as queries
from app.ground.routes.imports.review import worded
from app.ground.routes.imports.room import imports
from app.ground.routes.imports.wording import SEVERITY_WORDS
from app.web.language import sentence
from app.web.pages import attachment

WIDTHS = (8, 24, 12, 22, 70, 13, 13)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet program runs a cell that begins like this.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@imports.get("/imports/<int:import_id>/findings.csv")
@fresh_when_assessed
@allow(*LOOKS)
def findings_csv(import_id: int) -> Response:
    name, lines = finding_table(import_id)
    body = io.StringIO()
    writer = csv.writer(body)
    for line in lines:
        writer.writerow([harmless(cell) for cell in line])
    return attachment(("\ufeff" + body.getvalue()).encode(), "text/csv", f"{name}.csv")


@imports.get("/imports/<int:import_id>/findings.xlsx")
@fresh_when_assessed
@allow(*LOOKS)
def findings_xlsx(import_id: int) -> Response:
    name, lines = finding_table(import_id)
    body = io.BytesIO()
    plain = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(body, plain) as book:
        sheet = book.add_worksheet(_("检查结果"))
        heading = book.add_format({"bold": True, "bg_color": "#e3eff4", "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width, wrapped)
        for row, line in enumerate(lines):
            sheet.write_row(row, 0, line, heading if row == 0 else None)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(lines) - 1, 1), len(WIDTHS) - 1)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.fit_to_pages(1, 0)
    return attachment(body.getvalue(), XLSX, f"{name}.xlsx")


def finding_table(import_id: int) -> tuple[str, list[list[Any]]]:
    """A file name and all lines: row, name, severity, title, sentence, longitude, latitude."""
    with db.reading() as session:
        detail = queries.import_detail(session, import_id)
        heading = [_("行"), _("名称"), _("轻重"), _("问题"), _("说明"), _("经度"), _("纬度")]
        lines = [heading, *(finding_line(one) for one in queries.all_findings(session, import_id))]
    return _("%(name)s 检查结果", name=detail["file_name"]), lines


def finding_line(finding: dict[str, Any]) -> list[Any]:
    one = worded(finding)
    severity = sentence(SEVERITY_WORDS[one["severity"]][0])
    return [one["row_no"], one["name"] or "", severity, one["title"], one["sentence"], one["lon"], one["lat"]]


def harmless(cell: Any) -> Any:
    """A text that a spreadsheet program will not take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
