"""Bringing files in, as a planner does it in a real browser: an office screen and a phone."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import expect
from shapely.affinity import translate
from shapely.geometry import box, mapping, shape

from tests.conftest import GEODATA, LiveServer, sign_in
from tests.ground.wizard_visits import loose_shapefile

SIZES = {"office": (1440, 900), "phone": (390, 844)}
HOSTILE = '<img src=x onerror="document.title=1">'
WAIT_MS = 90_000


both_sizes = pytest.mark.parametrize("desk", SIZES, indirect=True)


@pytest.fixture
def desk(page: Any, request: pytest.FixtureRequest, live_server: LiveServer) -> Any:
    """A planner's screen, signed in, on the list of imports; of an office unless a test wants both."""
    width, height = SIZES[getattr(request, "param", "office")]
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, live_server, "/imports")
    return page


def hand_in(page: Any, *paths: Path) -> None:
    """Upload files and wait until the wizard asks about them."""
    page.goto("/".join(page.url.split("/")[:3]) + "/imports/new")
    page.set_input_files("#files", list(paths))
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))


def check(page: Any) -> None:
    """Ask for the check and wait for its result."""
    page.get_by_role("button", name="开始检查").click()
    page.locator("#accept").wait_for(timeout=WAIT_MS)
    page.wait_for_load_state()


def accept(page: Any) -> None:
    page.locator("#accept").click()
    page.get_by_role("heading", name="导入完成").wait_for(timeout=WAIT_MS)


def undo(page: Any) -> None:
    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_role("dialog").get_by_role("button", name="撤销", exact=True).click()
    page.get_by_role("heading", name="已撤销").wait_for(timeout=WAIT_MS)


def new_houses(folder: Path) -> Path:
    """Three houses on the places of known ones, one far outside, one with a knot in its outline."""
    known = orjson.loads((GEODATA / "buildings.geojson").read_bytes())["features"][:5]
    features = []
    for number, feature in enumerate(known):
        moved = translate(shape(feature["geometry"]), 0.00002, 0.00002)
        facts = {"楼栋名称": f"新{number}幢", "地址": f"新建路{number}号", "户数": 24}
        features.append({"type": "Feature", "properties": facts, "geometry": mapping(moved)})
    features[3]["geometry"] = mapping(translate(shape(features[3]["geometry"]), 0, -0.045))
    features[3]["properties"]["楼栋名称"] = f"堤外泵站{HOSTILE}"
    west, south, east, north = shape(features[4]["geometry"]).bounds
    knot = [[west, south], [east, north], [east, south], [west, north], [west, south]]
    features[4]["geometry"] = {"type": "Polygon", "coordinates": [knot]}
    path = folder / "新建楼栋.geojson"
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_gbk_shapefile_is_read_right(desk: Any) -> None:
    hand_in(desk, GEODATA / "broken" / "gbk_without_cpg.zip")
    desk.get_by_text("GB18030（GBK）").wait_for(timeout=WAIT_MS)
    chosen = desk.locator('input[name="encoding"]:checked')
    expect(chosen).to_have_value("gb18030")
    expect(desk.locator(".encoding-card", has=chosen)).to_contain_text("帆影社区")
    expect(desk.locator('input[name="kind"]:checked')).to_have_value("community")
    expect(desk.locator("#place")).to_contain_text("EPSG:4549")
    check(desk)
    # The boundaries are those that the town has already.
    assert desk.locator(".figure-refused .figure-count").inner_text() == "0"
    desk.locator("#tab-rows").click()
    expect(desk.locator("#rows tbody")).to_contain_text("观潮社区")


def test_a_session_that_ended_while_choosing_is_said(desk: Any) -> None:
    desk.expected_troubles.append("403")
    hand_in(desk, GEODATA / "broken" / "gbk_without_cpg.zip")
    desk.get_by_text("GB18030（GBK）").wait_for(timeout=WAIT_MS)
    desk.context.clear_cookies()
    desk.locator('input[name="kind"][value="street"]').check()
    link = desk.locator("[data-problem] a")
    expect(link).to_contain_text("请先登录")
    assert link.get_attribute("href").startswith("/sign-in?next=%2Fimports%2F")


