"""A command that is sent twice takes effect once: by its key, or by its nature; each address says which."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import create_app, db
from app.accounts.actions import add_account
from app.errors import InvalidInput
from app.web.once import RequestKey, once
from tests.authority.region import COMMUNITY, SIBLING, STREET, build_import, build_region
from tests.conftest import PASSWORD, Visitor, copy_database, opened
from tests.web.visits import commands

OWN_KEY = "keeps keys of its own, with the row that it makes or changes"
GENERAL = "by `web.once`"
COMMANDS = {
    "accounts.accept": "a link is used once",
    "administration.check": "asks only",
    "administration.disable": "what is off stays off",
    "administration.do_bulk": OWN_KEY,
    "administration.do_invite": "the login is taken then",
    "administration.enable": "what is on stays on",
    "administration.end_sessions": "what has ended stays ended",
    "administration.grant": "the database refuses the same role twice",
    "administration.reset": "a new link each time, and only the last is valid: its page says so",
    "administration.revoke": "what has ended stays ended",
    "accounts.change_password": "the old password no longer fits",
    "accounts.check_code": "a code is taken once",
    "accounts.check_confirm": "one proof more",
    "accounts.drop_second_factor": "what is off stays off",
    "accounts.end_others": "what has ended stays ended",
    "accounts.end_session": "what has ended stays ended",
    "accounts.new_recovery_codes": "new codes each time, and only the last are valid: its page says so",
    "accounts.set_second_factor": "a code is taken once",
    "journal.check": "asked twice, checked twice",
    "journal.export": "two looks are two looks",
    "accounts.check_sign_in": "a new session each time, and the former one ends",
    "accounts.sign_out": "whoever is out stays out",
    "areas.add": GENERAL,
    "areas.remove": GENERAL,
    "imports.cancel": GENERAL,
    "imports.check": GENERAL,
    "imports.inspect": GENERAL,
    "imports.publish": GENERAL,
    "imports.repair": GENERAL,
    "imports.settle": "the same rows get the same community again",
    "imports.undo": GENERAL,
    "imports.upload": OWN_KEY,
    "plan_changes.add_zone": OWN_KEY,
    "plan_changes.give": OWN_KEY,
    "plan_changes.lock_zone": OWN_KEY,
    "plan_changes.pick": "asks only",
    "plan_changes.remove_zone": OWN_KEY,
    "plan_changes.rename": OWN_KEY,
    "plan_changes.rename_zone": OWN_KEY,
    "plan_changes.renumber": OWN_KEY,
    "plan_changes.turn": "names the step that it takes back: done already, it is answered and nothing happens",
    "plans.begin": OWN_KEY,
    "plans.copy": OWN_KEY,
    "plans.delete": GENERAL,
    "publishing.publish": GENERAL,
    "web.choose_language": "the same language again",
}


def test_every_command_says_why_it_may_be_repeated() -> None:
    assert {endpoint for endpoint, _ in commands()} == set(COMMANDS)


def sending(endpoint: str, session: Session, region: Any) -> tuple[str, dict[str, Any]]:
    """An address and a form with which a command of the general way succeeds."""
    if endpoint == "areas.add":
        return "/ground/areas", {"level": "community", "name": "新社区", "parent_community": STREET}
    if endpoint == "areas.remove":
        session.execute(text("DELETE FROM zone_building WHERE area_code = :c"), {"c": SIBLING})
        for table in ("plan", "ground_import", "building"):
            session.execute(text(f"DELETE FROM {table} WHERE area_code = :c"), {"c": SIBLING})
        session.commit()
        return f"/ground/areas/{SIBLING}/delete", {}
    if endpoint == "plans.delete":
        return f"/plans/{region.plans[COMMUNITY]}/delete", {"seen_version": "1"}
    if endpoint == "publishing.publish":
        session.execute(
            text(
                """INSERT INTO zone_building (plan_id, building_id, zone_id, area_code)
                   SELECT z.plan_id, b.id, z.id, b.area_code FROM zone z JOIN building b USING (area_code)
                   WHERE z.plan_id = :plan ON CONFLICT DO NOTHING"""
            ),
            {"plan": region.plans[COMMUNITY]},
        )
        session.commit()
        return f"/plans/{region.plans[COMMUNITY]}/publish", {"seen_version": "1"}
    step = endpoint.removeprefix("imports.")
    state = {"undo": "published", "inspect": "failed"}.get(step, "checked")
    import_id = build_import(session, COMMUNITY)
    layer = '{"layers": [{"name": "roads", "columns": [], "geometry_types": ["LineString"], "features": 1}]}'
    session.execute(
        text("UPDATE ground_import SET state = :s, inspection = CAST(:layer AS jsonb) WHERE id = :i"),
        {"s": state, "i": import_id, "layer": layer},
    )
    session.commit()
    return f"/imports/{import_id}/{step}", {"kind": "road", "datum": "wgs84", "crs": "EPSG:4326"}


KEYED = [endpoint for endpoint, reason in COMMANDS.items() if reason == GENERAL]


@pytest.mark.parametrize("endpoint", KEYED)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_same_key_gets_the_same_answer(session, login_as, endpoint: str, accept: str) -> None:
    planner, region, key = login_as("district"), build_region(session), str(uuid4())
    path, form = sending(endpoint, session, region)
    headers = {"Accept": accept}
    first = planner.post(path, data={**form, "key": key}, headers=headers)
    assert first.status_code in (200, 303), first.get_data(as_text=True)
    again = planner.post(path, data={**form, "key": key}, headers=headers)
    assert (again.status_code, again.data, again.headers.get("Location"), again.mimetype) == (
        first.status_code, first.data, first.headers.get("Location"), first.mimetype,
    )  # fmt: skip
    other = planner.post(path, data={**form, "key": key, "note": "another wish"}, headers=headers)
    assert other.status_code == 422
    assert "请求编号已经用过" in (other.json["sentence"] if other.is_json else other.get_data(as_text=True))
    fresh = planner.post(path, data={**form, "key": str(uuid4())}, headers=headers)
    assert fresh.status_code in (404, 409, 422) or endpoint == "imports.check", (
        "without the key a repeat is refused or done again"
    )


def test_a_key_is_its_accounts_own(session, login_as) -> None:
    one, other, key = login_as("district"), login_as("district"), str(uuid4())
    build_region(session)
    form = {"level": "community", "parent_community": STREET, "key": key}
    first = one.post("/ground/areas", data={**form, "name": "甲社区"})
    second = other.post("/ground/areas", data={**form, "name": "乙社区"})
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] != second.headers["Location"]


def test_the_header_carries_a_key_too_and_json_does(session, login_as) -> None:
    planner, key = login_as("district"), str(uuid4())
    path, _ = sending("areas.remove", session, build_region(session))
    assert planner.post(path, json={"key": key}).json == {"removed": SIBLING}
    assert planner.post(path, json={"key": key}).json == {"removed": SIBLING}
    assert planner.post(path, json={}).status_code == 404
    form = {"level": "community", "name": "丙社区", "parent_community": STREET}
    answers = [
        planner.post("/ground/areas", data=form, headers={"Idempotency-Key": f'"{uuid4()}"'})
        for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [303, 422]
    assert planner.post("/ground/areas", data={**form, "name": "丁", "key": "x"}).status_code == 422


def test_what_was_refused_may_be_asked_again_with_its_key(session, login_as) -> None:
    planner, key = login_as("district"), str(uuid4())
    build_region(session)
    form = {"level": "community", "parent_community": STREET, "key": key}
    assert planner.post("/ground/areas", data={**form, "name": ""}).status_code == 422
    assert planner.post("/ground/areas", data={**form, "name": "戊社区"}).status_code == 303


def test_keys_are_forgotten_after_a_day(session, login_as) -> None:
    planner, key = login_as("district"), str(uuid4())
    build_region(session)
    form = {"level": "community", "parent_community": STREET}
    assert planner.post("/ground/areas", data={**form, "name": "己社区", "key": key}).status_code == 303
    session.execute(text("UPDATE request_key SET made_at = now() - interval '25 hours'"))
    session.commit()
    assert (
        planner.post("/ground/areas", data={**form, "name": "庚社区", "key": str(uuid4())}).status_code == 303
    )
    kept = session.scalars(text("SELECT key FROM request_key")).all()
    assert len(kept) == 1 and str(kept[0]) != key


@pytest.fixture
def installed(cluster, settings, engine) -> Iterator[tuple[Any, int]]:
    """The application on a database of its own, for what happens at the same time."""
    url = copy_database(cluster, cluster.database)
    own = opened(url)
    with Session(own, expire_on_commit=False) as session:
        build_region(session)
        account = add_account(session, "zhou", PASSWORD, "district")
        session.commit()
    app = create_app(replace(settings, database_url=url))
    yield app, account.id
    own.dispose()
    db.bind(engine)


def at_once(app: Any, count: int, work: Callable[[int], Any]) -> list[Any]:
    barrier = threading.Barrier(count)

    def begin(number: int) -> Any:
        barrier.wait(10)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_the_same_request_at_the_same_time_takes_effect_once(installed) -> None:
    app, _ = installed
    visitors = []
    for _ in range(4):
        visitor = Visitor(app.test_client())
        assert visitor.post("/sign-in", data={"login": "zhou", "password": PASSWORD}).status_code == 303
        visitors.append((visitor, visitor.token()))
    for round_no in range(15):
        form = {
            "level": "community",
            "name": f"社区{round_no}",
            "parent_community": STREET,
            "key": str(uuid4()),
        }

        def send(number: int, form: dict[str, str] = form) -> Any:
            visitor, token = visitors[number]
            return visitor.client.post("/ground/areas", data=form, headers={"X-CSRFToken": token})

        answers = at_once(app, 4, send)
        assert {one.status_code for one in answers} == {303}
        assert len({one.headers["Location"] for one in answers}) == 1
    with db.acting_in(db.EVERYWHERE), db.reading() as session:
        made = session.scalar(text("SELECT count(*) FROM area_version WHERE name LIKE '社区_%'"))
        assert (made, session.scalar(text("SELECT count(*) FROM request_key"))) == (15, 15)


def test_if_the_first_fails_the_second_does_it(installed) -> None:
    app, account_id = installed
    key, entered, calls = uuid4(), threading.Event(), []

    def work(number: int) -> Any:
        def effect(session: Session) -> str:
            calls.append(number)
            if len(calls) == 1:
                entered.set()
                raise InvalidInput("x", "the first fails")
            return "done"

        with app.test_request_context("/x", method="POST", data={"key": str(key)}):
            try:
                return once(account_id, effect).get_data()
            except InvalidInput:
                return b"failed"

    assert sorted(at_once(app, 2, work)) == [b"done", b"failed"]
    assert len(calls) == 2
    with db.reading() as session:
        assert session.query(RequestKey).count() == 1
