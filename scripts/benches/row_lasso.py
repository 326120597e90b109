"""A lasso in the workbench: from the end of the stroke until the buildings stand there in their new colour."""

import math
from dataclasses import dataclass

import psycopg
from playwright.sync_api import Browser

from app.cluster import Facts
from scripts.benches.browser import chromium, signed_in_page
from scripts.benches.planner import Planner, largest_community
from scripts.benches.report import Row
from scripts.benches.stage import Stage

# Buildings in the lasso -> seconds, and the zoom at which a person would draw it.
SIZES = {100: 0.2, 15_000: 1.0}
ZOOMS = {100: 17, 15_000: 14}
NAMES = tuple(f"lasso.{size}" for size in SIZES)
CORNERS = 48
# The stroke is handed over as the map does when the finger is lifted; the clock stops two frames after the repaint.
LASSO = """async ({ ring, zoom, centre }) => {
  const ward = await window.wardmap.get("plan");
  const frame = () => new Promise(requestAnimationFrame);
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  ward.map.setView(centre, zoom, { animate: false });
  await pause(1500);
  const repaint = ward.setGroups.bind(ward);
  const coloured = new Promise((done) => {
    ward.setGroups = async (groups) => {
      repaint(groups);
      await frame();
      await frame();
      done(groups.size);
    };
  });
  document.getElementById("tool-lasso").click();
  const began = performance.now();
  ward.lasso.callback({ polygon: { type: "Polygon", coordinates: [ring] }, mode: "replace" });
  const buildings = await Promise.race([coloured, pause(20000).then(() => 0)]);
  return { buildings, ms: performance.now() - began };
}"""


@dataclass(frozen=True)
class Place:
    """A community and where its buildings stand."""

    code: str
    points: list[tuple[float, float]]

    @classmethod
    def largest(cls, facts: Facts) -> "Place":
        """The community with the most buildings."""
        code = largest_community(facts)
        asked = "SELECT ST_X(point), ST_Y(point) FROM building WHERE area_code = %s"
        with psycopg.connect(facts.superuser_conninfo) as connection:
            return cls(code, [(x, y) for x, y in connection.execute(asked, (code,))])

    @property
    def middle(self) -> tuple[float, float]:
        half = len(self.points) // 2
        return sorted(x for x, _ in self.points)[half], sorted(y for _, y in self.points)[half]

    def ring(self, size: int) -> list[list[float]]:
        """A circle around the `size` buildings nearest to the middle."""
        lon, lat = self.middle
        narrow = math.cos(math.radians(lat))
        away = sorted(math.hypot((x - lon) * narrow, y - lat) for x, y in self.points)
        radius = away[min(size, len(away)) - 1] * 1.0001
        turns = [2 * math.pi * corner / CORNERS for corner in range(CORNERS)]
        ring = [[lon + radius * math.cos(t) / narrow, lat + radius * math.sin(t)] for t in turns]
        return [*ring, ring[0]]


def measure(stage: Stage) -> list[Row]:
    """Every round in a new plan, so that every building in the lasso changes."""
    place = Place.largest(stage.town)
    planner = Planner.signed_in(stage.server)
    rows = []
    with chromium() as browser:
        for size, budget in SIZES.items():
            stage.say(f"lasso around {size} buildings")
            rounds = [_round(browser, planner, place, size) for _ in range(stage.repeats)]
            taken_s, buildings = min(rounds)
            rows.append(
                Row(
                    name=f"lasso.{size}",
                    what=f"lasso around {size:,} buildings: pick, save, recolour",
                    unit="s",
                    budget=budget,
                    at_least=False,
                    measured=taken_s,
                    note=f"{buildings} buildings changed their zone, z{ZOOMS[size]}, in Chromium without a graphics card",
                )
            )
    return rows


def _round(browser: Browser, planner: Planner, place: Place, size: int) -> tuple[float, int]:
    path = planner.new_plan(place.code)
    lon, lat = place.middle
    with signed_in_page(browser, planner.server) as page:
        page.goto(planner.server.url + path, wait_until="load")
        page.wait_for_function("() => window.wardmap && window.wardmap.get")
        drawn = {"ring": place.ring(size), "zoom": ZOOMS[size], "centre": [lat, lon]}
        found = page.evaluate(LASSO, drawn)
    if not found["buildings"]:
        raise RuntimeError("the lasso changed nothing")
    return found["ms"] / 1000, found["buildings"]
