"""The review of an import over HTTP: lists, repairs, settling by hand, downloads, and texts of others."""

import csv
import io
from collections.abc import Callable
from html import escape
from typing import Any

import openpyxl
import pytest
from shapely.affinity import translate
from shapely.geometry import Polygon
from sqlalchemy.orm import Session

from app.config import Settings
from app.ground import boundary_import
from tests.builders import build_town, cell, footprint_in
from tests.conftest import Visitor
from tests.ground.wizard_visits import (
    JSON,
    ask_check,
    checked,
    geojson,
    houses,
    inspected,
    page_of,
)

Login = Callable[[str], Visitor]


LEFT = "329902001001"
HOSTILE = '<img src=x onerror="document.title=1">'


# --- review ---------------------------------------------------------------------------------------------------------


def test_rows_outside_every_community_are_settled_by_hand(
    login_as: Login, settings: Settings, session: Session
) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    outside = (
        translate(footprint_in(cell(0), 0), 0, -0.02),
        {"name": "堤外泵站", "address": "", "households": 0},
    )
    import_id = checked(visitor, settings, [*houses(2), outside])
    listed = visitor.get(f"/imports/{import_id}/unplaced.json").json
    assert [(row["row_no"], row["name"], row["reason"]) for row in listed["rows"]] == [
        (3, "堤外泵站", "community_none")
    ]
    answer = visitor.post(
        f"/imports/{import_id}/settle", json={"rows": [3], "community_code": LEFT}, headers=JSON
    )
    assert answer.json["settled"] == 1 and answer.json["summary"]["create"] == 3
    assert visitor.get(f"/imports/{import_id}/unplaced.json").json["total"] == 0
    back = visitor.post(
        f"/imports/{import_id}/settle", json={"rows": [3], "community_code": None}, headers=JSON
    )
    assert back.json["summary"]["create"] == 2 and back.json["version"] > answer.json["version"]


@pytest.mark.parametrize(
    "body",
    [
        {"rows": "all"},
        {"rows": [1], "community_code": "abc"},
        {"rows": [-1], "community_code": LEFT},
        {"rows": [1], "community_code": 5},
    ],
)
def test_settling_takes_only_row_numbers_and_codes(
    login_as: Login, settings: Settings, session: Session, body: dict[str, Any]
) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    import_id = checked(visitor, settings, houses(1))
    assert visitor.post(f"/imports/{import_id}/settle", json=body, headers=JSON).status_code == 422


