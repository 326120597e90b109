"""Who may invite, grant, revoke, disable and reset whom; what a link is good for; and that somebody is always left to do it."""

import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts import actions
from app.accounts.guard import ROLE_NAMES
from app.accounts.models import Account
from app.accounts.queries.accounts import account_line, account_lines, grant_lines
from app.accounts.rules import SIGNED_IN, Grant, Identity, Reach, may_grant, reach_of
from app.accounts.rules.administration import is_within
from app.accounts.rules.lists import ROLE_WORDS
from app.errors import NotFound
from tests.accounts.visits import EVERYBODY, Person, time_goes_by
from tests.authority.region import (
    COMMUNITY,
    FAR_COMMUNITY,
    HOME,
    OTHER_DISTRICT,
    SECRETS,
    STREET,
    Region,
    build_region,
)
from tests.conftest import Visitor

NEW = "three quiet herons wade"


@pytest.fixture
def region(session: Session) -> Region:
    return build_region(session)


@pytest.fixture
def security(app, session, region) -> Visitor:
    return Person(app, session, "security").sign_in()


@pytest.fixture
def district(app, session, region) -> Visitor:
    return Person(app, session, "district", HOME).sign_in()


def invite(visitor: Visitor, login: str = "zhou.min", role: str = "planner", area: str = STREET) -> Any:
    return visitor.post("/accounts/invite", data={"login": login, "role": role, "area": area})


def link_in(answer: Any) -> str:
    return re.search(r"http://localhost(/welcome/[\w-]+)", answer.get_data(as_text=True))[1]


def account_id(session: Session, login: str = "zhou.min") -> int:
    return session.scalar(select(Account.id).where(Account.login == login))


# --- rules ---


def test_whose_ground_it_is() -> None:
    assert is_within(COMMUNITY, STREET) and is_within(STREET, HOME) and is_within(HOME, "")
    assert not is_within("", HOME) and not is_within(HOME, STREET) and not is_within(FAR_COMMUNITY, HOME)
    district = reach_of(Identity(1, "d", (Grant("district", HOME), Grant("planner", ""))))
    given = [role for role in SIGNED_IN if may_grant(district, role, COMMUNITY)]
    assert given == ["planner", "dispatcher", "community", "volunteer"]
    assert not may_grant(district, "planner", OTHER_DISTRICT) and not may_grant(district, "planner", "")
    assert all(
        may_grant(EVERYBODY, role, code) for role in SIGNED_IN if role != "system" for code in ("", STREET)
    )
    # There is but one system to set up: nobody gives it for a part, and only who gives everything gives it at all.
    assert may_grant(EVERYBODY, "system", "") and not may_grant(EVERYBODY, "system", STREET)
    of_a_street = reach_of(Identity(2, "s", (Grant("security", STREET),)))
    assert [role for role in SIGNED_IN if may_grant(of_a_street, role, STREET)] == [
        "security", "auditor", "district", "planner", "dispatcher", "community", "volunteer",
    ]  # fmt: skip
    others = tuple(Grant(role, "") for role in SIGNED_IN if role not in ("security", "district"))
    assert reach_of(Identity(1, "p", others)) == ()


def test_role_names_are_the_same_everywhere(app) -> None:
    with app.test_request_context():
        assert {str(word): role for role, word in ROLE_NAMES.items()} == ROLE_WORDS


# --- inviting ---