@both_sizes
def test_findings_settled_accepted_and_undone(desk: Any, tmp_path: Path) -> None:
    hand_in(desk, new_houses(tmp_path))
    desk.locator("#choose").wait_for(timeout=WAIT_MS)
    expect(desk.locator('input[name="kind"]:checked')).to_have_value("building")
    expect(desk.locator("#map-name")).to_have_value("楼栋名称")
    check(desk)
    assert desk.title().startswith("检查结果")

    # Stepping through the findings with the keyboard, the map follows.
    desk.locator("#findings tbody tr").first.focus()
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#current")).to_contain_text("第 1 条")
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#current")).to_contain_text("第 2 条")
    desk.locator('.chip[data-code="geometry_invalid"]').click()
    desk.locator("#findings tbody tr").first.click()
    expect(desk.locator(".repair-modes")).to_be_visible()
    desk.get_by_role("button", name="修复后").click()
    expect(desk.get_by_role("button", name="修复后")).to_have_attribute("aria-pressed", "true")

    # One falls outside every community: given to one by hand.
    created, changed = (
        int(desk.locator(f".figure-{one} .figure-count").inner_text()) for one in ("create", "change")
    )
    desk.locator("#tab-unplaced").click()
    desk.locator("#unplaced tbody tr").first.click()
    expect(desk.locator("#current h2")).to_contain_text(f"堤外泵站{HOSTILE}")
    desk.locator("#settle-code").select_option(label="煤码头社区")
    desk.get_by_role("button", name="指定", exact=True).click()
    expect(desk.locator(".figure-create .figure-count")).to_have_text(str(created + 1))
    expect(desk.locator("#accept")).to_have_text(f"确认导入 {created + 1 + changed} 条")

    accept(desk)
    expect(desk.locator(".end-card")).to_contain_text(f"新增 {created + 1} 条")
    undo(desk)
    expect(desk.locator(".end-card")).to_contain_text("已全部退回")


