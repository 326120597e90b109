"""The header table, on every answer of every address: fine, refused, unknown, redirected, unchanged, static, broken."""

from dataclasses import replace
from typing import Any

import pytest

from app import create_app, db
from tests.authority.matrix import MATRIX
from tests.authority.region import build_region
from tests.conftest import PASSWORD, Visitor
from tests.web.visits import absent, cookie_of, names_of, sent_with

TABLE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
}
DIRECTIVES = {
    "default-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "form-action 'self'",
}
# Public, and the same for everybody.
KEPT_BY_ALL = {"web.static_file", "open_ground.areas"}
# May lie in one browser, which asks each time whether it still holds.
KEPT_BY_ONE = {"town.areas", "tiles.building", "tiles.backdrop", "workbench.outlines", "workbench.tile"}


def troubles(answer: Any, endpoint: str = "", tls: bool = False) -> list[str]:
    """What is wrong with the headers of an answer."""
    headers = answer.headers
    found = [name for name, value in TABLE.items() if headers.getlist(name) != [value]]
    policy = headers.get("Content-Security-Policy", "")
    parts = {one.strip() for one in policy.split(";")}
    if not parts >= DIRECTIVES or "unsafe" in policy or "*" in policy or "http:" in policy:
        found.append(f"policy {policy}")
    cached = headers.get("Cache-Control", "")
    fine = {"no-store"}
    if answer.status_code in (200, 304) and "ETag" in headers:
        fine = {"private, max-age=0, must-revalidate"} if endpoint in KEPT_BY_ONE else set()
        fine |= (
            {"public, max-age=31536000, immutable", "public, max-age=300", "no-cache, max-age=0"}
            if endpoint in KEPT_BY_ALL
            else set()
        )
    if cached not in fine:
        found.append(f"kept {cached}")
    if ("Strict-Transport-Security" in headers) is not tls:
        found.append("transport")
    if any(name in headers for name in ("Server", "X-Powered-By", "Access-Control-Allow-Origin")):
        found.append("says too much")
    for cookie in headers.getlist("Set-Cookie"):
        ended = "Max-Age=0" in cookie
        if (
            ("HttpOnly" not in cookie and not ended)
            or ("SameSite=Lax" not in cookie and not ended)
            or "Path=/" not in cookie
        ):
            found.append(cookie)
        if tls and (not cookie.startswith("__Host-") or "Secure" not in cookie or "Domain" in cookie):
            found.append(cookie)
    return found


@pytest.fixture
def region(session):
    return build_region(session)


def test_every_answer_of_every_address(app, session, region, login_as) -> None:
    visitor, stranger = login_as("district"), Visitor(app.test_client())
    cookie, connection = cookie_of(visitor), session.connection()
    wrong, kinds = [], {}
    for endpoint, entry in MATRIX.items():
        here, gone = names_of(region), absent()
        asked = [
            (visitor, entry.method, here, {}), (visitor, entry.method, gone, {}), (stranger, entry.method, here, {}),
            (stranger, entry.method, here, {"headers": {"Accept": "application/json"}}), (visitor, "PROPFIND", here, {}),
            (visitor, "OPTIONS", here, {}), (visitor, entry.method, here, {"headers": {"X-CSRFToken": "wrong"}}),
        ]  # fmt: skip
        if entry.method == "GET":
            asked += [(visitor, "HEAD", here, {}), (visitor, "POST", here, {})]
        for who, method, names, more in asked:
            undone = connection.begin_nested()
            visitor.client.set_cookie("wardmap", cookie)
            answer = who.send(method, entry.path.format(**names), **sent_with(entry, names), **more)
            undone.rollback()
            kinds[answer.status_code] = kinds.get(answer.status_code, 0) + 1
            wrong += [
                f"{endpoint} {method} {answer.status_code}: {one}" for one in troubles(answer, endpoint)
            ]
            if etag := answer.headers.get("ETag"):
                same = visitor.get(entry.path.format(**names), headers={"If-None-Match": etag})
                assert same.status_code == 304
                kinds[304] = kinds.get(304, 0) + 1
                wrong += [f"{endpoint} 304: {one}" for one in troubles(same, endpoint)]
    print(dict(sorted(kinds.items())))
    assert not wrong, "\n".join(wrong[:30])
    assert set(kinds) >= {200, 301, 302, 303, 304, 400, 403, 404, 405, 409, 422}


def test_answers_that_no_view_makes(app, client, login_as, monkeypatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(app.view_functions, "accounts.sign_in", broken)
    broken.guard = "public"  # type: ignore[attr-defined]
    planner = login_as("planner")
    answers = {
        500: client.get("/sign-in"),
        413: planner.post("/plans", data={"name": "x" * 3_000_000}),
        415: planner.post("/plans/1/pick", data=b"{}", content_type="text/plain"),
        404: client.get("/%E4%B8%8D"),
        422: client.get("/plans?q=%00"),
        403: client.post("/sign-in", data={}, headers={"Origin": "https://evil.example"}),
        400: client.client.post("/sign-in", data={}),
    }
    assert {wanted: answer.status_code for wanted, answer in answers.items()} == {
        status: status for status in answers
    }
    assert not {status: troubles(answer) for status, answer in answers.items() if troubles(answer)}


def test_under_tls_cookies_are_bound_to_this_host_and_browsers_stay_with_it(
    settings, session, engine
) -> None:
    from app.accounts.actions import add_account

    secure = create_app(replace(settings, secure_cookies=True, base_url="https://ward.example.cn"))
    db.bind(session.connection(), join_transaction_mode="create_savepoint")
    add_account(session, "zhou", PASSWORD, "planner")
    session.commit()
    visitor = Visitor(secure.test_client())
    tls = {"base_url": "https://ward.example.cn", "headers": {"Accept": "text/html"}}
    page = visitor.client.get("/sign-in", **tls)
    token = page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    ours = {
        **tls,
        "headers": {"Origin": "https://ward.example.cn", "Referer": "https://ward.example.cn/sign-in"},
    }
    form = {"csrf_token": token, "login": "zhou", "password": PASSWORD}
    signed_in = visitor.client.post("/sign-in", data=form, **ours)
    assert signed_in.status_code == 303
    form = visitor.client.get("/plans", **tls).get_data(as_text=True)
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    chosen = visitor.client.post(
        "/language", data={"csrf_token": token, "language": "en", "next": "/plans"}, **ours
    )
    assert "Sign out" in visitor.client.get("/plans", **tls).get_data(as_text=True)
    answers = (page, signed_in, chosen, visitor.client.get("/no", **tls))
    assert [troubles(one, tls=True) for one in answers] == [[]] * 4
    assert [cookie.split("=")[0] for one in answers for cookie in one.headers.getlist("Set-Cookie")] == [
        "__Host-wardmap", "__Host-wardmap-device", "__Host-wardmap", "__Host-wardmap_language",
    ]  # fmt: skip
