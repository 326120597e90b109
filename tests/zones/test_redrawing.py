"""Zones locked, and many drawn anew in one step."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.zones import actions
from tests.zones.town import Town, around, build_town, fresh_key, refused, row, sums


@pytest.fixture
def town(session) -> Town:
    return build_town(session)


def test_a_locked_zone_is_left_alone_by_the_lasso(session, town: Town) -> None:
    kept, other = town.zone(session), town.zone(session)
    town.give(session, kept, building_ids=town.buildings[:5])
    actions.lock_zone(session, town.plan.id, kept, town.ask(), locked=True)
    answer = town.give(session, other, lasso=around(row(0))).answer
    assert (answer["assigned"], answer["locked"], answer["unchanged"]) == (5, 5, 0)
    assert sums(session, town)[1] == (5, 100)


def test_nothing_enters_a_locked_zone(session, town: Town) -> None:
    kept = town.zone(session)
    actions.lock_zone(session, town.plan.id, kept, town.ask(), locked=True)
    refused("zone_locked", lambda: town.give(session, kept, building_ids=town.buildings[:1]))


@pytest.mark.parametrize("work", ["enter", "leave", "remove"])
def test_the_database_keeps_a_locked_zone(session, town: Town, work: str) -> None:
    kept, other = town.zone(session), town.zone(session)
    town.give(session, kept, building_ids=town.buildings[:5])
    town.give(session, other, building_ids=town.buildings[5:6])
    actions.lock_zone(session, town.plan.id, kept, town.ask(), locked=True)
    session.flush()
    statement = {
        "enter": "UPDATE zone_building SET zone_id = :kept WHERE zone_id = :other",
        "leave": "UPDATE zone_building SET zone_id = :other WHERE zone_id = :kept",
        "remove": "DELETE FROM zone WHERE id = :kept AND :other > 0",
    }[work]
    with pytest.raises(IntegrityError, match="a locked zone stays"), session.begin_nested():
        session.execute(text(statement), {"kept": kept, "other": other})


def test_undo_frees_a_lock_before_it_reaches_the_buildings(session, town: Town) -> None:
    kept = town.zone(session)
    given = town.give(session, kept, building_ids=town.buildings[:5])
    locking = actions.lock_zone(session, town.plan.id, kept, town.ask(), locked=True)
    refused("step_covered", lambda: town.turn(session, given.step, "undo"))
    town.turn(session, locking.step, "undo")
    town.turn(session, given.step, "undo")
    assert sums(session, town)[1] == (0, 0)


def test_a_draft_with_a_locked_zone_can_be_deleted(session, town: Town) -> None:
    actions.lock_zone(session, town.plan.id, town.zone(session), town.ask(), locked=True)
    session.flush()
    actions.delete_draft(session, town.plan.id, town.plan.version)
    session.flush()


def redrawn(session, town: Town, *wanted: actions.Wanted, **given: Any) -> actions.Outcome:
    return actions.redraw_zones(
        session, town.plan.id, town.ask(), wanted, asked=fresh_key(), colours=12, **given
    )


def test_redrawing_is_one_step_back_and_forth(session, town: Town) -> None:
    kept, going = town.zone(session, "老区"), town.zone(session)
    town.give(session, kept, building_ids=town.buildings[:5])
    town.give(session, going, building_ids=town.buildings[5:10])
    before = contents(session, town)
    done = redrawn(
        session,
        town,
        actions.Wanted(kept, 2, "老区", town.buildings[3:8]),
        actions.Wanted(None, 1, "", town.buildings[:3]),
        removed=[going],
    )
    assert done.answer == {"zones": 2, "added": 1, "removed": 1, "moved": 8}
    after = contents(session, town)
    assert {number: len(held[1]) for number, held in after.items()} == {1: 3, 2: 5}
    assert after[2][0] == before[1][0]
    town.turn(session, done.step, "undo")
    assert contents(session, town) == before
    town.turn(session, done.step, "redo")
    assert contents(session, town) == after


def contents(session, town: Town) -> dict[int, tuple[Any, list[int]]]:
    """Number -> identity and buildings of each zone."""
    session.expire_all()
    rows = session.execute(
        text(
            """SELECT z.number, z.lineage, array_agg(m.building_id ORDER BY m.building_id) FROM zone z
               LEFT JOIN zone_building m ON m.zone_id = z.id WHERE z.plan_id = :plan GROUP BY z.id ORDER BY z.number"""
        ),
        {"plan": town.plan.id},
    )
    return {row[0]: (row[1], [one for one in row[2] if one is not None]) for row in rows}


def test_redrawing_refuses_what_is_locked(session, town: Town) -> None:
    kept = town.zone(session)
    town.give(session, kept, building_ids=town.buildings[:5])
    actions.lock_zone(session, town.plan.id, kept, town.ask(), locked=True)
    session.flush()
    with pytest.raises(IntegrityError, match="a locked zone stays"), session.begin_nested():
        redrawn(session, town, actions.Wanted(None, 2, "", town.buildings[:3]))


def test_redrawing_refuses_one_number_twice(session, town: Town) -> None:
    refused(
        "numbers_unusable",
        lambda: redrawn(session, town, actions.Wanted(None, 1, "", []), actions.Wanted(None, 1, "", [])),
    )
