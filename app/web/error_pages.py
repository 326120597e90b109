"""Domain errors become answers here, and nowhere else."""

import logging
from typing import Any

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound, Unavailable
from app.web.headers import request_id
from app.web.language import error_sentence

STATUS = {NotFound: 404, NotAllowed: 403, InvalidInput: 422, Conflict: 409, Unavailable: 503}
log = logging.getLogger("wardmap.web")


def install(app: Flask) -> None:
    app.register_error_handler(DomainError, show_domain_error)
    app.register_error_handler(CSRFError, show_stale_form)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(TimeoutError, show_silence)
    app.register_error_handler(Exception, show_defect)


def wants_json() -> bool:
    """Scripts ask for JSON; people get pages."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json" or request.is_json


def show_domain_error(error: DomainError) -> ResponseReturnValue:
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    headers = {"Retry-After": "5"} if status == 503 else {}
    if wants_json():
        facts = {
            name: fact
            for name, fact in error.facts.items()
            if isinstance(fact, (str, int, float, bool, list))
        }
        return jsonify(code=error.code, sentence=error_sentence(error), facts=facts), status, headers
    return _page(status, error_sentence(error)), status, headers


def show_stale_form(error: CSRFError) -> ResponseReturnValue:
    text = _(
        "这个页面放得太久，已经失效，刚才的操作没有执行。请刷新后再做一次；如果还是这样，请告诉管理员（可能是磁盘已满，写不进去）。"
    )
    return (jsonify(code="form_stale", sentence=text), 400) if wants_json() else (_page(400, text), 400)


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    limit_mb = current_app.config["SETTINGS"].max_upload_mb
    texts = {
        400: _("浏览器发来的内容看不懂。请返回上一页再试。"),
        404: _("没有这一页。地址可能写错了，或内容已经删除。"),
        405: _("这个地址不能这样使用。"),
        413: _("发来的内容太大。一个文件最多 %(mb)s MB，请拆分后再上传。", mb=limit_mb)
        if request.endpoint == "imports.upload"
        else _("发来的内容太大，没有处理。"),
        415: _("发来的内容不是这个地址要的格式，没有处理。"),
    }
    text = texts.get(status, _("请求没有成功（%(status)s）。", status=status))
    if wants_json():
        return jsonify(code=f"http_{status}", sentence=text), status
    return _page(status, text), status


def show_silence(error: TimeoutError) -> ResponseReturnValue:
    """The browser stopped in the middle of what it was sending."""
    text = _("网络中断，内容没有收全，什么也没有改动。请重试。")
    answer = jsonify(code="request_cut", sentence=text) if wants_json() else _page(408, text)
    return answer, 408, {"Connection": "close"}


def show_defect(error: Exception) -> ResponseReturnValue:
    number = request_id()
    log.exception("defect %s on %s %s", number, request.method, request.path, exc_info=error)
    text = _("程序出错了，刚才的操作没有保存。请把编号 %(number)s 告诉管理员。", number=number)
    return (
        (jsonify(code="defect", sentence=text, number=number), 500)
        if wants_json()
        else (_page(500, text), 500)
    )


def _page(status: int, text: str) -> str:
    facts: dict[str, Any] = {"status": status, "text": text}
    return render_template("error.html", **facts)
