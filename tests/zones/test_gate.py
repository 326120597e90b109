"""The page before publishing, through HTTP: reasons that lead to the map, a form that loses nothing, and what follows."""

import re
from html import unescape
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.zones.queries import plans as plan_queries
from tests.zones.desk import Desk
from tests.zones.town import COMMUNITY, Town, build_town


@pytest.fixture
def town(session) -> Town:
    """Two zones, the second in two pieces, and one building in none."""
    made = build_town(session)
    west, east = made.zone(session, "<b>西片</b>"), made.zone(session)
    made.give(session, west, building_ids=[*made.buildings[1:5], *made.buildings[10:15]])
    made.give(session, east, building_ids=[*made.buildings[5:10], *made.buildings[15:]])
    session.commit()
    return made


@pytest.fixture
def planner(login_as):
    return login_as("planner")


@pytest.fixture
def desk(planner, town) -> Desk:
    return Desk(planner, town)


def zones(session, town: Town) -> dict[int, int]:
    return {number: zone for zone, number in plan_queries.zone_numbers(session, town.plan.id).items()}


def form_of(page: str) -> dict[str, str]:
    """The form as a browser would send it untouched."""
    fields = {}
    gate = page[page.index('class="gate"') :]
    for tag in re.findall(r"<input[^>]*>", gate[: gate.index("</form>")]):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in named:
            fields[named["name"]] = unescape(named.get("value", ""))
    return fields


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def test_the_gate_says_what_is_missing_and_where(session, planner, desk, town) -> None:
    page = text_of(planner.get(f"{desk.path}/publish"))
    assert "还有 1 栋楼没有划入责任区。" in page
    assert f'href="/plans/{town.plan.id}#building={town.buildings[0]}"' in page
    assert "确认发布" not in page, "nothing to confirm while a building is in no zone"
    desk.ask("/buildings", zone=zones(session, town)[2], ids=town.buildings[:1])
    page = text_of(planner.get(f"{desk.path}/publish"))
    assert "第 2 责任区不连成一片，分成了 2 块。" in page
    assert f'name="reason-{zones(session, town)[2]}"' in page
    assert "确认发布" in page, "an excuse is enough"
    assert "&lt;b&gt;西片&lt;/b&gt;有 180 户，偏少。" in page
    assert f'href="/plans/{town.plan.id}#zone={zones(session, town)[1]}"' in page


def test_an_error_keeps_what_was_typed(session, planner, desk, town) -> None:
    east = zones(session, town)[2]
    desk.ask("/buildings", zone=east, ids=town.buildings[:1])
    form = form_of(text_of(planner.get(f"{desk.path}/publish")))
    sent = {**form, f"reason-{east}": '隔着河 "东岸"', "from": "2062-01-01"}
    answer = planner.post(f"{desk.path}/publish", data=sent)
    assert answer.status_code == 422
    page = text_of(answer)
    assert "最多提前一年" in page
    kept = form_of(page)
    assert (kept[f"reason-{east}"], kept["from"]) == ('隔着河 "东岸"', sent["from"])
    assert kept["key"] != form["key"]
    answer = planner.post(f"{desk.path}/publish", data={**kept, "from": "gestern"})
    assert (answer.status_code, form_of(text_of(answer))[f"reason-{east}"]) == (422, '隔着河 "东岸"')
    answer = planner.post(f"{desk.path}/publish", data={**kept, f"reason-{east}": "", "from": form["from"]})
    assert (answer.status_code, "还有 1 处没有做好" in text_of(answer)) == (409, True)


def test_publishing_leads_back_to_a_plan_that_cannot_be_drawn(session, planner, desk, town) -> None:
    east = zones(session, town)[2]
    desk.ask("/buildings", zone=east, ids=town.buildings[:1])
    form = {**form_of(text_of(planner.get(f"{desk.path}/publish"))), f"reason-{east}": "隔着河"}
    answer = planner.post(f"{desk.path}/publish", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{desk.path}?done=published")
    again = planner.post(f"{desk.path}/publish", data=form)
    assert (again.status_code, again.headers["Location"]) == (303, f"{desk.path}?done=published")
    page = text_of(planner.get(f"{desk.path}?done=published"))
    assert "发布成功" in page and "现行" in page and 'id="tool-lasso"' not in page
    assert planner.get(f"{desk.path}/publish").status_code == 409
    who = session.execute(text("SELECT published_by = created_by, published_by IS NULL FROM plan")).one()
    assert not who[1]
    listed = text_of(planner.get(f"/plans?q={COMMUNITY}"))
    assert "现行" in listed and f"{desk.path}/publish" not in listed


def test_whoever_comes_second_sees_the_plan_that_came_first(session, planner, desk, town) -> None:
    east = zones(session, town)[2]
    desk.ask("/buildings", zone=east, ids=town.buildings[:1])
    planner.post(f"{desk.path}/copy", data={"name": "第二份", "key": str(uuid4())})
    second = session.scalar(text("SELECT max(id) FROM plan"))
    reason = session.scalar(text("SELECT id FROM zone WHERE plan_id = :p AND number = 2"), {"p": second})
    seen = {**form_of(text_of(planner.get(f"/plans/{second}/publish"))), f"reason-{reason}": "隔着河"}
    first = {**form_of(text_of(planner.get(f"{desk.path}/publish"))), f"reason-{east}": "隔着河"}
    assert planner.post(f"{desk.path}/publish", data=first).status_code == 303
    answer = planner.post(f"/plans/{second}/publish", data=seen)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "刚刚发布了另一个方案“试划”" in page
    assert "没有变动。" in page, "compared with the one that came first"
    assert planner.post(f"/plans/{second}/publish", data=form_of(page)).status_code == 303
    listed = text_of(planner.get(f"/plans?q={COMMUNITY}"))
    assert "现行" in listed and "未曾生效" in listed


def test_only_planners_come_to_the_gate(login_as, town) -> None:
    path = f"/plans/{town.plan.id}/publish"
    worker = login_as("community")
    assert worker.get(path).status_code == 403
    assert worker.post(path, data={"key": str(uuid4())}).status_code == 403
    assert path not in text_of(worker.get(f"/plans/{town.plan.id}"))
    assert path not in text_of(worker.get("/plans"))
