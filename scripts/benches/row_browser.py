"""The town page in a browser without a graphics card: until it is drawn whole, and how smoothly it moves."""

import psycopg
from playwright.sync_api import Browser

from app.cluster import Facts
from scripts.benches.browser import chromium, signed_in_page
from scripts.benches.report import Row
from scripts.benches.stage import Stage

NAMES = ("browser.first_render", "browser.pan")
ZOOM = 14
TILE_LAYERS = 2
# Opens the town page at a place and zoom of our choice; everything else is as a person gets it.
OPEN_AT = """
Object.defineProperty(window, "L", {
  configurable: true,
  set(leaflet) {
    Object.defineProperty(window, "L", { value: leaflet, writable: true, configurable: true });
    leaflet.Map.include({ fitBounds() { return this.setView([%(lat)f, %(lon)f], %(zoom)d, { animate: false }); } });
  },
});
window.layersLoaded = 0;
document.addEventListener("wardmap:loaded", () => { window.layersLoaded += 1; });
"""
# Both tile layers and the outlines of this zoom are there, and two frames have passed so that they are on the screen.
DRAWN = """async (layers) => {
  const there = () => window.layersLoaded >= layers
    && performance.getEntriesByType("resource").filter((e) => e.name.includes("/areas.geojson") && e.responseEnd).length >= 1;
  const frame = () => new Promise(requestAnimationFrame);
  while (!there()) {
    if (performance.now() > 60000) throw new Error(`not drawn within a minute: ${window.layersLoaded} of ${layers} layers`);
    await frame();
  }
  await frame();
  await frame();
  return performance.now();
}"""
# Moves the map a little in every frame, there and back, and notes when each frame came.
PAN = """async (seconds) => {
  const { map } = await window.wardmap.get("town");
  const times = [];
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    const now = await new Promise(requestAnimationFrame);
    times.push(now);
    const there = (performance.now() - began) < seconds * 500;
    map.panBy([there ? 9 : -9, there ? 3 : -3], { animate: false });
  }
  const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
  return { frames: gaps.length / ((times.at(-1) - times[0]) / 1000), p95_ms: gaps[Math.floor(gaps.length * 0.95)] };
}"""


def measure(stage: Stage) -> list[Row]:
    """Every round in a fresh browser profile; the best counts, because others may use this machine."""
    lon, lat = _busiest_place(stage.town)
    opening = OPEN_AT % {"lat": lat, "lon": lon, "zoom": ZOOM}
    server = stage.server
    with chromium() as browser:
        stage.say("first render and pan in Chromium")
        rounds = [_round(browser, stage, opening) for _ in range(stage.repeats + 1)]
        version = browser.version
    render_s = min(one[0] for one in rounds)
    frames, p95_ms = max(one[1:] for one in rounds)
    place = f"{_buildings_in_view(stage.town, lon, lat)} buildings in view"
    return [
        Row(
            name=NAMES[0],
            what=f"first full render at z{ZOOM}, empty browser cache",
            unit="s",
            budget=1.5,
            at_least=False,
            measured=render_s,
            note=f"{place}; Chromium {version}, 1280 x 800, no graphics card, server on the same cores ({server.url})",
        ),
        Row(
            name=NAMES[1],
            what=f"pan at z{ZOOM}, frames a second",
            unit="/s",
            budget=50,
            at_least=True,
            measured=frames,
            note=f"95 % of the frames within {p95_ms:.0f} ms; the screen allows 60",
        ),
    ]


def _round(browser: Browser, stage: Stage, opening: str) -> tuple[float, float, float]:
    with signed_in_page(browser, stage.server, opening) as page:
        page.goto(stage.server.url + "/", wait_until="commit")
        render_ms = page.evaluate(DRAWN, TILE_LAYERS)
        panned = page.evaluate(PAN, min(4, stage.seconds))
    return render_ms / 1000, panned["frames"], panned["p95_ms"]


def _busiest_place(facts: Facts) -> tuple[float, float]:
    """Where most buildings stand together."""
    with psycopg.connect(facts.superuser_conninfo) as connection:
        row = connection.execute(
            "SELECT avg(ST_X(point)), avg(ST_Y(point)) FROM building WHERE point IS NOT NULL"
            " GROUP BY round(ST_X(point)::numeric, 2), round(ST_Y(point)::numeric, 2) ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
    if row is None:
        raise RuntimeError("the town is empty")
    return row[0], row[1]


def _buildings_in_view(facts: Facts, lon: float, lat: float) -> int:
    """About as many as a view of 1280 x 800 at z14 holds; the panel takes a part of it."""
    half_m = (1280 / 2 * 156543.033928041 / 2**ZOOM, 800 / 2 * 156543.033928041 / 2**ZOOM)
    with psycopg.connect(facts.superuser_conninfo) as connection:
        row = connection.execute(
            "SELECT count(*) FROM building, ST_Transform(ST_SetSRID(ST_Point(%s, %s), 4326), 3857) AS c"
            " WHERE shape_3857 && ST_MakeEnvelope(ST_X(c) - %s, ST_Y(c) - %s, ST_X(c) + %s, ST_Y(c) + %s, 3857)",
            (lon, lat, half_m[0], half_m[1], half_m[0], half_m[1]),
        ).fetchone()
    return int(row[0]) if row else 0
