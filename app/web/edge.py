"""Before any view: text that can be read, requests that come from our own pages, and looking that cannot write."""

from typing import IO, Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from flask import Flask, Request, Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from app import db
from app.config import is_own_machine
from app.errors import N_, InvalidInput, NotAllowed

LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_FIELDS = 2000
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# A page of ours, or a person without any page (a bookmark); never another site, be it a neighbour.
OWN_SITES = (None, "same-origin", "none")


class ReadableForm(FormDataParser):
    """Forms whose text is text: what is no UTF-8, or holds a NUL, is refused and never quietly changed."""

    def parse(self, *given: Any, **named: Any) -> Any:
        stream, form, files = super().parse(*given, **named)
        for name, value in form.items(multi=True):
            if "\0" in name or "\0" in value or "\ufffd" in name or "\ufffd" in value:
                raise unreadable()
        for name, one in files.items(multi=True):
            if "\0" in name or "\0" in (one.filename or ""):
                raise unreadable()
        return stream, form, files

    def _parse_urlencoded(self, stream: IO[bytes], *given: Any) -> Any:
        try:
            sent = parse_qsl(
                stream.read().decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
            )
        except UnicodeDecodeError:
            raise unreadable() from None
        except ValueError:
            raise InvalidInput("form_too_long", N_("表单的栏目太多，没有处理。请分几次提交。")) from None
        return stream, self.cls(sent), MultiDict()


class ReadableRequest(Request):
    form_data_parser_class = ReadableForm


def install(app: Flask) -> None:
    app.request_class = ReadableRequest
    app.before_request(begin)
    # The session is kept after this: the one thing that a request which only looks may write.
    app.after_request(end)
    app.teardown_request(lambda error: db.look_only(False))


def begin() -> None:
    environ = request.environ
    looking = environ["REQUEST_METHOD"] in LOOKS
    db.look_only(looking)
    if not is_readable(environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")):
        raise unreadable()
    refuse_strange_host(environ.get("SERVER_NAME", ""))
    if not looking:
        refuse_foreign()


def end(answer: Response) -> Response:
    db.look_only(False)
    return answer


def is_readable(path: str, query: str) -> bool:
    """Whether an address is UTF-8 without NUL; both as WSGI gives them, the path decoded and the query not."""
    if "\0" in path or not (path.isascii() or _is_utf8(path.encode("latin-1"))):
        return False
    if query.isascii() and "%" not in query:
        return True
    return "%00" not in query and _is_utf8(unquote_to_bytes(query.encode("latin-1")))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def unreadable() -> InvalidInput:
    return InvalidInput("text_unusable", N_("发来的文字里有不能识别的字符，什么也没有改动。请检查后重试。"))


def refuse_strange_host(server: str) -> None:
    """Refuse another name for a service that only this machine can reach: a page elsewhere may have had it point here."""
    settings = current_app.config["SETTINGS"]
    if settings.base_url or settings.trusted_proxies or not is_own_machine(server):
        return
    if not is_own_machine(urlsplit(f"//{request.host}").hostname or ""):
        raise NotAllowed(
            "strange_host",
            N_("这个网址不是本系统的。请用 http://127.0.0.1 打开；要换别的网址，请设置 WARDMAP_BASE_URL。"),
        )


def refuse_foreign() -> None:
    """Refuse what another site's page sends in the name of whoever is signed in here.

    Old programs send neither header; for them the form token is what tells.
    """
    headers = request.headers
    sender = headers.get("Origin") or _origin_of(headers.get("Referer"))
    if headers.get("Sec-Fetch-Site") in OWN_SITES and (sender is None or is_own(sender)):
        return
    base_url = current_app.config["SETTINGS"].base_url
    raise NotAllowed(
        "foreign_page",
        N_("这个操作不是从本系统的页面发出的，没有执行。请从 %(address)s 打开本系统再操作。"),
        address=base_url or f"{request.scheme}://{request.host}",
    )


def is_own(origin: str) -> bool:
    """Whether this is the origin of our own pages: of the base URL, or else of the host that was asked."""
    base_url = current_app.config["SETTINGS"].base_url
    if base_url:
        return _plain(origin) == _plain(_origin_of(base_url) or "")
    # Without it nothing tells what stands before us, http or https; the name is what a foreign page cannot have.
    scheme, _, host = _plain(origin).partition("://")
    return bool(host) and host in (
        request.host.lower(),
        request.host.lower().removesuffix(DEFAULT_PORTS.get(scheme, "")),
    )


def _origin_of(address: str | None) -> str | None:
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}"


def _plain(origin: str) -> str:
    origin = origin.lower()
    return origin.removesuffix(DEFAULT_PORTS.get(origin.partition("://")[0], ""))
