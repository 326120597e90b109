"""Another site cannot act in the name of whoever is signed in: tokens, origins, verbs, over every command."""

from dataclasses import replace
from typing import Any

import pytest

from app.web import edge
from tests.authority.matrix import MATRIX
from tests.authority.region import build_region
from tests.conftest import Visitor
from tests.web.visits import commands, cookie_of, looks, names_of, sent_with

OURS = "http://localhost"
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8000"}, {"Origin": "http://evil.localhost"}, {"Origin": "file://"}, {"Origin": "localhost"},
    {"Origin": "http://localhost@evil.example"}, {"Origin": "http://xn--80ak6aa92e.com"},
    {"Referer": "https://evil.example/http://localhost/"}, {"Referer": "http://[::"}, {"Referer": "http://localhost.evil/"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "strange"},
    {"Sec-Fetch-Site": "cross-site", "Origin": OURS}, {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Referer": OURS + "/"},
]  # fmt: skip
OWN: list[dict[str, str]] = [
    {}, {"Origin": OURS}, {"Origin": OURS, "Sec-Fetch-Site": "same-origin"}, {"Referer": OURS + "/plans?x=1"},
    {"Origin": "HTTP://LOCALHOST"}, {"Origin": "http://localhost:80"}, {"Sec-Fetch-Site": "none"},
]  # fmt: skip


@pytest.fixture
def region(session):
    return build_region(session)


def test_every_command_wants_our_token_and_our_pages(session, region, login_as) -> None:
    planner, other = login_as("district"), login_as("district")
    cookie, connection = cookie_of(planner), session.connection()
    wrong, checks, others_token = [], 0, other.token()

    def status(entry: Any, headers: dict[str, str], token: str | None = None) -> int:
        nonlocal checks
        checks += 1
        undone = connection.begin_nested()
        planner.client.set_cookie("wardmap", cookie)
        names = names_of(region)
        given = {"X-CSRFToken": token or planner.token(), **headers}
        answer = planner.client.open(
            entry.path.format(**names), method=entry.method, headers=given, **sent_with(entry, names)
        )
        undone.rollback()
        return answer.status_code

    for endpoint, entry in commands():
        for token in ("", "wrong", others_token, "x" * 5000):
            if (seen := status(entry, {"X-CSRFToken": token})) != 400:
                wrong.append(f"{endpoint} with the token {token[:20]!r}: {seen}")
        wrong += [f"{endpoint} {given}: {seen}" for given in FOREIGN if (seen := status(entry, given)) != 403]
        fine = {200, 201, *entry.also}
        wrong += [
            f"{endpoint} {given}: {seen}" for given in OWN if (seen := status(entry, given)) not in fine
        ]
    print(f"{checks} requests over {len(list(commands()))} commands")
    assert not wrong, "\n".join(wrong[:30])


def test_no_command_can_be_given_by_looking(app, region, login_as) -> None:
    planner, names = login_as("district"), names_of(region)
    shown = {entry.path for _, entry in looks()}
    for endpoint, entry in commands():
        if entry.path in shown:
            continue  # the same address shows a page; that it changes nothing is proved elsewhere
        answer = planner.get(entry.path.format(**names))
        # An address that shows something else by GET is the matrix's: then it only looks.
        assert answer.status_code == 405 or is_a_look(app, entry.path.format(**names)), endpoint
    for override in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert planner.get("/plans?_method=DELETE", headers={override: "DELETE"}).status_code == 200


def is_a_look(app: Any, path: str) -> bool:
    endpoint, _ = app.url_map.bind("").match(path, method="GET")
    return MATRIX[endpoint].method == "GET"


def test_it_is_said_before_anything_is_read(app, session, login_as, monkeypatch) -> None:
    planner = login_as("planner")

    def read(*given: Any, **named: Any) -> Any:
        raise AssertionError("the body was read")

    monkeypatch.setattr(edge.ReadableForm, "parse", read)
    monkeypatch.setattr(app.request_class, "get_data", read)
    answer = planner.client.post(
        "/plans", data={"community": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert "不是从本系统的页面发出的" in answer.get_data(as_text=True)
    assert OURS in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://ward.example.cn", True), ("https://WARD.example.cn:443", True), ("http://ward.example.cn", False),
        ("https://ward.example.cn:8443", False), ("http://localhost", False), ("https://ward.example.cn.evil", False),
        ("https://sub.ward.example.cn", False), ("null", False),
    ],
)  # fmt: skip
def test_with_a_base_url_only_that_is_ours(
    app, client: Visitor, monkeypatch, origin: str, allowed: bool
) -> None:
    settings = replace(app.config["SETTINGS"], base_url="https://ward.example.cn/")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    answer = client.post("/language", data={"language": "en", "next": "/"}, headers={"Origin": origin})
    assert answer.status_code == (303 if allowed else 403)
