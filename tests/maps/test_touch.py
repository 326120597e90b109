"""The map under a finger: lasso and pick on a phone."""

from typing import Any

import pytest
import shapely

from tests.maps import town
from tests.maps.conftest import LASSO, opened, screen_place, told
from tests.maps.page_server import PageServer


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    phone = {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    }
    return {**browser_context_args, **phone}


@pytest.fixture
def phone(page: Any, pages: PageServer) -> Any:
    return opened(page, f"{pages.origin}/town")


def touch(page: Any, places: list[tuple[float, float]]) -> None:
    session = page.context.new_cdp_session(page)
    for kind, place in [
        ("touchStart", places[0]),
        *(("touchMove", p) for p in places[1:]),
        ("touchEnd", None),
    ]:
        points = [{"x": place[0], "y": place[1]}] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_lasso_by_finger(phone: Any) -> None:
    phone.evaluate(LASSO)
    x, y = screen_place(phone, *town.centre_of(100))
    touch(phone, list(shapely.Point(x, y).buffer(40).exterior.coords))
    (lasso,) = told(phone, "lasso")
    polygon = shapely.geometry.shape(lasso["polygon"])
    assert polygon.is_valid
    assert polygon.covers(shapely.Point(town.centre_of(100)))
    assert not polygon.covers(shapely.Point(town.centre_of(1)))


def test_a_tap_picks_the_building_under_or_beside_the_finger(phone: Any) -> None:
    x, y = screen_place(phone, *town.centre_of(100))
    phone.touchscreen.tap(x, y)
    phone.wait_for_timeout(400)
    assert [pick["id"] for pick in told(phone, "pick")] == [100]


def test_a_finger_pans_the_map_when_no_lasso_is_on(phone: Any) -> None:
    before = phone.evaluate("window.wardmap.get('main').then((w) => w.map.getCenter().lng)")
    touch(phone, [(300 - 10 * i, 420.0) for i in range(20)])
    phone.wait_for_timeout(500)
    assert phone.evaluate("window.wardmap.get('main').then((w) => w.map.getCenter().lng)") > before


def test_the_legend_waits_folded_and_buttons_are_large_enough(phone: Any) -> None:
    assert not phone.locator(".wardmap-legend").evaluate("(box) => box.open")
    box = phone.locator(".wardmap-zoom_in").bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
