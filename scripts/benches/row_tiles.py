"""Building tiles through the whole stack against the bare SQL in pgbench, and against tipg on the same table."""

import random
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import which

import psycopg

from app import db
from app.cluster import Facts
from app.ground.queries import tiles as cut
from scripts.benches.loads import Ask, Rate, best_of
from scripts.benches.report import Row
from scripts.benches.stage import Stage
from scripts.benches.tile_sql import for_everybody, tile_statement
from scripts.benches.tipg import Tipg, TipgMissing, running_tipg

NAMES = ("tiles.z14", "tiles.z16", "tiles.tipg_z14", "tiles.tipg_z16")
SHARES = {14: 0.7, 16: 0.3}
TIPG_TIMES = 2.0
CLIENTS = 4
# pgbench takes at most 128 scripts, one per tile.
MOST_TILES = 100
TILES_WITH_BUILDINGS = """
SELECT DISTINCT floor((ST_X(p) + 20037508.342789244) / side)::int, floor((20037508.342789244 - ST_Y(p)) / side)::int
FROM (SELECT ST_Transform(point, 3857) AS p FROM building WHERE point IS NOT NULL) AS b,
     (SELECT 40075016.685578488 / (1 << %s) AS side) AS grid ORDER BY 1, 2
"""
Tile = cut.TileAddress


@dataclass(frozen=True)
class Sides:
    """The bare SQL, the whole stack and tipg, the best of the rounds each."""

    bare: Rate
    ours: Rate
    tipg: Rate | None
    tiles: int
    bytes: int


def measure(stage: Stage) -> list[Row]:
    """Both zooms, the sides in turn so that none has the quieter machine."""
    try:
        tipg: Tipg | None = stage.enter(running_tipg(stage.town, stage.home, stage.say))
        missing = ""
    except TipgMissing as why:
        tipg, missing = None, str(why)
    shares, peers = [], []
    for zoom, share in SHARES.items():
        sides = _compare(stage, zoom, tipg)
        shares.append(_share_row(stage, zoom, share, sides))
        peers.append(_peer_row(zoom, sides, tipg, missing))
    return shares + peers


def _share_row(stage: Stage, zoom: int, share: float, sides: Sides) -> Row:
    ours, bare = sides.ours, sides.bare
    rate = f"{ours.per_second:,.0f} tiles/s, ST_AsMVT in pgbench {bare.per_second:,.0f}/s"
    cost = f"processor time a tile {ours.cpu_ms:.1f} and {bare.cpu_ms:.1f} ms, a share of {bare.cpu_ms / ours.cpu_ms:.2f}"
    size = f"{sides.tiles} tiles of {sides.bytes / 1024:,.0f} KB on average"
    return Row(
        name=f"tiles.z{zoom}",
        what=f"uncached building tile at z{zoom}, share of the bare SQL",
        unit="",
        budget=share,
        at_least=True,
        measured=ours.per_second / bare.per_second,
        note=f"{rate}; {cost}; {CLIENTS} clients, {stage.loader.name}; {size}",
        facts={"ours": asdict(ours), "bare": asdict(bare)},
    )


def _peer_row(zoom: int, sides: Sides, tipg: Tipg | None, missing: str) -> Row:
    peer = sides.tipg
    return Row(
        name=f"tiles.tipg_z{zoom}",
        what=f"uncached building tile at z{zoom}, times as fast as tipg",
        unit="x",
        budget=TIPG_TIMES,
        at_least=True,
        measured=sides.ours.per_second / peer.per_second if peer else None,
        note=f"{tipg.version}: {peer.per_second:,.0f} tiles/s" if peer and tipg else missing,
        facts={"tipg": asdict(peer)} if peer else {},
    )


def _compare(stage: Stage, zoom: int, tipg: Tipg | None) -> Sides:
    tiles = tiles_of(stage.town, zoom)
    scripts = _write_scripts(stage.town, stage.home, tiles)
    server = stage.server
    asks = [Ask(f"/tiles/building/{tile.z}/{tile.x}/{tile.y}.mvt?by=kind") for tile in tiles]
    size = sum(len(server.get(ask.path).body) for ask in asks) // len(asks)
    turns: dict[str, Callable[[], Rate]] = {
        "bare": lambda: _pgbench(stage, scripts),
        "ours": lambda: stage.load(server.port, server.cookie, asks, clients=CLIENTS),
    }
    if tipg:
        peer_asks = [Ask(tipg.path(tile)) for tile in tiles]
        turns["tipg"] = lambda: stage.load(tipg.port, "none=1", peer_asks, clients=CLIENTS)
    rates: dict[str, list[Rate]] = {side: [] for side in turns}
    for turn in range(stage.repeats):
        stage.say(f"tiles at z{zoom}, round {turn + 1}")
        for side, run in turns.items():
            rates[side].append(run())
    best = {side: best_of(listed) for side, listed in rates.items()}
    return Sides(best["bare"], best["ours"], best.get("tipg"), len(tiles), size)


def tiles_of(facts: Facts, zoom: int) -> list[Tile]:
    """Tiles that hold buildings, the same choice every time."""
    with psycopg.connect(facts.superuser_conninfo) as connection:
        found = [Tile(zoom, x, y) for x, y in connection.execute(TILES_WITH_BUILDINGS, (zoom,))]
    return random.Random(zoom).sample(found, min(MOST_TILES, len(found)))


def _write_scripts(facts: Facts, home: Path, tiles: Sequence[Tile]) -> list[Path]:
    """One pgbench script per tile with the statement that the program itself sends."""
    folder = home / f"pgbench-{tiles[0].z}"
    folder.mkdir(exist_ok=True)
    engine = db.connect(facts.url, pool_size=1)
    scripts = []
    try:
        for number, tile in enumerate(tiles):
            scripts.append(folder / f"{number}.sql")
            scripts[-1].write_text(for_everybody(tile_statement(engine, tile)) + ";\n")
    finally:
        engine.dispose()
    return scripts


def _pgbench(stage: Stage, scripts: Sequence[Path]) -> Rate:
    """Transactions a second with prepared statements: parsed once, as fast as this server can answer, past all policies."""
    program = which("pgbench") or next(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), None)
    if program is None:
        raise RuntimeError("pgbench is not installed; it comes with the PostgreSQL server")
    command = [str(program), "--no-vacuum", "-M", "prepared", "-c", str(CLIENTS), "-j", "1"]
    command += ["-T", str(stage.seconds), *(part for script in scripts for part in ("-f", str(script)))]
    before = stage.clock.seconds()
    said = subprocess.run(
        [*command, stage.town.superuser_conninfo], capture_output=True, text=True, check=False
    )
    spent_s = stage.clock.seconds() - before
    tps = re.search(r"^tps = ([\d.]+)", said.stdout, re.MULTILINE)
    done = re.search(r"actually processed: (\d+)", said.stdout)
    if not tps or not done:
        raise RuntimeError(f"pgbench failed: {said.stderr[-800:]}")
    return Rate(float(tps[1]), spent_s / int(done[1]) * 1000)
