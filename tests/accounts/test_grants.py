"""New roles on the page of an account, what the database refuses, and what is on record."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.accounts.visits import Person
from tests.authority.region import COMMUNITY, STREET, Region, build_region
from tests.conftest import Visitor


@pytest.fixture
def region(session: Session) -> Region:
    return build_region(session)


@pytest.fixture
def security(app, session, region) -> Visitor:
    return Person(app, session, "security").sign_in()


def test_a_problem_with_a_new_role_is_said_on_the_page_and_nothing_typed_is_lost(
    session, region, security
) -> None:
    there = f"/accounts/{region.accounts[COMMUNITY]}/grants"
    answer = security.post(there, data={"role": "auditor", "area": "无此区划"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert (
        "没有这个区划" in page and 'value="无此区划"' in page and '<option value="auditor" selected>' in page
    )
    answer = security.post(there, data={"role": "system", "area": STREET})
    assert answer.status_code == 422 and "没有辖区之分" in answer.get_data(as_text=True)


def test_the_database_keeps_the_system_whole(session, region) -> None:
    with pytest.raises(IntegrityError, match="role_grant_system_is_everywhere"):
        session.execute(
            text(
                "INSERT INTO role_grant (account_id, role, area_code, together) VALUES (:id, 'system', :code, true)"
            ),
            {"id": region.accounts[COMMUNITY], "code": STREET},
        )


def test_ending_somebodys_sessions_is_on_record(session, region, security) -> None:
    account_id = region.accounts[COMMUNITY]
    assert security.post(f"/accounts/{account_id}/end-sessions").status_code == 303
    [changes] = session.scalars(
        text(
            "SELECT changes FROM journal WHERE subject = 'account' AND action = 'update' ORDER BY id DESC LIMIT 1"
        )
    )
    assert changes[0]["id"] == account_id and list(changes[0]["after"]) == ["sessions_ended_at"]
