"""A server of test pages and what the browser tests ask of a map."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.maps.canvas import MapOptions, new_map
from app.maps.layers import AreaOutlines, TownTiles, ZoneOutlines
from app.maps.legend import Legend
from tests.maps import town
from tests.maps.page_server import PageServer

READY = """async (name) => {
  const ward = await window.wardmap.get(name);
  const layers = [ward.buildings, ward.backdrop].filter(Boolean).map((drawn) => drawn.layer);
  for (let i = 0; i < 400 && layers.some((layer) => layer.isLoading()); i += 1) await new Promise((r) => setTimeout(r, 25));
  await new Promise((r) => setTimeout(r, 120));
}"""

LASSO = """window.wardmap.get('main').then((w) =>
  w.lasso.start((detail) => window.told.push({ type: "lasso", detail })))"""


def legend() -> Legend:
    return town.zones_legend("责任区", lambda n: f"第{n}责任区", "未分区")


def town_map(**options: Any) -> Any:
    key = legend()
    chart = new_map(bounds=town.BOUNDS, options=MapOptions(title="测试图", legend=key, **options))
    TownTiles(
        buildings_url="/tiles/building/{z}/{x}/{y}.mvt?v=1",
        backdrop_url="/tiles/backdrop/{z}/{x}/{y}.mvt?v=1",
        groups=key.entries,
    ).add_to(chart)
    AreaOutlines(level="community", features=town.collection(town.areas())).add_to(chart)
    ZoneOutlines(features=town.collection(town.zones())).add_to(chart)
    return chart


@pytest.fixture(scope="session")
def pages() -> Iterator[PageServer]:
    server = PageServer({"building": town.building_tiles(), "backdrop": town.backdrop_tiles()})
    server.pages["town"] = town_map
    yield server
    server.close()


def opened(page: Any, address: str) -> Any:
    """The page with its map drawn; events that the map tells are kept in window.told."""
    page.add_init_script(
        """window.told = [];
        for (const type of ["pick", "area", "empty", "finding", "colour-by"])
          document.addEventListener("wardmap:" + type, (e) => window.told.push({ type, detail: e.detail }));"""
    )
    page.goto(address)
    page.evaluate(READY, "main")
    return page


def screen_place(page: Any, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on the screen, in CSS pixels of the page."""
    x, y = page.evaluate(
        """async ([lon, lat]) => {
          const { map, container } = await window.wardmap.get("main");
          const box = container.getBoundingClientRect();
          const p = map.latLngToContainerPoint([lat, lon]);
          return [p.x + box.left, p.y + box.top];
        }""",
        [lon, lat],
    )
    return x, y


def colour_at(page: Any, lon: float, lat: float, part: str = "buildings") -> list[int]:
    """Red, green, blue and alpha of the tile canvas at a place."""
    pixel: list[int] = page.evaluate(
        """async ([lon, lat, part]) => {
          const ward = await window.wardmap.get("main");
          const layer = part === "pictures" ? window.pictures : ward[part].layer;
          const z = ward.map.getZoom();
          const p = ward.map.project([lat, lon], z);
          const [x, y] = [Math.floor(p.x / 256), Math.floor(p.y / 256)];
          const { el } = layer._tiles[`${x}:${y}:${z}`];
          const r = el.width / 256;
          const at = [(p.x - x * 256) * r, (p.y - y * 256) * r];
          return [...el.getContext("2d").getImageData(at[0], at[1], 1, 1).data];
        }""",
        [lon, lat, part],
    )
    return pixel


def show(page: Any, lon: float, lat: float, zoom: int) -> None:
    """Look at a place, and wait until it is drawn."""
    page.evaluate(
        "([lon, lat, z]) => window.wardmap.get('main').then((w) => w.map.setView([lat, lon], z, { animate: false }))",
        [lon, lat, zoom],
    )
    page.evaluate(READY, "main")


def hexed(pixel: list[int]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in pixel[:3])


def hexed_at(page: Any, building_id: int) -> str:
    """The colour in the middle of a building."""
    return hexed(colour_at(page, *town.centre_of(building_id)))


def told(page: Any, kind: str) -> list[dict[str, Any]]:
    """Details of the events of one kind, oldest first."""
    return [entry["detail"] for entry in page.evaluate("window.told") if entry["type"] == kind]
