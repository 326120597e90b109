"""Housing estates: rows of slabs facing south, and point towers in gardens."""

import random

import shapely
from shapely import LineString, Polygon

from .footprints import Building, Filling, Ground, southward_deg
from .shapes import cross_tower, moved, polygons, rectangle, slab


class Era:
    """How slabs of one time are built."""

    def __init__(self, rng: random.Random, use: str) -> None:
        old = use in ("slabs80", "mixed")
        self.year = rng.randint(1978, 1989) if old else rng.randint(1991, 2004)
        self.floors = rng.choice([5, 6, 6] if old else [6, 6, 6, 7])
        self.unit_m = rng.uniform(12.8, 14.2) if old else rng.uniform(14.0, 15.6)
        self.depth_m = rng.uniform(10.2, 11.4) if old else rng.uniform(11.4, 12.8)
        self.style = rng.choice(
            ["plain", "stairs", "plain"] if old else ["stairs", "stepped", "stairs", "plain"]
        )
        sun = rng.uniform(0.88, 1.02) if old else rng.uniform(1.0, 1.15)
        self.pitch_m = self.depth_m + self.floors * 2.9 * sun + rng.uniform(0.5, 3)
        self.flats_per_floor = 2
        self.lengths = [3, 4, 4, 5] if old else [3, 4, 4]


def fill_slabs(ground: Polygon, use: str, estate: str, rng: random.Random) -> Filling:
    """Rows from south to north; columns run through, with one lane wide enough for a car."""
    era, level, filling = Era(rng, use), Ground(ground, southward_deg(ground)), Filling()
    columns, lane_x = _columns(level, era, rng)
    shear = rng.uniform(-0.06, 0.06)
    bottom = level.bottom + rng.uniform(0.5, 4)
    slots: list[tuple[int, int, Polygon, int]] = []
    row = 0
    while bottom + era.depth_m < level.top:
        for column, (left, units) in enumerate(columns):
            fitted = _fit(level, left + shear * (bottom - level.bottom), bottom, units, era)
            if fitted:
                slots.append((row, column, *fitted))
        bottom += era.pitch_m + (rng.uniform(3, 6) if row % 4 == 3 else 0)
        row += 1
    slots += _fill_gaps(slots, level, lane_x, shear, era)
    slots = _leave_garden(slots, level, estate, filling, rng)
    for _, _, shape, units in slots:
        floors = era.floors - (1 if rng.random() < 0.06 else 0)
        filling.buildings.append(_slab_building(level, shape, units, floors, era, estate, rng))
    if lane_x and len(slots) > 8:
        _draw_lane(level, lane_x, shear, estate, filling)
    return filling


def _columns(level: Ground, era: Era, rng: random.Random) -> tuple[list[tuple[float, int]], float]:
    x, lane_x, columns = level.left + rng.uniform(0, 5), 0.0, []
    middle = (level.left + level.right) / 2
    while x < level.right - 2 * era.unit_m:
        units = rng.choice(era.lengths)
        columns.append((x, units))
        x += units * era.unit_m
        if not lane_x and x > middle - 25:
            lane_x = x + 6.5
            x += 13
        else:
            x += rng.uniform(6.5, 9)
    return columns, lane_x


def _fit(level: Ground, left: float, bottom: float, units: int, era: Era) -> tuple[Polygon, int] | None:
    """The slab as long as the ground allows here, pushed to either side."""
    for count in range(units, 1, -1):
        spare_m = (units - count) * era.unit_m
        for shift in (0.0, spare_m, spare_m / 2):
            box = rectangle(left + shift, bottom, count * era.unit_m, era.depth_m)
            if level.holds(box):
                return moved(slab(count, era.unit_m, era.depth_m, era.style), left + shift, bottom), count
    return None


def _fill_gaps(
    slots: list[tuple[int, int, Polygon, int]], level: Ground, lane_x: float, shear: float, era: Era
) -> list[tuple[int, int, Polygon, int]]:
    """Where the columns leave room at the slanted ends of a row, a shorter slab stands there."""
    added: list[tuple[int, int, Polygon, int]] = []
    for row in sorted({s[0] for s in slots}):
        standing = [s[2] for s in slots if s[0] == row]
        bottom = min(s.bounds[1] for s in standing)
        lane = rectangle(lane_x + shear * (bottom - level.bottom) - 6, bottom, 12, era.depth_m)
        x = level.left
        while x < level.right - 2 * era.unit_m:
            fitted = _fit(level, x, bottom, 3, era)
            apart = fitted and all(fitted[0].distance(other) >= 6.5 for other in standing)
            if fitted and apart and not fitted[0].intersects(lane):
                standing.append(fitted[0])
                added.append((row, 90 + len(added), *fitted))
                x = fitted[0].bounds[2]
            x += 3.0
    return added


