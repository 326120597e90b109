"""The map in a real browser under the strict policy: drawing, picking, lasso, keyboard, recolouring, retries."""

from typing import Any

import pytest
import shapely

from app.maps.canvas import ColourChoice, MapOptions, new_map
from app.maps.layers import AreaOutlines
from app.maps.legend import Legend, LegendEntry
from app.maps.palette import zone_swatch
from tests.maps import town
from tests.maps.conftest import LASSO, READY, colour_at, hexed, opened, screen_place, show, told, town_map
from tests.maps.page_server import PageServer

FIRST_ROW = 22  # buildings in one row of the test town


@pytest.fixture
def map_page(page: Any, pages: PageServer) -> Any:
    return opened(page, f"{pages.origin}/town")


def test_buildings_are_drawn_in_their_zone_colours(map_page: Any) -> None:
    lon, lat = town.centre_of(1)
    show(map_page, lon, lat, 18)
    assert hexed(colour_at(map_page, lon, lat)) == zone_swatch(0).fill


def test_ground_is_drawn(map_page: Any) -> None:
    west, _, _, north = town.BOUNDS
    show(map_page, west + 0.002, north, 16)
    river = colour_at(map_page, west + 0.002, north + 0.0018, "backdrop")
    assert river[2] > river[0] and river[3] == 255


def test_labels_are_placed_without_covering_each_other(map_page: Any) -> None:
    placed = map_page.evaluate("window.wardmap.get('main').then((w) => w.labels.placed)")
    assert {"1", "2", "3", "4", "5", "6", "滨江大道"} <= set(placed)
    assert any(text.endswith("幢") for text in placed)


def test_click_tells_which_building(map_page: Any) -> None:
    lon, lat = town.centre_of(30)
    map_page.mouse.click(*screen_place(map_page, lon, lat))
    (pick,) = told(map_page, "pick")
    assert (pick["id"], pick["name"], pick["group"]) == (30, "30幢", 1)
    assert pick["lngLat"] == pytest.approx([lon, lat], abs=2e-5)


def test_click_beside_buildings_tells_the_area_and_far_away_nothing(map_page: Any) -> None:
    west, south, _, _ = town.BOUNDS
    map_page.mouse.click(*screen_place(map_page, west - 0.0003, south - 0.0003))
    assert [area["code"] for area in told(map_page, "area")] == ["329901001001"]
    map_page.mouse.click(*screen_place(map_page, west - 0.0013, south + 0.002))
    assert len(told(map_page, "empty")) == 1


@pytest.mark.parametrize("zoom", [14, 16, 17, 19, 20])
def test_buildings_are_hit_at_every_zoom(map_page: Any, zoom: int) -> None:
    lon, lat = town.centre_of(100)
    show(map_page, lon, lat, zoom)
    assert colour_at(map_page, lon, lat)[3] > 200
    map_page.mouse.click(*screen_place(map_page, lon, lat))
    assert [pick["id"] for pick in told(map_page, "pick")] == [100]


def test_a_click_while_tiles_are_asked_for_again_hits_what_is_drawn(map_page: Any) -> None:
    lon, lat = town.centre_of(100)
    show(map_page, lon, lat, 17)
    hit = map_page.evaluate(
        """async ([lon, lat]) => {
          const ward = await window.wardmap.get("main");
          const { x, y } = ward.map.project([lat, lon], 0);
          const again = ward.refresh();
          const hit = ward.buildings.at(x / 256, y / 256);
          await again;
          return hit && hit.id;
        }""",
        [lon, lat],
    )
    assert hit == 100


