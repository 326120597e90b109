"""The findings as a list to take along: for the colleague who repairs the file."""

import csv
import io
from typing import Any

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
from app.web.workbook import XLSX, Book, Column

WIDTHS = (8, 24, 12, 22, 70, 13, 13)
KINDS = ("plain_number", "wrapped", "text", "wrapped", "wrapped", "plain_number", "plain_number")
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
    book = Book(name)
    book.sheet(_("检查结果"), [Column(*one) for one in zip(lines[0], WIDTHS, KINDS, strict=True)], lines[1:])
    return attachment(book.done(), XLSX, f"{name}.xlsx")


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