def test_a_link_makes_a_password_once(app, session, security) -> None:
    answer = invite(security)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    link = link_in(answer)
    assert link.removeprefix("/welcome/") not in str(
        session.execute(text("SELECT i FROM invitation i")).all()
    )
    assert answer.get_data(as_text=True).count("data:image/svg+xml") == 1
    guest = Visitor(app.test_client())
    page = guest.get(link).get_data(as_text=True)
    assert "zhou.min" in page and "规划员" in page and SECRETS[STREET] in page
    assert guest.get(link).status_code == 200, "looking at it uses nothing up: chat programs look first"
    assert guest.post(link, data={"new": NEW, "again": "other"}).status_code == 422
    assert guest.post(link, data={"new": "short", "again": "short"}).status_code == 422
    assert (
        guest.post(
            link, data={"new": f"{SECRETS[STREET]}区划2026", "again": f"{SECRETS[STREET]}区划2026"}
        ).status_code
        == 422
    )
    before = guest.client.get_cookie("wardmap").value
    assert guest.post(link, data={"new": NEW, "again": NEW}).headers["Location"] == "/"
    assert guest.client.get_cookie("wardmap").value != before
    assert guest.get("/plans").status_code == 200
    gone = Visitor(app.test_client())
    for path in (link, "/welcome/never-there", "/welcome/" + "x" * 500):
        answer = gone.get(path)
        assert answer.status_code == 404 and "这个链接不能用了" in answer.get_data(as_text=True)
        assert gone.post(path, data={"new": NEW, "again": NEW}).status_code == 404
    assert Person.give_password(_somebody(app, "zhou.min")).status_code == 303


def _somebody(app: Any, login: str) -> Any:
    somebody = Person.__new__(Person)
    somebody.login, somebody.password, somebody.browser = login, NEW, Visitor(app.test_client())
    return somebody


def test_links_that_open_nothing(app, session) -> None:
    made = actions.invite(session, "zhou.min", "planner", STREET)
    again = actions.reset_access(session, made.account_id)
    with pytest.raises(NotFound):
        actions.accept_invitation(session, made.token, NEW)
    actions.disable_account(session, "zhou.min")
    with pytest.raises(NotFound):
        actions.accept_invitation(session, again.token, NEW)
    actions.enable_account(session, "zhou.min")
    with pytest.raises(NotFound):
        actions.accept_invitation(session, again.token, NEW)
    third = actions.reset_access(session, made.account_id)
    session.execute(text("UPDATE invitation SET expires_at = now() - interval '1 s'"))
    with pytest.raises(NotFound):
        actions.accept_invitation(session, third.token, NEW)
    assert account_line(session, EVERYBODY, made.account_id).state == "expired"
    assert (
        session.scalar(text("SELECT count(*) FROM invitation WHERE used_at IS NULL AND revoked_at IS NULL"))
        == 1
    )


def test_nobody_signs_in_before_the_link_was_used(app, session, client) -> None:
    actions.invite(session, "zhou.min", "planner", STREET)
    session.commit()
    for password in ("", "-", NEW):
        answer = client.post("/sign-in", data={"login": "zhou.min", "password": password})
        assert answer.status_code in (422, 429)


def test_what_is_wrong_with_an_invitation_is_said(session, security, district) -> None:
    assert invite(security, login="a").status_code == 422
    assert invite(security, role="emperor").status_code == 422
    assert invite(security, area="").status_code == 422, "everywhere has to be said"
    assert invite(security, area="无此区划").status_code == 404
    assert invite(security, login="one.everywhere", area="全部辖区").status_code == 200
    assert invite(security, login="two.auditor", role="auditor", area="").status_code == 200
    assert invite(security).status_code == 200
    assert invite(security).status_code == 409
    assert invite(district, login="three", role="security", area=STREET).status_code == 403
    assert invite(district, login="three", role="district", area=HOME).status_code == 403
    assert invite(district, login="three", area="全部辖区").status_code == 403
    assert invite(district, login="three", area=FAR_COMMUNITY).status_code == 404
    assert invite(district, login="three", area=f"{SECRETS[STREET]}区划").status_code == 200, "a name will do"
    assert invite(district, login="four", area=f"{SECRETS[STREET]}区划 {STREET}").status_code == 200


# --- one account ---


