"""Two planners at one plan: one of them is told, and a building is never in two zones."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from app import db
from app.errors import Conflict
from app.zones import actions
from tests.conftest import copy_database, everywhere
from tests.zones.town import TODAY, Town, ask, build_town, fresh_key


@pytest.fixture
def engine(cluster):
    made = create_engine(db.driver_url(copy_database(cluster, cluster.database)))
    event.listen(made, "connect", everywhere)
    yield made
    made.dispose()


@pytest.fixture
def town(engine) -> tuple[Town, list[int]]:
    with Session(engine, expire_on_commit=False) as writing:
        made = build_town(writing)
        zones = [made.zone(writing), made.zone(writing)]
        writing.commit()
        return made, zones


def at_once(engine, works) -> list:
    """Each work in its own connection, all starting together; results or the refusals."""
    start = Barrier(len(works))

    def run(work):
        with Session(engine) as session:
            start.wait()
            try:
                done = work(session)
                session.commit()
            except Conflict as refusal:
                session.rollback()
                return refusal
            return done

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_planners_give_one_building_to_two_zones(engine, town) -> None:
    made, zones = town
    for building in made.buildings[:8]:
        with Session(engine) as session:
            seen = session.scalar(text("SELECT version FROM plan"))

        def give(zone, building=building, seen=seen):
            return lambda session: actions.give_buildings(
                session, made.plan.id, zone, ask(seen), building_ids=[building], on=TODAY
            )  # fmt: skip

        results = at_once(engine, [give(zone) for zone in zones])
        assert sorted(getattr(one, "code", "done") for one in results) == ["done", "plan_changed"]
        with Session(engine) as session:
            rows = session.scalar(
                text("SELECT count(*) FROM zone_building WHERE building_id = :b"), {"b": building}
            )
            assert rows == 1


def test_the_same_request_twice_at_once_takes_effect_once(engine, town) -> None:
    made, zones = town
    with Session(engine) as session:
        seen = session.scalar(text("SELECT version FROM plan"))
    key = fresh_key()

    def give(session):
        return actions.give_buildings(
            session,
            made.plan.id,
            zones[0],
            ask(seen, key),
            building_ids=made.buildings[:5],
            on=TODAY,
        )

    results = at_once(engine, [give] * 4)
    assert all(one.answer["assigned"] == 5 for one in results)
    with Session(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM plan_step WHERE key = :key"), {"key": key}) == 1
        assert session.scalar(text("SELECT version FROM plan")) == seen + 1


def test_undo_against_a_new_step(engine, town) -> None:
    made, zones = town
    with Session(engine) as session:
        step = actions.give_buildings(
            session, made.plan.id, zones[0], made.ask(), building_ids=made.buildings[:5], on=TODAY
        )  # fmt: skip
        session.commit()

    def give(session):
        return actions.give_buildings(
            session, made.plan.id, zones[1], ask(step.version), building_ids=made.buildings[:5], on=TODAY
        )  # fmt: skip

    results = at_once(engine, [give, lambda s: made.turn(s, step.step, "undo", step.version)])
    assert sum(isinstance(one, Conflict) for one in results) == 1


def test_a_double_click_makes_one_draft(engine, town) -> None:
    made, zones = town
    for key in (uuid4(), uuid4()):

        def copy(session, key=key):
            return actions.copy_plan(session, made.plan.id, "另一份", None, key).id

        results = at_once(engine, [copy] * 4)
        assert len(set(results)) == 1
        with Session(engine) as session:
            copied = session.scalar(
                text("SELECT count(*) FROM zone WHERE plan_id = :plan"), {"plan": results[0]}
            )
            assert copied == len(zones)
