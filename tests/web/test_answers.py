"""Every answer: headers, languages, form tokens, errors that people can read."""

from uuid import uuid4

import pytest

from app.errors import InvalidInput
from app.web import parse
from tests.builders import build_town


def test_pages_carry_a_strict_policy_with_a_fresh_nonce(client) -> None:
    first, second = client.get("/sign-in"), client.get("/sign-in")
    policy = first.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy != second.headers["Content-Security-Policy"]
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Cache-Control"] == "no-store"


def test_errors_carry_the_headers_too(client) -> None:
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "没有这一页" in answer.get_data(as_text=True)


def test_a_form_without_its_token_is_refused(client) -> None:
    answer = client.client.post("/sign-in", data={"login": "x", "password": "y"})
    assert answer.status_code == 400
    assert "刷新" in answer.get_data(as_text=True)


def test_scripts_get_errors_as_json(client) -> None:
    answer = client.get("/ground/buildings/1", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json["code"] == "sign_in_first"


@pytest.mark.parametrize("accept", ["*/*", "", "application/json, */*;q=0.1"])
def test_a_script_is_told_that_the_session_has_ended(client, accept) -> None:
    answer = client.get("/tiles/building/14/0/0.mvt", headers={"Accept": accept})
    assert answer.status_code == 403
    if "json" in accept:
        assert answer.json["facts"] == {"address": "/sign-in"}


def test_people_are_sent_to_sign_in_and_back(client) -> None:
    answer = client.get("/plans?community=1")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=/plans?community%3D1")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\tevil", "javascript:x"]
)
def test_only_our_own_addresses_are_redirected_to(client, target) -> None:
    answer = client.post("/language", data={"language": "en", "next": target})
    assert answer.headers["Location"] == "/"


def test_the_language_switch_keeps_the_page(client) -> None:
    answer = client.post("/language", data={"language": "en", "next": "/sign-in?next=/plans"})
    assert answer.headers["Location"] == "/sign-in?next=/plans"
    page = client.get("/sign-in").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "Sign in" in page


def test_a_file_that_is_not_there_signs_nobody_out(login_as) -> None:
    planner = login_as("planner")
    for path in ("/assets/old/app.js", "/open/nothing"):
        answer = planner.get(path)
        assert answer.status_code == 404 and "Set-Cookie" not in answer.headers, path
    assert planner.get("/plans").status_code == 200


@pytest.mark.parametrize(
    ("name", "status"), [("localhost", 200), ("127.0.0.1:8000", 200), ("[::1]", 200), ("evil.example", 403)]
)
def test_what_only_this_machine_reaches_is_opened_by_no_other_name(client, name, status) -> None:
    assert client.get("/sign-in", headers={"Host": name}).status_code == status


def test_names_that_turn_the_line_round_are_refused(login_as, session) -> None:
    town = build_town(session)
    form = {"community": town["left"], "name": "草\u202e稿"}
    answer = login_as("planner").post("/plans", data=form, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 422 and "控制字符" in answer.get_data(as_text=True)


def test_a_key_in_the_header_is_as_good_as_one_in_the_form(login_as, session) -> None:
    town = build_town(session)
    planner, key = login_as("planner"), str(uuid4())
    form = {"community": town["left"], "name": "草稿"}
    first, again = (planner.post("/plans", data=form, headers={"Idempotency-Key": key}) for _ in range(2))
    assert first.status_code == again.status_code == 303 and first.location == again.location


def test_static_files_are_kept_for_a_year_and_stay_inside_their_folder(client) -> None:
    from app.web.pages import static_url

    answer = client.get(static_url("app.css"))
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/assets/x/../../config.py").status_code == 404
    assert client.get("/assets/x/%2e%2e/%2e%2e/config.py").status_code == 404


def test_after_an_upgrade_what_another_program_made_is_asked_for_anew(app, monkeypatch) -> None:
    from app.web import pages

    with app.test_request_context():
        kept = pages.etag_answer(b"tile", "text/plain", "7-kind").headers["ETag"]
    with app.test_request_context(headers={"If-None-Match": kept}):
        assert pages.unchanged("7-kind").headers["ETag"] == kept
        assert pages.unchanged("8-kind") is None
    monkeypatch.setattr(pages, "code_version", lambda: "another")
    with app.test_request_context(headers={"If-None-Match": kept}):
        assert pages.unchanged("7-kind") is None


def test_the_program_has_one_version_however_often_it_is_asked() -> None:
    from app.web.pages import code_version

    assert code_version() is code_version()


def test_health_asks_the_database(client) -> None:
    assert client.get("/healthz").data == b"ok\n"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 61])
def test_text_that_cannot_be_kept_is_refused(text) -> None:
    with pytest.raises(InvalidInput):
        parse.plain_text(text, "名称", 60)


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": 1e400}', b"[1]", b'{"a":' * 40 + b"1" + b"}" * 40, b'"\\ud800"']
)
def test_json_that_lies_is_refused(app, body) -> None:
    with app.test_request_context(data=body, content_type="application/json"), pytest.raises(InvalidInput):
        parse.json_object()