def test_what_a_district_may_not_touch(app, session, region, district) -> None:
    own = account_id(session, f"{SECRETS[COMMUNITY]}人")
    peer = Person(app, session, "district", HOME).account_id
    auditor = Person(app, session, "auditor", STREET).account_id
    both = region.accounts[COMMUNITY]
    assert district.get(f"/accounts/{own}").status_code == 200
    for foreign in (peer, auditor, region.accounts[FAR_COMMUNITY], 999_999):
        for command in (
            "",
            "/grants",
            "/disable",
            "/enable",
            "/reset",
            "/end-sessions",
            f"/grants/{region.grants[COMMUNITY]}/end",
        ):
            path = f"/accounts/{foreign}{command}"
            answer = (
                district.post(path, data={"role": "planner", "area": STREET})
                if command
                else district.get(path)
            )
            assert answer.status_code == 404, path
    # One more role elsewhere, and the account is no longer this district's to reset.
    actions.grant_role(session, both, "volunteer", FAR_COMMUNITY)
    session.commit()
    assert district.get(f"/accounts/{both}").status_code == 404
    assert district.post(f"/accounts/{both}/reset").status_code == 404
    listed = district.get("/accounts").get_data(as_text=True)
    assert SECRETS[FAR_COMMUNITY] not in listed and f"{SECRETS[COMMUNITY]}人" not in listed


def test_former_grants_of_others_stay_theirs(session, region) -> None:
    somebody, grant = region.accounts[COMMUNITY], region.grants[COMMUNITY]
    here, there = (
        (Reach(("planner", "community", "volunteer", "dispatcher"), HOME),),
        (Reach(SIGNED_IN[4:], OTHER_DISTRICT),),
    )
    actions.revoke_role(session, grant)
    time_goes_by(session)
    assert account_line(session, here, somebody).state == "expired"
    with pytest.raises(NotFound):
        account_line(session, there, somebody)
    actions.grant_role(session, somebody, "planner", FAR_COMMUNITY)
    with pytest.raises(NotFound):
        account_line(session, here, somebody)
    assert [one.role for one in grant_lines(session, there, somebody)] == ["planner"], (
        "not what it was elsewhere"
    )
    nobody = actions.invite(session, "bare", "planner", STREET).account_id
    session.execute(text("DELETE FROM role_grant WHERE account_id = :id"), {"id": nobody})
    with pytest.raises(NotFound):
        account_line(session, here, nobody)
    assert account_line(session, EVERYBODY, nobody).login == "bare"


def test_granting_and_revoking_take_effect_at_once(app, session, region, security) -> None:
    planner = Person(app, session, "planner", STREET)
    browser = planner.sign_in()
    path, plan = f"/accounts/{planner.account_id}", region.plans[FAR_COMMUNITY]
    assert browser.get(f"/plans/{plan}").status_code == 404
    assert (
        security.post(f"{path}/grants", data={"role": "community", "area": FAR_COMMUNITY}).status_code == 303
    )
    assert (
        security.post(f"{path}/grants", data={"role": "community", "area": FAR_COMMUNITY}).status_code == 409
    )
    assert browser.get(f"/plans/{plan}").status_code == 200
    held = grant_lines(session, EVERYBODY, planner.account_id)
    for one in held:
        assert security.post(f"{path}/grants/{one.id}/end").status_code == 303
    time_goes_by(session)
    assert browser.get(f"/plans/{plan}").status_code == 403
    assert security.post(f"{path}/grants/{held[0].id}/end").status_code == 404
    ended = grant_lines(session, EVERYBODY, planner.account_id)
    assert {one.ended_by for one in ended} == {
        session.scalar(select(Account.login).where(Account.login.like("security-%")))
    }
    page = security.get(path).get_data(as_text=True)
    assert "以前的角色" in page and "现在没有角色" in page


def test_disabling_resetting_and_ending_sessions(app, session, region, district) -> None:
    planner = Person(app, session, "planner", STREET)
    planner.sign_in()
    planner.set_up()
    path = f"/accounts/{planner.account_id}"
    assert district.post(f"{path}/end-sessions").status_code == 303
    assert planner.browser.get("/help").status_code == 302
    planner.sign_in()
    assert district.post(f"{path}/disable").status_code == 303
    assert planner.browser.get("/help").status_code == 302
    assert planner.give_password().status_code == 422
    assert district.post(f"{path}/enable").status_code == 303
    planner.sign_in()
    answer = district.post(f"{path}/reset")
    assert planner.browser.get("/help").status_code == 302
    assert planner.give_password().status_code == 422, "the old password is worth nothing"
    link = link_in(answer)
    assert planner.browser.post(link, data={"new": NEW, "again": NEW}).status_code == 303
    assert planner.browser.get("/help").status_code == 200, "the second factor went with the password"


