"""The import wizard over HTTP: who may, what is refused, and what each state shows."""

import gzip
import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from shapely.affinity import translate
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.geo.findings import SENTENCES
from app.ground import boundary_import
from app.ground.queries.import_words import PLAN_SENTENCES
from app.ground.routes.imports.wording import crs_title, finding_title
from tests.builders import build_area, build_town, cell, footprint_in
from tests.conftest import Visitor
from tests.ground.wizard_visits import (
    JSON,
    ask_check,
    checked,
    geojson,
    houses,
    inspected,
    loose_shapefile,
    page_of,
    send,
    uploaded,
)

Login = Callable[[str], Visitor]


# --- who may ------------------------------------------------------------------------------------------------------


def test_strangers_are_sent_to_sign_in_and_their_files_are_not_read(client: Visitor) -> None:
    assert client.get("/imports").status_code == 302
    assert "/sign-in" in client.get("/imports/new").headers["Location"]
    assert send(client, ("a.geojson", b"x" * 3_000_000)).status_code == 403
    assert send(client, ("a.geojson", b"{}")).status_code == 403


def test_community_workers_look_but_do_not_change(
    login_as: Login, settings: Settings, session: Session
) -> None:
    build_town(session, buildings=0)
    planner, worker = login_as("planner"), login_as("community")
    import_id = checked(planner, settings, houses())
    page = page_of(worker, f"/imports/{import_id}")
    assert "等规划员确认后才会写入" in page
    assert 'id="accept"' not in page and 'id="settle"' not in page
    assert "导入新文件" not in page_of(worker, "/imports")
    assert worker.get(f"/imports/{import_id}/findings.json").status_code == 200
    assert worker.get("/imports/new").status_code == 403
    for step in ("inspect", "check", "repair", "publish", "undo", "cancel", "settle"):
        assert worker.post(f"/imports/{import_id}/{step}", headers=JSON).status_code == 403
    assert send(worker, ("a.geojson", b"{}")).status_code == 403


def test_a_form_without_its_token_is_refused_in_words(login_as: Login, session: Session) -> None:
    visitor = login_as("planner")
    form = {"key": str(uuid4()), "files": (io.BytesIO(b"{}"), "a.geojson")}
    answer = visitor.client.post("/imports", data=form, headers=JSON)
    assert answer.status_code == 400 and "刷新" in answer.json["sentence"]
    assert session.scalar(text("SELECT count(*) FROM ground_import")) == 0


# --- handing in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "status"), [(1_200_000, 422), (4_000_000, 413)])
def test_too_large_is_said_in_chinese(
    app: Flask,
    settings: Settings,
    session: Session,
    login_as: Login,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    status: int,
) -> None:
    visitor = login_as("planner")
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, max_upload_mb=1))
    answer = send(visitor, ("大.geojson", b"x" * size))
    assert answer.status_code == status
    assert "MB" in answer.json["sentence"] and re.search(r"[\u4e00-\u9fff]", answer.json["sentence"])
    assert session.scalar(text("SELECT count(*) FROM ground_import")) == 0


def test_a_file_beyond_the_general_limit_is_taken(login_as: Login, session: Session) -> None:
    import_id = uploaded(login_as("planner"), "大.geojson", b'{"a": "' + b"x" * 3_000_000 + b'"}')
    assert (
        session.scalar(text("SELECT size_bytes FROM ground_import WHERE id = :id"), {"id": import_id})
        == 3_000_009
    )


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("empty.geojson", b"")],
        [("a.geojson", b"{}"), ("b.geojson", b"{}")],
        [("a.shp", b"1"), ("b.dbf", b"1")],
    ],
)
def test_what_cannot_be_one_import_is_refused(
    login_as: Login, session: Session, files: list[tuple[str, bytes]]
) -> None:
    answer = send(login_as("planner"), *files)
    assert answer.status_code == 422 and answer.json["sentence"]
    assert session.scalar(text("SELECT count(*) FROM ground_import")) == 0


def test_pressing_twice_brings_a_file_in_once(login_as: Login, session: Session) -> None:
    visitor, key = login_as("planner"), str(uuid4())
    first = send(visitor, ("a.geojson", b"{}"), key=key)
    again = send(visitor, ("a.geojson", b"{}"), key=key)
    assert first.json == again.json
    assert session.scalar(text("SELECT count(*) FROM ground_import")) == 1
    assert (
        session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%ground.inspect'"))
        == 1
    )


