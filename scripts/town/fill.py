"""Fills every block: shop fronts along the big roads first, then what the block is used for."""

import random

import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from . import plan
from .blocks import Block
from .estates import fill_slabs, fill_towers
from .footprints import Building, Filling
from .frame import chance, key_of
from .network import Network
from .parks import fill_park
from .shapes import parts, polygons
from .works import fill_hospital, fill_lots, fill_market, fill_old, fill_school

# How likely a long edge on such a road is lined with shops.
SHOP_CHANCE = {"arterial": 0.42, "secondary": 0.36, "minor": 0.1}


def fill_blocks(net: Network, blocks: list[Block]) -> list[Filling]:
    return [_fill(net, block, i) for i, block in enumerate(blocks)]


def _fill(net: Network, block: Block, index: int) -> Filling:
    rng = chance("fill", key_of(block.outline))
    if block.use == "verge" or block.ground.is_empty:
        return Filling()
    ground: Polygon = polygons(block.ground)[0]
    shops: list[Building] = []
    if block.use in ("slabs80", "slabs90", "mixed", "towers", "centre"):
        shops, ground = _shop_fronts(net, ground, block.use, rng)
    estate = plan.estate_name(index, block.use)
    filling = _by_use(ground, block.use, estate, rng)
    filling.buildings = _without_overlaps([*shops, *filling.buildings])
    filling.lanes = _clear_lanes(filling)
    for building in filling.buildings:
        building.block = index
    return filling


def _clear_lanes(filling: Filling) -> list[tuple[str, str, LineString]]:
    """Lanes end before walls; stumps are dropped."""
    walls = shapely.union_all([b.shape.buffer(0.9, join_style="mitre") for b in filling.buildings])
    wet = shapely.union_all([pond.buffer(1) for _, pond in filling.ponds])
    kept = []
    for name, kind, line in filling.lanes:
        open_parts = [p for p in parts(line.difference(walls).difference(wet)) if isinstance(p, LineString)]
        kept += [(name, kind, p) for p in open_parts if p.length > 25]
    return kept


def _by_use(ground: Polygon, use: str, estate: str, rng: random.Random) -> Filling:
    if use in ("slabs80", "slabs90", "mixed"):
        return fill_slabs(ground, use, estate, rng)
    if use == "towers":
        return fill_towers(ground, estate, rng)
    if use == "old":
        return fill_old(ground, estate, rng)
    if use in ("industry", "utility", "centre"):
        return fill_lots(ground, use, estate, rng)
    return {"school": fill_school, "hospital": fill_hospital, "market": fill_market, "park": fill_park}[use](
        ground, estate, rng
    )


def _shop_fronts(
    net: Network, ground: Polygon, use: str, rng: random.Random
) -> tuple[list[Building], Polygon]:
    """Low shops that follow the bend of the road; the flats behind keep their distance."""
    shops: list[Building] = []
    taken: list[BaseGeometry] = []
    for road in net.roads:
        likely = SHOP_CHANCE.get(road.road_class, 0.0) + (
            0.3 if use == "mixed" and road.road_class != "railway" else 0.0
        )
        reach_m = plan.WIDTHS_M[road.road_class] / 2 + plan.SETBACKS_M[road.road_class] + 3
        if likely == 0.0 or ground.distance(road.line) > reach_m:
            continue
        for edge in _edges_along(ground, road.line, reach_m):
            if edge.length > 70 and rng.random() < likely:
                row, strip = _shop_row(edge, ground, rng)
                row = [s for s in row if all(s.shape.distance(t) > 5 for t in taken)]
                shops += row
                taken += [s.shape for s in row]
                if row:
                    ground = _largest(ground.difference(strip), ground)
    return shops, ground


def _largest(pieces: BaseGeometry, otherwise: Polygon) -> Polygon:
    found = polygons(pieces.buffer(-2).buffer(2).intersection(pieces), 400)
    return found[0] if found else otherwise


def _edges_along(ground: Polygon, road: LineString, reach_m: float) -> list[LineString]:
    edge = LineString(ground.exterior.coords).intersection(road.buffer(reach_m))
    return [p for p in parts(shapely.line_merge(edge)) if isinstance(p, LineString)]


def _shop_row(edge: LineString, ground: Polygon, rng: random.Random) -> tuple[list[Building], BaseGeometry]:
    depth_m, year = rng.uniform(9.5, 13), rng.randint(1984, 2012)
    floors = rng.choice([1, 2, 2, 3, 4])
    at, row = rng.uniform(8, 16), []
    while at < edge.length - 26:
        length = min(rng.uniform(30, 62), edge.length - at - 8)
        if length > 18:
            piece = substring(edge, at, at + length).simplify(0.6)
            band = piece.buffer(depth_m, cap_style="flat", join_style="mitre").intersection(ground)
            found = polygons(band.buffer(-0.05, join_style="mitre").simplify(0.3), 140)[:1]
            row += [Building(shape, "commercial", floors, year) for shape in found]
        at += length + rng.uniform(5, 11)
    strip = edge.buffer(depth_m + 9, cap_style="flat", join_style="mitre") if row else Polygon()
    return row, strip


def _without_overlaps(buildings: list[Building]) -> list[Building]:
    kept: list[Building] = []
    for building in buildings:
        shape = building.shape
        if shape.is_valid and shape.area > 20 and all(not shape.intersects(k.shape) for k in kept):
            kept.append(building)
    return kept
