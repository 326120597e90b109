"""Plans begun, copied, named, deleted and read from a file: by whom, how often, and over whose work."""

from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from app import db
from app.accounts.actions import add_account
from app.errors import NotFound
from app.zones import actions
from app.zones.queries import plans as plan_queries
from tests.zones.town import COMMUNITY, NEIGHBOUR, TODAY, Town, ask, build_town, refused, sums

PASSWORD = "correct-horse-battery"


@pytest.fixture
def town(session) -> Town:
    return build_town(session)


@pytest.fixture
def people(session) -> list[int]:
    """Two planners: ling and wei."""
    made = [add_account(session, login, PASSWORD, "planner") for login in ("ling", "wei")]
    session.flush()
    return [one.id for one in made]


def drafts(session) -> int:
    return session.scalar(text("SELECT count(*) FROM plan"))


# --- begun and copied ------------------------------------------------------------------------------


def test_a_copy_is_equal_and_independent(session, town: Town) -> None:
    zone = town.zone(session, "滨江片")
    town.give(session, zone, building_ids=town.buildings[:7])
    copied = actions.copy_plan(session, town.plan.id, "另一份", None)
    line = plan_queries.zone_lines(session, copied.id, TODAY)[0]
    assert (line.number, line.name, line.buildings, line.households) == (1, "滨江片", 7, 140)
    actions.give_buildings(session, copied.id, None, ask(), building_ids=town.buildings, on=TODAY)
    assert sums(session, town) == {1: (7, 140)}


def test_plans_belong_to_communities_and_have_names(session, town: Town) -> None:
    refused("not_a_community", lambda: actions.make_draft(session, "329901001000", "x", None))
    refused("area_unknown", lambda: actions.make_draft(session, "329901001999", "x", None))
    refused("plan_nameless", lambda: actions.make_draft(session, COMMUNITY, "  ", None))
    refused("plan_nameless", lambda: actions.make_draft(session, COMMUNITY, "名" * 61, None))
    with pytest.raises(NotFound):
        actions.copy_plan(session, 999_999, "x", None)


