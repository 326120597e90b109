"""Answers that are written before, or instead of, the application: too busy, or a request that is none."""

from app.config import Settings
from app.web.headers import STRICTEST, standing

SENTENCES = {
    400: "浏览器发来的内容看不懂。请返回上一页再试。 The request could not be understood.",
    403: "这个请求没有被接受。 The request was refused.",
    414: "网址太长。 The address is too long.",
    417: "这个请求没有被接受。 The request was refused.",
    431: "请求头太长。请清除这个网站的 Cookie 后再试。 The request header is too long; clear this site's cookies and try again.",
    500: "程序出错了，刚才的操作没有保存。 An error occurred; nothing was saved.",
    501: "这个请求没有被接受。 The request was refused.",
    503: "现在用的人太多，请过几秒再试。 Too busy at the moment; please try again in a few seconds.",
}
REASONS = {
    400: "Bad Request", 403: "Forbidden", 414: "URI Too Long", 417: "Expectation Failed",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip
BUSY_S = 2


def plain_answer(settings: Settings, status: int, *, as_json: bool = False) -> bytes:
    """A whole answer, headers and all. Nothing of what was asked is in it."""
    status = status if status in SENTENCES else 400
    sentence = SENTENCES[status]
    if as_json:
        code = "busy" if status == 503 else f"http_{status}"
        body, kind = f'{{"code":"{code}","sentence":"{sentence}","facts":{{}}}}', "application/json"
    else:
        body = (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>守望图</title><p>{sentence}</p></html>\n'
        )
        kind = "text/html; charset=utf-8"
    content = body.encode()
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Connection: close", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {len(content)}", f"Content-Security-Policy: {STRICTEST}"]
    lines += [f"{name}: {value}" for name, value in standing(settings)]
    if status == 503:
        lines.append(f"Retry-After: {BUSY_S}")
    return "\r\n".join([*lines, "", ""]).encode() + content
