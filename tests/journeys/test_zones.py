"""A planner draws zones in a real browser: with the mouse, with a finger, with the keyboard alone."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.conftest import LiveServer, sign_in

SIZES = {"office": (1440, 900), "phone": (390, 844)}
COMMUNITY = "329901001003"
AXE = Path(__file__).parents[2] / "app" / "web" / "static" / "vendor" / "axe-core" / "axe.min.js"
SETTLED = """async () => {
  const ward = await window.wardmap.get('plan');
  const layer = ward.buildings.layer;
  for (let i = 0; i < 400 && layer.isLoading(); i += 1) await new Promise((done) => setTimeout(done, 25));
}"""
# Where buildings are on the screen, with the group that the map draws them in.
SHOWN = """async () => {
  const ward = await window.wardmap.get('plan');
  const box = ward.container.getBoundingClientRect();
  return [...ward.buildings.inView().values()].map(({ tile, feature }) => {
    const one = ward.buildings.described(tile, feature);
    const lat = Math.atan(Math.sinh(Math.PI * (1 - 2 * one.world[1]))) * 180 / Math.PI;
    const at = ward.map.latLngToContainerPoint([lat, one.world[0] * 360 - 180]);
    const [x, y] = [box.left + at.x, box.top + at.y];
    const top = document.elementFromPoint(x, y);
    const free = Boolean(top && ward.container.contains(top) && !top.closest('.leaflet-control, button'));
    return { id: one.id, group: one.group, x, y, free };
  });
}"""

DRAWN_AS = """async ({ id, group }) => {
  const ward = await window.wardmap.get('plan');
  const found = ward.buildings.inView().get(id);
  if (!found || ward.buildings.groupOf(found.feature) !== group) return false;
  const { world } = ward.buildings.described(found.tile, found.feature);
  return ward.buildings.at(...world)?.id === id;
}"""


def settle(page: Any) -> None:
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate(SETTLED)


def saved(page: Any) -> None:
    expect(page.locator("#save-state")).to_have_text("已保存")


def buildings(page: Any) -> list[dict[str, Any]]:
    """Buildings of this community that lie free of the tools and controls."""
    return [one for one in page.evaluate(SHOWN) if one["group"] is not None and one["free"]]


def wait_for_group(page: Any, building: dict[str, Any], group: int) -> None:
    """Until the map draws a building in this group and knows it under the pointer."""
    for _ in range(300):
        if page.evaluate(DRAWN_AS, {"id": building["id"], "group": group}):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"building {building['id']} is not drawn in group {group}")


def groups(page: Any) -> dict[int, int]:
    return {one["id"]: one["group"] for one in page.evaluate(SHOWN) if one["group"] is not None}


def begin_draft(page: Any, server: LiveServer) -> None:
    sign_in(page, server, f"/plans?q={COMMUNITY}")
    page.get_by_role("button", name=re.compile("新建草稿")).click()
    settle(page)


def stroke(page: Any, around: list[dict[str, Any]]) -> None:
    """Draw around these buildings with the button down."""
    west, east = min(one["x"] for one in around) - 9, max(one["x"] for one in around) + 9
    north, south = min(one["y"] for one in around) - 9, max(one["y"] for one in around) + 9
    page.mouse.move(west, north)
    page.mouse.down()
    for x, y in ((east, north), (east, south), (west, south), (west, north + 3)):
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def zone_row(page: Any, number: int) -> Any:
    return page.locator(".zone-row", has=page.locator(".zone-title", has_text=f"第 {number} 责任区"))


@pytest.mark.parametrize("size", SIZES)
def test_from_an_empty_draft_to_files_to_take_along(
    page, live_server: LiveServer, size: str, tmp_path: Path
) -> None:
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    begin_draft(page, live_server)
    assert set(groups(page).values()) == {1000}, "every building begins unassigned"

    page.get_by_role("button", name="新建责任区").click()
    zone_row(page, 1).wait_for()
    one = buildings(page)[0]
    page.mouse.click(one["x"], one["y"])
    page.get_by_text("已划入第 1 责任区").wait_for()
    assert groups(page)[one["id"]] == 1
    assert "1 栋" in zone_row(page, 1).inner_text()

    page.get_by_role("button", name="新建责任区").click()
    zone_row(page, 2).wait_for()
    page.locator("#tool-lasso").click()
    around = sorted(buildings(page), key=lambda b: b["y"])[:8]
    stroke(page, around)
    page.get_by_text("已划入第 2 责任区").wait_for()
    drawn = groups(page)
    second = {key for key, group in drawn.items() if group == 2}
    assert {b["id"] for b in around} <= second
    assert f"{len(second)} 栋" in zone_row(page, 2).inner_text()

    page.reload()
    settle(page)
    assert groups(page) == drawn, "what was drawn is still there"
    assert page.locator("#target").inner_text().endswith("第 2 责任区"), "and the zone that was current"
    page.locator("#undo").click()
    page.get_by_text("已撤销").wait_for()
    page.evaluate(SETTLED)
    for b in around:
        wait_for_group(page, b, 1000 if b["id"] != one["id"] else 1)
    page.locator("#redo").click()
    page.get_by_text("已重做").wait_for()
    page.reload()
    settle(page)
    assert groups(page) == drawn

    with page.expect_download() as waiting:
        page.get_by_role("link", name="导出地图文件").click()
    target = tmp_path / "map.html"
    waiting.value.save_as(target)
    assert "第 2 责任区" in target.read_text("utf-8")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="导出表格").click()
    waiting.value.save_as(tmp_path / "zones.xlsx")
    assert "xl/worksheets/sheet2.xml" in zipfile.ZipFile(tmp_path / "zones.xlsx").namelist()


def test_the_keyboard_alone_is_enough(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    page.keyboard.press("n")
    zone_row(page, 1).wait_for()
    page.keyboard.press("n")
    zone_row(page, 2).wait_for()
    page.keyboard.press("1")
    assert page.locator("#target").inner_text().endswith("第 1 责任区")
    page.locator("#tab-zones").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#list-count")).to_have_text(re.compile(r"共 \d+ 栋"))
    everything = page.locator("#list-count").inner_text()
    page.locator("#list-q").fill("1幢")
    expect(page.locator("#list-count")).not_to_have_text(everything)
    page.locator(".building-line input").first.focus()
    page.keyboard.press("Space")
    page.locator("#give-bar").wait_for()
    page.locator("#choose-all").focus()
    page.keyboard.press("Enter")
    count = int(re.search(r"\d+", page.locator("#list-count").inner_text()).group())
    page.get_by_text(f"已选 {count} 栋").wait_for()
    page.locator("#give-now").focus()
    page.keyboard.press("Enter")
    page.get_by_text(f"{count} 栋（").wait_for()
    page.locator("#tab-zones").click()
    assert f"{count} 栋" in zone_row(page, 1).inner_text()
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    page.get_by_text("已撤销").wait_for()
    expect(page.locator(".zone-row .zone-sums").first).to_have_text(re.compile("^0 栋"))
    page.keyboard.press("f")
    page.locator(".wardmap-notice").filter(has_text="户").wait_for()


def test_removing_and_renaming_a_zone(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    for number in (1, 2):
        page.keyboard.press("n")
        zone_row(page, number).wait_for()
    one = buildings(page)[0]
    page.mouse.click(one["x"], one["y"])
    saved(page)
    page.locator(".zone-menu summary").nth(1).click()
    page.get_by_role("button", name="改名或换编号").last.click()
    page.locator("#zone-number").fill("1")
    page.locator("#zone-name").fill("<b>滨江片</b>")
    page.locator("#zone-dialog").get_by_role("button", name="保存").click()
    page.locator(".zone-title", has_text="<b>滨江片</b>").wait_for()
    wait_for_group(page, one, 1)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".zone-menu summary").first.click()
    page.get_by_role("button", name="删除责任区").first.click()
    page.get_by_text("变为未划入").last.wait_for()
    wait_for_group(page, one, 1000)


def test_the_keyboards_place_is_kept(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    for number in (1, 2):
        page.keyboard.press("n")
        zone_row(page, number).wait_for()

    def choose(entry: str) -> None:
        zone_row(page, 1).locator("summary").focus()
        page.keyboard.press("Enter")
        zone_row(page, 1).get_by_role("button", name=entry).focus()
        page.keyboard.press("Enter")

    choose("改名或换编号")
    page.locator("#zone-dialog").wait_for()
    page.keyboard.press("Escape")
    expect(zone_row(page, 1).locator("summary")).to_be_focused()
    choose("删除责任区")
    page.get_by_text("已删除").wait_for()
    expect(page.locator("#zone-list")).to_be_focused()


def test_a_list_that_is_brought_back_makes_drafts_again(page, live_server: LiveServer) -> None:
    sign_in(page, live_server, f"/plans?q={COMMUNITY}")
    keys = "() => [...document.querySelectorAll('input[name=key]')].map((one) => one.value)"
    before = page.evaluate(keys)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    after = page.evaluate(keys)
    assert len({*before, *after}) == 2 * len(before) > 0
    page.get_by_role("button", name=re.compile("新建草稿")).click()
    settle(page)


def test_two_quick_undos_take_two_steps_back(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    zones = page.locator(".zone-row:not(.is-none)")
    for number in (1, 2):
        page.keyboard.press("n")
        zone_row(page, number).wait_for()
    saved(page)
    twice = "(id) => { for (let i = 0; i < 2; i += 1) document.getElementById(id).click(); }"
    page.evaluate(twice, "undo")
    expect(zones).to_have_count(0)
    page.evaluate(twice, "redo")
    expect(zones).to_have_count(2)


def test_a_new_name_is_undone_like_any_other_step(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    former = page.locator("#plan-name").inner_text()
    page.locator("#rename-plan").click()
    page.locator("#plan-new-name").fill("第二稿")
    page.locator("#plan-dialog").get_by_role("button", name="保存").click()
    expect(page.locator("#plan-name")).to_have_text("第二稿")
    page.locator("#undo").click()
    page.get_by_text("已撤销：方案改名为“第二稿”").wait_for()
    expect(page.locator("#plan-name")).to_have_text(former)


def test_a_slow_answer_never_takes_the_plan_back(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    held: list[Any] = []
    page.route("**/state.json", lambda route: held.append((route, route.fetch())))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    page.keyboard.press("n")
    zone_row(page, 1).wait_for()
    saved(page)
    route, answer = held[0]
    with page.expect_response("**/state.json"):
        route.fulfill(response=answer)
    page.wait_for_timeout(200)
    expect(zone_row(page, 1)).to_be_visible()
    page.keyboard.press("n")
    zone_row(page, 2).wait_for()


@pytest.fixture
def colleague(browser, browser_context_args: dict[str, Any]) -> Iterator[Any]:
    """Somebody else's browser; a tab of the same one would sleep in the background."""
    context = browser.new_context(**{**browser_context_args, "viewport": {"width": 1440, "height": 900}})
    yield context.new_page()
    context.close()


