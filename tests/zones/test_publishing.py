"""The gate: what it refuses, what it lets through, from which day, and what becomes of the plan before."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.zones import actions, rules
from app.zones.models import Plan
from app.zones.queries import plans as plan_queries
from app.zones.queries.comparing import compare_plans
from app.zones.queries.publishing import publishing_findings
from tests.builders import build_building, cell, footprint_in
from tests.zones.town import COMMUNITY, TODAY, Town, ask, build_town, refused

LATER = TODAY + timedelta(days=10)


@pytest.fixture
def town(session) -> Town:
    """A draft with two zones, ready to be published."""
    made = build_town(session)
    west, east = made.zone(session, "西片"), made.zone(session)
    made.give(session, west, building_ids=[*made.buildings[:5], *made.buildings[10:15]])
    made.give(session, east, building_ids=[*made.buildings[5:10], *made.buildings[15:]])
    return made


def publish(session, plan: Plan, **given: Any) -> Plan:
    """As somebody who has just looked at everything."""
    last = plan_queries.last_published(session, plan.area_code)
    values = {
        "seen_version": plan.version, "seen_former": last.id if last else None, "from_day": TODAY, "today": TODAY,
        "exceptions": {}, "by": None,
    }  # fmt: skip
    return actions.publish_plan(session, plan.id, **{**values, **given})


def held(session, plan: Plan) -> tuple[date | None, date | None]:
    """First day, and the day after the last."""
    row = session.execute(
        text("SELECT lower(during), upper(during) FROM plan WHERE id = :id"), {"id": plan.id}
    )
    return tuple(row.one())


def zone_ids(session, plan: Plan) -> dict[int, int]:
    return {number: zone for zone, number in plan_queries.zone_numbers(session, plan.id).items()}


def found(session, town: Town) -> list[tuple[str, bool]]:
    facts = plan_queries.plan_facts(session, town.plan.id, TODAY)
    return [(one.code, one.blocks) for one in publishing_findings(session, facts, TODAY)]


# --- the gate ----------------------------------------------------------------------------------------


def test_a_plan_that_is_ready_comes_into_force(session, town: Town) -> None:
    assert found(session, town) == [("zone_off_size", False)] * 2
    publish(session, town.plan)
    assert held(session, town.plan) == (TODAY, None)
    assert plan_queries.plan_in_force(session, COMMUNITY, TODAY).id == town.plan.id
    facts = plan_queries.plan_facts(session, town.plan.id, TODAY)
    assert (facts.state, facts.published_at is not None) == ("published", True)


def empty_draft(session, town: Town) -> None:
    for zone in list(zone_ids(session, town.plan).values()):
        actions.remove_zone(session, town.plan.id, zone, town.ask())


def one_left_out(session, town: Town) -> None:
    town.give(session, None, building_ids=town.buildings[:1])


def an_empty_zone(session, town: Town) -> None:
    town.zone(session)


def in_pieces(session, town: Town) -> None:
    """The east has one house in the western corner, and the west lies between."""
    town.give(session, zone_ids(session, town.plan)[2], building_ids=town.buildings[:1])


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (empty_draft, "no_zones"),
        (one_left_out, "unassigned"),
        (an_empty_zone, "zone_empty"),
        (in_pieces, "zone_in_pieces"),
    ],
)
def test_what_is_not_ready_is_refused(session, town: Town, spoil, code: str) -> None:
    spoil(session, town)
    assert found(session, town)[0] == (code, True)
    problem = refused("plan_not_ready", lambda: publish(session, town.plan))
    assert problem.facts["count"] == 1
    assert town.plan.state == "draft"


def test_a_building_that_is_new_on_the_ground_stands_in_the_way(session, town: Town) -> None:
    build_building(session, f"{COMMUNITY}00099", footprint_in(cell(0), 30))
    assert found(session, town)[0] == ("unassigned", True)


def test_a_zone_in_pieces_is_excused_by_a_reason_and_only_then(session, town: Town) -> None:
    in_pieces(session, town)
    west, east = zone_ids(session, town.plan)[1], zone_ids(session, town.plan)[2]
    refused("plan_not_ready", lambda: publish(session, town.plan, exceptions={west: "河对岸"}))
    refused("reason_missing", lambda: publish(session, town.plan, exceptions={east: "  "}))
    refused("reason_too_long", lambda: publish(session, town.plan, exceptions={east: "长" * 201}))
    publish(session, town.plan, exceptions={east: " 同一单位宿舍 ", west: "不需要"})
    rows = session.execute(text("SELECT zone_id, kind, reason FROM plan_exception")).all()
    assert [tuple(row) for row in rows] == [(east, "in_pieces", "同一单位宿舍")], "the west needs none"


def test_an_excuse_for_one_thing_excuses_no_other(session, town: Town) -> None:
    in_pieces(session, town)
    one_left_out(session, town)
    east = zone_ids(session, town.plan)[2]
    refused("plan_not_ready", lambda: publish(session, town.plan, exceptions={east: "同一单位宿舍"}))
    assert session.scalar(text("SELECT count(*) FROM plan_exception")) == 0


def test_who_has_not_seen_the_last_change_does_not_publish_it(session, town: Town) -> None:
    seen = town.plan.version
    in_pieces(session, town)
    refused("plan_changed", lambda: publish(session, town.plan, seen_version=seen))


# --- days --------------------------------------------------------------------------------------------


def published_twice(session, town: Town, day: date, first_day: date = date(2026, 3, 1)) -> tuple[Plan, Plan]:
    first = publish(session, town.plan, from_day=first_day)
    second = actions.copy_plan(session, first.id, "下一份", None)
    return first, publish(session, second, from_day=day)


def test_the_former_plan_ends_when_the_next_begins(session, town: Town) -> None:
    first, second = published_twice(session, town, LATER)
    assert held(session, first) == (date(2026, 3, 1), LATER)
    assert held(session, second) == (LATER, None)
    assert plan_queries.plan_in_force(session, COMMUNITY, TODAY).id == first.id
    assert plan_queries.plan_in_force(session, COMMUNITY, LATER).id == second.id


def test_a_plan_replaced_on_its_first_day_never_holds(session, town: Town) -> None:
    first, second = published_twice(session, town, TODAY, TODAY)
    assert held(session, first) == (None, None)
    assert held(session, second) == (TODAY, None)


def test_a_plan_that_was_to_come_gives_way(session, town: Town) -> None:
    first, second = published_twice(session, town, LATER)
    third = actions.copy_plan(session, first.id, "再一份", None)
    publish(session, third, from_day=TODAY)
    assert [held(session, one) for one in (first, second, third)] == [
        (date(2026, 3, 1), TODAY), (None, None), (TODAY, None),
    ]  # fmt: skip


def test_no_plan_begins_before_the_one_in_force_or_years_ahead(session, town: Town) -> None:
    first = publish(session, town.plan, from_day=date(2026, 3, 1))
    second = actions.copy_plan(session, first.id, "下一份", None)
    early = refused("day_too_early", lambda: publish(session, second, from_day=date(2026, 2, 28)))
    assert early.facts["day"] == date(2026, 3, 1)
    refused("day_too_late", lambda: publish(session, second, from_day=date(2062, 11, 23)))
    assert held(session, first) == (date(2026, 3, 1), None)


@pytest.mark.parametrize(
    ("from_on", "to_on", "word"),
    [
        (None, None, "never"), (TODAY, None, "in_force"), (TODAY, LATER, "in_force"), (LATER, None, "coming"),
        (date(2026, 1, 1), TODAY, "over"),
    ],
)  # fmt: skip
def test_how_a_plan_stands_to_a_day(from_on: date | None, to_on: date | None, word: str) -> None:
    assert rules.standing("published", from_on, to_on, TODAY) == word
    assert rules.standing("draft", None, None, TODAY) == "draft"


def test_a_plan_is_shown_on_the_ground_of_its_time(session, town: Town) -> None:
    first, second = published_twice(session, town, TODAY)
    gone, fresh = town.buildings[0], build_building(session, f"{COMMUNITY}00099", footprint_in(cell(0), 30))
    session.execute(
        text("UPDATE building SET during = '[2026-01-01,2026-11-23)' WHERE id = :id"), {"id": gone}
    )
    session.execute(text("UPDATE building SET during = '[2026-11-23,)' WHERE id = :id"), {"id": fresh})

    def buildings(plan: Plan) -> int:
        day = plan_queries.plan_facts(session, plan.id, TODAY).ground_on
        return plan_queries.plan_sums(session, plan.id, COMMUNITY, day).buildings

    assert plan_queries.plan_facts(session, first.id, TODAY).ground_on == TODAY - timedelta(days=1)
    assert plan_queries.plan_facts(session, second.id, TODAY).ground_on == TODAY
    lines = plan_queries.zone_lines(session, first.id, TODAY - timedelta(days=1))
    assert (sum(one.buildings for one in lines), buildings(first)) == (20, 20)
    assert sum(one.buildings for one in plan_queries.zone_lines(session, second.id, TODAY)) == 19


# --- two drafts of one community -----------------------------------------------------------------------


def test_nobody_ends_a_plan_unseen(session, town: Town) -> None:
    second = actions.copy_plan(session, town.plan.id, "另一份", None)
    publish(session, town.plan)
    problem = refused("former_changed", lambda: publish(session, second, seen_former=None))
    assert (problem.facts["now"], problem.facts["name"]) == (town.plan.id, "试划")
    third = actions.copy_plan(session, town.plan.id, "第三份", None)
    publish(session, second, from_day=LATER)
    refused("former_changed", lambda: publish(session, third, seen_former=town.plan.id))


# --- identity ------------------------------------------------------------------------------------------


def identities(session, plan: Plan) -> dict[int, Any]:
    session.expire_all()
    return dict(
        session.execute(text("SELECT number, lineage FROM zone WHERE plan_id = :p"), {"p": plan.id}).all()
    )


def cut_anew(session, town: Town, *parts: list[int]) -> Plan:
    """Another draft whose zones know nothing of those before."""
    plan = actions.make_draft(session, COMMUNITY, "重划", None)
    session.flush()
    for part in parts:
        zone = actions.add_zone(session, plan.id, ask(plan.version), colours=12).answer["zone"]["id"]
        actions.give_buildings(session, plan.id, zone, ask(plan.version), building_ids=part, on=TODAY)
    return plan


def test_zones_cut_anew_carry_on_those_that_they_mostly_are(session, town: Town) -> None:
    publish(session, town.plan, from_day=date(2026, 3, 1))
    before = identities(session, town.plan)
    columns = lambda first, end: [*town.buildings[first:end], *town.buildings[10 + first : 10 + end]]  # noqa: E731
    plan = cut_anew(session, town, columns(6, 10), columns(0, 3), columns(3, 6))
    now = identities(session, publish(session, plan))
    assert now[1] == before[2], "most of the east"
    assert now[2] == before[1], "6 of 10 buildings of the west"
    assert now[3] not in before.values(), "4 of the west and 2 of the east: a new zone"


def test_a_comparison_knows_before_publishing_what_carries_on(session, town: Town) -> None:
    publish(session, town.plan, from_day=date(2026, 3, 1))
    plan = cut_anew(
        session,
        town,
        [*town.buildings[4:10], *town.buildings[14:]],
        [*town.buildings[:4], *town.buildings[10:14]],
    )
    facts = [plan_queries.plan_facts(session, one, TODAY) for one in (town.plan.id, plan.id)]
    compared = compare_plans(session, *facts)
    assert [(one.former.number, one.zone.number, len(one.buildings)) for one in compared.moves] == [(1, 1, 2)]
    assert (compared.new_zones, compared.gone_zones, compared.entries) == ([], [], [])
    assert {(old.number, now.number) for old, now in compared.renamed} == {(1, 2), (2, 1)}
