"""Accounts: what is refused, and that a session ends on the server."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from flask import Response
from sqlalchemy import select, text, update

from app.accounts import actions
from app.accounts.models import Account, BrowserSession
from app.errors import Conflict, InvalidInput, NotFound

GOOD = "a long enough phrase"


def test_first_account_is_made_once(session) -> None:
    login, password = actions.ensure_first_account(session)
    assert (login, len(password)) == ("admin", 19)
    assert actions.ensure_first_account(session) == ("admin", None)
    assert actions.account_with_password(session, "ADMIN ", password).login == "admin"


def test_passwords_are_kept_as_argon2id_with_the_chosen_cost(session) -> None:
    actions.add_account(session, "zhou", GOOD, "planner")
    kept = session.scalar(select(Account.password_hash).where(Account.login == "zhou"))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("login", "password", "role", "code"),
    [
        ("a", GOOD, "planner", "login_unusable"),
        ("two words", GOOD, "planner", "login_unusable"),
        ("zhou", "short", "planner", "password_weak"),
        ("zhou", "my name is zhou!", "planner", "password_weak"),
        ("zhou", GOOD, "emperor", "role_unknown"),
    ],
)
def test_bad_accounts_are_refused(session, login, password, role, code) -> None:
    with pytest.raises(InvalidInput) as refused:
        actions.add_account(session, login, password, role)
    assert refused.value.code == code


def test_a_login_belongs_to_one_account(session, app) -> None:
    from app import db

    with db.transaction() as first:
        actions.add_account(first, "zhou", GOOD, "planner")
    with pytest.raises(Conflict) as refused, db.transaction() as second:
        second.add(Account(login="zhou", password_hash="x"))
        second.flush()
    assert refused.value.code == "login_taken"


def test_a_session_that_was_ended_meanwhile_does_not_come_back(login_as, session, app) -> None:
    login_as("planner")
    token = "a-token-that-only-this-test-knows"
    session.execute(
        update(BrowserSession).values(
            # Not written for a while, so the next answer would keep it for longer.
            token_hash=hashlib.sha256(token.encode()).digest(),
            seen_at=datetime.now(UTC) - timedelta(hours=1),
        )
    )
    session.commit()
    sessions = app.session_interface
    with app.test_request_context("/", headers={"Cookie": f"wardmap={token}"}) as asked:
        kept = sessions.open_session(app, asked.request)
        assert kept.account is not None
        session.execute(text("DELETE FROM browser_session"))
        session.commit()
        sessions.save_session(app, kept, Response())
    assert session.scalars(select(BrowserSession)).all() == []


def test_wrong_password_and_unknown_login_answer_alike(client, session) -> None:
    actions.add_account(session, "zhou", GOOD, "planner")
    session.commit()
    wrong = client.post("/sign-in", data={"login": "zhou", "password": "not that"})
    unknown = client.post("/sign-in", data={"login": "wang", "password": "not that"})
    assert wrong.status_code == unknown.status_code == 422
    assert "账号或密码不对" in wrong.get_data(as_text=True)
    assert wrong.get_data(as_text=True).count("账号或密码不对") == unknown.get_data(as_text=True).count(
        "账号或密码不对"
    )


def test_sign_out_ends_the_session_on_the_server(login_as) -> None:
    planner = login_as("planner")
    stolen = planner.client.get_cookie("wardmap").value
    assert planner.get("/help").status_code == 200
    assert planner.post("/sign-out").status_code == 303
    planner.client.set_cookie("wardmap", stolen)
    assert planner.get("/help").status_code == 302


def test_sign_in_gives_a_new_token(client, session) -> None:
    actions.add_account(session, "zhou", GOOD, "planner")
    session.commit()
    client.get("/sign-in")
    before = client.client.get_cookie("wardmap").value
    client.post("/sign-in", data={"login": "zhou", "password": GOOD})
    after = client.client.get_cookie("wardmap").value
    assert before != after
    assert after not in str(session.scalars(select(BrowserSession.token_hash)).all())


def test_disabling_an_account_takes_effect_on_the_next_request(login_as, session) -> None:
    planner = login_as("planner")
    login = session.scalar(select(Account.login).order_by(Account.id.desc()))
    actions.disable_account(session, login)
    session.commit()
    assert planner.get("/help").status_code == 302
    with pytest.raises(NotFound):
        actions.disable_account(session, "nobody")


def test_a_new_password_ends_other_sessions(login_as, session) -> None:
    planner = login_as("planner")
    login = session.scalar(select(Account.login).order_by(Account.id.desc()))
    actions.set_password(session, login, "quite another phrase")
    session.commit()
    assert planner.get("/help").status_code == 302


def test_an_expired_session_is_no_session(login_as, session) -> None:
    planner = login_as("planner")
    session.execute(update(BrowserSession).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()
    assert planner.get("/help").status_code == 302
