"""Drafts, zones, buildings given and taken back, on a real PostGIS."""

from datetime import date

import pytest
from shapely.geometry import LineString, box
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import explained
from app.errors import Conflict, InvalidInput
from app.zones import actions
from app.zones.queries import buildings as building_queries
from app.zones.queries import plans as plan_queries
from tests.builders import build_building, cell, footprint_in
from tests.zones.town import (
    COMMUNITY,
    NEIGHBOUR,
    TODAY,
    Town,
    around,
    ask,
    build_town,
    fresh_key,
    refused,
    row,
    sums,
)


@pytest.fixture
def town(session) -> Town:
    return build_town(session)


# --- giving ----------------------------------------------------------------------------------------


def test_a_lasso_gives_what_lies_inside_and_says_what_moved(session, town: Town) -> None:
    first, second = town.zone(session), town.zone(session)
    done = town.give(session, first, lasso=around(row(0)))
    assert {k: done.answer[k] for k in ("assigned", "unchanged", "outside", "households", "moved_from")} == {
        "assigned": 10, "unchanged": 0, "outside": 0, "households": 200, "moved_from": {},
    }  # fmt: skip
    done = town.give(session, second, lasso=around(row(0)[:4] + row(1)[:4]))
    assert (done.answer["assigned"], done.answer["moved_from"]) == (8, {"1": 4})
    assert sums(session, town) == {1: (6, 120), 2: (8, 160)}
    again = town.give(session, second, lasso=around(row(0)[:4] + row(1)[:4]))
    assert (again.answer["assigned"], again.answer["unchanged"], again.step) == (0, 8, 0)
    assert again.version == done.version


def test_the_point_on_the_surface_decides(session, town: Town) -> None:
    zone = town.zone(session)
    # An L-shaped house: its centroid lies in the empty corner, its point on the surface does not.
    corner = LineString([(118.6030, 31.9540), (118.6030, 31.9525), (118.6045, 31.9525)]).buffer(0.0002)
    house = build_building(session, f"{COMMUNITY}00021", corner, households=9)
    spot = session.execute(
        text("SELECT ST_X(point), ST_Y(point) FROM building WHERE id = :id"), {"id": house}
    ).one()
    near = box(spot[0] - 1e-5, spot[1] - 1e-5, spot[0] + 1e-5, spot[1] + 1e-5)
    assert town.give(session, zone, lasso=near).answer["ids"] == [house]
    # A lasso that crosses the walls but misses the point takes nothing.
    middle = footprint_in(cell(0), 0)
    west, south, east, north = middle.bounds
    missed = town.give(session, zone, lasso=box(west - 0.0001, south - 0.0001, west + 0.0001, north + 0.0001))
    assert missed.answer["assigned"] == 0
    touched = town.give(session, zone, lasso=box(west - 0.0001, south, (west + east) / 2, north))
    assert touched.answer["assigned"] == 1, "a point on the line is inside"


def test_buildings_of_another_community_are_counted_and_left_alone(session, town: Town) -> None:
    zone = town.zone(session)
    done = town.give(session, zone, lasso=box(118.59, 31.94, 118.62, 31.96))
    assert (done.answer["assigned"], done.answer["outside"]) == (20, 5)
    by_id = town.give(session, zone, building_ids=[*town.elsewhere, 999_999_999])
    assert (by_id.answer["assigned"], by_id.answer["outside"]) == (0, 6)


def test_the_database_itself_refuses_a_building_of_another_community(session, town: Town) -> None:
    zone = town.zone(session)
    for area in (NEIGHBOUR, COMMUNITY):
        with pytest.raises(IntegrityError) as caught, session.begin_nested():
            session.execute(
                text("INSERT INTO zone_building VALUES (:plan, :building, :zone, :area)"),
                {"plan": town.plan.id, "building": town.elsewhere[0], "zone": zone, "area": area},
            )
        assert isinstance(explained(caught.value), (Conflict, IntegrityError))


