"""Buildings of which only the place is known: drawn, found under the pointer, chosen and named, on pages and in the file."""

from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import Point, mapping

from app.maps.canvas import MapOptions, new_map
from app.maps.layers import TownTiles
from app.maps.palette import zone_swatch
from app.maps.standalone import standalone_html
from tests.maps import town
from tests.maps.conftest import colour_at, hexed, legend, opened, screen_place, show, told
from tests.maps.mvt import TileFeature, TileSet
from tests.maps.page_server import PageServer

WEST, SOUTH, _, _ = town.BOUNDS
# On open ground, and on the roof of building 1.
FREE = (WEST - 0.0005, SOUTH + 0.0005)
ON_A_ROOF = town.centre_of(1)
PLACES = {901: FREE, 902: ON_A_ROOF}
PIXEL_DEGREES = 360 / 256 / 2**18


def points() -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "id": number,
            "geometry": mapping(Point(place)),
            "properties": {"name": f"{number}号", "g": 1, "address": "沿河路"},
        }
        for number, place in PLACES.items()
    ]


@pytest.fixture
def by_tiles(page: Any) -> Any:
    features = [
        TileFeature(f["id"], Point(PLACES[f["id"]]), {"g": 1, "n": f["properties"]["name"]}) for f in points()
    ]
    roofs = [
        TileFeature(f["id"], town.shape_of(f), {"g": 2, "n": f["properties"]["name"]})
        for f in town.buildings()
    ]
    server = PageServer({"building": TileSet({"building": [*roofs, *features]}), "backdrop": TileSet({})})

    def chart() -> Any:
        made = new_map(bounds=town.BOUNDS, options=MapOptions(legend=legend()))
        url = "/tiles/building/{z}/{x}/{y}.mvt"
        TownTiles(buildings_url=url, groups=legend().entries).add_to(made)
        return made

    server.pages["points"] = chart
    yield opened(page, f"{server.origin}/points")
    server.close()


@pytest.fixture
def by_file(page: Any, tmp_path: Path) -> Any:
    buildings = town.collection([*town.buildings(), *points()])
    file = tmp_path / "map.html"
    file.write_text(standalone_html("图", {"buildings": buildings}, None, legend()), "utf-8")
    return opened(page, file.as_uri())


@pytest.fixture(params=["by_tiles", "by_file"])
def point_page(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def painted(page: Any) -> int:
    """How many pixels beside each other, from the point to the east, are not empty."""
    return next(n for n in range(40) if colour_at(page, FREE[0] + n * PIXEL_DEGREES, FREE[1])[3] < 40)


def test_a_point_is_a_small_mark_of_the_same_size_at_every_zoom(point_page: Any) -> None:
    for zoom in (16, 18, 19):
        show(point_page, *FREE, zoom)
        assert hexed(colour_at(point_page, *FREE)) == zone_swatch(0).fill
        width = painted(point_page) * 2 ** (zoom - 18)
        assert 2 <= width <= 6, f"{width} px from the middle at zoom {zoom}"


def test_a_point_is_found_under_the_pointer_also_on_a_roof(point_page: Any) -> None:
    for zoom in (17, 19):
        for number, place in PLACES.items():
            show(point_page, *place, zoom)
            x, y = screen_place(point_page, *place)
            point_page.mouse.click(x + 1.5, y)
            assert told(point_page, "pick")[-1]["id"] == number
    x, y = screen_place(point_page, *ON_A_ROOF)
    point_page.mouse.move(x, y)
    assert "wardmap-pointing" in point_page.locator(".wardmap").get_attribute("class")
    point_page.mouse.click(x + 12, y + 12)
    assert told(point_page, "pick")[-1]["id"] == 1, "beside its mark the building itself"


def test_a_chosen_point_is_marked_and_named(point_page: Any) -> None:
    show(point_page, *FREE, 18)
    yellow = """window.wardmap.get("main").then((w) => {
      let yellow = 0;
      for (const { el } of Object.values(w.buildings.layer._tiles)) {
        const { data } = el.getContext("2d").getImageData(0, 0, el.width, el.height);
        for (let i = 0; i < data.length; i += 4) yellow += data[i] === 255 && data[i + 1] === 210 && data[i + 2] === 31;
      }
      return yellow;
    })"""
    assert point_page.evaluate(yellow) == 0
    point_page.evaluate("window.wardmap.get('main').then((w) => w.select([901]))")
    assert point_page.evaluate(yellow) > 12
    point_page.wait_for_timeout(200)
    assert "901号" in point_page.evaluate("window.wardmap.get('main').then((w) => w.labels.placed)")


def test_a_ring_is_drawn_around_a_point(point_page: Any) -> None:
    show(point_page, *FREE, 18)
    lines = """window.wardmap.get("main").then(async (w) => {
      w.setRing(901);
      await new Promise((done) => setTimeout(done, 200));
      const { data } = w.lines._container.getContext("2d").getImageData(0, 0, w.lines._container.width, w.lines._container.height);
      let inked = 0;
      for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
      return inked;
    })"""
    assert point_page.evaluate(lines) > 30
