"""Base map tiles: plain ones as they are, GCJ-02 ones moved to where they belong, tile by tile."""

import struct
import zlib
from collections.abc import Callable
from math import cos, radians
from typing import Any

import pytest

from app.geo.datum import wgs84_to_gcj02
from app.maps.basemap import Basemap, TileSource
from app.maps.canvas import new_map
from tests.maps.conftest import colour_at, opened
from tests.maps.mvt import tile_of
from tests.maps.page_server import PageServer

CENTRE = (114.305, 30.593)  # where the shift is about 586 m
ZOOM = 16


def square(red: int, green: int, blue: int) -> bytes:
    """A picture tile of one colour, as PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes((red, green, blue)) * 256) * 256
    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def colour_of(x: int, y: int) -> tuple[int, int, int]:
    return 40 * (x % 6) + 20, 40 * (y % 6) + 20, 128


@pytest.fixture
def picture_page(page: Any, pages: PageServer) -> Callable[[bool], Any]:
    def show(gcj02: bool) -> Any:
        source = TileSource("/pictures/{z}/{x}/{y}.png", gcj02=gcj02)
        pages.pictures = lambda x, y: square(*colour_of(x, y))
        pages.pages["pictures"] = lambda: new_map(
            centre=CENTRE, zoom=ZOOM, basemap=Basemap("amap", (source,))
        )
        opened(page, f"{pages.origin}/pictures")
        page.evaluate(
            """window.wardmap.get("main").then(async (w) => {
              w.map.eachLayer((layer) => { if (layer.facts) window.pictures = layer; });
              while (window.pictures.isLoading()) await new Promise((r) => setTimeout(r, 20));
            })"""
        )
        return page

    return show


def places() -> list[tuple[float, float]]:
    return [
        (CENTRE[0] + dx * 0.0021, CENTRE[1] + dy * 0.0017)
        for dx in (-2, -1, 0, 1, 2)
        for dy in (-2, -1, 0, 1)
    ]


def test_gcj02_tiles_are_drawn_where_they_belong(picture_page: Callable[[bool], Any]) -> None:
    shown = picture_page(True)
    hits = 0
    for lon, lat in places():
        there = wgs84_to_gcj02(lon, lat)
        expected = colour_of(*tile_of(float(there[0]), float(there[1]), ZOOM))
        hits += tuple(colour_at(shown, lon, lat, "pictures")[:3]) == expected
    # A place within a pixel of their tiles' edge may show the neighbour.
    assert hits >= len(places()) - 1
    unmoved = colour_of(*tile_of(*CENTRE, ZOOM))
    assert tuple(colour_at(shown, *CENTRE, "pictures")[:3]) != unmoved


def test_the_shift_is_that_of_the_program(picture_page: Callable[[bool], Any]) -> None:
    shown = picture_page(True)
    for lon, lat in [CENTRE, (118.75, 32.05), (87.6, 43.8), (103.0, 1.3)]:
        dx, dy = shown.evaluate(
            """async ([lon, lat]) => {
              const { gcjShift } = await import("/static/map/pictures.js");
              const { worldOf } = await import("/static/map/geometry.js");
              return gcjShift(...worldOf(lon, lat));
            }""",
            [lon, lat],
        )
        there = wgs84_to_gcj02(lon, lat)
        assert dx * 360 == pytest.approx(float(there[0]) - lon, abs=1e-7)
        assert -dy * 360 * cos(radians(lat)) == pytest.approx(float(there[1]) - lat, abs=1e-7)


def test_places_outside_china_are_not_moved(picture_page: Callable[[bool], Any]) -> None:
    shown = picture_page(True)
    shift = shown.evaluate(
        """async () => {
          const { gcjShift } = await import("/static/map/pictures.js");
          const { worldOf } = await import("/static/map/geometry.js");
          return gcjShift(...worldOf(0.1, 52.2));
        }"""
    )
    assert shift == [0, 0]


def test_plain_tiles_are_pictures(picture_page: Callable[[bool], Any]) -> None:
    shown = picture_page(False)
    assert shown.locator(".wardmap img.leaflet-tile-loaded").count() > 8
    assert shown.locator(".wardmap.wardmap-paper").count() == 0