def test_the_second_of_two_people_is_told(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    first, second = login_as("planner"), login_as("planner")
    import_id = checked(first, settings, houses(2))
    seen = second.get(f"/imports/{import_id}/progress").json["version"]
    first.post(f"/imports/{import_id}/settle", json={"rows": [1], "community_code": LEFT}, headers=JSON)
    late = second.post(f"/imports/{import_id}/publish", data={"version": seen}, headers=JSON)
    assert late.status_code == 409 and late.json["code"] == "plan_changed"
    assert first.post(f"/imports/{import_id}/publish", headers=JSON).status_code == 200
    twice = second.post(f"/imports/{import_id}/publish", headers=JSON)
    assert twice.status_code == 409 and "正在写入" in twice.json["sentence"]


def test_who_accepts_what_is_accepted_already_is_told_so(
    login_as: Login, settings: Settings, session: Session
) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    import_id = checked(visitor, settings, houses(2))
    version = visitor.get(f"/imports/{import_id}/progress").json["version"]
    assert visitor.post(f"/imports/{import_id}/publish", data={"version": version}).status_code == 303
    late = visitor.post(
        f"/imports/{import_id}/publish", data={"version": version}, headers={"Accept": "application/json"}
    )
    assert (late.status_code, late.json["code"]) == (409, "import_state")


def test_repairs_are_offered_shown_and_used(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    west, south, east, north = footprint_in(cell(0), 5).bounds
    # A house with a tiny loop at one corner.
    loop = [
        (west + 2e-6, north),
        (west - 2e-6, north - 4e-6),
        (west + 2e-6, north - 4e-6),
        (west - 2e-6, north),
    ]
    looped = Polygon([(west, south), (east, south), (east, north), *loop])
    assert not looped.is_valid
    import_id = checked(
        visitor, settings, [(looped, {"name": "错的", "address": "", "households": 3}), *houses(1)]
    )
    assert "采用修复" in page_of(visitor, f"/imports/{import_id}")
    shown = visitor.get(f"/imports/{import_id}/findings.json?code=geometry_invalid").json["findings"]
    assert shown[0]["repair"] and "平方米" in shown[0]["sentence"]
    pair = visitor.get(f"/imports/{import_id}/repaired/{shown[0]['row_no']}").json
    assert pair["before"]["type"] and pair["after"]["type"] == "MultiPolygon"
    assert visitor.post(f"/imports/{import_id}/repair", headers=JSON).json["state"] == "checking"
    boundary_import.run_check(import_id, settings)
    assert "确认导入 2 条" in page_of(visitor, f"/imports/{import_id}")


def test_repairs_that_move_much_are_asked_for_a_second_time(
    login_as: Login, settings: Settings, session: Session
) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    west, south, east, north = footprint_in(cell(0), 5).bounds
    # The loop at the corner is a tenth of the house.
    loop = [
        (west + 5e-5, north),
        (west - 5e-5, north - 1e-4),
        (west + 5e-5, north - 1e-4),
        (west - 5e-5, north),
    ]
    looped = Polygon([(west, south), (east, south), (east, north), *loop])
    assert not looped.is_valid
    import_id = checked(
        visitor, settings, [(looped, {"name": "错的", "address": "", "households": 3}), *houses(1)]
    )
    address = f"/imports/{import_id}"
    assert "采用修复" in page_of(visitor, address) and "另有" not in page_of(visitor, address)
    assert visitor.post(f"{address}/repair", headers=JSON).status_code == 200
    boundary_import.run_check(import_id, settings)
    page = page_of(visitor, address)
    assert "另有 1 个修复会改变面积超过 1%" in page and 'name="large" value="1"' in page
    assert "确认导入 1 条" in page
    assert visitor.post(f"{address}/repair", data={"large": "1"}, headers=JSON).status_code == 200
    boundary_import.run_check(import_id, settings)
    assert "确认导入 2 条" in page_of(visitor, address)


def test_lists_are_filtered_and_paged(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    import_id = checked(visitor, settings, [*houses(4), (None, {"name": "", "address": "", "households": 1})])
    address = f"/imports/{import_id}/rows.json"
    assert visitor.get(f"{address}?verdict=create").json["total"] == 4
    assert [row["name"] for row in visitor.get(f"{address}?q=测试路2号").json["rows"]] == ["2幢"]
    page = visitor.get(f"{address}?limit=2").json
    assert (
        len(page["rows"]) == 2
        and visitor.get(f"{address}?limit=2&after={page['next']}").json["rows"][0]["row_no"] == 3
    )
    assert visitor.get(f"{address}?verdict=everything").status_code == 422
    assert visitor.get(f"/imports/{import_id}/findings.json?severity=loud").status_code == 422
    drawn = visitor.get(f"/imports/{import_id}/rows.geojson").json["features"]
    assert {feature["properties"]["verdict"] for feature in drawn} >= {"create"}
    only = visitor.get(f"/imports/{import_id}/rows.geojson?row=3").json["features"]
    assert [feature["id"] for feature in only] == [3]
    marks = visitor.get(f"/imports/{import_id}/findings.geojson").json["features"]
    assert all(mark["properties"]["severity"] in ("error", "warning", "note") for mark in marks)


def test_findings_can_be_taken_along_without_becoming_formulas(
    login_as: Login, settings: Settings, session: Session
) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    evil = '=HYPERLINK("http://example.org")'
    outside = (translate(footprint_in(cell(0), 0), 0, -0.02), {"name": evil, "address": "", "households": 1})
    import_id = checked(visitor, settings, [outside])
    answer = visitor.get(f"/imports/{import_id}/findings.csv")
    assert (
        answer.data.startswith(b"\xef\xbb\xbf")
        and "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    )
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines[0][0] == "行" and ["1", f"'{evil}", "不能导入", "不在任何社区内"] == lines[1][:4]
    sheet = openpyxl.load_workbook(io.BytesIO(visitor.get(f"/imports/{import_id}/findings.xlsx").data)).active
    assert sheet["B2"].value == evil and sheet["B2"].data_type == "s"


# --- texts of others --------------------------------------------------------------------------------------------------


def test_hostile_names_stay_text(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    column = "name" + HOSTILE
    rows = [
        (footprint_in(cell(0), n), {column: f"{n}{HOSTILE}", "address": "`${alert(1)}`"}) for n in range(3)
    ]
    rows.append(
        (
            translate(footprint_in(cell(0), 9), 0, -0.02),
            {column: HOSTILE, "address": "</script><script>alert(1)</script>"},
        )
    )
    import_id = inspected(visitor, settings, "a`${alert(1)}`&'楼'.geojson", geojson(rows))
    page = page_of(visitor, f"/imports/{import_id}?step=choose")
    assert escape(column, quote=False).replace('"', "&#34;") in page
    assert "<img src=x" not in page and "<script>alert" not in page
    answer = ask_check(visitor, import_id, map_name=column, map_households="")
    assert answer.status_code == 200, answer.json
    assert boundary_import.run_check(import_id, settings) == "checked"
    for path in (f"/imports/{import_id}", "/imports"):
        page = page_of(visitor, path)
        assert "<img src=x" not in page and "<script>alert" not in page and "&#39;楼&#39;" in page
    for path in ("findings.json", "rows.json", "unplaced.json", "rows.geojson", "findings.geojson"):
        answer = visitor.get(f"/imports/{import_id}/{path}")
        assert answer.mimetype == "application/json" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert HOSTILE in visitor.get(f"/imports/{import_id}/unplaced.json").json["rows"][0]["name"]
