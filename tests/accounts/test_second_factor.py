"""Codes of a telephone: each once, one step early or late; codes on paper once."""

import re

import pytest
from passlib.totp import TOTP
from sqlalchemy import select, text

from app.accounts import actions
from app.accounts.models import Account
from app.errors import NotFound
from tests.accounts.visits import Person, app_with
from tests.conftest import Visitor

ADDRESSES = (
    "/",
    "/plans",
    "/imports",
    "/help",
    "/account",
    "/account/password",
    "/account/confirm",
    "/account/second-factor",
)


@pytest.fixture
def zhou(app, session) -> Person:
    """With a second factor, and not signed in."""
    made = Person(app, session)
    made.sign_in()
    made.codes = made.set_up()  # type: ignore[attr-defined]
    made.another_browser()
    return made


def test_a_password_alone_opens_nothing(zhou) -> None:
    answer = zhou.give_password(target="/plans")
    assert answer.headers["Location"] == "/sign-in/code?next=/plans"
    for address in ADDRESSES:
        answer = zhou.browser.get(address)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in/code"), (
            address
        )
    answer = zhou.browser.client.get(
        "/tiles/backdrop/14/13597/6632.mvt", headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json["code"]) == (403, "sign_in_first")
    assert zhou.login not in zhou.browser.get("/sign-in/code").get_data(as_text=True)
    answer = zhou.give_code(zhou.next_code(), "/plans")
    assert answer.headers["Location"] == "/plans"
    assert zhou.browser.get("/plans").status_code == 200


def test_without_a_password_a_code_is_worth_nothing(zhou) -> None:
    answer = zhou.give_code(zhou.next_code())
    assert answer.headers["Location"].startswith("/sign-in?")
    assert zhou.browser.get("/help").status_code == 302


def test_a_code_is_taken_once(zhou) -> None:
    zhou.give_password()
    code = zhou.next_code()
    assert zhou.give_code(code).status_code == 303
    zhou.another_browser()
    zhou.give_password()
    assert zhou.give_code(code).status_code == 422
    assert zhou.browser.get("/help").status_code == 302


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_clocks_may_differ_by_one_step(zhou, session, steps, status) -> None:
    zhou.give_password()
    zhou.next_code()
    assert zhou.give_code(zhou.code(steps)).status_code == status


def test_a_later_code_makes_earlier_ones_void(zhou) -> None:
    zhou.give_password()
    zhou.next_code()
    assert zhou.give_code(zhou.code(1)).status_code == 303
    zhou.another_browser()
    zhou.give_password()
    assert zhou.give_code(zhou.code(0)).status_code == 422


def test_recovery_codes_work_once_each(zhou) -> None:
    assert len(set(zhou.codes)) == 10
    zhou.give_password()
    assert zhou.give_code(f" {zhou.codes[0].upper()} ").status_code == 303
    zhou.another_browser()
    zhou.give_password()
    assert zhou.give_code(zhou.codes[0]).status_code == 422
    assert zhou.give_code(zhou.codes[1].replace("-", "")).status_code == 303


def test_new_recovery_codes_make_the_old_ones_void(zhou) -> None:
    zhou.sign_in()
    page = zhou.browser.post("/account/recovery-codes").get_data(as_text=True)
    new = re.findall(r"<li><code>([^<]+)</code>", page)
    assert len(new) == 10 and not set(new) & set(zhou.codes)
    zhou.another_browser()
    zhou.give_password()
    assert zhou.give_code(zhou.codes[0]).status_code == 422
    assert zhou.give_code(new[0]).status_code == 303


def test_codes_of_another_account_are_wrong(zhou, app, session) -> None:
    wang = Person(app, session)
    wang.sign_in()
    wang.set_up()
    wang.another_browser()
    wang.give_password()
    assert wang.give_code(zhou.codes[0]).status_code == 422
    assert wang.give_code(zhou.next_code()).status_code == 422


