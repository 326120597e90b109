"""Inviting many at once: a list is read, shown with what is wrong in it, and then invited whole or not at all."""

import tempfile
import uuid
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app import db
from app.accounts import actions, guard
from app.accounts.guard import ADMINISTERS, allow, fresh
from app.accounts.queries import accounts as queries
from app.accounts.routes import sheets, slips
from app.accounts.routes.administration import administration, areas_in_reach, names_in_reach, reaches
from app.accounts.routes.own import me
from app.accounts.rules import CheckedRow, Grant, ListRow, Wanted, checked_rows, list_rows, roles_to_give
from app.accounts.rules.lists import HEADER_SEARCH_ROWS, MOST_ROWS
from app.errors import N_, Conflict, InvalidInput
from app.geo import container
from app.geo.intake import read_rows
from app.geo.limits import MEBIBYTE, Limits
from app.web import parse
from app.web.language import error_sentence
from app.web.pages import attachment
from app.web.workbook import XLSX

# A list of 500 people is a few dozen kilobytes; whoever uploads it waits for the answer.
LIMITS = Limits(
    max_bytes=MEBIBYTE, max_unpacked_bytes=24 * MEBIBYTE, wall_s=20.0, cpu_s=15.0, memory_bytes=1536 * MEBIBYTE
)  # fmt: skip
PAGE = "accounts/bulk.html"


def page(problem: str | None = None, **facts: Any) -> str:
    return render_template(PAGE, problem=problem, most=MOST_ROWS, **{"checked": None, **facts})


@administration.get("/bulk")
@fresh
@allow(*ADMINISTERS)
def bulk() -> ResponseReturnValue:
    return page()


@administration.get("/bulk/template.xlsx")
@allow(*ADMINISTERS)
def template() -> Response:
    with db.reading() as session:
        areas = areas_in_reach(session)
    return attachment(sheets.template_sheet(areas, roles_to_give(reaches())), XLSX, "批量邀请.xlsx")


@administration.post("/bulk/check")
@fresh
@allow(*ADMINISTERS)
def check() -> ResponseReturnValue:
    sent = request.files.get("list")
    if sent is None or not sent.filename:
        return page(error_sentence(InvalidInput("file_missing", N_("请先选一个文件。")))), 422
    try:
        rows = read_list(sent)
    except InvalidInput as refused:
        if refused.code == "file_too_large":
            refused = InvalidInput(
                "list_large", N_("名单文件太大，最多 1 MB。一份名单最多 500 行，请拆成几份。")
            )
        return page(error_sentence(refused)), 422
    with db.reading() as session:
        checked = check_rows(session, rows)
    return preview(checked, uuid.uuid4())


def read_list(sent: FileStorage) -> list[ListRow]:
    """The rows of an uploaded table, read where it can do no harm."""
    with tempfile.TemporaryDirectory(prefix="wardmap-") as folder:
        try:
            container.receive(Path(folder), [(sent.filename or "", cast(BinaryIO, sent.stream))], LIMITS)
        finally:
            sent.close()
        lines = read_rows(Path(folder), LIMITS, MOST_ROWS + HEADER_SEARCH_ROWS)
    return list_rows([(line, [plain(cell) for cell in cells]) for line, cells in lines])


def plain(cell: str) -> str:
    return "".join(sign for sign in cell if sign.isprintable())


def check_rows(session: Session, rows: Sequence[ListRow]) -> list[CheckedRow]:
    taken = queries.logins_among(session, [row.login.lower() for row in rows])
    return checked_rows(rows, reaches(), names_in_reach(session), taken)


def preview(checked: Sequence[CheckedRow], key: uuid.UUID, problem: str | None = None) -> ResponseReturnValue:
    wrong = [one for one in checked if one.problem]
    with db.reading() as session:
        names = names_in_reach(session)
    return page(
        problem, checked=checked, wrong=len(wrong), key=key, names=names, roles=guard.ROLE_NAMES,
        rows=orjson.dumps([tuple(one.row) for one in checked]).decode(), sentence=error_sentence,
    ), (422 if wrong or problem else 200)  # fmt: skip


@administration.post("/bulk")
@fresh
@allow(*ADMINISTERS)
def do_bulk() -> ResponseReturnValue:
    key, rows = parse.form_key(), sent_rows(request.form.get("rows", ""))
    try:
        with db.transaction() as session:
            actions.begin_batch(session, key, me().id)
            checked = check_rows(session, rows)
            wanted = [one.wanted for one in checked if one.wanted]
            if len(wanted) < len(rows):
                raise Conflict(
                    "list_changed", N_("名单和刚才检查时不一样了，一个也没有邀请。请看下面的说明。")
                )
            made = actions.invite_many(session, wanted, me().id)
            names = names_in_reach(session)
    except Conflict as refused:
        if refused.code == "batch_repeated":
            raise
        with db.reading() as session:
            checked = check_rows(session, rows)
        return preview(checked, uuid.uuid4(), error_sentence(refused))
    return show_made(made, wanted, names)


def show_made(
    made: Sequence[actions.Invited], wanted: Sequence[Wanted], names: dict[str, str]
) -> ResponseReturnValue:
    """The slips, and the same as a workbook inside the page: neither can be asked for again."""
    all_slips = [
        slips.slip(one, [Grant(asked.role, asked.area_code)], names)
        for one, asked in zip(made, wanted, strict=True)
    ]
    workbook = b64encode(sheets.link_sheet(all_slips)).decode()
    return render_template("accounts/bulk_made.html", slips=all_slips, workbook=f"data:{XLSX};base64,{workbook}")  # fmt: skip


def sent_rows(words: str) -> list[ListRow]:
    """The rows that the preview has shown; what they mean is checked again."""
    try:
        sent = orjson.loads(words)
        rows = [ListRow(int(line), str(login), str(role), str(area)) for line, login, role, area in sent]
    except (orjson.JSONDecodeError, TypeError, ValueError):
        rows = []
    if not 0 < len(rows) <= MOST_ROWS or any(len(cell) > 200 for row in rows for cell in row[1:]):
        raise InvalidInput("form_incomplete", N_("表单不完整，请回到上一步重新选文件。"))
    return [ListRow(row.line, plain(row.login), plain(row.role), plain(row.area)) for row in rows]
