"""Parks: lawns with a pond, winding paths from gate to gate, woods, courts and pavilions."""

import math
import random

import shapely
from shapely import LineString, Point, Polygon

from .footprints import Building, Filling
from .shapes import curve, long_axis_deg, moved, parts, polygons, rectangle, turned

LARGE_M2 = 40_000


def fill_park(ground: Polygon, estate: str, rng: random.Random) -> Filling:
    filling = Filling()
    pond = _pond(ground, estate, filling, rng)
    paths = _paths(ground, pond, rng)
    filling.lanes += [(f"{estate}步道", "footway", p) for p in paths]
    taken = [*(p.buffer(5) for p in paths), *([pond.buffer(9)] if pond else [])]
    _pavilions(ground, estate, taken, filling, rng)
    if ground.area > LARGE_M2:
        _courts(ground, estate, taken, filling, rng)
    filling.greens.append((estate, "park", ground.buffer(4).simplify(0.8)))
    _woods(ground, estate, taken, filling, rng)
    return filling


def _pond(ground: Polygon, estate: str, filling: Filling, rng: random.Random) -> Polygon | None:
    heart = ground.buffer(-22)
    pieces = polygons(heart, 400)
    if not pieces:
        return None
    spot, size = pieces[0].centroid, math.sqrt(ground.area)
    for shrink in (1.0, 0.75, 0.55):
        waves = [(a, size * shrink * rng.uniform(0.09, 0.19)) for a in range(0, 360, 40)]
        rim = [
            (spot.x + r * 1.5 * math.cos(math.radians(a)), spot.y + r * math.sin(math.radians(a)))
            for a, r in waves
        ]
        drawn = polygons(Polygon(curve([*rim, rim[0]], 10).coords).buffer(0))[0]
        pond = Polygon(turned(drawn, long_axis_deg(ground), (spot.x, spot.y)).exterior)
        if heart.contains(pond):
            filling.ponds.append((f"{estate}湖" if size > 180 else f"{estate}池", pond))
            return pond
    return None


def _paths(ground: Polygon, pond: Polygon | None, rng: random.Random) -> list[LineString]:
    """A round path at some distance from the edge, one around the pond, and ways in from the gates."""
    inset = 15 if ground.area < LARGE_M2 else 24
    round_walk = ground.buffer(-inset).buffer(-20).buffer(20).simplify(2.0)
    loops = [LineString(p.exterior.coords) for p in polygons(round_walk, 900)[:1]]
    if pond:
        loops.append(LineString(pond.buffer(10).simplify(1.5).exterior.coords))
    edge, found = ground.exterior, list(loops)
    gates = max(3, round(edge.length / 240))
    for gate in range(gates):
        start = edge.interpolate((gate + rng.uniform(0.2, 0.8)) / gates * edge.length)
        goal = loops[-1].interpolate(loops[-1].project(start) + rng.uniform(-30, 30))
        middle = Point(
            (start.x + goal.x) / 2 + rng.uniform(-14, 14), (start.y + goal.y) / 2 + rng.uniform(-14, 14)
        )
        found.append(curve([(start.x, start.y), (middle.x, middle.y), (goal.x, goal.y)], 12))
    wet = pond.buffer(4) if pond else Polygon()
    dry = [p for line in found for p in parts(line.intersection(ground.buffer(9)).difference(wet))]
    return [p for p in dry if isinstance(p, LineString) and p.length > 25]


def _pavilions(
    ground: Polygon, estate: str, taken: list[Polygon], filling: Filling, rng: random.Random
) -> None:
    heart = ground.buffer(-12).difference(shapely.union_all(taken))
    west, south, east, north = ground.bounds
    wanted, placed = (3 if ground.area < LARGE_M2 else 7), 0
    for _ in range(60):
        if placed == wanted:
            return
        spot = Point(rng.uniform(west, east), rng.uniform(south, north))
        hall = rng.random() < 0.25
        shape = moved(rectangle(0, 0, 16, 9), spot.x, spot.y) if hall else spot.buffer(4.5, quad_segs=2)
        if heart.contains(shape):
            filling.buildings.append(
                Building(shape, "public", 1, 2006, title="茶室" if hall else "亭", estate=estate)
            )
            taken.append(shape.buffer(12))
            heart = heart.difference(taken[-1])
            placed += 1


def _courts(ground: Polygon, estate: str, taken: list[Polygon], filling: Filling, rng: random.Random) -> None:
    """Ball courts side by side near one end."""
    angle, about = long_axis_deg(ground), (ground.centroid.x, ground.centroid.y)
    level = turned(ground.buffer(-9).difference(shapely.union_all(taken)), -angle, about)
    west, south, east, north = level.bounds
    for _ in range(60):
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        courts = [rectangle(x + 19 * i, y, 15, 28) for i in range(3)]
        if level.contains(shapely.union_all(courts)):
            for court in courts:
                filling.greens.append((f"{estate}球场", "square", turned(court, angle, about)))
                taken.append(turned(court.buffer(6), angle, about))
            return


def _woods(ground: Polygon, estate: str, taken: list[Polygon], filling: Filling, rng: random.Random) -> None:
    built = [b.shape.buffer(5) for b in filling.buildings]
    open_lawn = ground.buffer(-3).difference(shapely.union_all([*taken, *built]))
    west, south, east, north = ground.bounds
    clumps = []
    for _ in range(int(ground.area / 1100)):
        spot = Point(rng.uniform(west, east), rng.uniform(south, north))
        clumps.append(spot.buffer(rng.uniform(8, 19), quad_segs=3))
    for wood in polygons(shapely.union_all(clumps).intersection(open_lawn).buffer(-2).buffer(2), 160):
        filling.greens.append((f"{estate}林", "grove", Polygon(wood.exterior).simplify(0.9)))