def test_the_key_is_encrypted_and_the_codes_are_hashes(zhou, session) -> None:
    rows = session.execute(
        text(
            "SELECT a::text FROM account a UNION ALL SELECT r::text FROM recovery_code r"
            " UNION ALL SELECT contents::text FROM browser_session"
        )
    ).scalars()
    kept = " ".join(rows)
    assert '"enckey"' in kept.replace('""', '"') and zhou.key not in kept
    assert not [code for code in zhou.codes if code in kept or code.replace("-", "") in kept]


def test_setting_up_needs_a_right_code(app, session) -> None:
    zhou = Person(app, session)
    zhou.sign_in()
    zhou.browser.get("/account/second-factor")
    assert zhou.browser.post("/account/second-factor", data={"code": "000000"}).status_code == 422
    assert session.scalar(select(Account.totp_key).where(Account.id == zhou.account_id)) is None
    other = TOTP.new().generate().token
    assert zhou.browser.post("/account/second-factor", data={"code": other}).status_code == 422


def test_other_sessions_need_a_code_once_it_is_on(app, session) -> None:
    zhou = Person(app, session)
    before = zhou.sign_in()
    zhou.another_browser()
    zhou.sign_in()
    zhou.set_up()
    assert zhou.browser.get("/help").status_code == 200
    assert before.get("/help").headers["Location"].startswith("/sign-in/code")


def test_it_can_be_turned_off_again(zhou) -> None:
    zhou.sign_in()
    assert zhou.browser.post("/account/second-factor/off").status_code == 303
    zhou.key = ""
    zhou.another_browser()
    zhou.sign_in()
    assert zhou.browser.get("/help").status_code == 200


def test_an_administrator_resets_it(zhou, session) -> None:
    zhou.sign_in()
    actions.reset_second_factor(session, zhou.account_id)
    session.commit()
    assert zhou.browser.get("/help").status_code == 302
    assert zhou.give_password().headers["Location"] == "/help"
    assert session.scalar(text("SELECT count(*) FROM recovery_code")) == 0
    with pytest.raises(NotFound):
        actions.reset_second_factor(session, 999_999)


def test_roles_that_must_have_it_are_led_there_first(session, settings) -> None:
    app = app_with(session, settings, second_factor_roles="dispatcher")
    zhou = Person(app, session, "dispatcher")
    zhou.sign_in()
    for address in ("/", "/plans", "/help", "/account"):
        answer = zhou.browser.get(address)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (
            302,
            "/account/second-factor",
        )
    answer = zhou.browser.client.get(
        "/tiles/backdrop/14/13597/6632.mvt", headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json["code"]) == (403, "second_factor_first")
    assert "/imports" not in zhou.browser.get("/account/second-factor").get_data(as_text=True), "no menu yet"
    zhou.set_up()
    assert zhou.browser.get("/plans").status_code == 200
    assert zhou.browser.post("/account/second-factor/off").status_code == 409
    other = Person(app, session, "planner")
    other.sign_in()
    assert other.browser.get("/plans").status_code == 200


def test_whoever_knows_only_the_password_is_seen(zhou) -> None:
    stranger = zhou.browser
    zhou.give_password()
    zhou.another_browser()
    page = zhou.sign_in().get("/account").get_data(as_text=True)
    assert page.count("只输了密码") == 1
    zhou.browser.post("/account/sessions/end-others")
    assert stranger.get("/help").headers["Location"].startswith("/sign-in?")


def test_the_half_signed_in_may_leave(zhou) -> None:
    zhou.give_password()
    assert zhou.browser.post("/sign-out").status_code == 303
    assert zhou.browser.get("/sign-in/code").headers["Location"].startswith("/sign-in?")


def test_two_at_once_with_one_code(zhou, app, session) -> None:
    """The second finds the counter moved, although it read it before."""
    kept = session.scalar(select(Account.totp_key).where(Account.id == zhou.account_id))
    secret = app.config["SECRET_KEY"]
    code = zhou.next_code()
    right = actions.second_factor._code_is_right
    assert right(session, zhou.account_id, secret, kept, 0, code)
    assert not right(session, zhou.account_id, secret, kept, 0, code)
    assert Visitor(app.test_client()).get("/sign-in").status_code == 200
