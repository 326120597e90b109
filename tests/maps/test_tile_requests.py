"""Tiles that come late, twice, or not at all: what is shown, what is remembered, and what can be tried again."""

from typing import Any

import pytest

from app.maps.palette import zone_swatch
from tests.maps import town
from tests.maps.conftest import READY, hexed_at, opened, show
from tests.maps.page_server import PageServer

GIVEN = zone_swatch(0).fill
MAP = "window.wardmap.get('main').then((w) => %s)"
TILES = """async () => {
  const ward = await window.wardmap.get("main");
  const layers = [ward.buildings.layer, ward.backdrop.layer];
  const tiles = layers.flatMap((layer) => Object.values(layer._tiles).map(({ el }) => getComputedStyle(el).visibility));
  return { tiles, loading: layers.some((layer) => layer.isLoading()), placed: ward.labels.placed.length };
}"""


def check_everything_is_seen(page: Any) -> None:
    found: dict[str, Any] = {}
    for _ in range(60):
        found = page.evaluate(TILES)
        # Labels are written again too.
        if set(found["tiles"]) == {"visible"} and not found["loading"] and found["placed"] > 5:
            return
        page.wait_for_timeout(50)
    raise AssertionError(found)


def test_tiles_brought_by_a_retry_are_seen(page: Any, pages: PageServer) -> None:
    page.expected_troubles.append("400")
    refused: list[str] = []
    page.route("**/tiles/**", lambda route: (refused.append(route.request.url), route.fulfill(status=400)))
    page.goto(f"{pages.origin}/town")
    page.locator(".wardmap-notice button").wait_for()
    page.evaluate(READY, "main")
    assert refused and "hidden" in page.evaluate(TILES)["tiles"]
    page.unroute("**/tiles/**")
    page.locator(".wardmap-notice button").click()
    check_everything_is_seen(page)


def test_a_reload_while_tiles_are_on_their_way_leaves_none_unseen(page: Any, pages: PageServer) -> None:
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/tiles/building/**v=1*", hold)
    page.goto(f"{pages.origin}/town")
    page.wait_for_timeout(500)
    assert held
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(MAP % "w.refresh(2)")
    check_everything_is_seen(page)
    assert asked and not [url for url in asked if "backdrop" in url], "the ground has not changed"


@pytest.fixture
def recoloured(page: Any, pages: PageServer) -> Any:
    """The map on a building that was given to another zone, as the page knows and the tiles do not yet."""
    opened(page, f"{pages.origin}/town")
    show(page, *town.centre_of(170), 18)
    own = hexed_at(page, 170)
    page.evaluate(MAP % "w.setGroups({ 170: 1 })")
    assert hexed_at(page, 170) == GIVEN != own
    return page, own


def wait_for_colour(page: Any, own: str) -> None:
    """In the end the tiles have the last word."""
    for _ in range(60):
        if hexed_at(page, 170) == own:
            return
        page.wait_for_timeout(50)
    raise AssertionError("what was set by hand is still shown")


def test_what_was_saved_stays_shown_while_its_tiles_do_not_come(recoloured: Any) -> None:
    page, own = recoloured
    page.expected_troubles.append("400")
    page.route("**/tiles/building/**v=2*", lambda route: route.fulfill(status=400))
    page.evaluate(MAP % "w.refresh(2)")
    page.wait_for_timeout(300)
    assert hexed_at(page, 170) == GIVEN
    page.unroute("**/tiles/building/**v=2*")
    page.locator(".wardmap-notice button").click()
    check_everything_is_seen(page)
    wait_for_colour(page, own)


def test_of_two_reloads_the_first_forgets_nothing(recoloured: Any) -> None:
    page, own = recoloured
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    for version in (2, 3):
        page.route(f"**/tiles/building/**v={version}*", hold)
        page.evaluate(MAP % f"void w.refresh({version})")
        page.wait_for_timeout(200)
    assert hexed_at(page, 170) == GIVEN
    for route in held:
        if "v=3" in route.request.url:
            route.continue_()
    wait_for_colour(page, own)
    check_everything_is_seen(page)


def test_a_tile_given_up_is_not_handed_to_the_next_who_asks(page: Any, pages: PageServer) -> None:
    opened(page, f"{pages.origin}/town")
    answer = page.evaluate(
        """async () => {
          const { TileStore } = await import("/static/map/store.js");
          const store = new TileStore((z, x, y, signal) => new Promise((resolve, reject) => {
            signal.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
            setTimeout(() => resolve({ z, x, y }), 20);
          }));
          store.leave(store.ask(1, 0, 0));
          return store.ask(1, 0, 0).promise.then((tile) => tile.z, (error) => error.name);
        }"""
    )
    assert answer == 1
