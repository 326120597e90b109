"""Curves and footprints, in local metres."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.affinity import rotate
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

XY = tuple[float, float]


def curve(controls: Sequence[XY], step_m: float = 28.0) -> LineString:
    """A smooth line through the control points (Catmull-Rom), with a vertex about every `step_m`."""
    padded = [controls[0], *controls, controls[-1]]
    vertices: list[XY] = [controls[0]]
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces = max(2, round(math.dist(start, end) / step_m))
        vertices += [_catmull_rom(before, start, end, after, i / pieces) for i in range(1, pieces + 1)]
    return LineString(vertices)


def _catmull_rom(a: XY, b: XY, c: XY, d: XY, t: float) -> XY:
    def axis(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (
            2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3
        )

    return axis(a[0], b[0], c[0], d[0]), axis(a[1], b[1], c[1], d[1])


def extend(line: LineString, length_m: float) -> LineString:
    """The line made longer at both ends, straight on."""
    xy = list(line.coords)
    return LineString([_beyond(xy[1], xy[0], length_m), *xy, _beyond(xy[-2], xy[-1], length_m)])


def _beyond(inner: XY, end: XY, length_m: float) -> XY:
    reach = math.dist(inner, end)
    return (
        end[0] + (end[0] - inner[0]) / reach * length_m,
        end[1] + (end[1] - inner[1]) / reach * length_m,
    )


def trim_ends(line: LineString, stops: BaseGeometry, reach_m: float = 110.0) -> LineString:
    """Ends the line on the nearest of `stops` when one is near, so that roads meet instead of nearly meeting."""
    longer = extend(line, reach_m)
    crossings = [p for p in parts(longer.intersection(stops)) if isinstance(p, Point)]
    along = sorted(longer.project(p) for p in crossings)
    first, last = reach_m, longer.length - reach_m
    near_first = [m for m in along if abs(m - first) <= reach_m]
    near_last = [m for m in along if abs(m - last) <= reach_m]
    start = min(near_first, key=lambda m: abs(m - first)) if near_first else first
    stop = min(near_last, key=lambda m: abs(m - last)) if near_last else last
    return substring(longer, start, stop)


def between(line: LineString, first: BaseGeometry, last: BaseGeometry) -> LineString:
    """The part of a line from where it meets `first` to where it meets `last`."""
    start = line.project(line.intersection(first).representative_point())
    stop = line.project(line.intersection(last).representative_point())
    return substring(line, min(start, stop), max(start, stop))


def parts(shape: BaseGeometry) -> list[BaseGeometry]:
    """The simple pieces of a geometry."""
    if shape.is_empty:
        return []
    return list(shape.geoms) if hasattr(shape, "geoms") else [shape]


def polygons(shape: BaseGeometry, least_m2: float = 0.0) -> list[Polygon]:
    """The polygon pieces that are at least so large, biggest first."""
    found = [p for p in parts(shape) if isinstance(p, Polygon) and p.area > least_m2]
    return sorted(found, key=lambda p: (-p.area, p.centroid.x))


def long_axis_deg(shape: BaseGeometry) -> float:
    """Bearing of the longer side of the smallest rectangle around a shape, anticlockwise from east, in [0, 180)."""
    corners = list(shapely.minimum_rotated_rectangle(shape).exterior.coords)
    start, end = max(pairwise(corners), key=lambda side: math.dist(*side))
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0])) % 180


def rectangle(left: float, bottom: float, width: float, height: float) -> Polygon:
    return shapely.box(left, bottom, left + width, bottom + height)


def turned(shape: BaseGeometry, angle_deg: float, about: XY) -> BaseGeometry:
    return rotate(shape, angle_deg, origin=about)


def moved(shape: BaseGeometry, x: float, y: float) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: np.add(xy, (x, y)))  # much quicker than shapely.affinity


def joined(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    return shapely.union_all(list(shapes))


def slab(units: int, unit_m: float, depth_m: float, style: str) -> Polygon:
    """A block of flats with its long side to the south; its lower left corner is the origin.

    `stairs` shows the stairwells as bays in the north wall, `stepped` sets each unit back from its neighbour.
    """
    length_m = units * unit_m
    if style == "stairs":
        body = [rectangle(0, 0, length_m, depth_m - 1.3)]
        bays = [rectangle((i + 0.5) * unit_m - 1.5, depth_m - 1.4, 3.0, 1.4) for i in range(units)]
        return Polygon(joined(body + bays).exterior)
    if style == "stepped":
        steps = [rectangle(i * unit_m, 1.4 * (i % 2), unit_m, depth_m - 1.4) for i in range(units)]
        return Polygon(joined(steps).exterior)
    return rectangle(0, 0, length_m, depth_m)


def cross_tower(width_m: float) -> Polygon:
    """A point tower with four wings, centred on the origin."""
    half, arm = width_m / 2, width_m * 0.19
    wings = [
        rectangle(-half, -half * 0.72, width_m, half * 1.3),
        rectangle(-half * 0.62, -half, half * 1.24, width_m * 0.96),
    ]
    notch = rectangle(-arm / 2, -half - 1, arm, half * 0.42)
    return Polygon(joined(wings).difference(notch).exterior)


def comb(length_m: float, teeth: int, tooth_m: float, depth_m: float, spine_m: float = 7.0) -> Polygon:
    """Parallel wings on one spine, as school and ward buildings are."""
    step = (length_m - depth_m) / (teeth - 1)
    wings = [rectangle(0, i * step, tooth_m, depth_m) for i in range(teeth)]
    return Polygon(joined([*wings, rectangle(0, 0, spine_m, length_m)]).exterior)


def stadium(length_m: float, width_m: float) -> Polygon:
    """A running track, lying north-south, centred on the origin."""
    half = (length_m - width_m) / 2
    return LineString([(0, -half), (0, half)]).buffer(width_m / 2, quad_segs=6)


def ring_block(width_m: float, height_m: float, wing_m: float, opening_m: float = 0.0) -> Polygon:
    """A building around a court, with or without a gateway in its south wing."""
    solid = rectangle(0, 0, width_m, height_m)
    court = rectangle(wing_m, wing_m, width_m - 2 * wing_m, height_m - 2 * wing_m)
    if opening_m:
        court = court.union(rectangle((width_m - opening_m) / 2, -1, opening_m, wing_m + 2))
    return polygons(solid.difference(court))[0]
