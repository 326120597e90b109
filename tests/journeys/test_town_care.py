"""The town page when things come late, in another order, or not at all."""

import re
from typing import Any

import psycopg
import pytest
from playwright.sync_api import expect

from tests.conftest import LiveServer, sign_in
from tests.journeys.test_town import wait_until_drawn

FOCUS = "document.activeElement.id || document.activeElement.dataset.area || document.activeElement.tagName"


@pytest.fixture
def town_page(page: Any, live_server: LiveServer) -> Any:
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, live_server)
    wait_until_drawn(page)
    return page


def held(page: Any, pattern: str) -> list[Any]:
    """Requests of this kind, kept waiting until the test lets them go on."""
    waiting: list[Any] = []

    def keep(route: Any) -> None:
        waiting.append(route)

    page.route(pattern, keep)
    return waiting


def title(page: Any) -> Any:
    return page.locator("#detail h2").first


def test_what_was_clicked_last_is_shown(town_page: Any) -> None:
    lines = town_page.locator(".level-community button")
    first = lines.nth(0).get_attribute("data-area")
    waiting = held(town_page, f"**/ground/areas/{first}?*")
    lines.nth(0).click()
    lines.nth(1).click()
    name = lines.nth(1).locator(".name").text_content().replace("本地", "").strip()
    expect(title(town_page)).to_have_text(name)
    waiting[0].continue_()
    town_page.wait_for_timeout(400)
    expect(title(town_page)).to_have_text(name)
    assert first not in town_page.url


def test_enter_opens_what_is_typed_now(town_page: Any) -> None:
    box = town_page.locator("#q")
    box.fill("社区 1幢")
    town_page.locator(".found button").first.wait_for()
    box.fill("社区 2幢")
    box.press("Enter")
    expect(title(town_page)).to_have_text(re.compile(r" 2幢$"))
    town_page.wait_for_timeout(400)
    assert town_page.locator("#found").is_hidden(), "the list does not come back over it"


def test_the_keyboard_goes_on_where_the_eye_is(town_page: Any) -> None:
    line = town_page.locator(".level-community button").nth(2)
    code = line.get_attribute("data-area")
    line.focus()
    town_page.keyboard.press("Enter")
    title(town_page).wait_for()
    assert town_page.evaluate(FOCUS) == "detail"
    town_page.keyboard.press("Escape")
    assert town_page.evaluate(FOCUS) == code
    town_page.locator("#q").fill("社区 1幢")
    town_page.locator(".found button").first.focus()
    town_page.keyboard.press("Enter")
    town_page.locator("#detail dl.facts").wait_for()
    assert town_page.evaluate(FOCUS) == "detail"
    town_page.keyboard.press("Tab")
    town_page.keyboard.press("Enter")
    assert town_page.evaluate(FOCUS) == "q"


def test_a_click_on_the_map_leaves_the_focus_there(town_page: Any) -> None:
    box = town_page.locator(".wardmap").bounding_box()
    town_page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    town_page.locator("#detail dl.facts").wait_for()
    assert town_page.evaluate("document.querySelector('.panel').contains(document.activeElement)") is False


