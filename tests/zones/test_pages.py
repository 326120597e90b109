"""The workbench through HTTP: pages, JSON, who may do what, files to take along."""

import re
from dataclasses import replace
from html import unescape
from io import BytesIO
from uuid import uuid4

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import text

from app.zones import map_layers, rules
from app.zones.queries import outlines as outline_queries
from app.zones.queries import plans as plan_queries
from tests.builders import build_building, cell, footprint_in
from tests.zones.desk import JSON, Desk
from tests.zones.town import COMMUNITY, TODAY, Town, around, build_town, fresh_key, row

UNSAFE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def town(session) -> Town:
    made = build_town(session)
    session.commit()
    return made


@pytest.fixture
def planner(login_as):
    return login_as("planner")


@pytest.fixture
def desk(planner, town) -> Desk:
    return Desk(planner, town)


def lasso_json(area) -> dict:
    return {"type": "Polygon", "coordinates": [[list(place) for place in area.exterior.coords]]}


# --- pages -------------------------------------------------------------------------------------------


def test_the_page_of_a_plan_is_small_and_holds_words_and_state(planner, town) -> None:
    answer = planner.get(f"/plans/{town.plan.id}")
    page = answer.get_data(as_text=True)
    assert len(page) <= 60_000
    assert 'id="words"' in page
    assert 'id="tool-lasso"' in page
    assert "style=" not in page.replace("stylesheet", ""), "the policy forbids inline styles"


def test_the_page_says_when_a_community_is_too_large_for_outlines(planner, town, monkeypatch) -> None:
    assert "不画责任区轮廓" not in planner.get(f"/plans/{town.plan.id}").get_data(as_text=True)
    monkeypatch.setattr(outline_queries, "MOST_BUILDINGS", 19)
    assert "不画责任区轮廓" in planner.get(f"/plans/{town.plan.id}").get_data(as_text=True)
    assert planner.get(f"/plans/{town.plan.id}/outlines.geojson").get_json()["features"] == []


def test_a_published_plan_can_be_looked_at_and_copied_but_not_drawn(session, planner, town) -> None:
    session.execute(text("UPDATE plan SET state = 'published', during = '[2026-01-01,)'"))
    session.commit()
    page = planner.get(f"/plans/{town.plan.id}").get_data(as_text=True)
    assert 'id="tool-lasso"' not in page
    assert "复制为草稿" in page
    desk = Desk(planner, town)
    refused = desk.ask("/buildings", zone=None, ids=town.buildings)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "plan_published")


def test_a_community_worker_looks_and_exports_but_changes_nothing(login_as, town) -> None:
    worker = login_as("community")
    path = f"/plans/{town.plan.id}"
    for page in (
        "",
        "/state.json",
        "/outlines.geojson",
        "/buildings.json",
        "/unassigned.json",
        "/export.html",
        "/zones.xlsx",
        "/print",
    ):
        assert worker.get(path + page).status_code == 200, page
    desk = Desk(worker, town)
    tried = [
        desk.ask("/buildings", zone=None, ids=[1]), desk.ask("/zones"), desk.ask("/renumber"), desk.ask("/undo", step=1),
        desk.ask("/redo", step=1), desk.ask("/name", name="x"), desk.ask("/zones/1", "PATCH", name="x"),
        desk.ask("/zones/1", "DELETE"), worker.post("/plans", data={"community": COMMUNITY}),
        worker.post(path + "/copy"), worker.post(path + "/delete"),
    ]  # fmt: skip
    assert {answer.status_code for answer in tried} == {403}
    assert 'id="tool-lasso"' not in worker.get(path).get_data(as_text=True)


def test_a_stranger_is_sent_to_sign_in(client, town) -> None:
    assert "/sign-in" in client.get(f"/plans/{town.plan.id}").headers["Location"]
    assert client.get(f"/plans/{town.plan.id}/state.json", headers=JSON).status_code == 403


def test_a_request_without_our_token_is_refused(planner, town) -> None:
    answer = planner.client.post(f"/plans/{town.plan.id}/zones", json={"seen_version": 1, "key": fresh_key()})
    assert answer.status_code == 400


# --- drawing -----------------------------------------------------------------------------------------


def test_drawing_from_the_first_zone_to_undo(desk: Desk, town: Town) -> None:
    zone = desk.zone(name="滨江片")
    given = desk.ask("/buildings", zone=zone, lasso=lasso_json(around(row(0)))).get_json()
    assert (given["answer"]["assigned"], given["answer"]["households"]) == (10, 200)
    assert set(given["answer"]["ids"]) == set(town.buildings[:10])
    shown = given["state"]["zones"][0]
    assert (shown["title"], shown["code"], shown["households"], shown["band"]) == (
        "滨江片",
        f"{COMMUNITY}001",
        200,
        "below",
    )
    assert given["state"]["sums"] == {
        "buildings": 20,
        "households": 400,
        "unassigned": 10,
        "unassigned_households": 200,
    }
    assert given["state"]["undo"]["text"] == "10 栋划入第 1 责任区"
    undone = desk.ask("/undo", step=given["step"]).get_json()["state"]
    assert undone["sums"]["unassigned"] == 20
    redone = desk.ask("/redo", step=undone["redo"]["id"]).get_json()["state"]
    assert redone["sums"]["unassigned"] == 10
    renamed = desk.ask(f"/zones/{zone}", "PATCH", name="第二责任区", number=2).get_json()["state"]["zones"][0]
    assert (renamed["number"], renamed["name"], renamed["title"]) == (2, "", "第 2 责任区")
    assert desk.ask("/renumber").get_json()["answer"] == {"changed": 1}
    removed = desk.ask(f"/zones/{zone}", "DELETE").get_json()
    assert (removed["answer"]["released"], removed["state"]["zones"]) == (10, [])
    named = desk.ask("/name", name="新名字").get_json()["state"]
    assert (named["name"], named["undo"]["text"]) == ("新名字", "方案改名为“新名字”")
    assert desk.ask("/undo", step=named["undo"]["id"]).get_json()["state"]["name"] == "试划"


def test_counting_first_changes_nothing(desk: Desk, town: Town) -> None:
    zone = desk.zone()
    desk.ask("/buildings", zone=zone, ids=town.buildings[:2])
    before = desk.state()
    counted = desk.ask("/pick", lasso=lasso_json(around(row(0)))).get_json()
    assert (counted["buildings"], counted["households"], counted["by_zone"]) == (10, 200, {"0": 8, "1": 2})
    assert desk.state() == before


def test_somebody_else_was_faster(desk: Desk, town: Town, login_as) -> None:
    zone = desk.zone()
    other = Desk(login_as("planner"), town)
    other.ask("/buildings", zone=zone, ids=town.buildings[:1])
    late = desk.ask("/buildings", zone=zone, ids=town.buildings[1:2], seen_version=2)
    assert (late.status_code, late.get_json()["code"]) == (409, "plan_changed")
    assert late.get_json()["facts"]["now"] == 3
    assert "planner-" in late.get_json()["sentence"]


