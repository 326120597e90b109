"""Accounts from the command line."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.accounts.models import Account
from app.cli.account import account as commands
from tests.accounts.visits import Person


@pytest.fixture
def run(session, settings, monkeypatch):
    """A command in the savepoint of this test."""
    from contextlib import contextmanager

    @contextmanager
    def connected(given=None, pool_size=2):
        yield settings

    monkeypatch.setattr("app.cli.account.connected", connected)

    def invoke(*words: str) -> str:
        done = CliRunner().invoke(commands, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return invoke


def test_sessions_are_listed_and_ended(app, session, run) -> None:
    zhou = Person(app, session)
    zhou.sign_in()
    zhou.another_browser()
    zhou.sign_in()
    assert run("sessions", zhou.login).count("127.0.0.0/24") == 2
    assert run("end-sessions", zhou.login) == "2\n"
    assert zhou.browser.get("/help").status_code == 302
    assert run("sessions", zhou.login) == ""


def test_a_second_factor_is_reset(app, session, run) -> None:
    zhou = Person(app, session)
    zhou.sign_in()
    zhou.set_up()
    assert run("reset-2fa", zhou.login) == "ok\n"
    assert session.scalar(select(Account.totp_key).where(Account.login == zhou.login)) is None
    zhou.key = ""
    zhou.sign_in()
