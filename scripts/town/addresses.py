"""Codes, names and addresses of buildings."""

from collections import defaultdict

import shapely
from shapely import LineString

from . import plan
from .areas import Community, band_order
from .blocks import Block
from .footprints import Building
from .network import Network, Road

HOUSE_STEP_M = 14.0
NUMBERED = ("residential", "tower")


def name_buildings(
    net: Network, blocks: list[Block], communities: list[Community], buildings: list[Building]
) -> list[Building]:
    """Gives every building its code, name and address; the answer is in the order of codes."""
    home = {i: c for c in communities for i in c.blocks}
    by_block: dict[int, list[Building]] = defaultdict(list)
    for building in buildings:
        by_block[building.block].append(building)
    gates: set[tuple[str, int]] = set()
    for index, members in by_block.items():
        road, number = _front(net, blocks[index])
        while (road, number) in gates:
            number += 2  # the next number on the same side
        gates.add((road, number))
        _name_block(members, f"{road}{number}号")
        for building in members:
            building.community = home[index].code
    ordered: list[Building] = []
    for community in communities:
        mine = [b for b in buildings if b.community == community.code]
        mine.sort(key=lambda b: band_order(b.shape.centroid.x, b.shape.centroid.y, 60))
        for number, building in enumerate(mine, 1):
            building.code = f"{community.code}{number:05d}"
        ordered += mine
    return ordered


def _front(net: Network, block: Block) -> tuple[str, int]:
    """The street the block's gate is on, and the number there: odd on the left, even on the right."""
    edge, reach = block.outline.boundary, block.outline.buffer(1.5)
    shapely.prepare(reach)
    grand = {"arterial": 0.8, "secondary": 1.0, "minor": 1.15}

    def frontage(road: Road) -> float:
        if not road.name or not reach.intersects(road.line):
            return 0.0
        return float(road.line.intersection(reach).length) * grand.get(road.road_class, 0.0)

    road = max(net.roads, key=lambda r: (frontage(r), r.name))
    gate = block.ground.centroid if not block.ground.is_empty else edge.centroid
    at = road.line.project(gate)
    ahead, here = road.line.interpolate(at + 5), road.line.interpolate(at)
    left = (ahead.x - here.x) * (gate.y - here.y) - (ahead.y - here.y) * (gate.x - here.x) > 0
    return road.name, max(1, int(at / HOUSE_STEP_M)) * 2 + (1 if left else 2)


def _name_block(members: list[Building], gate: str) -> None:
    members.sort(key=lambda b: band_order(b.shape.centroid.x, b.shape.centroid.y, 34))
    tall = [b for b in members if b.kind in NUMBERED]
    for number, building in enumerate(tall, 1):
        building.title, building.street_address = f"{number}幢", f"{gate}{building.estate}{number}幢"
    shops = 0
    for building in members:
        if building.kind in NUMBERED:
            continue
        shops += 1
        if building.kind == "lane_house":
            building.title = f"{building.estate}{shops}号"
            building.street_address = building.title
        else:
            building.title = building.title or {"office": "办公楼", "commercial": "商铺"}.get(
                building.kind, ""
            )
            building.street_address = f"{gate}附{shops}号"
            if building.estate and building.kind not in ("commercial", "public"):
                building.title = f"{building.estate}{building.title}"
    _tell_apart(members)


def _tell_apart(members: list[Building]) -> None:
    """Two halls of one factory are not both called the same."""
    seen: dict[str, int] = defaultdict(int)
    total = {t: sum(1 for b in members if b.title == t) for t in {b.title for b in members}}
    for building in members:
        title = building.title
        if total[title] > 1:
            seen[title] += 1
            building.title = f"{title}{seen[title]}"


def named_roads(net: Network, lanes: list[tuple[str, str, LineString]]) -> list[Road]:
    """All roads for the map: the drawn ones, the levee crest, and the lanes inside blocks."""
    crest = Road(f"{plan.LEVEE_NAME}堤顶路", "levee_road", net.levee)
    return [*net.roads, crest, *(Road(n, k, line) for n, k, line in lanes)]