@pytest.mark.parametrize(
    "body",
    [
        {"zone": "1", "ids": [1]}, {"zone": -1, "ids": [1]}, {"zone": True, "ids": [1]}, {"ids": "all"}, {"ids": [1.5]},
        {"ids": [True]}, {"ids": [2**70]}, {"ids": None}, {"lasso": {"type": "Point"}}, {"lasso": []}, {"ids": [1], "key": 5},
        {"ids": [1], "key": ""}, {"ids": [1], "seen_version": "1"},
        {"ids": [1], "lasso": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}},
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_a_sentence(desk: Desk, body: dict) -> None:
    answer = desk.ask("/buildings", **body)
    assert answer.status_code == 422
    assert re.search(r"[\u4e00-\u9fff]", answer.get_json()["sentence"])


def test_a_plan_or_zone_that_is_not_there(desk: Desk, planner) -> None:
    assert desk.ask("/buildings", zone=999_999, ids=[1]).status_code == 404
    assert planner.get("/plans/999999", headers=JSON).status_code == 404
    assert planner.get("/plans/999999/zones.xlsx", headers=JSON).status_code == 404


def test_tiles_and_outlines_change_with_the_plan_and_are_unchanged_otherwise(
    desk: Desk, planner, town: Town
) -> None:
    zone = desk.zone()
    tile = f"{desk.path}/tiles/16/54373/26633.mvt"
    for path in (f"{desk.path}/outlines.geojson", tile):
        first = planner.get(path)
        assert first.status_code == 200
        again = planner.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        desk.ask("/buildings", zone=zone, ids=town.buildings[:3])
        assert planner.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
        desk.ask("/buildings", zone=None, ids=town.buildings[:3])
    desk.ask("/buildings", zone=zone, ids=town.buildings[:3])
    outlines = planner.get(f"{desk.path}/outlines.geojson").get_json()
    assert [
        (f["id"], f["properties"]["number"], f["properties"]["households"]) for f in outlines["features"]
    ] == [(zone, 1, 60)]


def test_what_the_browser_has_already_is_answered_with_one_small_question(
    desk: Desk, planner, monkeypatch
) -> None:
    paths = (f"{desk.path}/outlines.geojson", f"{desk.path}/tiles/16/54373/26633.mvt")
    kept = {path: planner.get(path).headers["ETag"] for path in paths}
    for name in ("plan_facts", "zone_lines"):
        monkeypatch.setattr(plan_queries, name, lambda *_: pytest.fail("asked for more than was needed"))
    for path, etag in kept.items():
        assert planner.get(path, headers={"If-None-Match": etag}).status_code == 304
    counted = planner.send(
        "POST", f"{desk.path}/pick", json={"lasso": lasso_json(around(row(0)))}, headers=JSON
    )
    assert counted.get_json()["by_zone"] == {"0": 10}
    for missing in (999_999, 2**70):
        assert planner.get(f"/plans/{missing}/tiles/16/54373/26633.mvt", headers=JSON).status_code == 404


def test_a_page_reads_the_zones_once(planner, town: Town, monkeypatch) -> None:
    asked = []
    lines = plan_queries.zone_lines
    monkeypatch.setattr(plan_queries, "zone_lines", lambda *given: asked.append(given) or lines(*given))
    for page in ("", "/print"):
        asked.clear()
        assert planner.get(f"/plans/{town.plan.id}{page}").status_code == 200
        assert len(asked) == 1


def test_the_plan_in_force_is_named_on_a_draft(session, planner, town: Town) -> None:
    session.execute(text("UPDATE plan SET state = 'published', during = '[2026-01-01,)', name = '现行的'"))
    session.commit()
    copied = planner.post(f"/plans/{town.plan.id}/copy", data={"key": uuid4()}).headers["Location"]
    page = planner.get(copied).get_data(as_text=True)
    assert f'<a href="/plans/{town.plan.id}">现行的</a>' in page
    session.execute(text("UPDATE plan SET during = '[2026-01-01,2026-02-01)' WHERE state = 'published'"))
    session.commit()
    assert "现行的" not in planner.get(copied).get_data(as_text=True)


@pytest.mark.parametrize("known_on", ["[2026-01-01,2026-02-01)", "[2090-01-01,)"])
def test_a_plan_outlives_what_is_known_of_its_community(session, planner, town: Town, known_on: str) -> None:
    def extent() -> str:
        page = planner.get(f"/plans/{town.plan.id}").get_data(as_text=True)
        return re.search(r"fitBounds\((.*?),\s*\{", page, re.S).group(1)

    before = extent()
    session.execute(text("UPDATE area_version SET during = CAST(:on AS daterange)"), {"on": known_on})
    session.commit()
    for page in ("", "/print", "/export.html", "/outlines.geojson", "/zones.xlsx"):
        assert planner.get(f"/plans/{town.plan.id}{page}").status_code == 200, page
    assert extent() == before, "the map begins where the community was last known to be"


def test_the_list_for_the_keyboard(desk: Desk, planner, town: Town) -> None:
    zone = desk.zone()
    desk.ask("/buildings", zone=zone, ids=town.buildings[:5])
    listed = planner.get(f"{desk.path}/buildings.json?zone=1&sort=households").get_json()
    assert (listed["count"], listed["buildings"][0]["zone"], listed["buildings"][0]["kind"]) == (5, 1, "住宅")
    assert len(planner.get(f"{desk.path}/buildings/ids.json?zone=0").get_json()["ids"]) == 15
    assert planner.get(f"{desk.path}/unassigned.json").get_json()["building"]["id"] == town.buildings[5]
    assert planner.get(f"{desk.path}/buildings.json?sort=1;drop", headers=JSON).status_code == 422


# --- to take along ----------------------------------------------------------------------------------


@pytest.fixture
def odd_plan(session, desk: Desk, town: Town) -> Desk:
    """A plan with names that would like to be a formula, a link and a script."""
    odd = {"=1+1": 20, "http://elsewhere.example/": 21, UNSAFE: 22, "+86 25": 23, "@SUM(A1)": 24}
    ids = [
        build_building(
            session,
            f"{COMMUNITY}{n + 1:05d}",
            footprint_in(cell(0), n),
            name=name,
            address=name,
            households=n,
        )
        for name, n in odd.items()
    ]
    session.commit()
    zone = desk.zone(name='=HYPERLINK("http://elsewhere.example")')
    assert desk.ask("/buildings", zone=zone, ids=[*ids, *town.buildings[:6]]).status_code == 200
    return desk


def test_the_workbook_holds_text_and_no_formula(odd_plan: Desk, planner) -> None:
    answer = planner.get(f"{odd_plan.path}/zones.xlsx")
    assert "attachment" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(BytesIO(answer.get_data()))
    assert book.sheetnames == ["责任区", "楼栋"]
    cells = [one for sheet in book for line in sheet.iter_rows() for one in line]
    assert not [one.coordinate for one in cells if one.data_type == "f" or one.hyperlink]
    zones, buildings = book["责任区"], book["楼栋"]
    assert [one.value for one in zones[1]][:5] == ["编号", "责任区代码", "名称", "楼栋数", "户数"]
    assert [one.value for one in zones[2]][:5] == [
        1,
        f"{COMMUNITY}001",
        '=HYPERLINK("http://elsewhere.example")',
        11,
        120 + 110,
    ]
    assert [one.value for one in zones[3]][2:4] == ["未划入", 14]
    assert [one.value for one in zones[4]][2:5] == ["合计", 25, 510]
    assert "=1+1" in [one.value for one in buildings["D"]]
    assert (buildings.freeze_panes, buildings.max_row) == ("A2", 26)
    assert buildings["C2"].data_type == "s", "a 17-digit code is text, or its last digits are lost"


def test_the_map_file_calls_nobody_and_keeps_names_as_text(odd_plan: Desk, planner) -> None:
    answer = planner.get(f"{odd_plan.path}/export.html")
    body = answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//", body)
    assert "default-src 'none'" in unescape(body)
    assert UNSAFE not in body
    assert "=1+1" in body
    assert "别的社区" not in unescape(body), "nothing of another community is in it"


def test_an_export_that_would_be_too_large_says_so(app: Flask, desk: Desk, planner, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], export_features=10))
    answer = planner.get(f"{desk.path}/export.html", headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "export_too_large")
    assert "超过 10 栋" in answer.get_json()["sentence"]
    assert "11" not in answer.get_json()["sentence"], "the rows stop at one more: it is no count"


def test_the_printed_page_lists_every_building(odd_plan: Desk, planner) -> None:
    page = planner.get(f"{odd_plan.path}/print").get_data(as_text=True)
    assert UNSAFE not in page
    assert page.count("<tr><td>") >= 25
    assert "未划入" in page


# --- colours ------------------------------------------------------------------------------------------


def test_colours_stay_unless_neighbours_clash() -> None:
    apart = [set(), set()]
    assert map_layers.shown_colours([3, 3], apart) == [3, 3]
    touching = [{1}, {0}]
    first, second = map_layers.shown_colours([3, 3], touching)
    assert first == 3
    assert second != 3
    everyone = [set(range(20)) - {n} for n in range(20)]
    assert len(map_layers.shown_colours([0] * 20, everyone)) == 20


def test_twenty_zones_in_a_row_differ_from_their_neighbours(session, town: Town) -> None:
    zones = [town.zone(session) for _ in range(20)]
    for zone, building in zip(zones, town.buildings, strict=True):
        town.give(session, zone, building_ids=[building])
    lines = plan_queries.zone_lines(session, town.plan.id, TODAY)
    near = rules.neighbours([one.box for one in lines])
    colours = map_layers.shown_colours([one.colour for one in lines], near)
    assert all(colours[a] != colours[b] for a, others in enumerate(near) for b in others)