def test_the_database_itself_keeps_a_zone_in_the_community_of_its_plan(session, town: Town) -> None:
    zone = town.zone(session)
    for change in (
        "INSERT INTO zone (plan_id, area_code, number) VALUES (:plan, :area, 9)",
        "UPDATE zone SET area_code = :area WHERE id = :zone",
        "UPDATE plan SET area_code = :area WHERE id = :plan",
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(change), {"plan": town.plan.id, "zone": zone, "area": NEIGHBOUR})


def test_a_zone_of_another_plan_is_unknown(session, town: Town) -> None:
    other = actions.make_draft(session, NEIGHBOUR, "别处", None)
    zone = actions.add_zone(session, other.id, ask(), colours=12).answer["zone"]["id"]
    refused("zone_unknown", lambda: town.give(session, zone, building_ids=town.buildings[:1]))


def test_taking_out_leaves_no_row(session, town: Town) -> None:
    zone = town.zone(session)
    town.give(session, zone, building_ids=town.buildings)
    done = town.give(session, None, building_ids=town.buildings[:3])
    assert (done.answer["assigned"], done.answer["zone"], done.answer["moved_from"]) == (3, None, {"1": 3})
    assert plan_queries.plan_sums(session, town.plan.id, COMMUNITY, TODAY) == (20, 400, 3, 60)


def test_a_building_that_is_gone_does_not_count(session, town: Town) -> None:
    zone = town.zone(session)
    session.execute(
        text("UPDATE building SET during = '[2026-01-01,2026-06-01)' WHERE id = :id"),
        {"id": town.buildings[0]},
    )
    assert town.give(session, zone, building_ids=town.buildings[:2]).answer["assigned"] == 1


def test_neither_or_both_ways_of_picking_is_refused(session, town: Town) -> None:
    zone = town.zone(session)
    refused("nothing_picked", lambda: town.give(session, zone))
    refused("nothing_picked", lambda: town.give(session, zone, building_ids=[1], lasso=around(row(0))))


# --- once, and only by who has seen it ---------------------------------------------------------------


def test_a_repeated_request_takes_effect_once(session, town: Town) -> None:
    zone = town.zone(session)
    key, seen = fresh_key(), town.plan.version
    first = town.give(session, zone, town.ask(key=key, seen_version=seen), building_ids=town.buildings[:4])
    town.give(session, None, building_ids=town.buildings[:2])
    again = town.give(session, zone, town.ask(key=key, seen_version=seen), building_ids=town.buildings[:4])
    assert again.answer == first.answer
    assert sums(session, town) == {1: (2, 40)}
    assert session.scalar(text("SELECT count(*) FROM plan_step WHERE key = :key"), {"key": key}) == 1


def test_a_key_may_not_come_back_with_another_wish(session, town: Town) -> None:
    zone, key = town.zone(session), fresh_key()
    town.give(session, zone, town.ask(key=key), building_ids=town.buildings[:1])
    refused(
        "key_reused", lambda: town.give(session, zone, town.ask(key=key), building_ids=town.buildings[:2])
    )
    refused(
        "key_unusable",
        lambda: town.give(session, zone, town.ask(key="short"), building_ids=town.buildings[:2]),
    )


def test_who_has_not_seen_the_plan_as_it_is_is_refused(session, town: Town) -> None:
    zone, seen = town.zone(session), town.plan.version
    town.give(session, zone, building_ids=town.buildings[:1])
    problem = refused(
        "plan_changed",
        lambda: town.give(session, zone, town.ask(seen_version=seen), building_ids=town.buildings[1:2]),
    )
    assert (problem.facts["seen"], problem.facts["now"]) == (seen, seen + 1)
    assert sums(session, town) == {1: (1, 20)}