def _slab_building(
    level: Ground, shape: Polygon, units: int, floors: int, era: Era, estate: str, rng: random.Random
) -> Building:
    households = units * floors * era.flats_per_floor
    if rng.random() < 0.12:
        households -= rng.randint(1, 2)  # two flats made one, or a ground-floor shop
    return Building(
        level.back(shape), "residential", floors, era.year + rng.randint(0, 2), units, households, "", estate
    )


def _leave_garden(
    slots: list[tuple[int, int, Polygon, int]],
    level: Ground,
    estate: str,
    filling: Filling,
    rng: random.Random,
) -> list[tuple[int, int, Polygon, int]]:
    """One place in the middle stays open: a garden with the estate's activity room."""
    if len(slots) < 9:
        return slots
    row, column, shape, _ = rng.choice(slots[len(slots) // 3 : 2 * len(slots) // 3])
    west, south, east, north = shape.bounds
    lawn = rectangle(west - 1, south - 9, east - west + 2, north - south + 17)
    lawn = lawn.difference(shapely.union_all([s[2].buffer(5) for s in slots if s[:2] != (row, column)]))
    for piece in polygons(lawn.intersection(level.free), 250)[:1]:
        filling.greens.append((f"{estate}游园", "park", level.back(piece.simplify(0.3))))
        room = rectangle(west + 3, south + 1, 15, 9)
        filling.buildings.append(
            Building(
                level.back(room), "public", 1, 2008 + rng.randint(0, 9), title="居民活动室", estate=estate
            )
        )
    return [s for s in slots if s[:2] != (row, column)]


def _draw_lane(level: Ground, lane_x: float, shear: float, estate: str, filling: Filling) -> None:
    height = level.top - level.bottom
    line = LineString(
        [(lane_x - 40 * shear, level.bottom - 40), (lane_x + shear * (height + 40), level.top + 40)]
    )
    inside = line.intersection(level.free.buffer(12))
    if isinstance(inside, LineString) and inside.length > 60:
        filling.lanes.append((f"{estate}内部路", "lane", level.back(inside)))


def fill_towers(ground: Polygon, estate: str, rng: random.Random) -> Filling:
    """Staggered point towers, a lawn with a pond between them, and longer high slabs at the north edge."""
    level, filling = Ground(ground, southward_deg(ground)), Filling()
    year, width_m = rng.randint(2006, 2019), rng.uniform(23, 27)
    pitch_x, pitch_y = width_m + rng.uniform(21, 27), width_m + rng.uniform(27, 34)
    floors = rng.choice([18, 24, 26, 28, 32])
    y, row = level.bottom + width_m / 2 + rng.uniform(1, 8), 0
    while y + width_m / 2 < level.top:
        x = level.left + width_m / 2 + (pitch_x / 2 if row % 2 else 0) + rng.uniform(0, 4)
        while x + width_m / 2 < level.right:
            _place_tower(level, x, y, width_m, floors - row % 3, year, estate, filling, rng)
            x += pitch_x
        y += pitch_y
        row += 1
    _tower_garden(level, estate, filling, rng)
    return filling


def _place_tower(
    level: Ground, x: float, y: float, width_m: float, floors: int, year: int, estate: str, filling: Filling,
    rng: random.Random,
) -> None:  # fmt: skip
    spot = rectangle(x - width_m / 2, y - width_m / 2, width_m, width_m)
    if not level.holds(spot):
        return
    twin = rectangle(x - width_m / 2, y - width_m / 2, width_m * 1.75, width_m * 0.72)
    if rng.random() < 0.22 and level.holds(twin):
        shape, units, per_floor = slab(2, width_m * 0.875, width_m * 0.72, "stairs"), 2, 4
        shape = moved(shape, x - width_m / 2, y - width_m / 2)
        floors = max(11, floors - 6)
    else:
        shape, units, per_floor = moved(cross_tower(width_m), x, y), 1, 4
    level.take(shape, 9)
    filling.buildings.append(
        Building(
            level.back(shape),
            "tower",
            floors,
            year,
            units,
            units * floors * per_floor // units * units,
            "",
            estate,
        )
    )


def _tower_garden(level: Ground, estate: str, filling: Filling, rng: random.Random) -> None:
    lawn = level.back(level.free).buffer(-5).buffer(4)
    pieces = polygons(lawn.simplify(0.8), 900)[:2]
    for piece in pieces:
        spot = piece.representative_point()
        pond = spot.buffer(rng.uniform(9, 14), quad_segs=4).union(moved(spot, 12, 5).buffer(8, quad_segs=4))
        if piece.buffer(-3).contains(pond):
            filling.ponds.append((f"{estate}水景", Polygon(pond.exterior)))
        filling.greens.append((f"{estate}中心花园", "park", piece))
