"""Everything that is not an estate: old lanes, factories, offices, schools, the hospital, markets, parks."""

import math
import random

import shapely
from shapely import LineString, Polygon

from .footprints import Building, Filling, Ground, halves, southward_deg
from .shapes import comb, long_axis_deg, polygons, rectangle, ring_block, stadium, turned

LANE_M, ALLEY_M = 4.4, 2.2


def fill_old(ground: Polygon, estate: str, rng: random.Random) -> Filling:
    """Lots halved again and again: lanes between the large pieces, alleys between rows, walls between houses."""
    filling, walls = Filling(), [ground]
    while walls:
        lot = walls.pop()
        if lot.area > 1500:
            parts_of_lot = halves(lot, rng, 0.1, LANE_M if lot.area > 3200 else ALLEY_M)
            if lot.area > 3200 and len(parts_of_lot) == 2:
                _old_lane(lot, parts_of_lot, estate, filling)
            walls += parts_of_lot
        elif lot.area > rng.uniform(190, 420):
            walls += halves(lot, rng, 0.16, rng.choice([0.3, 0.6, 1.4]))
        elif rng.random() < 0.88:
            _old_house(lot, estate, filling, rng)
    return filling


def _old_lane(lot: Polygon, pieces: list[Polygon], estate: str, filling: Filling) -> None:
    gap = lot.difference(shapely.union_all(pieces).buffer(0.05))
    for strip in polygons(gap, 60)[:1]:
        box = shapely.minimum_rotated_rectangle(strip)
        corners = list(box.exterior.coords)
        axis = math.radians(long_axis_deg(strip))
        middle, half = (
            strip.centroid,
            max(math.dist(corners[0], corners[1]), math.dist(corners[1], corners[2])) / 2,
        )
        dx, dy = (half + 5) * math.cos(axis), (half + 5) * math.sin(axis)
        line = LineString([(middle.x - dx, middle.y - dy), (middle.x + dx, middle.y + dy)])
        filling.lanes.append((estate, "footway", line))


def _old_house(lot: Polygon, estate: str, filling: Filling, rng: random.Random) -> None:
    """A house fills its lot but for a yard at one corner, or wings around a small court."""
    body = lot.buffer(-rng.uniform(0.35, 0.9), join_style="mitre")
    if body.is_empty or body.geom_type != "Polygon" or body.area < 38:
        return
    axis = long_axis_deg(body)
    level = turned(body, -axis, (body.centroid.x, body.centroid.y))
    west, south, east, north = level.bounds
    draw = rng.random()
    if draw < 0.5 and body.area > 90:
        width, depth = (east - west) * rng.uniform(0.3, 0.5), (north - south) * rng.uniform(0.3, 0.55)
        yard = rectangle(
            rng.choice([west - 1, east - width]), rng.choice([south - 1, north - depth]), width + 1, depth + 1
        )
        level = level.difference(yard)
    elif draw < 0.62 and body.area > 170:
        yard = rectangle(west + 4.5, south + 4.2, east - west - 9, north - south - 8.4)
        level = level.difference(yard)
    for piece in polygons(level, 35)[:1]:
        shape = turned(piece, axis, (body.centroid.x, body.centroid.y)).simplify(0.15)
        homes = max(1, min(6, round(shape.area / 62 + rng.uniform(-0.6, 0.8))))
        shop = rng.random() < 0.05
        filling.buildings.append(
            Building(shape, "commercial" if shop else "lane_house", rng.choice([1, 1, 2, 2, 2, 3]), rng.randint(1928, 1965),
                     0 if shop else 1, 0 if shop else homes, "商铺" if shop else "", estate)
        )  # fmt: skip


def fill_lots(ground: Polygon, use: str, estate: str, rng: random.Random) -> Filling:
    """Factories, warehouses and offices: one main building to a lot, square to the block."""
    filling, lots = Filling(), [ground]
    largest = {"industry": 9500, "utility": 4500}.get(use, 6200)
    while lots:
        lot = lots.pop()
        if lot.area > largest * rng.uniform(0.75, 1.3):
            lots += halves(lot, rng, 0.14, 9)
            continue
        level = Ground(lot.buffer(-2.5, join_style="mitre"), long_axis_deg(lot))
        if not level.free.is_empty:
            maker = {"industry": _factory, "utility": _plant}.get(use, _office)
            maker(level, estate, filling, rng)
    return filling


def _sized(level: Ground, share_x: float, share_y: float) -> tuple[float, float]:
    return (level.right - level.left) * share_x, (level.top - level.bottom) * share_y


def _put(level: Ground, filling: Filling, building: Building, gap_m: float, corner: str) -> bool:
    placed = level.place(building.shape, gap_m, corner, 4.0)
    if placed is not None:
        building.shape = placed
        filling.buildings.append(building)
    return placed is not None


def _factory(level: Ground, estate: str, filling: Filling, rng: random.Random) -> None:
    year = rng.randint(1962, 2003)
    for share in (0.8, 0.66, 0.5):
        width, depth = _sized(level, share, rng.uniform(0.42, 0.62))
        hall = rectangle(0, 0, width, min(depth, 46))
        if _put(
            level,
            filling,
            Building(hall, "industrial", rng.choice([1, 1, 2]), year, title="厂房", estate=estate),
            9,
            "sw",
        ):
            break
    for _ in range(rng.randint(1, 2)):
        shed = rectangle(0, 0, rng.uniform(16, 34), rng.uniform(9, 14))
        _put(
            level,
            filling,
            Building(shed, "industrial", rng.choice([1, 2, 3]), year, title="仓库", estate=estate),
            7,
            "ne",
        )


