"""Duties are kept apart, somebody is always left to give out roles, and two administrators at once do no harm."""

import threading
from typing import Any

import pytest
from sqlalchemy import text

from app import db
from app.accounts import actions
from app.accounts.queries.accounts import account_line, account_to_change, grant_lines
from app.accounts.rules import Reach
from app.errors import Conflict, NotFound
from tests.accounts.visits import EVERYBODY, Person, time_goes_by
from tests.authority.region import FAR_COMMUNITY, HOME, STREET
from tests.conftest import PASSWORD, copy_database, opened


@pytest.mark.parametrize(("first", "second"), [
    ("security", "auditor"), ("system", "security"), ("planner", "auditor"), ("security", "community"), ("auditor", "volunteer"),
])  # fmt: skip
def test_duties_are_kept_apart(app, session, first, second) -> None:
    made = actions.invite(session, "zhou.min", first)
    session.commit()
    with pytest.raises(Conflict) as refused, db.transaction() as writing:
        actions.grant_role(writing, made.account_id, second)
    assert refused.value.code == "duties_apart"
    grant = grant_lines(session, EVERYBODY, made.account_id)[0]
    actions.revoke_role(session, grant.id)
    time_goes_by(session)
    actions.grant_role(session, made.account_id, second)


def test_the_first_account_may_be_several_things(session) -> None:
    login, _password = actions.ensure_first_account(session)
    first = actions.account_id_of(session, login)
    actions.grant_role(session, first, "auditor")
    roles = [one.role for one in account_line(session, EVERYBODY, first).grants]
    assert roles == ["district", "system", "security", "auditor"]


def test_the_last_security_administrator_stays(app, session) -> None:
    only = Person(app, session, "security")
    grant = grant_lines(session, EVERYBODY, only.account_id)[0].id
    # Neither an invitation that nobody has answered nor a security administrator of one street is somebody.
    actions.invite(session, "invited", "security")
    actions.invite(session, "local", "security", STREET)
    for attempt in (
        lambda: actions.disable_account(session, only.login),
        lambda: actions.revoke_role(session, grant),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "last_security"
    Person(app, session, "security")
    actions.revoke_role(session, grant)
    actions.disable_account(session, only.login)


def test_two_who_shut_each_other_out_at_once(cluster, app) -> None:
    url = copy_database(cluster, cluster.database)
    engine = opened(url)
    try:
        with db.transaction() as session:
            ids = [actions.add_account(session, f"security-{n}", PASSWORD, "security").id for n in range(2)]
            grants = [grant_lines(session, EVERYBODY, one)[0].id for one in ids]
        for attempts in (
            [
                lambda s: actions.disable_account(s, "security-0"),
                lambda s: actions.disable_account(s, "security-1"),
            ],
            [lambda s: actions.revoke_role(s, grants[0]), lambda s: actions.disable_account(s, "security-1")],
            [lambda s: actions.revoke_role(s, grants[0]), lambda s: actions.revoke_role(s, grants[1])],
        ):
            outcomes = at_once(attempts)
            assert sorted(outcomes) == ["done", "last_security"], outcomes
            with db.transaction() as session:
                session.execute(text("UPDATE account SET disabled_at = NULL"))
                session.execute(text("UPDATE role_grant SET during = tstzrange(lower(during), NULL)"))
    finally:
        engine.dispose()


def at_once(attempts: list[Any]) -> list[str]:
    """Each in a thread and a transaction of its own, which stays open until the other is under way."""
    outcomes: list[str] = []
    gate = threading.Barrier(len(attempts))

    def run(attempt: Any) -> None:
        try:
            with db.acting_in(db.EVERYWHERE), db.transaction() as session:
                session.execute(text("SELECT 1"))
                gate.wait(10)
                attempt(session)
                session.execute(text("SELECT pg_sleep(0.3)"))
            outcomes.append("done")
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in attempts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    return outcomes


def test_nobody_becomes_somebody_else_while_being_reset(cluster, app) -> None:
    """A grant out of reach waits for the reset that is under way, so that no link for it gets into wrong hands."""
    engine = opened(copy_database(cluster, cluster.database))
    reach = (Reach(("planner", "dispatcher", "community", "volunteer"), HOME),)

    def promote() -> None:
        with db.acting_in(db.EVERYWHERE), db.transaction() as session:
            actions.grant_role(session, somebody, "planner", FAR_COMMUNITY)

    try:
        with db.transaction() as session:
            somebody = actions.invite(session, "zhou.min", "planner", STREET).account_id
        other = threading.Thread(target=promote)
        with db.transaction() as session:
            account_to_change(session, reach, somebody)
            other.start()
            other.join(0.5)
            assert other.is_alive()
            actions.reset_access(session, somebody)
        other.join(10)
        with db.transaction() as session, pytest.raises(NotFound):
            account_to_change(session, reach, somebody)
    finally:
        engine.dispose()