def test_a_deleted_draft_leaves_nothing(session, town: Town) -> None:
    zone = town.zone(session)
    town.give(session, zone, building_ids=town.buildings)
    assert actions.delete_draft(session, town.plan.id, town.plan.version) == COMMUNITY
    for table in ("plan", "zone", "zone_building", "plan_step"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_zones_of_a_file_become_plans_in_force(session, town: Town, tmp_path) -> None:
    actions.delete_draft(session, town.plan.id, town.plan.version)
    codes = [f"{COMMUNITY}{n:05d}" for n in range(1, 21)]
    zones = [
        {"number": 1, "name": "第一责任区", "buildings": codes[:12]},
        {"number": 2, "name": "滨江片", "buildings": codes[12:]},
    ]
    path = tmp_path / "zones.json"
    path.write_bytes(orjson.dumps({COMMUNITY: zones}))
    assert actions.load_zones(session, path, None, TODAY) == 2
    assert actions.load_zones(session, path, None, TODAY) == 0, "a second run changes nothing"
    plan = plan_queries.plans_of(session, [COMMUNITY], TODAY)[COMMUNITY][0]
    assert (plan.state, plan.in_force, plan.from_on, plan.assigned) == ("published", True, TODAY, 20)
    assert [z.name for z in plan_queries.zone_lines(session, plan.id, TODAY)] == ["", "滨江片"]
    path.write_bytes(
        orjson.dumps({NEIGHBOUR: [{"number": 1, "name": "", "buildings": [f"{NEIGHBOUR}99999"]}]})
    )
    refused("zones_unmatched", lambda: actions.load_zones(session, path, None, TODAY))


# --- a form sent twice -----------------------------------------------------------------------------


def test_a_form_sent_twice_begins_one_draft(session, town: Town, people) -> None:
    before, key = drafts(session), uuid4()
    first = actions.make_draft(session, COMMUNITY, "新稿", people[0], key)
    again = actions.make_draft(session, COMMUNITY, "新稿", people[0], key)
    assert (again.id, drafts(session)) == (first.id, before + 1)
    actions.make_draft(session, COMMUNITY, "新稿", people[0], uuid4())
    assert drafts(session) == before + 2, "another form is another draft"


def test_a_copy_asked_for_twice_is_made_once(session, town: Town, people) -> None:
    town.give(session, town.zone(session), building_ids=town.buildings[:7])
    key = uuid4()
    first = actions.copy_plan(session, town.plan.id, "另一份", people[0], key)
    again = actions.copy_plan(session, town.plan.id, "另一份", people[0], key)
    assert again.id == first.id
    assert [one.buildings for one in plan_queries.zone_lines(session, first.id, TODAY)] == [7]


def test_a_form_of_somebody_else_or_for_another_community_gives_nothing_away(
    session, town: Town, people
) -> None:
    key: UUID = uuid4()
    actions.make_draft(session, COMMUNITY, "新稿", people[0], key)
    refused("key_reused", lambda: actions.make_draft(session, COMMUNITY, "新稿", people[1], key))
    refused("key_reused", lambda: actions.make_draft(session, NEIGHBOUR, "新稿", people[0], key))
    session.commit()
    with db.acting_in(db.scope_of([NEIGHBOUR])), db.transaction() as elsewhere:
        # Another office does not even see the plan that has this key.
        refused("key_reused", lambda: actions.make_draft(elsewhere, NEIGHBOUR, "新稿", people[1], key))


# --- named -----------------------------------------------------------------------------------------


def test_a_new_name_whose_answer_was_lost_is_saved_once(session, town: Town, people) -> None:
    asked = town.ask(by=people[0])
    first = actions.rename_plan(session, town.plan.id, asked, " 第二稿 ")
    again = actions.rename_plan(session, town.plan.id, asked, " 第二稿 ")
    assert again == first
    assert (first.answer, town.plan.name) == ({"name": "第二稿"}, "第二稿")
    same = actions.rename_plan(session, town.plan.id, town.ask(), "第二稿")
    assert (same.step, same.version) == (0, first.version), "the name that it has is no step"
    refused("plan_nameless", lambda: actions.rename_plan(session, town.plan.id, town.ask(), " "))


def test_a_new_name_can_be_undone_and_redone(session, town: Town) -> None:
    step = actions.rename_plan(session, town.plan.id, town.ask(), "第二稿").step
    assert town.turn(session, step, "undo").answer["moved"] == [], "nothing on the map has to be read again"
    assert town.plan.name == "试划"
    town.turn(session, step, "redo")
    assert town.plan.name == "第二稿"


# --- who is named to those who come late -------------------------------------------------------------


def test_who_came_late_is_told_who_changed_the_plan_last(session, town: Town, people) -> None:
    ling, wei = people
    zone, seen = town.zone(session), town.plan.version

    def told(seen_version: int = seen) -> str:
        late = town.ask(seen_version=seen_version)
        return refused(
            "plan_changed", lambda: town.give(session, zone, late, building_ids=town.buildings[:1])
        ).facts["who"]

    step = town.give(session, zone, town.ask(by=ling), building_ids=town.buildings[:1])
    assert told() == "ling"
    actions.rename_plan(session, town.plan.id, town.ask(by=wei), "第二稿")
    assert told() == "wei", "a new name is a change"
    actions.rename_plan(session, town.plan.id, town.ask(by=ling), "第三稿")
    last = plan_queries.open_steps(session, town.plan.id)[0].id
    town.turn(session, last, "undo", by=wei)
    assert told() == "wei", "who takes a step back changes the plan, not who made it"
    town.turn(session, last, "redo", by=ling)
    assert told(step.version) == "ling"


# --- deleted ---------------------------------------------------------------------------------------


def test_a_draft_that_somebody_goes_on_drawing_is_not_deleted(session, town: Town, people) -> None:
    zone, seen = town.zone(session), town.plan.version
    town.give(session, zone, town.ask(by=people[1]), building_ids=town.buildings)
    late = refused("plan_changed", lambda: actions.delete_draft(session, town.plan.id, seen))
    assert "wei" in str(late)
    assert sums(session, town) == {1: (20, 400)}
    actions.delete_draft(session, town.plan.id, town.plan.version)
    with pytest.raises(NotFound):
        actions.delete_draft(session, town.plan.id, town.plan.version)