def test_a_published_plan_is_never_changed(session, town: Town) -> None:
    zone = town.zone(session)
    town.give(session, zone, building_ids=town.buildings)
    session.execute(
        text("UPDATE plan SET state = 'published', during = '[2026-11-23,)' WHERE id = :id"),
        {"id": town.plan.id},
    )
    ways = [
        lambda: town.give(session, None, building_ids=town.buildings),
        lambda: town.zone(session),
        lambda: actions.remove_zone(session, town.plan.id, zone, town.ask()),
        lambda: actions.rename_zone(session, town.plan.id, zone, town.ask(), "x"),
        lambda: actions.renumber_zones(session, town.plan.id, town.ask()),
        lambda: town.turn(session, 1, "undo"),
        lambda: actions.rename_plan(session, town.plan.id, town.ask(), "x"),
        lambda: actions.delete_draft(session, town.plan.id, town.plan.version),
    ]
    for way in ways:
        refused("plan_published", way)
    assert sums(session, town) == {1: (20, 400)}


# --- undo --------------------------------------------------------------------------------------------


def everything(session, town: Town) -> list[tuple]:
    rows = session.execute(
        text(
            """SELECT p.name, z.id, z.number, z.name, z.colour, m.building_id FROM plan p LEFT JOIN zone z ON z.plan_id = p.id
               LEFT JOIN zone_building m ON m.zone_id = z.id WHERE p.id = :plan ORDER BY 2, 6"""
        ),
        {"plan": town.plan.id},
    )
    return [tuple(one) for one in rows]


def test_every_step_can_be_undone_and_done_again(session, town: Town) -> None:
    seen = [everything(session, town)]

    def after() -> None:
        session.flush()
        seen.append(everything(session, town))

    first = town.zone(session)
    after()
    second = town.zone(session, "滨江片")
    after()
    town.give(session, first, lasso=around(row(0)))
    after()
    town.give(session, second, building_ids=town.buildings[5:15])
    after()
    actions.rename_zone(session, town.plan.id, second, town.ask(), "滨江", 1)
    after()
    actions.renumber_zones(session, town.plan.id, town.ask())
    after()
    actions.rename_plan(session, town.plan.id, town.ask(), "第二稿")
    after()
    town.give(session, None, building_ids=town.buildings[:2])
    after()
    actions.remove_zone(session, town.plan.id, first, town.ask())
    after()
    assert len({tuple(state) for state in seen}) == len(seen), "each step changed something"
    for state in reversed(seen[:-1]):
        last, _ = plan_queries.open_steps(session, town.plan.id)
        town.turn(session, last.id, "undo")
        session.flush()
        assert everything(session, town) == state
    assert plan_queries.open_steps(session, town.plan.id)[0] is None
    for state in seen[1:]:
        _, following = plan_queries.open_steps(session, town.plan.id)
        town.turn(session, following.id, "redo")
        session.flush()
        assert everything(session, town) == state


def test_undoing_twice_is_undoing_once(session, town: Town) -> None:
    zone = town.zone(session)
    step = town.give(session, zone, building_ids=town.buildings[:4])
    seen = town.plan.version
    done = town.turn(session, step.step, "undo", seen)
    assert done.answer["moved"] == [{"zone": None, "ids": town.buildings[:4]}]
    again = town.turn(session, step.step, "undo", seen)
    assert (again.answer["moved"], again.version) == (None, done.version)
    redone = town.turn(session, step.step, "redo", done.version)
    assert redone.answer["moved"] == [{"zone": 1, "ids": town.buildings[:4]}]
    town.turn(session, step.step, "undo", redone.version)
    assert sums(session, town) == {1: (0, 0)}


def test_only_the_last_step_is_undone_and_a_new_step_ends_doing_again(session, town: Town) -> None:
    zone = town.zone(session)
    first = town.give(session, zone, building_ids=town.buildings[:1])
    second = town.give(session, zone, building_ids=town.buildings[1:2])
    refused("step_covered", lambda: town.turn(session, first.step, "undo"))
    town.turn(session, second.step, "undo")
    town.give(session, zone, building_ids=town.buildings[2:3])
    assert plan_queries.open_steps(session, town.plan.id)[1] is None
    refused("step_covered", lambda: town.turn(session, second.step, "redo"))
    refused("step_unknown", lambda: town.turn(session, 999_999, "undo"))


