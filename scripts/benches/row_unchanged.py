"""Answers to a browser that has everything already: 304 for tiles and outlines, and the kept files of the page."""

from dataclasses import asdict

from scripts.benches.loads import Ask, best_of
from scripts.benches.planner import Planner, largest_community
from scripts.benches.report import Row
from scripts.benches.row_tiles import tiles_of
from scripts.benches.stage import Stage

NAMES = ("unchanged.tile", "unchanged.page", "unchanged.plan_tile")
BUDGET_PER_S = 1_500
CLIENTS = 8
CORES = 2


def measure(stage: Stage) -> list[Row]:
    """Tiles, what else the town page asks for, and a plan's tiles, each with the version that the browser has."""
    plan = Planner.signed_in(stage.server).new_plan(largest_community(stage.town))
    paths = {
        NAMES[0]: [f"/tiles/building/{t.z}/{t.x}/{t.y}.mvt?by=kind" for t in tiles_of(stage.town, 16)[:50]],
        NAMES[1]: [
            "/ground/areas.geojson?level=community",
            "/ground/areas.geojson?level=street",
            *(f"/tiles/backdrop/{t.z}/{t.x}/{t.y}.mvt" for t in tiles_of(stage.town, 14)[:8]),
        ],
        NAMES[2]: [
            f"{plan}/outlines.geojson",
            *(f"{plan}/tiles/{t.z}/{t.x}/{t.y}.mvt" for t in tiles_of(stage.town, 16)[:50]),
        ],
    }
    what = {
        NAMES[0]: "unchanged building tile (If-None-Match), answers a second",
        NAMES[1]: "unchanged outlines and backdrop of the map page, answers a second",
        NAMES[2]: "unchanged tiles and outlines of a plan, answers a second",
    }
    return [_row(stage, name, what[name], listed) for name, listed in paths.items()]


def _row(stage: Stage, name: str, what: str, paths: list[str]) -> Row:
    server = stage.server
    asks = [Ask(path, server.get(path).headers["etag"]) for path in paths]
    for ask in asks:
        status = server.get(ask.path, **{"If-None-Match": ask.etag}).status
        if status != 304:
            raise RuntimeError(f"{ask.path} was answered with {status}, not 304")
    stage.say(f"unchanged answers: {name}")
    best = best_of(
        [stage.load(server.port, server.cookie, asks, clients=CLIENTS) for _ in range(stage.repeats)]
    )
    note = f"p50 {best.p50_ms:.1f} ms, p99 {best.p99_ms:.1f} ms; {CLIENTS} clients, {stage.loader.name}, on the same cores"
    alone = f"{best.cpu_ms:.2f} ms of processor time an answer, which fills {CORES} idle cores at {CORES * 1000 / best.cpu_ms:,.0f}/s"
    return Row(
        name=name,
        what=what,
        unit="/s",
        budget=BUDGET_PER_S,
        at_least=True,
        measured=best.per_second,
        note=f"{note}; {alone}",
        facts=asdict(best),
    )
