"""Hostile texts in every place where a map shows text: nothing runs, and the text is shown as it is."""

from typing import Any

import pytest

from app.maps.canvas import MapOptions, new_map
from app.maps.layers import AreaOutlines, CandidateBoxes, FindingsLayer, TownTiles, ZoneOutlines
from app.maps.legend import Legend
from app.maps.standalone import standalone_html
from tests.maps import town
from tests.maps.conftest import READY, opened, screen_place, told
from tests.maps.mvt import TileSet
from tests.maps.page_server import PageServer

PAYLOADS = {
    "backtick": "a`+window.hit()+`b",
    "template": "${window.hit()}",
    "close-script": "</script><script>window.hit()</script>",
    "event": '<img src="x" onerror="window.hit()">',
    "quote": "\"');window.hit();//\u2028<svg/onload=window.hit()>",
}
COUNTER = "window.hits = 0; window.hit = () => { window.hits += 1; };"


@pytest.fixture(params=list(PAYLOADS.values()), ids=list(PAYLOADS))
def payload(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def legend_of(payload: str) -> Legend:
    return town.zones_legend(payload, lambda _: payload, payload)


def finding(payload: str) -> dict[str, Any]:
    west, south, _, _ = town.BOUNDS
    props = {"severity": "error", "sentence": payload, "name": payload, "row": 1, payload: payload}
    return {
        "type": "Feature",
        "id": payload,
        "geometry": {"type": "Point", "coordinates": [west, south]},
        "properties": props,
    }


@pytest.fixture
def hostile_pages(payload: str) -> Any:
    tiles: dict[str, TileSet] = {
        "building": town.building_tiles(lambda _: payload),
        "backdrop": town.backdrop_tiles(),
    }
    server = PageServer(tiles)

    def chart() -> Any:
        key = legend_of(payload)
        made = new_map(
            name=payload, bounds=town.BOUNDS, options=MapOptions(title=payload, legend=key, credit=payload)
        )
        addresses = {half: f"/tiles/{half}/{{z}}/{{x}}/{{y}}.mvt?v=1" for half in ("building", "backdrop")}
        TownTiles(
            buildings_url=addresses["building"], backdrop_url=addresses["backdrop"], groups=key.entries
        ).add_to(made)
        AreaOutlines(level="community", features=town.collection(town.areas(payload))).add_to(made)
        ZoneOutlines(features=town.collection(town.zones(lambda _: payload))).add_to(made)
        FindingsLayer(features=town.collection([finding(payload)])).add_to(made)
        CandidateBoxes([(payload, payload, town.BOUNDS)]).add_to(made)
        return made

    server.pages["hostile"] = chart
    yield server
    server.close()


def test_page_shows_hostile_texts_and_runs_none(page: Any, hostile_pages: PageServer, payload: str) -> None:
    page.add_init_script(COUNTER)
    page.add_init_script(
        "window.told = []; document.addEventListener('wardmap:pick', (e) => window.told.push({ type: 'pick', detail: e.detail }));"
    )
    page.goto(f"{hostile_pages.origin}/hostile")
    page.evaluate(READY, payload)
    page.evaluate(
        "(name) => window.wardmap.get(name).then((w) => w.map.setZoom(18, { animate: false }))", payload
    )
    page.evaluate(READY, payload)
    page.wait_for_timeout(200)
    placed = page.evaluate("(name) => window.wardmap.get(name).then((w) => w.labels.placed)", payload)
    assert payload in placed
    assert page.locator(".wardmap-legend li span").first.text_content() == payload
    assert page.locator(".wardmap-legend summary").text_content() == payload
    page.locator(".wardmap").focus()
    page.keyboard.press("Enter")
    page.mouse.move(700, 400)
    page.mouse.click(700, 400)
    page.wait_for_timeout(200)
    assert page.evaluate("window.hits") == 0
    assert page.locator(".wardmap img, .wardmap svg[onload], .wardmap script").count() == 0


def test_file_shows_hostile_texts_and_runs_none(page: Any, payload: str, tmp_path: Any) -> None:
    text = standalone_html(
        payload,
        {
            "buildings": town.collection(town.buildings(lambda _: payload)),
            "areas": town.collection(town.areas(payload)),
            "roads": town.collection(town.roads()),
        },
        town.collection(town.zones(lambda _: payload)),
        legend_of(payload),
        [payload],
    )
    file = tmp_path / "map.html"
    file.write_text(text, "utf-8")
    page.add_init_script(COUNTER)
    opened(page, file.as_uri())
    assert page.title() == payload.replace("\u2028", " ") or page.title() == payload
    assert page.locator("h1").text_content() == payload
    assert page.locator("footer p").text_content() == payload
    page.mouse.click(*screen_place(page, *town.centre_of(100)))
    assert told(page, "pick")[0]["name"] == payload
    assert page.locator("#wardmap-detail dd").first.text_content() == payload
    page.locator("#wardmap-zones summary").click()
    assert page.locator("#wardmap-zones td").nth(1).text_content() == payload
    assert page.evaluate("window.hits") == 0
    assert page.locator("img, svg[onload]").count() == 0