def circle(page: Any, building: int, radius: float, *, keys: str = "") -> None:
    x, y = screen_place(page, *town.centre_of(building))
    around = shapely.Point(x, y).buffer(radius).exterior.coords
    if keys:
        page.keyboard.down(keys)
    page.mouse.move(*around[0])
    page.mouse.down()
    for place in around[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    if keys:
        page.keyboard.up(keys)


def test_lasso_by_mouse_gives_a_closed_right_handed_polygon_and_pans_nothing(map_page: Any) -> None:
    centre = map_page.evaluate(
        "window.wardmap.get('main').then((w) => [w.map.getCenter().lng, w.map.getCenter().lat])"
    )
    map_page.evaluate(LASSO)
    circle(map_page, 30, 60)
    (lasso,) = told(map_page, "lasso")
    assert lasso["mode"] == "replace"
    polygon = shapely.geometry.shape(lasso["polygon"])
    assert polygon.is_valid and polygon.exterior.is_ccw
    inside = {f["id"] for f in town.buildings() if polygon.covers(shapely.Point(town.centre_of(f["id"])))}
    assert {29, 30, 31, 30 + FIRST_ROW, 30 - FIRST_ROW} <= inside
    assert len(inside) < 20
    now = map_page.evaluate(
        "window.wardmap.get('main').then((w) => [w.map.getCenter().lng, w.map.getCenter().lat])"
    )
    assert now == centre
    assert told(map_page, "pick") == []


@pytest.mark.parametrize(("key", "mode"), [("Shift", "add"), ("Alt", "remove")])
def test_lasso_with_a_key_adds_or_removes(map_page: Any, key: str, mode: str) -> None:
    map_page.evaluate(LASSO)
    circle(map_page, 60, 50, keys=key)
    assert [lasso["mode"] for lasso in told(map_page, "lasso")] == [mode]


def test_escape_drops_the_stroke_then_ends_the_lasso(map_page: Any) -> None:
    map_page.evaluate(LASSO)
    x, y = screen_place(map_page, *town.centre_of(30))
    map_page.mouse.move(x, y)
    map_page.mouse.down()
    map_page.mouse.move(x + 80, y)
    map_page.mouse.move(x + 80, y + 80)
    map_page.keyboard.press("Escape")
    map_page.mouse.move(x, y + 80)
    map_page.mouse.up()
    assert told(map_page, "lasso") == []
    assert map_page.evaluate("window.wardmap.get('main').then((w) => w.lasso.busy)")
    map_page.keyboard.press("Escape")
    assert not map_page.evaluate("window.wardmap.get('main').then((w) => w.lasso.busy)")
    map_page.mouse.click(x, y)
    assert len(told(map_page, "pick")) == 1


def test_a_tiny_stroke_selects_nothing_and_says_so(map_page: Any) -> None:
    map_page.evaluate(LASSO)
    circle(map_page, 30, 3)
    assert told(map_page, "lasso") == []
    assert "太小" in map_page.locator(".wardmap-notice").inner_text()


def test_keyboard_tour_reads_steps_opens_and_leaves(map_page: Any) -> None:
    voice = map_page.locator(".wardmap-voice")
    map_page.locator(".wardmap").focus()
    assert "回车" in voice.text_content()
    map_page.keyboard.press("Enter")
    first = voice.text_content()
    assert "幢" in first and "责任区" in first
    map_page.keyboard.press("ArrowRight")
    assert voice.text_content() != first
    map_page.keyboard.press("Enter")
    (pick,) = told(map_page, "pick")
    assert pick["keyboard"] and f"{pick['id']}幢" in voice.text_content()
    map_page.keyboard.press("ArrowLeft")
    assert voice.text_content() == first
    map_page.keyboard.press("Tab")
    map_page.keyboard.press("Enter")
    assert told(map_page, "pick")[1]["id"] != pick["id"] or "第" in voice.text_content()
    assert map_page.evaluate("document.activeElement.className.includes('wardmap')")
    map_page.keyboard.press("Escape")
    assert "退出" in voice.text_content()
    before = map_page.evaluate("window.wardmap.get('main').then((w) => w.map.getCenter().lng)")
    map_page.keyboard.press("ArrowRight")
    map_page.wait_for_timeout(500)
    assert map_page.evaluate("window.wardmap.get('main').then((w) => w.map.getCenter().lng)") > before


def test_keyboard_zooms_and_tab_leaves_the_map_when_no_tour_is_on(map_page: Any) -> None:
    map_page.locator(".wardmap").focus()
    before = map_page.evaluate("window.wardmap.get('main').then((w) => w.map.getZoom())")
    map_page.keyboard.press("+")
    map_page.wait_for_timeout(500)
    assert map_page.evaluate("window.wardmap.get('main').then((w) => w.map.getZoom())") == before + 1
    map_page.keyboard.press("Tab")
    assert map_page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_recolouring_by_id_shows_at_once_and_refresh_forgets_it(map_page: Any) -> None:
    lon, lat = town.centre_of(170)
    show(map_page, lon, lat, 18)
    before = hexed(colour_at(map_page, lon, lat))
    map_page.evaluate("window.wardmap.get('main').then((w) => w.setGroups({ 170: 1 }))")
    assert hexed(colour_at(map_page, lon, lat)) == zone_swatch(0).fill != before
    with map_page.expect_request("**/tiles/building/**v=2*"):
        map_page.evaluate("window.wardmap.get('main').then((w) => w.refresh(2))")
    map_page.wait_for_timeout(600)
    assert hexed(colour_at(map_page, lon, lat)) == before


def test_selected_buildings_are_ringed(map_page: Any) -> None:
    count = """window.wardmap.get('main').then((w) => {
      let yellow = 0;
      for (const { el } of Object.values(w.buildings.layer._tiles)) {
        const { data } = el.getContext("2d").getImageData(0, 0, el.width, el.height);
        for (let i = 0; i < data.length; i += 4) yellow += data[i] === 255 && data[i + 1] === 210 && data[i + 2] === 31;
      }
      return yellow;
    })"""
    assert map_page.evaluate(count) == 0
    map_page.evaluate("window.wardmap.get('main').then((w) => w.select([30, 31]))")
    assert map_page.evaluate(count) > 40
    map_page.evaluate("window.wardmap.get('main').then((w) => w.select([]))")
    assert map_page.evaluate(count) == 0


def test_tiles_that_fail_are_asked_for_again(page: Any, pages: PageServer) -> None:
    page.expected_troubles.append("503")
    pages.failures = 4
    opened(page, f"{pages.origin}/town")
    page.wait_for_timeout(2500)
    page.evaluate(READY, "main")
    assert pages.failures == 0
    tiles = page.evaluate(
        "window.wardmap.get('main').then((w) => Object.values(w.buildings.layer._tiles).map(({ el }) => Boolean(el.tile)))"
    )
    assert tiles and all(tiles)


def test_trouble_that_stays_is_told_with_a_way_to_try_again(page: Any, pages: PageServer) -> None:
    page.expected_troubles.append("503")
    pages.failures = 10_000
    try:
        page.goto(f"{pages.origin}/town")
        retry = page.locator(".wardmap-notice button")
        retry.wait_for(timeout=20_000)
    finally:
        pages.failures = 0
    retry.click()
    page.wait_for_timeout(1500)
    page.evaluate(READY, "main")
    lon, lat = town.centre_of(100)
    assert colour_at(page, lon, lat)[3] > 200


def test_outlines_come_by_address_and_can_be_replaced(page: Any, pages: PageServer) -> None:
    import json

    pages.json["/areas.geojson"] = json.dumps(town.collection(town.areas("柳岸社区"))).encode()

    def chart() -> Any:
        made = new_map(bounds=town.BOUNDS, zoom=13)
        AreaOutlines(level="community", url="/areas.geojson").add_to(made)
        return made

    pages.pages["areas"] = chart
    opened(page, f"{pages.origin}/areas")
    page.wait_for_timeout(300)
    placed = "window.wardmap.get('main').then((w) => w.labels.placed)"
    assert page.evaluate(placed) == ["柳岸社区"]
    page.evaluate(
        "(fc) => window.wardmap.get('main').then((w) => w.showOutlines(fc, 'zones'))",
        town.collection(town.zones()),
    )
    page.wait_for_timeout(300)
    assert {"1", "6", "柳岸社区"} <= set(page.evaluate(placed))
    page.evaluate(
        "(fc) => window.wardmap.get('main').then((w) => w.showOutlines(fc, 'community'))",
        town.collection(town.areas("塔影社区")),
    )
    page.wait_for_timeout(300)
    assert "塔影社区" in page.evaluate(placed)


def test_choices_are_told_to_the_page_and_a_new_legend_is_shown(page: Any, pages: PageServer) -> None:
    choices = (ColourChoice("zone", "责任区"), ColourChoice("floors", "层数"))
    pages.pages["choices"] = lambda: town_map(colour_by=choices, coloured_by="zone")
    opened(page, f"{pages.origin}/choices")
    page.locator(".wardmap-choices select").select_option("floors")
    assert told(page, "colour-by") == [{"key": "floors"}]
    legend = Legend.of_classes("层数", ["1–3 层", "4–6 层", "7 层以上"], "未知")
    with page.expect_request("**/tiles/building/**by=floors*"):
        page.evaluate(
            "(l) => window.wardmap.get('main').then((w) => w.setColourBy('floors', l))", legend.as_json()
        )
    assert page.locator(".wardmap-legend li").all_inner_texts() == ["1–3 层", "4–6 层", "7 层以上", "未知"]


def test_no_serious_trouble_for_assistive_tools(map_page: Any) -> None:
    from app.web.assets import VENDOR

    map_page.evaluate((VENDOR / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = map_page.evaluate(
        "axe.run('.wardmap').then((r) => r.violations.map((v) => `${v.impact} ${v.id}`))"
    )
    assert not [line for line in found if line.startswith(("serious", "critical"))]


def test_a_legend_entry_keeps_its_facts() -> None:
    entry = LegendEntry(3, "第3责任区", zone_swatch(2), "3")
    assert entry.as_json()["pattern"] == "dots"
    assert MapOptions().controls


def test_print_gives_one_sheet_with_title_legend_and_scale_and_comes_back(
    page: Any, pages: PageServer
) -> None:
    page.add_init_script(
        "window.print = () => { window.printed = document.querySelector('.wardmap-title').checkVisibility(); }"
    )
    opened(page, f"{pages.origin}/town")
    state = "window.wardmap.get('main').then((w) => [w.map.getZoom(), w.map.getCenter().lng, w.container.clientWidth])"
    before = page.evaluate(state)
    page.locator(".wardmap-print").click()
    printed = "(async () => { while (window.printed === undefined) await new Promise((r) => setTimeout(r, 50)); return window.printed; })()"
    assert page.evaluate(printed) is True
    for part in (".wardmap-legend ul", ".leaflet-control-scale-line", ".wardmap-north"):
        assert page.locator(part).is_visible()
    assert page.locator(".wardmap-bar").is_hidden()
    sheet = page.pdf(
        prefer_css_page_size=True, print_background=True
    )  # the browser tells the page when it is done
    assert sheet.count(b"/Type /Page\n") == 1
    page.wait_for_timeout(300)
    assert page.evaluate(state) == pytest.approx(before)
    assert page.locator(".wardmap-bar").is_visible()
