"""Roads, banks and the blocks between them."""

from dataclasses import dataclass, field
from typing import NamedTuple

import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from . import plan
from .shapes import between, curve, extend, parts, polygons, trim_ends

GRID_M = 0.01


class Road(NamedTuple):
    name: str
    road_class: str
    line: LineString


@dataclass
class Network:
    district: Polygon
    bank: LineString
    tributary: LineString
    canal: LineString
    branch_canal: LineString
    levee: LineString
    roads: list[Road]
    seams: list[LineString] = field(default_factory=list)
    water: dict[str, BaseGeometry] = field(default_factory=dict)

    def cuts(self) -> list[LineString]:
        """Every line that may bound a block."""
        return [r.line for r in self.roads] + self.seams + [self.canal, self.branch_canal, self.levee]

    def named(self, name: str) -> LineString:
        return next(r.line for r in self.roads if r.name == name)


def draw() -> Network:
    """The large lines: water, levee and the roads that were drawn by hand."""
    bank, tributary = curve(plan.BANK, 45), curve(plan.TRIBUTARY, 40)
    canal = curve(plan.CANAL)
    south, wharf = curve(plan.SOUTH_AVENUE.controls), curve(plan.WHARF_ROAD.controls)
    river_avenue = curve(plan.RIVER_AVENUE.controls)
    wharf = trim_ends(wharf, shapely.union_all([bank, river_avenue]))
    south = trim_ends(south, river_avenue)
    district = _face_around(Point(2000, 1000), [bank, tributary, wharf, south, river_avenue], Point(700, 300))
    levee = _levee(bank, tributary, wharf)
    net = Network(district, bank, tributary, canal, canal, levee, [])
    net.roads = [
        Road(plan.SOUTH_AVENUE.name, "arterial", south),
        Road(plan.RIVER_AVENUE.name, "arterial", river_avenue),
        Road(plan.WHARF_ROAD.name, "minor", wharf),
    ]
    tributary_road = between(tributary.parallel_offset(104, "right"), south, river_avenue)
    net.roads.append(Road(plan.TRIBUTARY_ROAD, "secondary", tributary_road))
    _draw_inner_roads(net)
    net.branch_canal = trim_ends(curve(plan.BRANCH_CANAL), shapely.union_all([canal, tributary]))
    _draw_waterside_roads(net)
    net.roads.append(Road(plan.RAILWAY.name, "railway", curve(plan.RAILWAY.controls)))
    _draw_seams(net)
    _fill_water(net)
    return net


def _face_around(inside: Point, lines: list[LineString], also: Point) -> Polygon:
    faces = polygons(shapely.polygonize(parts(shapely.union_all(lines, grid_size=GRID_M))))
    wanted = [f for f in faces if f.contains(inside) or f.contains(also)]
    return Polygon(shapely.union_all(wanted, grid_size=GRID_M).exterior)


def _levee(bank: LineString, tributary: LineString, wharf: LineString) -> LineString:
    """The crest: inland of both banks, rounded at the confluence, from the wharf road to the high ground upstream."""
    faces_of_land = shapely.polygonize(
        parts(shapely.union_all([bank, tributary, LineString([(0, -880), (3500, -880)])]))
    )
    land = next(f for f in parts(faces_of_land) if f.contains(Point(2000, 1000)))
    dry = polygons(land.difference(bank.buffer(78)).difference(tributary.buffer(60)))[0]
    dry = dry.buffer(-90).buffer(90)
    crest = LineString(dry.exterior.coords).difference(shapely.box(0, -1000, 4000, -600))
    crest = max(parts(shapely.line_merge(crest)), key=lambda p: p.length).simplify(1.2)
    if crest.coords[0][0] > crest.coords[-1][0]:
        crest = crest.reverse()
    start = crest.project(crest.intersection(wharf))
    end = crest.project(Point(plan.LEVEE_END))
    return substring(crest, start, end)


def _draw_inner_roads(net: Network) -> None:
    for drawn in plan.DRAWN_ROADS:
        stops = shapely.union_all([*(r.line for r in net.roads), net.levee])
        inside = trim_ends(curve(drawn.controls), stops)
        net.roads.append(Road(drawn.name, drawn.road_class, inside))


def _draw_waterside_roads(net: Network) -> None:
    south, north = net.named("南浦大道"), net.named("滨江大道")
    for side, name in (("left", "竹筱河西路"), ("right", "竹筱河东路")):
        offset = net.canal.parallel_offset(34, side)
        net.roads.append(Road(name, "minor", between(offset, south, north)))
    east, trib_road = net.named("竹筱河东路"), net.named(plan.TRIBUTARY_ROAD)
    offset = extend(net.branch_canal.parallel_offset(21, "left"), 60)
    net.roads.append(Road("小桃河北路", "minor", between(offset, east, trib_road)))


def _draw_seams(net: Network) -> None:
    """Where a road ends at the levee or the last road before the water, the boundary runs on to the water."""
    last_dry = shapely.union_all([net.levee, net.named(plan.TRIBUTARY_ROAD)])
    for road in net.roads:
        longer = list(extend(road.line, 260).coords)
        for outer, end in ((longer[0], longer[1]), (longer[-1], longer[-2])):
            if last_dry.distance(Point(end)) < 1 and road.name != plan.TRIBUTARY_ROAD:
                seam = LineString([end, outer]).intersection(net.district)
                net.seams += [
                    p for p in parts(seam) if isinstance(p, LineString) and p.distance(Point(end)) < 1
                ]


def _fill_water(net: Network) -> None:
    far = curve(plan.FAR_BANK, 60)
    river = Polygon([*net.bank.coords, *reversed(far.coords)]).buffer(0)
    island = Polygon(curve([*plan.ISLAND, plan.ISLAND[0]], 60).coords)
    tributary = net.tributary.buffer(plan.TRIBUTARY_WIDTH_M / 2, cap_style="flat").difference(river)
    canal = net.canal.buffer(plan.CANAL_WIDTH_M / 2, cap_style="flat").difference(river)
    branch = net.branch_canal.buffer(plan.BRANCH_WIDTH_M / 2, cap_style="flat").difference(
        shapely.union_all([tributary, canal])
    )
    net.water = {
        plan.RIVER_NAME: polygons(river)[0].difference(island),
        plan.TRIBUTARY_NAME: polygons(tributary)[0],
        plan.CANAL_NAME: polygons(canal)[0],
        plan.BRANCH_NAME: polygons(branch)[0],
    }


def faces(district: Polygon, lines: list[LineString]) -> list[Polygon]:
    """The plane cut by all lines: neighbours share every vertex."""
    linework = shapely.union_all(
        [district.boundary, *(shapely.intersection(ln, district) for ln in lines)], grid_size=GRID_M
    )
    cells = polygons(shapely.polygonize(parts(linework)))
    inside = [c for c in cells if district.contains(c.representative_point())]
    return sorted(inside, key=lambda c: (round(c.centroid.x), round(c.centroid.y)))
