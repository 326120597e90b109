"""Cuts the superblocks between the drawn roads into blocks, with minor roads between them."""

import math
import random
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from . import plan
from .frame import chance, key_of
from .network import Network, Road, faces
from .shapes import XY, extend, long_axis_deg, parts, polygons

# A block of this use is cut again while it is larger.
LARGEST_M2 = {
    "old": 17_000, "slabs80": 42_000, "slabs90": 47_000, "towers": 60_000, "industry": 62_000, "centre": 26_000,
    "mixed": 30_000, "park": 400_000, "verge": 900_000,
}  # fmt: skip
MINOR_GAP_M = 42.0


@dataclass
class Block:
    """A piece of land between centre lines; `ground` is what may be built on."""

    outline: Polygon
    use: str
    ground: BaseGeometry
    superblock: int


def use_at(superblock: Polygon) -> str:
    for (x, y), use in plan.SUPERBLOCK_USES.items():
        if superblock.contains(Point(x, y)):
            return use
    return "verge"


def cut_town(net: Network) -> tuple[list[Polygon], list[Block]]:
    """Superblocks and the blocks inside them; adds the minor roads to the network."""
    superblocks = faces(net.district, net.cuts())
    meetings: list[XY] = []
    for superblock in superblocks:
        use = use_at(superblock)
        for line in _split(superblock, use, chance("split", key_of(superblock)), meetings):
            net.roads.append(Road("", "minor", line))
    _name_minor_roads(net)
    outlines = faces(net.district, net.cuts())
    kept_clear = _kept_clear(net)
    blocks = [_block(outline, superblocks, kept_clear) for outline in outlines]
    return superblocks, blocks


def _split(piece: Polygon, use: str, rng: random.Random, meetings: list[XY]) -> list[LineString]:
    if piece.area < LARGEST_M2[use] * rng.uniform(0.85, 1.25):
        return []
    tries = [_cut_across(piece, rng) for _ in range(14)]
    scored = [(_awkwardness(piece, cut, meetings), i, cut) for i, cut in enumerate(tries) if cut is not None]
    if not scored:
        return []
    cut = min(scored)[2]
    meetings += [cut.coords[0], cut.coords[-1]]
    halves = polygons(
        shapely.polygonize(parts(shapely.union_all([piece.boundary, cut], grid_size=0.001))), 50
    )
    lines = [extend(cut, 0.04)]  # a hair too long, so that rounding cannot leave a gap
    for half in halves:
        lines += _split(half, use, rng, meetings)
    return lines


def _cut_across(piece: Polygon, rng: random.Random) -> LineString | None:
    """A slightly bent line across the long side, somewhere near the middle."""
    axis = math.radians(long_axis_deg(piece))
    box = shapely.minimum_rotated_rectangle(piece)
    middle, reach = box.centroid, math.sqrt(box.area) * 3
    long_m = max(a.distance(b) for a, b in pairwise([Point(c) for c in box.exterior.coords]))
    shift = rng.uniform(-0.13, 0.13) * long_m
    x, y = middle.x + shift * math.cos(axis), middle.y + shift * math.sin(axis)
    across = axis + math.pi / 2 + math.radians(rng.uniform(-7, 7))
    bend = math.radians(rng.uniform(-6, 6))
    ends = [
        (x - reach * math.cos(across - bend), y - reach * math.sin(across - bend)),
        (x, y),
        (x + reach * math.cos(across + bend), y + reach * math.sin(across + bend)),
    ]
    inside = [p for p in parts(LineString(ends).intersection(piece)) if isinstance(p, LineString)]
    return max(inside, key=lambda p: p.length) if inside else None


def _awkwardness(piece: Polygon, cut: LineString, meetings: list[XY]) -> float:
    """Small is good: even halves, short cut, no road mouths just beside each other, no sharp corners."""
    halves = polygons(
        shapely.polygonize(parts(shapely.union_all([piece.boundary, cut], grid_size=0.001))), 50
    )
    if len(halves) != 2:
        return 1e6
    score = abs(halves[0].area - halves[1].area) / piece.area + cut.length / math.sqrt(piece.area) * 0.5
    corners = list(piece.simplify(6).exterior.coords)
    for end in (cut.coords[0], cut.coords[-1]):
        near = min((math.dist(end, m) for m in meetings), default=1e3)
        score += 0.8 if 2 < near < MINOR_GAP_M else 0.0
        nearest_corner = min(math.dist(end, c) for c in corners)
        score += 0.7 if nearest_corner < 45 else 0.0
    for half in halves:
        score += 0.5 * (1 - half.area / shapely.minimum_rotated_rectangle(half).area)
    return float(score)


def _name_minor_roads(net: Network) -> None:
    """Pieces that go straight on across a crossing carry one name; long roads choose first."""
    nameless = [r for r in net.roads if not r.name]
    chains: list[list[Road]] = []
    for road in sorted(nameless, key=lambda r: (-r.line.length, r.line.bounds)):
        known = next((c for c in chains if any(_goes_on(road.line, other.line) for other in c)), None)
        if known is None:
            chains.append([road])
        else:
            known.append(road)
    chains.sort(key=lambda c: (-sum(r.line.length for r in c), c[0].line.bounds))
    names = {id(r): name for chain, name in zip(chains, plan.minor_names(), strict=False) for r in chain}
    net.roads = [r if r.name else r._replace(name=names[id(r)]) for r in net.roads]


def _goes_on(one: LineString, other: LineString) -> bool:
    """Whether two lines meet end to end, or nearly, and keep their direction."""
    for a, a_in in _ends(one):
        for b, b_in in _ends(other):
            if math.dist(a, b) < 16:
                turn = math.atan2(a[1] - a_in[1], a[0] - a_in[0]) - math.atan2(b_in[1] - b[1], b_in[0] - b[0])
                if math.cos(turn) > 0.9:
                    return True
    return False


def _ends(line: LineString) -> list[tuple[XY, XY]]:
    xy = list(line.coords)
    return [(xy[0], xy[1]), (xy[-1], xy[-2])]


def _kept_clear(net: Network) -> BaseGeometry:
    """Roads with their verges, water with its banks, the levee with its protected strip."""
    strips = [
        r.line.buffer(plan.WIDTHS_M[r.road_class] / 2 + plan.SETBACKS_M[r.road_class]) for r in net.roads
    ]
    strips += [w.buffer(14) for w in net.water.values()]
    strips.append(net.levee.buffer(42))
    return shapely.union_all(strips)


def _block(outline: Polygon, superblocks: list[Polygon], kept_clear: BaseGeometry) -> Block:
    spot = outline.representative_point()
    index = next(i for i, s in enumerate(superblocks) if s.contains(spot))
    use = use_at(superblocks[index])
    for (x, y), special in plan.BLOCK_USES.items():
        if outline.contains(Point(x, y)):
            use = special
    ground = outline.difference(kept_clear)
    pieces = polygons(ground.buffer(-3).buffer(3).intersection(ground), 700)
    return Block(outline, use if pieces else "verge", pieces[0] if pieces else Polygon(), index)