def test_without_scripts_the_upload_leads_to_the_import(login_as: Login) -> None:
    form = {"key": str(uuid4()), "files": (io.BytesIO(b"{}"), "a.geojson")}
    answer = login_as("planner").post("/imports", data=form)
    assert answer.status_code == 303 and re.search(r"/imports/\d+$", answer.headers["Location"])


# --- what each state shows ------------------------------------------------------------------------------------------


def test_the_whole_way_and_back(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    import_id = uploaded(visitor, "楼栋.geojson", geojson(houses()))
    address = f"/imports/{import_id}"
    assert "正在打开文件" in page_of(visitor, address)
    standing = visitor.get(f"{address}/progress").json
    assert standing["state"] == "inspecting" and standing["stage"] == "等待处理"

    boundary_import.run_inspect(import_id, settings)
    page = page_of(visitor, address)
    assert re.search(r'value="building" checked', page), "the guessed kind is preselected"
    assert "EPSG:4326" in page and "文件里写明" in page
    assert (
        re.search(r'name="map_name".*?<option value="name"[^>]*selected', page, re.S) and "自动认出" in page
    )
    assert "测试路0号" in page, "samples of the column"

    assert ask_check(visitor, import_id).json["state"] == "checking"
    assert "正在检查" in page_of(visitor, address)
    boundary_import.run_check(import_id, settings)
    page = page_of(visitor, address)
    assert "确认导入 3 条" in page and re.search(r'figure-create.*?<b class="figure-count">3</b>', page, re.S)

    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert visitor.post(f"{address}/publish", data={"version": version[1]}, headers=JSON).status_code == 200
    assert "正在写入" in page_of(visitor, address)
    assert boundary_import.run_publish(import_id, settings) == "published"
    page = page_of(visitor, address)
    assert "新增 3 条" in page and "这次新增的 3 条会删除" in page
    assert session.scalar(text("SELECT count(*) FROM building")) == 3

    assert visitor.post(f"{address}/undo", headers=JSON).json["state"] == "undone"
    assert "已全部退回" in page_of(visitor, address)
    assert session.scalar(text("SELECT count(*) FROM building")) == 0
    line = page_of(visitor, "/imports")
    assert "楼栋.geojson" in line and "已撤销" in line and "planner-" in line


def test_reference_systems_are_named_in_the_readers_language(app: Flask) -> None:
    from app.geo.crs import describe_crs

    with app.test_request_context("/", headers={"Cookie": "wardmap_language=en"}):
        for code in (4326, 4490, 4549, 4528, 2437, 2338, 4610, 4214, 32650, 3857, 2431):
            title = crs_title(describe_crs(f"EPSG:{code}").name)
            assert not re.search("[\u4e00-\u9fff（）]", title), title
    with app.test_request_context("/"):
        assert crs_title("WGS 84 经纬度") == "WGS 84 经纬度"


def test_nothing_about_the_place_is_guessed(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    shapes = [(translate(footprint_in(cell(0), n), 668_000, 3_530_000), {"name": f"{n}幢"}) for n in range(3)]
    import_id = inspected(visitor, settings, "社区.zip", loose_shapefile(shapes))
    page = page_of(visitor, f"/imports/{import_id}")
    assert "程序不会替你猜" in page
    assert not re.search(r'name="crs"[^>]*checked', page)
    asked = {"map_address": "", "map_households": ""}
    assert ask_check(visitor, import_id, **asked).json["code"] == "crs_not_chosen"
    assert (
        ask_check(visitor, import_id, crs="other", crs_other="随便", **asked).json["code"] == "crs_malformed"
    )
    assert (
        ask_check(visitor, import_id, crs="EPSG:4549", datum="", **asked).json["code"] == "datum_not_chosen"
    )
    assert ask_check(visitor, import_id, crs="other", crs_other="4549", **asked).status_code == 200
    kept = session.scalar(text("SELECT options FROM ground_import WHERE id = :id"), {"id": import_id})
    assert kept["crs"] == "EPSG:4549" and kept["datum"] == "wgs84"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"kind": ""}, "kind_missing"),
        ({"kind": "volcano"}, "kind_missing"),
        ({"kind": "community", "map_name": ""}, "column_required"),
        ({"map_name": "no such column"}, "column_unknown"),
        ({"map_name": "name", "map_address": "name"}, "column_twice"),
        ({"into": "1; DROP TABLE area"}, "code_malformed"),
        ({"layer": "楼栋", "encoding": "gb18030\x00"}, None),
    ],
)
def test_choices_that_do_not_fit_are_named(
    login_as: Login, settings: Settings, session: Session, form: dict[str, str], code: str | None
) -> None:
    visitor = login_as("planner")
    import_id = inspected(visitor, settings, "楼栋.geojson", geojson(houses()))
    answer = ask_check(visitor, import_id, **form)
    assert answer.status_code in (409, 422) and answer.json["sentence"]
    if code:
        assert answer.json["code"] == code
    assert visitor.get(f"/imports/{import_id}/progress").json["state"] == "inspected"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("楼.geojson.gz", geojson(houses())),
        ("楼.csv.gz", "名称,地址\n1幢,测试路1号\n2幢,测试路2号\n".encode()),
        (
            "楼.osm.gz",
            b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="31.950" lon="118.600"/>'
            b'<node id="2" lat="31.950" lon="118.601"/><node id="3" lat="31.951" lon="118.601"/>'
            b'<way id="9"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/></way></osm>',
        ),
    ],
)
def test_files_packed_by_gzip_are_opened(login_as: Login, settings: Settings, name: str, body: bytes) -> None:
    visitor = login_as("planner")
    import_id = inspected(visitor, settings, name, gzip.compress(body))
    assert visitor.get(f"/imports/{import_id}/progress").json["state"] == "inspected"
    assert ".osm.gz" in page_of(visitor, "/imports/new") and ".csv.gz" in page_of(visitor, "/help")


