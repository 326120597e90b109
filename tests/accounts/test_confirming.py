"""Important steps ask for the password again, and lead back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.accounts.models import BrowserSession
from tests.accounts.visits import Person, app_with

PAGE = "/account/second-factor"


@pytest.fixture
def zhou(app, session) -> Person:
    made = Person(app, session)
    made.sign_in()
    return made


def long_ago(session, minutes: int = 16) -> None:
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    session.execute(update(BrowserSession).values(proved_at=then))
    session.commit()


def test_a_page_leads_to_the_question_and_back(zhou, session) -> None:
    assert zhou.browser.get(PAGE).status_code == 200
    long_ago(session)
    answer = zhou.browser.get(f"{PAGE}?next=/plans")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "/account/confirm?next=/account/second-factor?next%3D/plans",
    )
    form = {"password": "wrong", "next": f"{PAGE}?next=/plans"}
    assert zhou.browser.post("/account/confirm", data=form).status_code == 422
    assert zhou.browser.get(PAGE).status_code == 302
    answer = zhou.browser.post("/account/confirm", data={**form, "password": zhou.password})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?next=/plans")
    assert zhou.browser.get(PAGE).status_code == 200


def test_fourteen_minutes_are_fresh_enough(zhou, session) -> None:
    long_ago(session, 14)
    assert zhou.browser.get(PAGE).status_code == 200


def test_a_script_is_told_where(zhou, session) -> None:
    zhou.set_up()
    long_ago(session)
    answer = zhou.browser.post("/account/second-factor/off", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (403, "confirm_first")
    assert answer.json["facts"]["address"] == "/account/confirm"


def test_a_form_does_nothing_and_leads_back_to_its_page(zhou, session) -> None:
    zhou.set_up()
    long_ago(session)
    headers = {"Accept": "text/html", "Referer": "http://localhost/account?x=1"}
    answer = zhou.browser.post("/account/second-factor/off", headers=headers)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "刚才的操作没有做" in page and 'name="next" value="/account?x=1"' in page
    foreign = zhou.browser.post(
        "/account/second-factor/off", headers={**headers, "Referer": "https://evil.example/plans"}
    )
    assert 'name="next" value="/account"' in foreign.get_data(as_text=True)
    zhou.another_browser()
    assert zhou.give_password().headers["Location"].startswith("/sign-in/code"), "it is still on"


def test_a_code_is_as_good_as_the_password(zhou, session) -> None:
    zhou.set_up()
    long_ago(session)
    assert zhou.browser.post("/account/confirm", data={"code": "000000"}).status_code == 422
    assert zhou.browser.post("/account/confirm", data={"code": zhou.next_code()}).status_code == 303


def test_nothing_is_not_a_password(zhou, session) -> None:
    assert zhou.browser.post("/account/confirm", data={}).status_code == 422
    assert zhou.browser.post("/account/confirm", data={"code": "123456"}).status_code == 422


@pytest.mark.parametrize(("compliance", "status"), [("none", 404), ("mlps2", 302), ("mlps3", 302)])
def test_exports_ask_where_an_assessment_wants_it(session, settings, compliance, status) -> None:
    app = app_with(session, settings, compliance=compliance)
    zhou = Person(app, session, "district", password="Correct-horse-battery7")
    zhou.sign_in()
    if compliance != "none":
        zhou.set_up()
    paths = ("/plans/1/export.html", "/plans/1/zones.xlsx", "/ground/areas/320106001000/export.html",
             "/imports/1/findings.csv", "/imports/1/findings.xlsx")  # fmt: skip
    for path in paths:
        assert zhou.browser.get(path).status_code == 404
    long_ago(session)
    for path in paths:
        answer = zhou.browser.get(path, headers={"Referer": "http://localhost/plans"})
        assert answer.status_code == status, path
        # A file is not shown: its page is where the person wants to be afterwards.
        assert status == 404 or answer.headers["Location"] == "/account/confirm?next=/plans"
