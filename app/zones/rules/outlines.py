"""What ground a zone's buildings mark out on a map."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

# A zone reaches this far around its buildings and closes gaps up to twice as wide between them.
REACH_M: Final = 30.0
RETREAT_M: Final = 21.0
# A yard smaller than this belongs to the buildings around it.
YARD_M2: Final = 6000.0
STEP_M: Final = 6.0
MOST_SPOTS: Final = 60_000
_DEGREE_M: Final = 111_320.0


def zone_outlines(
    shapes: Sequence[BaseGeometry], zones: Sequence[int | None], boundary: BaseGeometry | None
) -> dict[int, BaseGeometry]:
    """Outlines of zones from their buildings.

    Parameters
    ----------
    shapes : sequence of Polygon, MultiPolygon or Point, length n
        Footprints, or points where there is none; EPSG:4326, valid.
    zones : sequence of int or None, length n
        The zone of each building; None for buildings in no zone, which keep their ground to themselves.
    boundary : Polygon, MultiPolygon or None
        The community's boundary, EPSG:4326; outlines are cut at it.

    Returns
    -------
    dict of int to Polygon or MultiPolygon
        Zone -> outline, EPSG:4326. Two outlines overlap by a metre along their common edge at most; a zone
        may come in several parts.

    Notes
    -----
    Every building gets the ground nearer to it than to any other (Voronoi cells of spots along its walls). A zone
    is what lies close around its buildings, gaps and yards closed, inside their cells. Metres are those of a plane that
    touches the community; at 5 km across the error is a few centimetres, far below what is drawn.
    """
    if not any(zone is not None for zone in zones):
        return {}
    centre = shapely.centroid(shapely.box(*shapely.total_bounds(np.asarray(shapes))))
    plane = _Plane(centre.x, centre.y)
    flat = plane.metres(np.asarray(shapes))
    grounds = _nearest_ground(flat, zones)
    frame = plane.metres(np.asarray([boundary]))[0] if boundary is not None else None
    outlines: dict[int, BaseGeometry] = {}
    for zone, ground in grounds.items():
        own = flat[[one == zone for one in zones]]
        around = _without_yards(_closed(own))
        outline = shapely.intersection(ground, around)
        if frame is not None:
            outline = shapely.intersection(outline, frame)
        # A metre is less than a line's width on the map.
        outline = shapely.simplify(_areas_of(outline), 1.0)
        if not outline.is_empty:
            outlines[zone] = plane.degrees(outline)
    return outlines


def label_place(outline: BaseGeometry) -> tuple[float, float]:
    """Where a zone's number is written.

    Parameters
    ----------
    outline : Polygon or MultiPolygon
        Not empty.

    Returns
    -------
    tuple of float
        Longitude and latitude of a spot inside its largest part.
    """
    parts = shapely.get_parts(outline)
    spot = shapely.point_on_surface(parts[int(np.argmax(shapely.area(parts)))])
    return spot.x, spot.y


class _Plane:
    """Metres east and north of a place."""

    def __init__(self, longitude: float, latitude: float) -> None:
        self.origin = np.array([longitude, latitude])
        self.scale = np.array([_DEGREE_M * math.cos(math.radians(latitude)), _DEGREE_M])

    def metres(self, shapes: np.ndarray) -> np.ndarray:
        moved: np.ndarray = shapely.transform(shapes, lambda places: (places - self.origin) * self.scale)
        return moved

    def degrees(self, shape: BaseGeometry) -> BaseGeometry:
        return shapely.transform(shape, lambda places: places / self.scale + self.origin)


def _nearest_ground(flat: np.ndarray, zones: Sequence[int | None]) -> dict[int, BaseGeometry]:
    """For each zone the union of its buildings' Voronoi cells."""
    spots, owners = _spots_along_walls(flat)
    reach = shapely.box(*shapely.total_bounds(flat)).buffer(5 * REACH_M)
    if len(spots) == 1:
        return {zone: reach for zone in zones if zone is not None}
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=reach, ordered=True)
    )
    members: dict[int, list[int]] = {}
    for cell, owner in enumerate(owners):
        zone = zones[owner]
        if zone is not None:
            members.setdefault(zone, []).append(cell)
    return {zone: _joined(cells[chosen]) for zone, chosen in members.items()}


def _joined(cells: np.ndarray) -> BaseGeometry:
    try:
        return shapely.coverage_union_all(cells)
    except shapely.errors.GEOSException:
        # Neighbouring cells do not always meet to the last digit; the general way copes, more slowly.
        return shapely.union_all(cells)


def _spots_along_walls(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places along each building's walls, each once, and which building they are of."""
    step = STEP_M
    walls = shapely.simplify(flat, 0.5)
    while True:
        places, owners = shapely.get_coordinates(shapely.segmentize(walls, step), return_index=True)
        if len(places) <= MOST_SPOTS or step > 1000:
            break
        step *= 2
    # Walls that two buildings share would give one spot twice, and Voronoi one cell for both.
    _, first = np.unique(np.round(places, 2), axis=0, return_index=True)
    kept = np.sort(first)
    # Rows of equal blocks put many spots on one circle, where Voronoi is undecided: a few millimetres decide it.
    shaken = places[kept] + np.random.default_rng(0).uniform(-0.004, 0.004, (len(kept), 2))
    return shaken, owners[kept]


def _closed(shapes: np.ndarray) -> BaseGeometry:
    grown = shapely.union_all(shapely.buffer(shapes, REACH_M, quad_segs=4))
    return shapely.buffer(grown, -RETREAT_M, quad_segs=4)


def _without_yards(shape: BaseGeometry) -> BaseGeometry:
    """The shape with its small holes filled; a building of another zone in one still keeps its own ground."""
    filled = []
    for part in shapely.get_parts(shape):
        yards = [ring for ring in part.interiors if shapely.area(shapely.Polygon(ring)) >= YARD_M2]
        filled.append(shapely.Polygon(part.exterior, yards))
    return shapely.union_all(filled)


def _areas_of(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