def test_undo_by_somebody_who_has_not_seen_the_plan_is_refused(session, town: Town) -> None:
    zone, seen = town.zone(session), town.plan.version
    step = town.give(session, zone, building_ids=town.buildings[:1])
    refused("plan_changed", lambda: town.turn(session, step.step, "undo", seen))


# --- zones -----------------------------------------------------------------------------------


def test_numbers_can_be_exchanged_and_follow_the_map(session, town: Town) -> None:
    south, north = town.zone(session), town.zone(session)
    town.give(session, south, lasso=around(row(0)))
    town.give(session, north, lasso=around(row(1)))
    done = actions.renumber_zones(session, town.plan.id, town.ask())
    assert done.answer == {"changed": 2}
    numbers = {z.id: z.number for z in plan_queries.zone_lines(session, town.plan.id, TODAY)}
    assert numbers == {north: 1, south: 2}
    again = actions.renumber_zones(session, town.plan.id, town.ask())
    assert (again.answer, again.step) == ({"changed": 0}, 0)
    refused(
        "number_unusable",
        lambda: actions.rename_zone(session, town.plan.id, south, town.ask(), "", 1000),
    )


# --- asking ----------------------------------------------------------------------------------------------


def test_the_list_is_searched_filtered_sorted_and_paged(session, town: Town) -> None:
    zone = town.zone(session)
    town.give(session, zone, building_ids=town.buildings[:15])
    plan = plan_queries.plan_facts(session, town.plan.id, TODAY)

    def listed(page: int = 1, lines: int = 100, **wanted):
        return building_queries.listed_buildings(
            session, plan, building_queries.BuildingFilter(**wanted), TODAY, page, lines
        )

    assert (listed()["count"], listed()["households"]) == (20, 400)
    assert listed(zone=0)["count"] == 5
    assert listed(zone=1)["count"] == 15
    assert [one["id"] for one in listed(words="沿江路3号")["buildings"]] == [town.buildings[2]]
    assert listed(words="100% _")["count"] == 0
    assert [one["zone"] for one in listed(sort="zone")["buildings"]][:6] == [None] * 5 + [1]
    third = listed(page=3, lines=8)
    assert (third["pages"], len(third["buildings"])) == (3, 4)
    with pytest.raises(InvalidInput):
        listed(sort="id; DROP TABLE plan")
    ids = building_queries.building_ids(session, plan, building_queries.BuildingFilter(zone=0), TODAY)
    assert ids == town.buildings[15:]


def test_stepping_through_what_is_in_no_zone_comes_round(session, town: Town) -> None:
    zone = town.zone(session)
    town.give(session, zone, building_ids=town.buildings[2:])
    plan = plan_queries.plan_facts(session, town.plan.id, TODAY)
    first = building_queries.next_unassigned(session, plan, "", TODAY)
    second = building_queries.next_unassigned(session, plan, first["code"], TODAY)
    assert [first["id"], second["id"]] == town.buildings[:2]
    assert building_queries.next_unassigned(session, plan, second["code"], TODAY)["id"] == first["id"]
    town.give(session, zone, building_ids=town.buildings)
    assert building_queries.next_unassigned(session, plan, "", TODAY) is None


def test_communities_are_found_by_their_own_and_their_streets_name(session, town: Town) -> None:
    assert plan_queries.communities(session, "沿江", TODAY)[0][0].code == COMMUNITY
    assert plan_queries.communities(session, NEIGHBOUR, TODAY)[1] == 1
    assert plan_queries.communities(session, "street001000", TODAY)[1] == 2
    assert plan_queries.communities(session, "", date(1990, 1, 1)) == ([], 0)