def areas_of(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(
        text("SELECT level, name FROM area JOIN area_version ON area_code = code ORDER BY code")
    )
    return [(level, name) for level, name in rows]


def test_buildings_of_an_empty_town_get_a_community_here(
    login_as: Login, settings: Settings, session: Session
) -> None:
    visitor = login_as("planner")
    import_id = inspected(visitor, settings, "滨江.geojson", geojson(houses()))
    page = page_of(visitor, f"/imports/{import_id}")
    assert re.search(r'<option value="new" selected>新建社区', page)
    assert re.search(r'name="new_name"[^>]*value="滨江"', page)
    form = {"into": "new", "new_name": "滨江"}
    assert ask_check(visitor, import_id, into="new", new_name="  ").status_code == 422
    assert areas_of(session) == []
    assert ask_check(visitor, import_id, **form).status_code == 200
    assert ask_check(visitor, import_id, **form).status_code == 409, "it is being checked already"
    assert boundary_import.run_check(import_id, settings) == "checked"
    page = page_of(visitor, f"/imports/{import_id}")
    assert "确认导入 3 条" in page and "将一并建立上级“滨江”" in page
    assert areas_of(session) == [], "nothing is written before it is confirmed"
    again = page_of(visitor, f"/imports/{import_id}?step=choose")
    assert re.search(r'<option value="new" selected>新建社区', again)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version and visitor.post(f"/imports/{import_id}/publish", data={"version": version[1]})
    assert boundary_import.run_publish(import_id, settings) == "published"
    assert areas_of(session) == [("district", "滨江"), ("street", "滨江"), ("community", "滨江")]
    assert session.scalar(text("SELECT count(*) FROM building")) == 3
    assert visitor.post(f"/imports/{import_id}/undo").status_code == 303
    assert areas_of(session) == [] and session.scalar(text("SELECT count(*) FROM building")) == 0


def test_a_new_area_needs_its_parent_chosen_where_there_are_several(
    login_as: Login, settings: Settings, session: Session
) -> None:
    build_area(session, "329902001000", "甲街道")
    build_area(session, "329902002000", "乙街道")
    visitor = login_as("planner")
    import_id = inspected(visitor, settings, "楼.geojson", geojson(houses()))
    piece = page_of(visitor, f"/imports/{import_id}/columns?kind=building")
    assert "请选择" in piece and "乙街道（329902002000）" in piece
    form = {"into": "new", "new_name": "新社区"}
    assert ask_check(visitor, import_id, **form).json["code"] == "parent_missing"
    assert ask_check(visitor, import_id, **form, new_parent="329902002000").status_code == 200
    assert boundary_import.run_check(import_id, settings) == "checked"
    made = session.scalar(
        text("SELECT summary->'parents_created' FROM ground_import WHERE id = :id"), {"id": import_id}
    )
    assert [(one["name"], one["parent_code"]) for one in made] == [("新社区", "329902002000")]
    assert made[0]["code"].startswith("329902002")


@pytest.mark.parametrize(
    ("count", "names"), [(1, ["临江新区"]), (3, ["临江新区 1", "临江新区 2", "临江新区 3"])]
)
def test_outlines_without_names_are_named_here(
    login_as: Login, settings: Settings, session: Session, count: int, names: list[str]
) -> None:
    visitor = login_as("planner")
    bare: list[tuple[Any, dict[str, Any]]] = [(cell(number), {}) for number in range(count)]
    import_id = inspected(visitor, settings, "边界.geojson", geojson(bare))
    piece = page_of(visitor, f"/imports/{import_id}/columns?kind=community")
    assert "没有名称列" in piece and re.search(r'name="given_name" value="边界"', piece)
    form = {"kind": "community", "map_name": "", "map_address": "", "map_households": ""}
    assert ask_check(visitor, import_id, **form).json["code"] == "column_required"
    assert ask_check(visitor, import_id, **form, given_name="临江新区").status_code == 200
    assert boundary_import.run_check(import_id, settings) == "checked"
    rows = visitor.get(f"/imports/{import_id}/rows.json").json["rows"]
    assert [row["name"] for row in rows] == names


def test_columns_follow_the_kind(login_as: Login, settings: Settings) -> None:
    visitor = login_as("planner")
    import_id = inspected(visitor, settings, "a.geojson", geojson(houses()))
    piece = page_of(visitor, f"/imports/{import_id}/columns?kind=community")
    assert 'name="map_parent_name"' in piece and 'name="map_floors"' not in piece
    assert "必选" in piece


def test_a_broken_file_says_what_and_what_now(login_as: Login, settings: Settings) -> None:
    visitor = login_as("planner")
    import_id = inspected(visitor, settings, "断.geojson", geojson(houses())[:-60])
    page = page_of(visitor, f"/imports/{import_id}")
    assert "不完整" in page and "现有数据没有任何改动" in page and "换一个文件" in page
    assert "Traceback" not in page and "File &#34;" not in page


def test_cancelling_leads_back_to_the_choices(login_as: Login, settings: Settings, session: Session) -> None:
    build_town(session, buildings=0)
    visitor = login_as("planner")
    import_id = checked(visitor, settings, houses())
    assert visitor.post(f"/imports/{import_id}/cancel", headers=JSON).json["state"] == "cancelled"
    assert f"/imports/{import_id}?step=choose" in page_of(visitor, f"/imports/{import_id}")
    assert ask_check(visitor, import_id).status_code == 200


def test_missing_imports_are_not_found(login_as: Login) -> None:
    visitor = login_as("planner")
    for path in ("", "/progress", "/columns", "/findings.csv", "/repaired/1"):
        assert visitor.get(f"/imports/987654{path}").status_code == 404


# --- words and help ---------------------------------------------------------------------------------------------------


def test_a_form_of_somebody_signed_out_says_that(client: Visitor) -> None:
    answer = client.client.post("/imports/1/cancel", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (403, "sign_in_first")


def test_every_finding_has_a_title_in_words(app: Flask) -> None:
    with app.test_request_context():
        for code, sentence in {**SENTENCES, **PLAN_SENTENCES}.items():
            title = finding_title(code, sentence)
            assert title and title != code and "%" not in title and len(title) < 40, code


def test_an_empty_list_says_what_can_be_brought_in(login_as: Login) -> None:
    page = page_of(login_as("planner"), "/imports")
    assert "还没有导入过文件" in page and "/imports/example/buildings.csv" in page


def test_examples_can_be_downloaded_and_brought_in(login_as: Login, settings: Settings) -> None:
    visitor = login_as("planner")
    for name, kind in (("buildings.csv", "building"), ("communities.geojson", "community")):
        body = visitor.get(f"/imports/example/{name}").data
        import_id = inspected(visitor, settings, name, body)
        assert re.search(rf'value="{kind}" checked', page_of(visitor, f"/imports/{import_id}"))
    assert visitor.get("/imports/example/..%2Fpyproject.toml").status_code == 404


@pytest.mark.parametrize("role", ["planner", "community"])
def test_help_explains_findings_and_zones(login_as: Login, role: str) -> None:
    page = page_of(login_as(role), "/help")
    for word in ("导入文件", "检查结果是什么意思", "划分责任区", "导出和打印"):
        assert word in page
