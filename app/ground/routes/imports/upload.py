"""Handing a file in: larger than any other request, so the limit is raised here and for this view only."""

import uuid
from typing import Any, BinaryIO, cast

from flask import current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.guard import PLANS, allow, current_account
from app.errors import N_, InvalidInput
from app.ground import boundary_import
from app.ground.queries.areas import names_of
from app.ground.queries.imports import import_progress
from app.ground.routes.imports.listing import formats, upload_limit_mb
from app.ground.routes.imports.room import imports
from app.ground.routes.imports.wording import KIND_WORDS
from app.web import parse
from app.web.error_pages import wants_json

MEGABYTE = 1024 * 1024
# Room for the form's own fields and the boundaries between parts.
FORM_BYTES = MEGABYTE


@imports.url_value_preprocessor
def raise_limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let a planner send a large body, before the form token is looked for in it.

    Nobody else's body is read beyond the general limit. Files spool to disk, they are never whole in memory.
    """
    account = current_account()
    if endpoint == "imports.upload" and account is not None and account.may(*PLANS):
        request.max_content_length = upload_limit_mb() * MEGABYTE + FORM_BYTES
        request.max_form_parts = 40


@imports.get("/imports/new")
@allow(*PLANS)
def new() -> ResponseReturnValue:
    codes = own_areas()
    with db.reading() as session:
        names = names_of(session, codes) if len(codes) > 1 else {}
    return render_template(
        "ground/imports/new.html",
        areas={code: names.get(code, code) for code in codes} if len(codes) > 1 else {},
        key=uuid.uuid4(),
        limit_mb=upload_limit_mb(),
        formats=formats(),
        kinds=KIND_WORDS,
        words=upload_words(),
    )


@imports.post("/imports")
@allow(*PLANS)
def upload() -> ResponseReturnValue:
    sent = request.files.getlist("files")
    account = current_account()
    codes = own_areas()
    within = request.form.get("area") or codes[0]
    if within not in codes:
        raise InvalidInput("area_not_yours", N_("请从你自己的辖区里选一个。"))
    try:
        with db.transaction() as session:
            import_id = boundary_import.receive(
                session,
                [(one.filename or "", cast(BinaryIO, one.stream)) for one in sent],
                key=parse.form_key(),
                max_bytes=upload_limit_mb() * MEGABYTE,
                account_id=account.id if account else None,
                area_code=within,
            )
            begin_inspecting(session, import_id)
    finally:
        for one in sent:
            one.close()
    address = url_for("imports.show", import_id=import_id)
    return (jsonify(id=import_id, url=address), 201) if wants_json() else redirect(address, 303)


def own_areas() -> tuple[str, ...]:
    """Where this account may bring files in; one empty code when that is everywhere."""
    account = current_account()
    codes = account.areas(*PLANS) if account else ()
    return ("",) if "" in codes else codes


def begin_inspecting(session: Any, import_id: int) -> None:
    """Queue the first look; a form sent twice finds it already queued."""
    if import_progress(session, import_id)["state"] == "uploaded":
        boundary_import.ask_inspect(session, import_id)


def upload_words() -> dict[str, str]:
    current_limit = current_app.config["SETTINGS"].max_upload_mb
    return {
        "failed": _("没有成功，请稍后重试。"),
        "offline": _("连接中断，文件没有传完。请检查网络后再点一次“上传”。"),
        "tooLarge": _(
            "这些文件共 %(size)s，超过了 %(limit)s MB 的上限。请按街道分成几个文件，或打成 zip 再传。"
        ),
        "emptyFile": _("“%(name)s”是空文件，请重新导出。"),
        "mixed": _("一次只能导入一份数据。请只选一个文件，或同名的一组 .shp、.shx、.dbf、.prj。"),
        "unknownType": _("“%(name)s”不是能导入的格式。请看右边列出的格式。"),
        "partsMissing": _("还缺同名的 %(endings)s。没有它们就读不出名称和位置，请一起选中。"),
        "remove": _("去掉 %(name)s"),
        "total": _("共 %(size)s"),
        "sending": _("正在上传：%(percent)s（%(sent)s / %(size)s）"),
        "received": _("已收到，正在打开……"),
        "stop": _("停止上传"),
        "stopped": _("已停止上传，什么都没有保存。"),
        "limit": str(current_limit),
    }