def test_two_planners_at_one_plan(page, colleague, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    begin_draft(page, live_server)
    page.keyboard.press("n")
    zone_row(page, 1).wait_for()
    saved(page)
    sign_in(colleague, live_server, urlsplit(page.url).path)
    settle(colleague)
    first, second = buildings(page)[:2]
    page.mouse.click(first["x"], first["y"])
    page.get_by_text("已划入第 1 责任区").wait_for()
    colleague.mouse.click(second["x"], second["y"])
    colleague.get_by_text("刚刚改过这个方案").wait_for()
    wait_for_group(colleague, first, 1)
    wait_for_group(colleague, second, 1000)
    colleague.mouse.click(second["x"], second["y"])
    colleague.get_by_text("已划入第 1 责任区").wait_for()


@pytest.fixture
def finger(browser, browser_context_args: dict[str, Any]) -> Iterator[Any]:
    """A page on a phone with a touch screen."""
    context = browser.new_context(
        **{
            **browser_context_args,
            "viewport": {"width": 390, "height": 844},
            "has_touch": True,
            "is_mobile": True,
        }
    )
    yield context.new_page()
    context.close()


def test_drawing_with_a_finger(finger, live_server: LiveServer) -> None:
    begin_draft(finger, live_server)
    finger.get_by_role("button", name="新建责任区").tap()
    zone_row(finger, 1).wait_for()
    saved(finger)
    finger.locator("#tool-lasso").tap()
    around = sorted(buildings(finger), key=lambda b: b["y"])[:6]
    west, east = min(b["x"] for b in around) - 6, max(b["x"] for b in around) + 6
    north, south = min(b["y"] for b in around) - 6, max(b["y"] for b in around) + 6
    touch = finger.context.new_cdp_session(finger)

    def send(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (west, north))
    for part in range(1, 9):
        send("touchMove", (west + (east - west) * part / 8, north))
    for part in range(1, 9):
        send("touchMove", (east, north + (south - north) * part / 8))
    for part in range(1, 9):
        send("touchMove", (east - (east - west) * part / 8, south))
    send("touchEnd")
    finger.get_by_text("已划入第 1 责任区").wait_for()
    assert {b["id"] for b in around} <= {key for key, group in groups(finger).items() if group == 1}
    finger.locator("#sheet-handle").tap()
    expect(finger.locator("body.sheet-low")).to_have_count(1)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_stands_in_the_way_of_assistive_technology(page, live_server: LiveServer, size: str) -> None:
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    begin_draft(page, live_server)
    page.keyboard.press("n")
    zone_row(page, 1).wait_for()
    plan = page.url
    for address in (plan, f"{plan}/print", f"{live_server.url}/plans"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if address == plan:
            page.locator("#tab-list").click()
            page.locator(".building-line").first.wait_for()
            page.locator("#tab-zones").click()
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
                              ".map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(', '))")  # fmt: skip
        assert not found, (address, found)


def test_the_printed_map_is_the_one_on_the_screen(page, live_server: LiveServer) -> None:
    """A browser that prints waits for nothing: a map that only then took the paper's size would come out blank."""
    begin_draft(page, live_server)
    page.goto(f"{page.url}/print")
    page.wait_for_load_state("networkidle")
    look = "wardmap.get('plan').then((w) => [w.map.getSize().x, w.map.getSize().y, w.map.getZoom(), w.map.getCenter().lng])"
    on_screen = page.evaluate(look)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(look) == on_screen
    box = page.locator(".print-map").bounding_box()
    assert box and abs(box["width"] - 186 / 25.4 * 96) < 2 and abs(box["width"] - on_screen[0]) < 4
