"""Building tiles through the whole stack against the bare SQL in pgbench, and against tipg on the same table."""

import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import psycopg

from app import db
from app.cluster import Facts
from app.ground.queries import tiles as cut
from scripts.benches.loads import Ask
from scripts.benches.report import Row
from scripts.benches.stage import Stage
from scripts.benches.tile_sql import tile_statement
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
    """Tiles a second of the bare SQL, of the whole stack and of tipg, the best of the rounds each."""

    bare: float
    ours: float
    tipg: float | None
    tiles: int
    bytes: int


def measure(stage: Stage) -> list[Row]:
    """Both zooms, the sides in turn so that none has the quieter machine."""
    try:
        tipg: Tipg | None = stage.enter(running_tipg(stage.town, stage.home, stage.say))
        missing = ""
    except TipgMissing as why:
        tipg, missing = None, str(why)
    rows, peers = [], []
    for zoom, share in SHARES.items():
        sides = _compare(stage, zoom, tipg)
        rate = f"{sides.ours:,.0f} tiles/s, ST_AsMVT in pgbench {sides.bare:,.0f}/s"
        size = f"{sides.tiles} tiles of {sides.bytes / 1024:,.0f} KB on average"
        rows.append(
            Row(
                name=f"tiles.z{zoom}",
                what=f"uncached building tile at z{zoom}, share of the bare SQL",
                unit="",
                budget=share,
                at_least=True,
                measured=sides.ours / sides.bare,
                note=f"{rate}; {CLIENTS} clients, {stage.loader.name}; {size}",
                facts={"ours": sides.ours, "bare": sides.bare},
            )
        )
        peers.append(
            Row(
                name=f"tiles.tipg_z{zoom}",
                what=f"uncached building tile at z{zoom}, times as fast as tipg",
                unit="x",
                budget=TIPG_TIMES,
                at_least=True,
                measured=sides.ours / sides.tipg if sides.tipg else None,
                note=f"tipg {sides.tipg:,.0f} tiles/s with {tipg.version}"
                if sides.tipg and tipg
                else missing,
            )
        )
    return rows + peers


def _compare(stage: Stage, zoom: int, tipg: Tipg | None) -> Sides:
    tiles = tiles_of(stage.town, zoom)
    scripts = _write_scripts(stage.town, stage.home, tiles)
    server, loader = stage.server, stage.loader
    asks = [Ask(f"/tiles/building/{tile.z}/{tile.x}/{tile.y}.mvt?by=kind") for tile in tiles]
    size = sum(len(server.get(ask.path).body) for ask in asks) // len(asks)

    def bare() -> float:
        return _pgbench(stage.town, scripts, stage.seconds)

    def ours() -> float:
        return loader.run(server.port, server.cookie, asks, clients=CLIENTS, seconds=stage.seconds).per_second

    def peer() -> float:
        if tipg is None:
            return 0.0
        peer_asks = [Ask(tipg.path(tile)) for tile in tiles]
        return loader.run(tipg.port, "none=1", peer_asks, clients=CLIENTS, seconds=stage.seconds).per_second

    turns: dict[str, Callable[[], float]] = {"bare": bare, "ours": ours, "tipg": peer}
    best = dict.fromkeys(turns, 0.0)
    for turn in range(stage.repeats):
        stage.say(f"tiles at z{zoom}, round {turn + 1}")
        for side, run in turns.items():
            best[side] = max(best[side], run())
    return Sides(best["bare"], best["ours"], best["tipg"] or None, len(tiles), size)


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
            scripts[-1].write_text(tile_statement(engine, tile) + ";\n")
    finally:
        engine.dispose()
    return scripts


def _pgbench(facts: Facts, scripts: Sequence[Path], seconds: int) -> float:
    """Transactions a second with prepared statements: parsed once, as fast as this server can answer."""
    program = which("pgbench") or next(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), None)
    if program is None:
        raise RuntimeError("pgbench is not installed; it comes with the PostgreSQL server")
    command = [
        str(program),
        "--no-vacuum",
        "-M",
        "prepared",
        "-c",
        str(CLIENTS),
        "-j",
        "1",
        "-T",
        str(seconds),
    ]
    command += [part for script in scripts for part in ("-f", str(script))]
    said = subprocess.run([*command, facts.conninfo], capture_output=True, text=True, check=False)
    for line in said.stdout.splitlines():
        if line.startswith("tps ="):
            return float(line.split()[2])
    raise RuntimeError(f"pgbench failed: {said.stderr[-800:]}")
