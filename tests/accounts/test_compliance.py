"""What an assessment asks for, and that none of it is asked by default."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from app.accounts import actions
from app.accounts.models import Account, BrowserSession
from app.accounts.rules import DEMANDS, SIGNED_IN, demanded
from app.config import read_settings
from app.errors import InvalidInput
from tests.accounts.visits import Person, app_with

LEVELS = ("none", "mlps2", "mlps3")
MIXED = "Correct-horse-battery7"


@pytest.mark.parametrize(("compliance", "refused"), [("none", False), ("mlps2", True), ("mlps3", True)])
def test_kinds_of_signs(session, compliance, refused) -> None:
    def add(login, password):
        return actions.add_account(session, login, password, "planner", demands=DEMANDS[compliance])

    if refused:
        with pytest.raises(InvalidInput) as weak:
            add("zhou", "correct horse battery")
        assert "3 种" in str(weak.value)
    else:
        add("zhou", "correct horse battery")
    add("wang", MIXED)


@pytest.mark.parametrize(("compliance", "owed"), [("none", False), ("mlps2", True), ("mlps3", True)])
def test_old_passwords_are_changed_first(session, settings, compliance, owed) -> None:
    app = app_with(session, settings, compliance=compliance)
    zhou = Person(app, session, password=MIXED)
    zhou.sign_in()
    if compliance == "mlps3":
        zhou.set_up()
    assert zhou.browser.get("/plans").status_code == 200
    session.execute(update(Account).values(password_changed_at=datetime.now(UTC) - timedelta(days=91)))
    session.commit()
    answer = zhou.browser.get("/plans")
    assert (answer.status_code == 302) is owed
    if owed:
        assert answer.headers["Location"] == "/account/password?next=/plans"
        answer = zhou.browser.client.get(
            "/ground/areas.geojson?level=street", headers={"Accept": "application/json"}
        )
        assert (answer.status_code, answer.json["code"]) == (403, "password_expired")
        form = {"old": MIXED, "new": "Seven-grey-herons9", "again": "Seven-grey-herons9"}
        assert zhou.browser.post("/account/password", data=form).status_code == 303
        assert zhou.browser.get("/plans").status_code == 200


@pytest.mark.parametrize(("compliance", "kept"), [("none", 0), ("mlps2", 5), ("mlps3", 5)])
def test_former_passwords(session, compliance, kept) -> None:
    demands = DEMANDS[compliance]
    wanted = [f"Seven-grey-herons{n}-by-the-lake" for n in range(8)]
    actions.add_account(session, "zhou", wanted[0], "planner")
    for password in wanted[1:]:
        actions.set_password(session, "zhou", password, demands)
    # The present one and the four before it are the last five; the fifth row is kept for the next change.
    for password in wanted[-5:] if kept else ():
        with pytest.raises(InvalidInput) as used:
            actions.set_password(session, "zhou", password, demands)
        assert used.value.code == "password_used"
    assert session.scalar(text("SELECT count(*) FROM former_password")) <= kept
    actions.set_password(session, "zhou", wanted[2], demands)
    assert actions.account_with_password(session, "zhou", wanted[2])


@pytest.mark.parametrize(("compliance", "minutes"), [("none", 12 * 60), ("mlps2", 30), ("mlps3", 15)])
def test_idle_sessions_end(session, settings, compliance, minutes) -> None:
    app = app_with(session, settings, compliance=compliance)
    zhou = Person(app, session, password=MIXED)
    zhou.give_password()
    expires_at = session.scalar(
        select(BrowserSession.expires_at).where(BrowserSession.account_id == zhou.account_id)
    )
    assert abs(expires_at - datetime.now(UTC) - timedelta(minutes=minutes)) < timedelta(seconds=10)
    assert zhou.browser.client.get_cookie("wardmap").max_age == minutes * 60


def test_roles_with_a_second_factor() -> None:
    needed = {level: demanded(level).second_factor_roles for level in LEVELS}
    assert needed == {
        "none": set(), "mlps2": {"district", "dispatcher", "community", "security"}, "mlps3": set(SIGNED_IN),
    }  # fmt: skip
    assert demanded("none", "planner, auditor").second_factor_roles == {"planner", "auditor"}
    assert demanded("mlps2", "planner").second_factor_roles == needed["mlps2"] | {"planner"}


def test_wrong_settings_are_refused(session, settings) -> None:
    with pytest.raises(InvalidInput):
        read_settings({"WARDMAP_COMPLIANCE": "mlps9"})
    with pytest.raises(InvalidInput) as refused:
        app_with(session, settings, second_factor_roles="emperor")
    assert "emperor" in str(refused.value)
