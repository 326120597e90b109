"""District, streets and communities: unions of blocks, so that neighbours share every vertex."""

from dataclasses import dataclass

import shapely
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

from . import plan
from .blocks import Block
from .network import Network
from .shapes import polygons


@dataclass
class Community:
    code: str
    name: str
    street: str
    outline: Polygon
    blocks: list[int]


def draw_communities(superblocks: list[Polygon], blocks: list[Block]) -> list[Community]:
    """Communities numbered west to east, north to south within their street."""
    owner = _owners(superblocks, blocks)
    found: list[Community] = []
    for street, names in plan.COMMUNITIES.items():
        drawn = []
        for name in names:
            mine = [i for i in range(len(blocks)) if owner[i] == name]
            outline = polygons(shapely.union_all([blocks[i].outline for i in mine]))[0]
            drawn.append(Community("", name, street, outline, mine))
        drawn.sort(key=lambda c: band_order(c.outline.centroid.x, c.outline.centroid.y, 620))
        for number, community in enumerate(drawn, 1):
            community.code = f"{street[:9]}{number:03d}"
        found += drawn
    return found


def band_order(x: float, y: float, band_m: float) -> tuple[int, float]:
    """Northern band first, west to east inside a band."""
    return (-int(y // band_m), x)


def _owners(superblocks: list[Polygon], blocks: list[Block]) -> dict[int, str]:
    named = {p: name for names in plan.COMMUNITIES.values() for name, points in names.items() for p in points}
    by_superblock = {
        i: name for i, s in enumerate(superblocks) for p, name in named.items() if s.contains(Point(p))
    }
    owner = {i: by_superblock[b.superblock] for i, b in enumerate(blocks) if b.superblock in by_superblock}
    # Strips of bank and levee go to the neighbour they share most boundary with.
    while len(owner) < len(blocks):
        settled = dict(owner)
        for i, block in enumerate(blocks):
            if i in owner:
                continue
            shared: dict[str, float] = {}
            for j, name in owner.items():
                length = block.outline.boundary.intersection(blocks[j].outline.boundary).length
                shared[name] = shared.get(name, 0.0) + length
            best = max(shared, key=lambda n: (shared[n], n))
            if shared[best] > 1:
                settled[i] = best
        owner = settled
    return owner


def draw_greens(net: Network, blocks: list[Block]) -> list[tuple[str, str, BaseGeometry]]:
    """Verges along the water, the slopes of the levee, groves on the foreland."""
    wet = shapely.union_all([w.buffer(3) for w in net.water.values()])
    paved = shapely.union_all([r.line.buffer(plan.WIDTHS_M[r.road_class] / 2) for r in net.roads])
    slope = (
        net.levee.buffer(24, cap_style="flat").difference(wet).difference(net.named("滨江大道").buffer(21))
    )
    found = [(f"{plan.LEVEE_NAME}护坡", "levee_slope", p) for p in polygons(slope, 500)]
    river_side = net.bank.buffer(70)
    for i, block in enumerate(blocks):
        if block.use != "verge":
            continue
        open_ground = block.outline.difference(wet).difference(paved.buffer(2)).difference(slope.buffer(2))
        for piece in polygons(open_ground.buffer(-3).buffer(3), 600):
            outside = piece.intersects(river_side)
            name = "江滩防护林" if outside else "滨河绿带"
            groves = _groves(piece, i) if outside else [piece]
            found += [(name, "grove", grove.simplify(0.7)) for grove in groves]
    return found


def _groves(foreland: Polygon, index: int) -> list[Polygon]:
    """A wood between the foot of the levee and the water, with a clearing here and there."""
    edge = shapely.LineString(foreland.exterior.coords)
    spots = range(150 + index * 31 % 90, int(edge.length), 470)
    holes = [Point(edge.interpolate(m)).buffer(24 + (m * 7 + index * 13) % 17) for m in spots]
    wood = foreland.buffer(-7).difference(shapely.union_all(holes))
    return polygons(wood.buffer(-5).buffer(5), 500)