def _plant(level: Ground, estate: str, filling: Filling, rng: random.Random) -> None:
    for size in rng.sample([9.0, 11.0, 8.0], 2):
        tank = shapely.Point(0, 0).buffer(size, quad_segs=6)
        _put(level, filling, Building(tank, "utility", 1, 1996, title="水池", estate=estate), 5, "sw")
    _put(
        level,
        filling,
        Building(rectangle(0, 0, 24, 12), "utility", 2, 1996, title="配电楼", estate=estate),
        6,
        "ne",
    )


def _office(level: Ground, estate: str, filling: Filling, rng: random.Random) -> None:
    year, width, depth = rng.randint(1988, 2018), *_sized(level, 0.8, 0.74)
    width, depth = min(width, 74), min(depth, 62)
    forms = [
        rectangle(0, 0, width, min(depth, 22)),
        ring_block(width, depth, 13, 12)
        if min(width, depth) > 40
        else rectangle(0, 0, width, min(depth, 24)),
        Polygon([(0, 0), (width, 0), (width, 15), (16, 15), (16, depth), (0, depth)])
        if depth > 30
        else rectangle(0, 0, width, 18),
        cross_plan(min(width, depth, 40)),
    ]
    kind = rng.choice(["office", "office", "commercial"])
    tall = rng.choice([4, 5, 6, 8, 12, 16, 22])
    for form in rng.sample(forms, 4):
        floors = tall if form.area < 1700 else min(tall, 8)
        if _put(level, filling, Building(form, kind, floors, year, title="", estate=estate), 9, "sw"):
            break
    annex = rectangle(0, 0, rng.uniform(18, 34), rng.uniform(11, 15))
    _put(
        level,
        filling,
        Building(annex, rng.choice(["commercial", "office"]), rng.randint(2, 4), year, estate=estate),
        8,
        "ne",
    )


def cross_plan(width_m: float) -> Polygon:
    inset = width_m * 0.22
    return Polygon(
        rectangle(0, inset, width_m, width_m - 2 * inset)
        .union(rectangle(inset, 0, width_m - 2 * inset, width_m))
        .exterior
    )


def fill_school(ground: Polygon, estate: str, rng: random.Random) -> Filling:
    """The field first, then classrooms in parallel wings, the gymnasium and the gate house."""
    level, filling, year = Ground(ground, southward_deg(ground)), Filling(), rng.randint(1985, 2012)
    for length in (150, 130, 108, 90, 74):
        track = stadium(length, length * 0.52)
        track = turned(track, rng.choice([0, 0, 90]), (0, 0))
        placed = level.place(track, 9, "se" if rng.random() < 0.5 else "sw")
        if placed is not None:
            filling.greens.append((f"{estate}操场", "square", placed))
            break
    rooms = [
        (comb(62, 3, 52, 11), 4, "教学楼"), (comb(36, 2, 44, 11), 4, "实验楼"), (rectangle(0, 0, 34, 23), 2, "体育馆"),
        (rectangle(0, 0, 42, 11), 4, "综合楼"), (rectangle(0, 0, 26, 14), 2, "食堂"), (rectangle(0, 0, 9, 6), 1, "门卫室"),
    ]  # fmt: skip
    for shape, floors, title in rooms:
        _put(level, filling, Building(shape, "school", floors, year, title=title, estate=estate), 10, "nw")
    return filling


def fill_hospital(ground: Polygon, estate: str, rng: random.Random) -> Filling:
    level, filling = Ground(ground, southward_deg(ground)), Filling()
    rooms = [
        (ring_block(56, 44, 14), 5, "门诊楼"), (comb(44, 2, 48, 14), 14, "住院楼"), (rectangle(0, 0, 40, 16), 6, "医技楼"),
        (rectangle(0, 0, 30, 14), 3, "急诊楼"), (rectangle(0, 0, 28, 12), 4, "行政楼"), (rectangle(0, 0, 18, 12), 2, "后勤楼"),
    ]  # fmt: skip
    for shape, floors, title in rooms:
        _put(level, filling, Building(shape, "hospital", floors, 1998, title=title, estate=estate), 11, "sw")
    for piece in polygons(level.back(level.free).buffer(-3), 500)[:1]:
        filling.greens.append((f"{estate}院内绿地", "park", piece.simplify(0.5)))
    return filling


def fill_market(ground: Polygon, estate: str, rng: random.Random) -> Filling:
    level, filling = Ground(ground, long_axis_deg(ground)), Filling()
    for width, depth in ((78, 46), (62, 40), (48, 30)):
        hall = rectangle(0, 0, width, depth)
        if _put(level, filling, Building(hall, "market", 2, 2001, title="交易大厅", estate=estate), 9, "sw"):
            break
    for i in range(6):
        stall = rectangle(0, 0, 46 - 3 * (i % 3), 9)
        _put(
            level, filling, Building(stall, "market", 1, 1996, title=f"摊棚{i + 1}排", estate=estate), 6, "nw"
        )
    for _ in range(3):
        shop = rectangle(0, 0, rng.uniform(26, 40), 11)
        _put(level, filling, Building(shop, "commercial", 2, 1999, estate=estate), 8, "ne")
    return filling
