"""A line drawn by hand becomes an area that the database may be asked about."""

from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

from app.errors import N_, InvalidInput

MAX_PLACES_SENT: Final = 4000
MAX_LASSO_VERTICES: Final = 2000
MAX_TOUCHES: Final = 400
DECIMALS: Final = 7  # a centimetre: what the map sends
THINNED_BY_DEG: Final = 1e-6  # a tenth of a metre: less than a hand can mean
ROUNDING: Final = 1e-15  # the error of a cross product relative to its terms, with room to spare
GRID_DEG = 1e-9
ROWS_AT_ONCE: Final = 32


def lasso_shape(value: Any) -> Polygon | MultiPolygon:
    """The area inside a line drawn by hand.

    Parameters
    ----------
    value : object
        GeoJSON Polygon with one ring, EPSG:4326, closed or not, at most 4,000 places as sent and 2,000
        vertices after thinning to 0.000001 degrees.

    Returns
    -------
    Polygon or MultiPolygon
        Valid. A stroke that crosses itself encloses everything inside its loops, as a person means it.

    Raises
    ------
    InvalidInput
        "lasso_unusable" when it is no such polygon, lies outside the world or encloses nothing;
        "lasso_tangled" when it crosses or touches itself too often.

    Notes
    -----
    A ring that is valid is never cut. For others every crossing, touch and overlap is counted first: cutting a
    ring costs the square of that number, and a few hundred vertices back and forth on one line would take
    gigabytes.
    """
    ring = _thinned(_places(value))
    polygon = Polygon(ring)
    if not polygon.is_valid:
        if _touches(ring) > MAX_TOUCHES:
            raise InvalidInput("lasso_tangled", N_("圈线交叉太多，看不出圈的是哪里。请重新画一圈。"))
        # Noded on a grid of a tenth of a millimetre: without one, noding may fail where lines nearly touch.
        pieces = shapely.polygonize([shapely.union_all([LineString(ring)], grid_size=GRID_DEG)])
        polygon = shapely.union_all(shapely.get_parts(pieces))
    if polygon.is_empty or polygon.area == 0 or not isinstance(polygon, (Polygon, MultiPolygon)):
        raise _unusable()
    return polygon


def _places(value: Any) -> np.ndarray:
    """The ring as sent, n x 2 degrees."""
    rings = value.get("coordinates") if isinstance(value, dict) and value.get("type") == "Polygon" else None
    if not isinstance(rings, list) or len(rings) != 1 or not isinstance(rings[0], list):
        raise _unusable()
    places = rings[0]
    if not 3 <= len(places) <= MAX_PLACES_SENT or not all(_is_place(place) for place in places):
        raise _unusable()
    return np.round(np.asarray(places, dtype=float), DECIMALS)


def _is_place(place: Any) -> bool:
    return (
        isinstance(place, list)
        and len(place) == 2
        and all(type(number) in (int, float) for number in place)
        and -180 <= place[0] <= 180
        and -90 <= place[1] <= 90
    )


def _thinned(ring: np.ndarray) -> np.ndarray:
    """The ring closed, without repeated places and without those that lie on the way between others."""
    ring = ring[np.any(ring != np.roll(ring, 1, axis=0), axis=1)]
    if len(ring) < 3:
        raise _unusable()
    line = LineString(np.vstack([ring, ring[:1]]))
    ring = shapely.get_coordinates(shapely.simplify(line, THINNED_BY_DEG, preserve_topology=False))
    if not 4 <= len(ring) <= MAX_LASSO_VERTICES + 1:
        raise _unusable()
    return ring


def _touches(ring: np.ndarray) -> int:
    """How many pairs of segments of a closed ring meet that are not neighbours; at most one block too many.

    Crossings, touches and overlaps on one line all count; what rounding leaves undecided counts too.
    """
    start, end = ring[:-1], ring[1:]
    west, south = np.minimum(start, end).T
    east, north = np.maximum(start, end).T
    last = len(start) - 1
    found = 0
    for first in range(0, last, ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        boxes_meet = (west[rows, None] <= east) & (west <= east[rows, None])
        boxes_meet &= (south[rows, None] <= north) & (south <= north[rows, None])
        one, other = np.nonzero(boxes_meet)
        one += first
        apart = (other > one + 1) & ~((one == 0) & (other == last))
        one, other = one[apart], other[apart]
        meet = _on_both_sides(start[one], end[one], start[other], end[other])
        meet &= _on_both_sides(start[other], end[other], start[one], end[one])
        found += int(np.count_nonzero(meet))
        if found > MAX_TOUCHES:
            break
    return found


def _on_both_sides(start: np.ndarray, end: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether two places do not both lie strictly on the same side of a line, row by row."""
    return _side(start, end, one) * _side(start, end, other) <= 0


def _side(start: np.ndarray, end: np.ndarray, place: np.ndarray) -> np.ndarray:
    """1 left of the line, -1 right of it, 0 on it or too close to tell."""
    along, across = end - start, place - start
    left, right = along[:, 0] * across[:, 1], along[:, 1] * across[:, 0]
    unsure = np.abs(left - right) <= ROUNDING * (np.abs(left) + np.abs(right))
    return np.where(unsure, 0, np.sign(left - right))


def _unusable() -> InvalidInput:
    return InvalidInput("lasso_unusable", N_("圈选的范围不能使用，请重新画一圈。"))
