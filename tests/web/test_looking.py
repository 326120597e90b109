"""A request that only looks cannot write: the database refuses it, and asking for a transaction that could is a defect."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import create_app, db
from app.accounts.actions import add_account
from tests.authority.region import build_region
from tests.conftest import PASSWORD, Visitor, copy_database, opened
from tests.web.visits import commands, let_everywhere, looks, names_of, sent_with

WRITE = "INSERT INTO area (code, level) VALUES ('329909000000', 'district')"


@pytest.fixture
def installed(cluster, settings, engine) -> Iterator[tuple[Flask, Visitor, dict[str, Any]]]:
    """The application on a database of its own with real connections, and somebody who may see everything."""
    from dataclasses import replace

    url = copy_database(cluster, cluster.database)
    own = opened(url)
    with Session(own, expire_on_commit=False) as session:
        region = build_region(session)
        add_account(session, "zhou", PASSWORD, "district")
        session.commit()
        let_everywhere(session)
    app = create_app(replace(settings, database_url=url))
    visitor = Visitor(app.test_client())
    assert visitor.post("/sign-in", data={"login": "zhou", "password": PASSWORD}).status_code == 303
    yield app, visitor, names_of(region)
    own.dispose()
    db.bind(engine)


def by_session() -> None:
    with db.reading() as session:
        session.execute(text(WRITE))


def by_driver() -> None:
    with db.glance() as asking:
        asking.execute(WRITE)


def by_straight() -> None:
    with db.reading() as session:
        db.straight(session).execute(WRITE)


def by_transaction() -> None:
    with db.transaction() as session:
        session.execute(text(WRITE))


WAYS: dict[str, tuple[Callable[[], None], str]] = {
    "by session": (by_session, "read-only"),
    "by driver": (by_driver, "read-only"),
    "by the session's driver": (by_straight, "read-only"),
    "by transaction": (by_transaction, "only looks"),
}


def test_no_look_can_write(installed, monkeypatch) -> None:
    app, visitor, names = installed
    refused: list[tuple[str, str, str]] = []
    for endpoint, entry in looks():
        view, seen = app.view_functions[endpoint], []

        def writing(*given: Any, view: Any = view, seen: list[str] = seen, **named: Any) -> Any:
            for way, (write, words) in WAYS.items():
                try:
                    write()
                except (psycopg.Error, Exception) as error:
                    assert words in str(error), (way, error)
                    seen.append(way)
            return view(*given, **named)

        writing.guard = view.guard  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, endpoint, writing)
        for method in ("GET", "HEAD"):
            seen.clear()
            answer = visitor.send(method, entry.path.format(**names))
            assert seen == list(WAYS), (endpoint, method)
            assert answer.status_code in {200, *entry.also}, (endpoint, method, answer.status_code)
            refused += [(endpoint, method, way) for way in seen]
    print(f"{len(refused)} writes refused in {len(list(looks()))} addresses")
    with db.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area WHERE code = '329909000000'")) == 0


# The key that is shown waits in the browser's own session until a code confirms it.
WAITING_IN_THE_SESSION = {"accounts.second_factor"}


def test_no_look_asks_for_a_connection_that_could_write(installed, monkeypatch) -> None:
    """But to keep its own session, after the view."""
    _, visitor, names = installed
    taken: list[str] = []

    def counted(*given: Any, **named: Any) -> Any:
        taken.append("a writing session")
        return made(*given, **named)

    made = db._writers
    monkeypatch.setattr(db, "_writers", counted)
    visitor.get("/plans")
    taken.clear()
    for endpoint, entry in looks():
        visitor.get(entry.path.format(**names), headers={"X-CSRFToken": ""})
        assert taken == [] or endpoint in WAITING_IN_THE_SESSION, endpoint
        taken.clear()


def test_commands_may_write_and_what_follows_in_the_thread_too(installed, monkeypatch) -> None:
    app, visitor, names = installed
    for endpoint, entry in list(commands())[:6]:
        view = app.view_functions[endpoint]

        def writing(*given: Any, **named: Any) -> str:
            with suppress(ZeroDivisionError), db.transaction() as session:
                session.execute(text("UPDATE account SET login = login"))
                raise ZeroDivisionError
            return "written"

        writing.guard = view.guard  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, endpoint, writing)
        answer = visitor.send(entry.method, entry.path.format(**names), **sent_with(entry, names))
        assert answer.data == b"written", endpoint
    visitor.get("/plans")
    visitor.get("/no-such-page")
    with db.transaction() as session:
        session.execute(text("SELECT 1"))


def test_the_guard_itself_is_what_refuses() -> None:
    db.look_only(True)
    try:
        with pytest.raises(RuntimeError, match="only looks"), db.transaction():
            pass
    finally:
        db.look_only(False)