def test_a_large_file_is_looked_through_row_by_row(
    page: Any, live_server: LiveServer, tmp_path: Path
) -> None:
    west, south, _, _ = shape(
        orjson.loads((GEODATA / "communities.geojson").read_bytes())["features"][0]["geometry"]
    ).bounds
    features = [
        {
            "type": "Feature",
            "properties": {"楼栋名称": f"第{n}幢"},
            "geometry": {"type": "Point", "coordinates": [west + n % 60 * 1e-5, south + n // 60 * 1e-5]},
        }
        for n in range(3_200)
    ]
    path = tmp_path / "点.geojson"
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    sign_in(page, live_server, "/imports")
    hand_in(page, path)
    page.get_by_role("radio", name=re.compile("^楼栋")).check()
    page.locator('select[name="map_name"]').wait_for()
    check(page)
    page.get_by_role("tab", name=re.compile("全部行")).click()
    page.locator("#rows tbody tr").first.click()
    # Both presses come before the next page has come: it is shown once.
    page.locator("#rows tbody tr").last.click()
    page.evaluate("""() => {
        const rows = document.querySelectorAll('#rows tbody tr');
        const down = new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true });
        for (let n = 0; n < 2; n += 1) rows[rows.length - 1].dispatchEvent(down);
    }""")
    expect(page.locator("#rows tbody tr")).to_have_count(100)
    numbers = page.locator("#rows tbody tr td:first-child").all_inner_texts()
    assert numbers == [str(n) for n in range(1, 101)]
    # Only a part is drawn; a row that is not is fetched when somebody looks at it.
    page.locator("#row-query").fill("第3199幢")
    with page.expect_response(re.compile(r"rows\.geojson\?row=3200$")) as fetched:
        page.locator("#rows tbody tr").filter(has_text="第3199幢").click()
    assert len(fetched.value.json()["features"]) == 1


@both_sizes
def test_a_missing_reference_system_is_asked_on_a_map(desk: Any) -> None:
    hand_in(desk, GEODATA / "broken" / "crs_missing.zip")
    desk.locator(".candidate-map canvas").first.wait_for(timeout=WAIT_MS)
    assert desk.locator('input[name="crs"]:checked').count() == 0
    desk.get_by_role("button", name="开始检查").click()
    expect(desk.locator(".missing-note")).to_contain_text("坐标系")
    desk.locator('input[name="crs"][value="EPSG:4549"]').check()
    expect(desk.locator(".missing-note")).to_have_count(0)
    check(desk)
    desk.get_by_role("button", name="不导入了").click()
    desk.get_by_role("heading", name="已取消").wait_for(timeout=WAIT_MS)


def test_a_broken_file_is_refused_in_words(desk: Any) -> None:
    hand_in(desk, GEODATA / "broken" / "dbf_missing.zip")
    desk.get_by_role("heading", name="没有成功").wait_for(timeout=WAIT_MS)
    expect(desk.locator(".alert-danger").first).to_contain_text(".dbf")
    expect(desk.get_by_role("link", name="换一个文件")).to_be_visible()


@both_sizes
def test_what_cannot_work_is_said_before_sending(desk: Any, tmp_path: Path) -> None:
    lone, empty, other = tmp_path / "楼.shp", tmp_path / "空.geojson", tmp_path / "说明.docx"
    lone.write_bytes(b"1")
    empty.write_bytes(b"")
    other.write_bytes(b"1")
    packed = tmp_path / "楼.osm.gz"
    packed.write_bytes(b"1")
    desk.get_by_role("link", name="导入新文件").or_(desk.get_by_role("link", name="选择文件")).first.click()
    desk.set_input_files("#files", [lone])
    expect(desk.locator("#warning")).to_contain_text(".dbf")
    desk.set_input_files("#files", [packed])
    expect(desk.locator("#problem")).to_be_hidden()
    expect(desk.locator("#send")).to_be_enabled()
    desk.set_input_files("#files", [empty])
    expect(desk.locator("#problem")).to_contain_text("空文件")
    desk.set_input_files("#files", [other])
    expect(desk.locator("#problem")).to_contain_text("不是能导入的格式")
    expect(desk.locator("#send")).to_be_disabled()
    desk.get_by_role("button", name="去掉 说明.docx").click()
    expect(desk.locator("#problem")).to_be_hidden()


def test_a_file_as_wide_as_the_country_is_seen_whole(desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "全国.zip"
    path.write_bytes(loose_shapefile([(box(74, 20, 134, 52), {"name": "全国"})]))
    hand_in(desk, path)
    desk.locator(".candidate-map canvas").first.wait_for(timeout=WAIT_MS)
    expect(desk.locator(".candidate").first).to_contain_text("与 B 相差不到一米")
    desk.locator('input[name="crs"][value="EPSG:4490"]').check()
    desk.evaluate("async () => { window.seen = (await window.wardmap.get('candidates')).map; }")
    desk.wait_for_function("() => window.seen.getBounds().contains([[20, 74], [52, 134]])")


def test_one_point_in_an_empty_town(page: Any, empty_server: LiveServer, tmp_path: Path) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, empty_server, "/imports")
    feature = {
        "type": "Feature",
        "properties": {"name": "1幢", "address": "滨江路1号", "households": 12},
        "geometry": {"type": "Point", "coordinates": [118.6, 31.95]},
    }
    path = tmp_path / "滨江.geojson"
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": [feature]}))
    hand_in(page, path)
    page.locator("#choose").wait_for(timeout=WAIT_MS)
    page.locator('input[name="kind"][value="building"]').check()
    expect(page.locator("#new-name")).to_have_value("滨江")
    page.locator("#new-name").fill("")
    page.get_by_role("button", name="开始检查").click()
    expect(page.locator(".missing-note")).to_contain_text("新建的名称")
    page.locator("#new-name").fill("滨江社区")
    check(page)
    expect(page.locator("#accept")).to_have_text("确认导入 1 条")
    page.locator(".wardmap canvas").first.wait_for()
    seen = page.evaluate(
        "async () => { const { map } = await window.wardmap.get('review'); return [map.getZoom(), map.getMinZoom()]; }"
    )
    assert seen == [18, 2] and problems == []
    accept(page)


def test_the_list_is_found_and_sorted(desk: Any) -> None:
    hand_in(desk, GEODATA / "broken" / "dbf_missing.zip")
    desk.get_by_role("heading", name="没有成功").wait_for(timeout=WAIT_MS)
    desk.get_by_role("link", name="所有导入").click()
    desk.locator("#filter").fill("dbf_missing 未成功")
    expect(desk.locator("#imports tbody tr:visible").first).to_contain_text("dbf_missing.zip")
    desk.locator("#filter").fill("没有这样的文件")
    expect(desk.locator("#none-found")).to_be_visible()
