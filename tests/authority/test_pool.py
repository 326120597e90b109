"""Tenants that take turns on few connections: no scope is left behind on any of them, whatever ended the turn."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import db
from app.cluster import Facts
from app.errors import DomainError
from tests.authority.region import COMMUNITIES, build_region
from tests.conftest import copy_database, database_name, opened

THREADS, TURNS = 16, 200
NO_SCOPE = r"wardmap\.scope|malformed array"
SEEN = "SELECT DISTINCT area_code FROM building"
SEEN_AT_ONCE = "SELECT array_agg(DISTINCT area_code) FROM building"
LEFT = "SELECT coalesce(current_setting('wardmap.scope', true), '')"


@pytest.fixture
def pools(cluster: Facts) -> Iterator[tuple[Engine, Engine]]:
    """A committed region behind the web role: two connections for those who write, two for those who read."""
    url = copy_database(cluster, cluster.database)
    owner = opened(url)
    with Session(owner) as writing:
        build_region(writing)
    owner.dispose()
    before = [dict(maker.kw) for maker in (db._writers, db._readers, db._visitors)]
    web = replace(cluster, database=database_name(url)).web_url
    writers, readers = (create_engine(web, pool_size=2, max_overflow=0, pool_timeout=60) for _ in range(2))
    db.bind(writers, readers)
    yield writers, readers
    for maker, kept in zip((db._writers, db._readers, db._visitors), before, strict=True):
        maker.configure(**kept)
    writers.dispose()
    readers.dispose()


def reads() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(text(SEEN)))


def writes() -> list[str]:
    with db.transaction() as session:
        changed = session.scalars(text("UPDATE plan SET name = name RETURNING area_code")).all()
        return [*changed, *session.scalars(text(SEEN))]


def fails() -> list[str]:
    with suppress(DBAPIError, ZeroDivisionError), db.transaction() as session:
        session.execute(text("SELECT 1 / 0"))
    return reads()


def gives_up() -> list[str]:
    with suppress(ZeroDivisionError), db.transaction() as session:
        seen = list(session.scalars(text(SEEN)))
        raise ZeroDivisionError
    return seen


def writes_where_it_may_not() -> list[str]:
    with suppress(DBAPIError, DomainError), db.transaction() as session:
        session.execute(text("INSERT INTO plan (area_code, name) VALUES ('329909009009', 'x')"))
    return []


def glances() -> list[str]:
    with db.glance() as asking:
        row = db.scoped_row(asking, SEEN_AT_ONCE, ())
        assert asking.execute(LEFT).fetchone() == ("",), "a pipeline's scope ends with it"
    return list(row[0]) if row else []


def glances_in_vain() -> list[str]:
    with suppress(psycopg.Error, DBAPIError, DomainError, ZeroDivisionError), db.glance() as asking:
        db.scoped_row(asking, "SELECT 1 / 0, area_code FROM building", ())
    return []


def asks_in_a_transaction() -> list[str]:
    with db.transaction() as session:
        row = db.scoped_row(db.straight(session), SEEN_AT_ONCE, ())
    return list(row[0]) if row else []


WAYS: tuple[Callable[[], list[str]], ...] = (
    reads, writes, fails, glances, gives_up, writes_where_it_may_not, glances_in_vain, asks_in_a_transaction,
)  # fmt: skip


def left_behind(engine: Engine) -> list[Any]:
    """The scope that each pooled connection still has."""
    connections = [engine.connect() for _ in range(2)]
    try:
        return [connection.scalar(text(LEFT)) for connection in connections]
    finally:
        for connection in connections:
            connection.close()


def test_tenants_that_take_turns_on_two_connections_never_meet(
    pools: tuple[Engine, Engine], record_property: Callable[[str, int], None]
) -> None:
    wrong: list[str] = []
    done: Counter[str] = Counter()

    def visit(number: int) -> None:
        ways = cycle(WAYS[number % len(WAYS) :] + WAYS[: number % len(WAYS)])
        for turn in range(TURNS):
            code, way = COMMUNITIES[(number + turn) % len(COMMUNITIES)], next(ways)
            try:
                with db.acting_in(db.scope_of([code])):
                    seen = way()
                if any(one != code for one in seen):
                    wrong.append(f"{way.__name__} for {code} saw {set(seen)}")
                done[way.__name__] += 1
            except Exception as error:
                wrong.append(f"{way.__name__} for {code}: {error!r}")

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    record_property("turns", done.total())
    assert not wrong, wrong[:5]
    assert done.total() == THREADS * TURNS and set(done) == {way.__name__ for way in WAYS}
    assert [left_behind(engine) for engine in pools] == [["", ""], ["", ""]]


@pytest.mark.parametrize("way", WAYS)
def test_no_turn_leaves_a_scope_on_its_connection(
    pools: tuple[Engine, Engine], way: Callable[[], list[str]]
) -> None:
    with db.acting_in(db.scope_of([COMMUNITIES[0]])):
        way()
    assert [left_behind(engine) for engine in pools] == [["", ""], ["", ""]]
    # And without one of its own the next question is an error, not somebody else's answer.
    with db.acting_in(None), pytest.raises(Exception, match=NO_SCOPE):
        reads()
    with db.acting_in(None), pytest.raises(Exception, match=NO_SCOPE):
        glances()