def test_a_building_without_a_place_moves_nothing(town_page: Any, live_server: LiveServer) -> None:
    with psycopg.connect(live_server.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET wardmap.scope = '{%}'")
        (code,) = connection.execute("SELECT code FROM building ORDER BY code DESC LIMIT 1").fetchone()
        (number,) = connection.execute(
            "INSERT INTO building (code, area_code, name, kind, during) VALUES (%s, %s, '无处楼', 'residential', '[2020-01-01,)')"
            " RETURNING id",
            (code[:12] + "99998", code[:12]),
        ).fetchone()
    centre = "window.wardmap.get('town').then((w) => [w.map.getCenter().lng, w.map.getZoom()])"
    before = town_page.evaluate(centre)
    town_page.locator("#q").fill("无处楼")
    town_page.locator(".found button").first.click()
    expect(title(town_page)).to_have_text(re.compile("无处楼$"))
    town_page.wait_for_timeout(300)
    assert town_page.evaluate(centre) == before
    assert f"building={number}" in town_page.url


def test_a_date_can_be_typed(town_page: Any) -> None:
    day = town_page.locator("#on")
    day.focus()
    written = day.evaluate(
        "(field) => new Intl.DateTimeFormat(navigator.language).format(new Date('2025-03-04T00:00'))"
    )
    digits = "20250304" if re.match(r"\d{4}", written) else "03042025"
    town_page.keyboard.type(digits, delay=80)
    assert "on=" not in town_page.url, "not before it is meant"
    with town_page.expect_navigation():
        town_page.keyboard.press("Enter")
    assert "on=2025-03-04" in town_page.url


def test_a_chosen_date_is_shown_by_itself(town_page: Any) -> None:
    town_page.locator("#on").fill("2025-05-06")
    town_page.wait_for_url("**on=2025-05-06**", timeout=4000)


def test_the_language_switch_keeps_what_is_open(town_page: Any) -> None:
    town_page.locator(".level-community button").first.click()
    title(town_page).wait_for()
    town_page.locator(".wardmap select").first.select_option("floors")
    code = re.search(r"area=(\d{12})", town_page.url).group(1)
    assert "by=floors" in town_page.url
    export = town_page.get_by_role("link", name="导出地图文件").get_attribute("href")
    assert export.startswith(f"/ground/areas/{code}/") and export.endswith("by=floors")
    town_page.get_by_role("button", name="English").click()
    town_page.get_by_role("link", name="Zones", exact=True).wait_for()
    title(town_page).wait_for()
    assert f"area={code}" in town_page.url and "by=floors" in town_page.url


def test_an_area_is_deleted_only_after_a_question(town_page: Any, live_server: LiveServer) -> None:
    town_page.goto(f"{live_server.url}/ground/areas/new?level=district")
    town_page.locator('input[name="name"]').fill("误建区")
    town_page.locator("main button.btn-primary").click()
    expect(title(town_page)).to_have_text("误建区")
    asked: list[str] = []

    def refuse(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    town_page.once("dialog", refuse)
    town_page.locator("#detail").get_by_role("button", name="删除").click()
    assert asked and "误建区" in asked[0]
    expect(title(town_page)).to_have_text("误建区")
    town_page.once("dialog", lambda dialog: dialog.accept())
    with town_page.expect_navigation():
        town_page.locator("#detail").get_by_role("button", name="删除").click()
    assert "误建区" not in town_page.locator("#tree").inner_text()


@pytest.mark.parametrize("path", ["/", "/plans"])
def test_a_page_works_without_its_map(page: Any, live_server: LiveServer, path: str) -> None:
    page.expected_troubles += ["ERR_FAILED", "L is not defined", "Failed to load"]
    page.route("**/vendor/leaflet/leaflet.js", lambda route: route.abort())
    sign_in(page, live_server, path)
    if path == "/plans":
        page.get_by_role("button", name=re.compile("新建草稿")).first.click()
        page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator(".toasts")).to_contain_text("地图没有加载成功")
    if path == "/":
        page.locator(".level-community button").first.click()
        title(page).wait_for()
    else:
        page.locator("#add-zone").click()
        page.locator(".zone-row .zone-title").first.wait_for()


def test_an_ended_session_is_a_way_to_sign_in_and_back(town_page: Any) -> None:
    town_page.expected_troubles.append("403")
    town_page.context.clear_cookies()
    town_page.locator(".level-community button").first.click()
    town_page.locator(".toast-line a").click()
    town_page.wait_for_url("**/sign-in?next=**")


def test_a_read_only_plan_answers_with_what_is_known(town_page: Any, live_server: LiveServer) -> None:
    from tests.journeys.test_zones import buildings, settle

    with psycopg.connect(live_server.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET wardmap.scope = '{%}'")
        found = connection.execute("SELECT id FROM plan WHERE state = 'published' LIMIT 1").fetchone()
    town_page.goto(f"{live_server.url}/plans/{found[0]}")
    settle(town_page)
    one = buildings(town_page)[0]
    town_page.mouse.click(one["x"], one["y"])
    notice = town_page.locator(".wardmap-notice")
    expect(notice).to_contain_text(re.compile(r"幢.* 户"))
    expect(notice).to_contain_text("责任区")
    town_page.evaluate("window.wardmap.get('plan').then((w) => void w.tell('wardmap:empty', {}))")
    expect(notice).to_be_hidden()
