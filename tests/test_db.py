"""The one commit, the reading pool, and what a lost connection means."""

import time

import psycopg
import pytest
from sqlalchemy import create_engine, text

from app import db
from app.errors import Conflict, Unavailable
from tests.conftest import copy_database, opened


@pytest.fixture
def own_database(cluster, settings, engine):
    """A committed database of its own; the savepoint engine is put back afterwards."""
    url = copy_database(cluster, cluster.database)
    made = opened(url)
    yield url
    made.dispose()
    db.bind(engine)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("50%", {"50% 折"}), ("a_b", {"a_b"}), ("c\\d", {"c\\d"}), ("折 50%", {"50% 折"}),
        ("", {"50% 折", "5000 折", "a_b", "axb", "c\\d"}), ("5 0 折 0 nobody-reads-a-fifth-word", {"50% 折", "5000 折"}),
    ],
)  # fmt: skip
def test_words_are_looked_for_as_they_are_typed(session, words: str, found: set[str]) -> None:
    wanted = db.like_patterns(words)
    condition = " AND ".join(["true", *(f"name LIKE :{name}" for name in wanted)])
    names = ["50% 折", "5000 折", "a_b", "axb", "c\\d"]
    asked = text(f"SELECT name FROM unnest(CAST(:names AS text[])) AS t (name) WHERE {condition}")
    assert set(session.scalars(asked, {**wanted, "names": names})) == found


OTHERS = "pid <> pg_backend_pid() AND datname IS NOT NULL"


def end_other_connections(cluster) -> None:
    """Returns when the server has let go of them: a signal is only a request."""
    with psycopg.connect(cluster.superuser_conninfo, autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE {OTHERS}")
        while connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {OTHERS}").fetchone() != (0,):
            time.sleep(0.05)


def test_what_reads_cannot_write(own_database) -> None:
    with pytest.raises(Exception, match="read-only"), db.reading() as session:
        session.execute(text("INSERT INTO area (code, level) VALUES ('329902000000', 'district')"))
    with db.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 0


def test_all_or_nothing(own_database) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        session.execute(text("INSERT INTO area (code, level) VALUES ('329902000000', 'district')"))
        raise ZeroDivisionError
    with db.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 0


def test_a_connection_that_the_server_ended_is_replaced(own_database, cluster) -> None:
    with db.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    with db.transaction() as session:
        session.execute(text("SELECT 1"))
    end_other_connections(cluster)
    with db.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    with db.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_lost_midway_is_said_so(own_database, cluster) -> None:
    with pytest.raises(Unavailable) as lost, db.reading() as session:
        session.execute(text("SELECT 1"))
        end_other_connections(cluster)
        session.execute(text("SELECT 1"))
    assert lost.value.code == "database_away"


def test_the_day_is_the_offices(own_database) -> None:
    with db.transaction() as session:
        assert session.scalar(text("SHOW timezone")) == "Asia/Shanghai"


def test_a_lock_that_is_not_free_is_a_conflict(own_database) -> None:
    other = create_engine(db.driver_url(own_database))
    with other.begin() as holding:
        holding.execute(text("LOCK TABLE area IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(Conflict) as busy, db.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            session.execute(text("SELECT count(*) FROM area"))
    other.dispose()
    assert busy.value.code == "busy"


def test_a_statement_that_takes_too_long_is_stopped(own_database) -> None:
    with pytest.raises(Unavailable) as slow, db.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '50ms'"))
        session.execute(text("SELECT pg_sleep(5)"))
    assert slow.value.code == "too_slow"