def test_nobody_changes_their_own_account(app, session, region, security) -> None:
    own = account_id(session, session.scalar(select(Account.login).where(Account.login.like("security-%"))))
    Person(app, session, "security")
    grant = grant_lines(session, EVERYBODY, own)[0].id
    for command in ("grants", f"grants/{grant}/end", "disable", "enable", "reset", "end-sessions"):
        answer = security.post(f"/accounts/{own}/{command}", data={"role": "planner", "area": STREET})
        assert answer.status_code == 403, command
    assert "这是你自己的账号" in security.get(f"/accounts/{own}").get_data(as_text=True)
    assert [one.id for one in grant_lines(session, EVERYBODY, own) if one.is_now] == [grant]


def test_commands_ask_for_a_fresh_proof_and_a_form_token(app, session, region, security) -> None:
    path = f"/accounts/{region.accounts[COMMUNITY]}"
    commands = [
        f"{path}/{one}"
        for one in (
            "grants",
            "disable",
            "enable",
            "reset",
            "end-sessions",
            f"grants/{region.grants[COMMUNITY]}/end",
        )
    ]
    commands += ["/accounts/invite", "/accounts/bulk", "/accounts/bulk/check"]
    for address in commands:
        assert security.client.post(address, headers={"Accept": "text/html"}).status_code == 400, address
    session.execute(text("UPDATE browser_session SET proved_at = now() - interval '1 day'"))
    session.commit()
    for address in commands:
        answer = security.post(address, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"]) == (403, "confirm_first"), address
    assert security.get("/accounts/invite").headers["Location"].startswith("/account/confirm?next=")
    assert account_line(session, EVERYBODY, region.accounts[COMMUNITY]).state == "expired"


# --- the list ---


def test_the_list_is_searched_filtered_sorted_and_exported(app, session, region, security) -> None:
    actions.invite(session, "cmd", "planner", STREET)
    # As an earlier version took it.
    session.execute(text("UPDATE account SET login = '=cmd|x' WHERE login = 'cmd'"))
    Person(app, session, "dispatcher", OTHER_DISTRICT).sign_in()
    session.commit()
    page = security.get("/accounts").get_data(as_text=True)
    assert "=cmd|x" in page and f"{SECRETS[FAR_COMMUNITY]}人" in page
    found = security.get("/accounts", query_string={"q": "cmd", "area": STREET, "role": "planner"}).get_data(
        as_text=True
    )
    assert "=cmd|x" in found and "dispatcher-" not in found
    assert "没有符合的账号" in security.get("/accounts?q=%25").get_data(as_text=True)
    assert security.get("/accounts?role=emperor").status_code == 422
    assert security.get("/accounts?area=无此区划").status_code == 422
    for sort in ("login", "role", "area", "state", "seen", "created", "'; DROP"):
        assert security.get("/accounts", query_string={"sort": sort}).status_code == 200
    seen = account_lines(session, EVERYBODY, sort="seen")
    assert seen[0].seen_at is not None and seen[-1].seen_at is None
    sheet = openpyxl.load_workbook(BytesIO(security.get("/accounts/accounts.xlsx?q=cmd").data)).active
    cell = sheet["A2"]
    assert (cell.value, cell.data_type) == ("=cmd|x", "s"), "text, never a formula"


def test_areas_are_offered_within_reach(security, district) -> None:
    offered = district.get("/accounts/areas.json?q=机密").json["areas"]
    assert {one["code"][:6] for one in offered} == {HOME[:6]}
    assert len(security.get("/accounts/areas.json?q=机密").json["areas"]) == 9
    assert district.get("/accounts/areas.json?q=%25").json["areas"] == []
