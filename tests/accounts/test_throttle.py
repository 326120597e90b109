"""Guessing gets slower and never locks anybody out who has been here before."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import db
from app.accounts import actions
from app.accounts.actions import passwords
from app.accounts.rules import counters
from app.accounts.rules.throttle import NETWORK
from tests.accounts.visits import Person
from tests.conftest import Visitor, copy_database


@pytest.fixture
def hashes(monkeypatch) -> list[str]:
    """Every comparison with a hash."""
    made: list[str] = []
    real = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda kept, typed: made.append(typed) or real(kept, typed))
    return made


@pytest.fixture
def zhou(app, session) -> Person:
    return Person(app, session)


def time_passes(session, seconds: int) -> None:
    session.execute(
        text(
            "UPDATE attempt SET last_at = last_at - make_interval(secs => :s), free_at = free_at - make_interval(secs => :s)"
        ),
        {"s": seconds},
    )
    session.commit()


def test_no_more_than_ten_guesses_in_a_quarter_of_an_hour_reach_the_hash(zhou, session, hashes) -> None:
    refused = []
    for second in range(0, 900, 5):
        answer = zhou.give_password(f"guess {second}")
        if answer.status_code == 429:
            refused.append(int(answer.headers["Retry-After"]))
        else:
            assert answer.status_code == 422
        time_passes(session, 5)
    assert len(hashes) == 10
    assert refused == sorted(refused, key=lambda wait: wait) or max(refused) <= 480
    assert "试的次数太多了" in answer.get_data(as_text=True)
    assert "15 秒" in _first_wait(zhou, session)


def _first_wait(zhou, session) -> str:
    session.execute(text("DELETE FROM attempt"))
    session.commit()
    for _ in range(6):
        answer = zhou.give_password("wrong")
    assert answer.status_code == 429
    return answer.get_data(as_text=True)


def test_the_right_password_waits_too_but_never_for_good(zhou, session) -> None:
    for _ in range(12):
        zhou.give_password("wrong")
    assert zhou.give_password().status_code == 429
    time_passes(session, 480)
    assert zhou.give_password().status_code == 303


def test_a_browser_that_was_here_before_is_not_slowed_by_strangers(app, zhou, session) -> None:
    zhou.sign_in()
    zhou.browser.post("/sign-out")
    stranger = Visitor(app.test_client())
    for _ in range(8):
        answer = stranger.post("/sign-in", data={"login": zhou.login, "password": "wrong"})
    assert answer.status_code == 429
    zhou.sign_in()
    # Yet it may not guess for ever either, and is nobody special elsewhere.
    zhou.browser.post("/sign-out")
    assert [zhou.give_password("wrong").status_code for _ in range(6)] == [422] * 5 + [429]
    other = Person(app, session)
    other.browser = zhou.browser
    assert [other.give_password("wrong").status_code for _ in range(6)] == [422] * 5 + [429]


def test_a_new_password_forgets_known_browsers(zhou, session, hashes) -> None:
    zhou.sign_in()
    zhou.browser.post("/sign-out")
    actions.set_password(session, zhou.login, "seven grey herons waiting")
    session.commit()
    assert session.scalar(text("SELECT count(*) FROM known_device")) == 0


def test_one_network_cannot_try_every_login(app, session, hashes) -> None:
    stranger = Visitor(app.test_client())
    statuses = [
        stranger.post("/sign-in", data={"login": f"nobody{n}", "password": "x"}).status_code
        for n in range(NETWORK.free + 1)
    ]
    assert statuses == [422] * NETWORK.free + [429]
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "10.9.8.7"}}
    answer = stranger.post("/sign-in", data={"login": "nobody", "password": "x"}, **elsewhere)
    assert answer.status_code == 422


def test_neighbours_share_a_counter_and_others_do_not() -> None:
    from app.accounts.rules import coarse_network

    assert coarse_network("10.2.3.4") == coarse_network("10.2.3.250") == "10.2.3.0/24"
    assert (
        coarse_network("2001:db8:0:1200::1") == coarse_network("2001:db8:0:12ff::9") == "2001:db8:0:1200::/56"
    )
    assert coarse_network("::ffff:10.2.3.4") == "10.2.3.0/24"
    assert coarse_network("fe80::1%eth0") == "fe80::/56"
    assert coarse_network("no address") == coarse_network(None) == ""


def test_what_was_right_counts_for_nothing(zhou, session) -> None:
    for _ in range(9):
        zhou.another_browser()
        zhou.sign_in()


def test_neither_logins_nor_addresses_can_be_read_from_the_counters(zhou, session) -> None:
    zhou.give_password("wrong")
    rows = session.execute(
        text("SELECT encode(key, 'escape') || key::text || a::text FROM attempt a")
    ).scalars()
    words = " ".join(rows)
    assert words and zhou.login not in words and "127.0.0" not in words


def test_twenty_at_once_are_not_more_than_the_limit(cluster) -> None:
    engine = create_engine(db.driver_url(copy_database(cluster, cluster.database)), pool_size=20)
    asked = counters("s" * 40, "sign_in", "zhou", network="10.2.3.0/24")
    start = Barrier(20)

    def one_try(_: int) -> int:
        with Session(engine) as session:
            session.connection()
            start.wait()
            wait_s = actions.wait_before(session, asked)
            session.commit()
            return wait_s

    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(one_try, range(20)))
    with engine.connect() as connection:
        persistence = connection.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'attempt'"))
    engine.dispose()
    assert waits.count(0) == 5
    assert persistence == "u"


def test_many_who_sign_in_from_one_network_do_not_wait_crosswise(cluster) -> None:
    engine = create_engine(db.driver_url(copy_database(cluster, cluster.database)), pool_size=8)
    asked = counters("s" * 40, "sign_in", "zhou", network="10.2.3.0/24")
    with Session(engine) as session:
        # On the disk the other way round than they are counted.
        for counter in reversed(asked):
            actions.wait_before(session, [counter])
        session.commit()
    start = Barrier(8)

    def come_and_go(_: int) -> None:
        start.wait()
        for _round in range(25):
            with Session(engine) as session:
                actions.wait_before(session, asked)
                session.commit()
                actions.give_back(session, asked)
                session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(8)))
    engine.dispose()


def test_quiet_counters_are_deleted(zhou, session) -> None:
    zhou.give_password("wrong")
    time_passes(session, 16 * 60)
    actions.forget_attempts(session)
    assert session.scalar(text("SELECT count(*) FROM attempt")) == 0


def test_codes_and_confirmations_are_slowed_as_well(zhou, session) -> None:
    zhou.sign_in()
    zhou.set_up()
    assert [
        zhou.browser.post("/account/confirm", data={"password": "wrong"}).status_code for _ in range(6)
    ] == [422] * 5 + [429]
    zhou.another_browser()
    zhou.give_password()
    assert [zhou.give_code("000000").status_code for _ in range(6)] == [422] * 5 + [429]
