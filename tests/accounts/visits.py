"""Somebody with a login, a browser and perhaps a telephone, for the tests of signing in."""

import re
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import create_app, db
from app.accounts import actions
from app.config import Settings
from tests.conftest import PASSWORD, Visitor

STEP_S = 30


def app_with(session: Session, settings: Settings, **changes: Any) -> Flask:
    """The production application with other settings, in the savepoint of this test."""
    made = create_app(replace(settings, **changes))
    db.bind(session.get_bind(), join_transaction_mode="create_savepoint")
    return made


class Person:
    """An account and a browser of its own."""

    def __init__(
        self, app: Flask, session: Session, role: str = "planner", area: str = "", password: str = PASSWORD
    ) -> None:
        self.app, self.session = app, session
        self.login = f"{role}-{uuid4().hex[:8]}"
        self.account_id = actions.add_account(session, self.login, password, role, area).id
        session.commit()
        self.password, self.key = password, ""
        self.browser = Visitor(app.test_client())

    def another_browser(self) -> Visitor:
        self.browser = Visitor(self.app.test_client())
        return self.browser

    def give_password(self, password: str = "", target: str = "/help", **given: Any) -> Any:
        form = {"login": self.login, "password": password or self.password, "next": target}
        return self.browser.post("/sign-in", data=form, **given)

    def sign_in(self) -> Visitor:
        answer = self.give_password()
        assert answer.status_code == 303, answer.get_data(as_text=True)
        if self.key:
            assert self.give_code(self.next_code()).status_code == 303
        return self.browser

    def set_up(self) -> list[str]:
        """Turn the second factor on through the pages; the recovery codes."""
        page = self.browser.get("/account/second-factor").get_data(as_text=True)
        self.key = re.search(r'class="key-words"[^>]*>([^<]+)<', page)[1].replace("-", "")
        answer = self.browser.post("/account/second-factor", data={"code": self.code()})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return re.findall(r"<li><code>([^<]+)</code>", answer.get_data(as_text=True))

    def code(self, steps: int = 0) -> str:
        """What the telephone shows now, or some steps of 30 s later."""
        return str(TOTP(key=self.key).generate(time.time() + steps * STEP_S).token)

    def next_code(self) -> str:
        """A code that was not used yet: as if time had passed since the last."""
        self.session.execute(text("UPDATE account SET totp_counter = 0"))
        self.session.commit()
        return self.code()

    def give_code(self, code: str, target: str = "/help") -> Any:
        return self.browser.post("/sign-in/code", data={"code": code, "next": target})

    def cookie(self) -> str:
        return str(self.browser.client.get_cookie("wardmap").value)
