"""The town map in a real browser, on an office screen and on a phone."""

import pytest

from tests.conftest import LiveServer, sign_in

SIZES = {"office": (1440, 900), "phone": (390, 844)}


def is_drawn(page) -> bool:
    """Whether the map's canvases hold more than paper."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.wardmap canvas')].some((canvas) => {
             if (!canvas.width || !canvas.height) return false;
             const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
             const colours = new Set();
             for (let at = 0; at < pixels.length; at += 388)
               if (pixels[at + 3]) colours.add(`${pixels[at]},${pixels[at + 1]},${pixels[at + 2]}`);
             return colours.size > 5;
           })"""
    )


def wait_until_drawn(page) -> None:
    for _ in range(100):
        if is_drawn(page):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the map stayed empty")


@pytest.mark.parametrize("size", SIZES)
def test_finding_a_building_on_the_map(page, live_server: LiveServer, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, live_server)
    wait_until_drawn(page)
    page.get_by_placeholder("查找社区、楼栋、地址或编码").fill("社区 1幢")
    page.locator(".found button").first.click()
    page.locator("#detail dl.facts").wait_for()
    assert page.locator("#detail h2").first.inner_text().endswith("1幢")
    assert "building=" in page.url
    page.reload()
    page.locator("#detail dl.facts").wait_for()


def test_clicking_a_building_and_an_area(page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, live_server)
    wait_until_drawn(page)
    page.locator(".level-community button").first.click()
    page.locator("#detail dl.facts").wait_for()
    name = page.locator("#detail h2").first.inner_text()
    assert name.endswith("社区")
    page.keyboard.press("Escape")
    page.locator("#tree").wait_for(state="visible")


def test_colouring_changes_legend_and_address(page, live_server: LiveServer) -> None:
    sign_in(page, live_server)
    wait_until_drawn(page)
    page.locator(".wardmap select").first.select_option("floors")
    page.wait_for_url("**by=floors**")
    assert "层" in page.locator(".wardmap").inner_text()


def test_the_english_page_holds_no_chinese_words_of_ours(page, live_server: LiveServer) -> None:
    sign_in(page, live_server)
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Zones").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "着色" not in page.locator(".wardmap").inner_text()


def test_an_earlier_day_can_be_looked_at(page, live_server: LiveServer) -> None:
    sign_in(page, live_server, "/?on=1990-01-01")
    assert "1990-01-01" in page.locator(".panel").inner_text()
    page.get_by_role("link", name="回到今天").click()
    wait_until_drawn(page)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/help", "/imports", "/imports/new", "/plans"])
def test_pages_pass_the_accessibility_check(page, live_server: LiveServer, path: str) -> None:
    from tests.conftest import CHECKOUT

    sign_in(page, live_server)
    page.goto(live_server.url + path)
    page.wait_for_timeout(500)
    # Through evaluate: a script element would be stopped by the page's own policy, as it should be.
    page.evaluate((CHECKOUT / "app/web/static/vendor/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (one["id"], one["nodes"][0]["html"][:120])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious
