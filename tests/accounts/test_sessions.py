"""Sessions: a new token whenever more becomes possible, gone on the server whenever they end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, text, update

from app.accounts import actions
from app.accounts.models import BrowserSession
from app.accounts.queries.sessions import open_sessions
from tests.accounts.visits import Person

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture
def zhou(app, session) -> Person:
    return Person(app, session)


def test_a_token_that_somebody_else_chose_is_not_taken(zhou) -> None:
    zhou.browser.client.set_cookie("wardmap", "fixed-by-an-attacker")
    zhou.sign_in()
    assert zhou.cookie() != "fixed-by-an-attacker"


def test_signing_in_again_ends_the_session_of_before(zhou, session) -> None:
    zhou.sign_in()
    before = zhou.cookie()
    zhou.sign_in()
    assert zhou.cookie() != before
    zhou.browser.client.set_cookie("wardmap", before)
    assert zhou.browser.get("/help").status_code == 302


def test_a_token_is_new_after_every_step_up(zhou, session) -> None:
    zhou.browser.get("/sign-in")
    seen = [zhou.cookie()]
    zhou.sign_in()
    seen.append(zhou.cookie())
    zhou.set_up()
    seen.append(zhou.cookie())
    zhou.browser.post("/account/confirm", data={"password": zhou.password})
    seen.append(zhou.cookie())
    assert len(set(seen)) == 4
    for old in seen[:-1]:
        stolen = zhou.app.test_client()
        stolen.set_cookie("wardmap", old)
        assert stolen.get("/help", headers={"Accept": "text/html"}).status_code == 302


def test_a_grant_renews_the_token_with_the_next_page(zhou, session) -> None:
    zhou.sign_in()
    before = zhou.cookie()
    zhou.browser.get("/help")
    assert zhou.cookie() == before
    actions.grant_role(session, zhou.account_id, "dispatcher")
    session.commit()
    zhou.browser.client.get("/tiles/backdrop/14/13597/6632.mvt")
    assert zhou.cookie() == before, "pieces of a page are asked for at the same time as others"
    assert zhou.browser.get("/help").status_code == 200
    renewed = zhou.cookie()
    assert renewed != before
    zhou.browser.get("/help")
    assert zhou.cookie() == renewed
    zhou.browser.client.set_cookie("wardmap", before)
    assert zhou.browser.get("/help").status_code == 302


def test_a_revoked_role_renews_the_token_too(zhou, session) -> None:
    actions.grant_role(session, zhou.account_id, "dispatcher")
    session.commit()
    zhou.sign_in()
    zhou.browser.get("/help")
    before = zhou.cookie()
    session.execute(
        text(
            "UPDATE role_grant SET during = tstzrange(now() - interval '2 h', now() - interval '1 h') WHERE role = 'dispatcher'"
        )
    )
    session.commit()
    assert zhou.browser.get("/help").status_code == 200
    assert zhou.cookie() != before


def test_a_new_password_ends_the_others_and_keeps_this_one(zhou, session) -> None:
    other = zhou.sign_in()
    zhou.another_browser()
    zhou.sign_in()
    form = {
        "old": zhou.password,
        "new": "seven grey herons waiting",
        "again": "seven grey herons waiting",
    }
    assert zhou.browser.post("/account/password", data={**form, "old": "wrong"}).status_code == 422
    assert zhou.browser.post("/account/password", data={**form, "again": "else"}).status_code == 422
    assert zhou.browser.post("/account/password", data=form).status_code == 303
    assert zhou.browser.get("/account").status_code == 200
    assert other.get("/help").status_code == 302
    zhou.another_browser()
    assert zhou.give_password().status_code == 422
    assert zhou.give_password("seven grey herons waiting").status_code == 303


def test_own_sessions_are_listed_and_ended(zhou, session) -> None:
    first = zhou.browser
    zhou.give_password(headers={"User-Agent": CHROME})
    second = zhou.another_browser()
    zhou.sign_in()
    third = zhou.another_browser()
    zhou.sign_in()
    page = third.get("/account").get_data(as_text=True)
    assert "Chrome · Windows" in page and "127.0.0.0/24" in page and "127.0.0.1" not in page
    listed = open_sessions(session, zhou.account_id)
    key = next(one.key for one in listed if one.device)
    assert third.post(f"/account/sessions/{key}/end").status_code == 303
    assert third.post(f"/account/sessions/{key}/end").status_code == 404
    assert first.get("/help").status_code == 302
    assert second.get("/help").status_code == 200
    assert third.post("/account/sessions/end-others").status_code == 303
    assert second.get("/help").status_code == 302
    assert third.get("/help").status_code == 200


def test_sessions_of_others_cannot_be_ended(app, session, zhou) -> None:
    zhou.sign_in()
    wang = Person(app, session)
    wang.sign_in()
    key = open_sessions(session, zhou.account_id)[0].key
    assert wang.browser.post(f"/account/sessions/{key}/end").status_code == 404
    assert zhou.browser.get("/help").status_code == 200


def test_a_session_in_use_is_written_once_in_a_while(zhou, session) -> None:
    zhou.sign_in()
    zhou.browser.get("/help")
    written: list[str] = []
    event.listen(
        session.get_bind(), "before_cursor_execute", lambda c, u, statement, *rest: written.append(statement)
    )
    for _ in range(5):
        zhou.browser.client.get("/tiles/backdrop/14/13597/6632.mvt")
    assert not [one for one in written if "browser_session" in one and one.startswith(("UPDATE", "INSERT"))]
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    session.execute(
        update(BrowserSession).where(BrowserSession.account_id == zhou.account_id).values(seen_at=long_ago)
    )
    session.commit()
    zhou.browser.client.get("/tiles/backdrop/14/13597/6632.mvt")
    seen_at = session.scalar(
        select(BrowserSession.seen_at)
        .where(BrowserSession.account_id == zhou.account_id)
        .execution_options(populate_existing=True)
    )
    assert seen_at > long_ago


def test_only_hashes_of_tokens_are_kept(zhou, session) -> None:
    zhou.sign_in()
    device = zhou.browser.client.get_cookie("wardmap_device").value
    kept = session.execute(
        text("SELECT s::text FROM browser_session s UNION ALL SELECT d::text FROM known_device d")
    ).scalars()
    words = " ".join(kept)
    # Bytes are shown in hexadecimal.
    for token in (zhou.cookie(), device):
        assert words and token not in words and token.encode().hex() not in words
