"""Own static files under a versioned address, page-wide template words, language switch, health."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote
from uuid import uuid4

from flask import Blueprint, Flask, Response, current_app, redirect, request, send_from_directory
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, format_decimal
from werkzeug.exceptions import HTTPException
from werkzeug.urls import iri_to_uri

from app import db
from app.web.language import LANGUAGES

APP = Path(__file__).parents[1]
STATIC = APP / "web" / "static"
YEAR_S = 31_536_000
OPEN_S = 300
LONGEST_TARGET = 2000
View = TypeVar("View", bound=Callable[..., Any])
web = Blueprint("web", __name__)


def install(app: Flask) -> None:
    app.register_blueprint(web)
    app.jinja_env.globals.update(static_url=static_url, format_datetime=format_datetime, new_key=uuid4)
    app.jinja_env.filters["number"] = lambda value: "–" if value is None else format_decimal(value)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


@lru_cache
def code_version() -> str:
    """One hash over the program: after an upgrade browsers ask anew for what another program made."""
    digest = hashlib.sha256(static_version().encode())
    for path in sorted(APP.rglob("*.py")):
        if "node_modules" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


@lru_cache
def static_version() -> str:
    """One hash over all static files: a changed file changes every address, so answers may be kept for a year."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def static_url(path: str) -> str:
    return f"/assets/{static_version()}/{path}"


def public(view: View) -> View:
    """Mark a view as open to everybody."""
    view.guard = "public"  # type: ignore[attr-defined]
    return view


@web.get("/assets/<version>/<path:path>")
@public
def static_file(version: str, path: str) -> Response:
    answer = send_from_directory(STATIC, path, max_age=YEAR_S if version == static_version() else 0)
    if version == static_version():
        answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    return answer


@web.get("/healthz")
@public
def health() -> ResponseReturnValue:
    with db.glance() as asking:
        asking.execute("SELECT 1")
    return Response("ok\n", mimetype="text/plain")


@web.get("/favicon.ico")
@public
def favicon() -> ResponseReturnValue:
    return redirect(static_url("favicon.svg"), 301)


@web.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    wanted, settings = request.form.get("language", ""), current_app.config["SETTINGS"]
    answer = redirect(own_path(request.form.get("next", "/")), 303)
    if wanted in LANGUAGES:
        secure = settings.secure_cookies or request.is_secure
        answer.set_cookie(
            settings.language_cookie, wanted, max_age=YEAR_S, samesite="Lax", httponly=True, secure=secure
        )
    return answer


def own_path(target: str) -> str:
    """The path to go back to, if our own router answers GET there; else the front page.

    Put together anew from what was understood, so that no browser can read more into it than we did.
    """
    # Browsers drop some characters, turn \\ into / and take // for the beginning of a host.
    if len(target) > LONGEST_TARGET or not target.startswith("/") or target.startswith("//"):
        return "/"
    if "\\" in target or not target.isprintable() or " " in target:
        return "/"
    path, _, query = target.partition("#")[0].partition("?")
    try:
        meant = unquote(path, errors="strict")
        if {".", ".."} & set(meant.split("/")):
            return "/"
        current_app.url_map.bind("").match(meant, method="GET")
    except (HTTPException, UnicodeDecodeError):
        return "/"
    return iri_to_uri(f"{path}?{query}" if query else path)


def own_address(path: str) -> str:
    """A path as a whole address: under the one that was set, or else the one that was asked."""
    base: str = current_app.config["SETTINGS"].base_url
    return f"{base.rstrip('/') or request.host_url.rstrip('/')}{path}"


def etag_answer(body: bytes, mimetype: str, etag: str, max_age_s: int = 0) -> Response:
    """An answer that the browser keeps and asks about again: 304 when neither the facts nor the program changed."""
    answer = Response(body, mimetype=mimetype)
    answer.set_etag(_marked(etag))
    answer.headers["Cache-Control"] = f"private, max-age={max_age_s}, must-revalidate"
    answer.make_conditional(request)
    return answer


def open_answer(body: bytes, mimetype: str = "application/json") -> Response:
    """An answer that is the same for everybody, so any cache may keep it: a flood of visitors asks us once in a while."""
    answer = Response(body, mimetype=mimetype)
    answer.set_etag(hashlib.sha256(body).hexdigest()[:16])
    answer.headers["Cache-Control"] = f"public, max-age={OPEN_S}"
    answer.make_conditional(request)
    return answer


def unchanged(etag: str) -> Response | None:
    """A 304 if the browser already has this version, decided before any work is done."""
    marked = _marked(etag)
    if marked in request.if_none_match:
        answer = Response(status=304)
        answer.set_etag(marked)
        answer.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
        return answer
    return None


def _marked(etag: str) -> str:
    """What two accounts see at one address may differ, and so may two versions of the program."""
    return f"{etag}-{db.scope_key()}{code_version()}"


def attachment(body: bytes, mimetype: str, name: str) -> Response:
    """A file to keep, under a name that may be Chinese; never shown inside our own origin."""
    answer = Response(body, mimetype=mimetype)
    plain = "file." + name.rpartition(".")[2]
    answer.headers["Content-Disposition"] = f"attachment; filename={plain}; filename*=UTF-8''{quote(name)}"
    return answer
