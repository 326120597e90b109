"""What the map says when something does not come: one button for all of it, and where to sign in again."""

import json
from typing import Any

import pytest

from app.maps.canvas import new_map
from app.maps.layers import AreaOutlines, TownTiles
from tests.maps import town
from tests.maps.page_server import PageServer

TILES = "/tiles/building/{z}/{x}/{y}.mvt"


@pytest.fixture
def outlined(pages: PageServer) -> str:
    pages.json["/streets.geojson"] = json.dumps(town.collection(town.areas("钟楼街道"))).encode()
    pages.json["/communities.geojson"] = json.dumps(town.collection(town.areas())).encode()

    def chart() -> Any:
        made = new_map(bounds=town.BOUNDS)
        TownTiles(buildings_url=TILES).add_to(made)
        AreaOutlines(level="street", url="/streets.geojson").add_to(made)
        AreaOutlines(level="community", url="/communities.geojson").add_to(made)
        return made

    pages.pages["outlined"] = chart
    return f"{pages.origin}/outlined"


def test_one_button_tries_all_that_did_not_come(page: Any, outlined: str) -> None:
    page.expected_troubles.append("400")
    for pattern in ("**/tiles/**", "**/*.geojson"):
        page.route(pattern, lambda route: route.fulfill(status=400))
    page.goto(outlined)
    page.wait_for_function("window.wardmap?.get('main').then((w) => w.notice.retries.size === 3)")
    assert page.locator(".wardmap-notice button").count() == 1
    asked: list[str] = []
    page.unroute("**/tiles/**")
    page.unroute("**/*.geojson")
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".wardmap-notice button").click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    assert {url.rsplit("/", 1)[1] for url in asked if "geojson" in url} == {
        "streets.geojson",
        "communities.geojson",
    }
    assert any("/tiles/" in url for url in asked)
    assert page.locator(".wardmap-notice").is_hidden()


def test_trouble_that_was_talked_over_comes_back(page: Any, outlined: str) -> None:
    page.expected_troubles.append("400")
    page.route("**/*.geojson", lambda route: route.fulfill(status=400))
    page.goto(outlined)
    page.locator(".wardmap-notice button").wait_for()
    lasso = "window.wardmap.get('main').then((w) => w.lasso.%s())"
    page.evaluate(lasso % "start")
    assert page.locator(".wardmap-notice button").count() == 0
    page.evaluate(lasso % "stop")
    assert page.locator(".wardmap-notice button").is_visible()


@pytest.mark.parametrize("refused", ["**/tiles/**", "**/streets.geojson"])
def test_an_ended_session_is_said_with_the_way_to_sign_in(page: Any, outlined: str, refused: str) -> None:
    page.expected_troubles += ["403", "404"]
    body = {"code": "sign_in_first", "sentence": "请先登录。", "facts": {"address": "/sign-in"}}
    page.route(refused, lambda route: route.fulfill(status=403, json=body))
    page.goto(outlined)
    link = page.locator(".wardmap-notice a")
    link.wait_for()
    assert "请先登录。" in page.locator(".wardmap-notice").inner_text()
    page.evaluate("history.replaceState(null, '', '/outlined?building=7')")
    with page.expect_request("**/sign-in**") as asked:
        link.click()
    assert asked.value.url.endswith("/sign-in?next=%2Foutlined%3Fbuilding%3D7")


def test_a_map_that_cannot_be_made_is_told_to_whoever_waits(page: Any, outlined: str) -> None:
    page.expected_troubles += ["Error", "error"]
    page.add_init_script(
        "Object.defineProperty(window, 'wardmapQueue', { value: [{ type: 'map', map: {}, block: 'none' }] })"
    )
    page.goto(outlined)
    answer = """async (name) => {
      const { get } = await import("wardmap");
      return get(name).then(() => "a map", () => "none");
    }"""
    assert page.evaluate(answer, "main") == "none"


def test_a_name_that_no_map_has_is_told_too(page: Any, outlined: str) -> None:
    page.goto(outlined)
    answer = """async ([name]) => {
      const { get } = await import("wardmap");
      return get(name).then((ward) => ward.name, () => "none");
    }"""
    assert page.evaluate(answer, ["main"]) == "main"
    assert page.evaluate(answer, ["elsewhere"]) == "none"
