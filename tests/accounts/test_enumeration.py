"""Nobody learns from the sign-in page which logins exist: not by words, not by status, not by time."""

import re
import statistics
import time

import pytest
from sqlalchemy import text

from app.accounts import actions
from tests.accounts.visits import Person
from tests.conftest import Visitor

PAIRS, ROUNDS = 100, 4
KINDS = ("unknown", "wrong", "disabled", "invited")


@pytest.fixture
def logins(app, session) -> dict[str, str]:
    wrong, disabled, invited = (Person(app, session) for _ in range(3))
    actions.disable_account(session, disabled.login)
    session.execute(text("UPDATE account SET password_hash = '!' WHERE id = :id"), {"id": invited.account_id})
    session.commit()
    return dict(zip(KINDS, ("planner-0000000", wrong.login, disabled.login, invited.login), strict=True))


def test_all_of_them_answer_alike_and_take_as_long(app, session, logins) -> None:
    visitor = Visitor(app.test_client())
    token = visitor.token()
    rounds = []
    # Other programs make a round uneven, never even: a difference of ours would be in every one.
    for _ in range(ROUNDS):
        times, answers = one_round(session, visitor, token, logins)
        assert len(answers) == 1
        medians = {kind: statistics.median(listed) * 1000 for kind, listed in times.items()}
        rounds.append({kind: round(median, 1) for kind, median in medians.items()})
        spread = max(medians.values()) - min(medians.values())
        if spread < max(2.0, 0.15 * min(medians.values())):
            print(rounds, "ms")
            return
    pytest.fail(f"medians in ms: {rounds}")


def one_round(session, visitor, token, logins) -> tuple[dict[str, list[float]], set[tuple[int, str]]]:
    times: dict[str, list[float]] = {kind: [] for kind in logins}
    answers = set()
    for _ in range(PAIRS):
        session.execute(text("DELETE FROM attempt"))
        session.commit()
        for kind, login in logins.items():
            form = {"login": login, "password": "a wrong password", "next": "/"}
            began = time.perf_counter()
            answer = visitor.client.post("/sign-in", data=form, headers={"X-CSRFToken": token})
            times[kind].append(time.perf_counter() - began)
            page = answer.get_data(as_text=True).replace(login, "")
            page = re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", page)
            answers.add((answer.status_code, page))
    return times, answers


def test_strangers_are_slowed_alike(app, session, logins) -> None:
    statuses = {}
    for kind, login in logins.items():
        visitor = Visitor(app.test_client())
        form = {"login": login, "password": "a wrong password"}
        statuses[kind] = tuple(visitor.post("/sign-in", data=form).status_code for _ in range(7))
    assert set(statuses.values()) == {(422, 422, 422, 422, 422, 429, 429)}
