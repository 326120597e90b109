"""A line drawn by hand becomes an area that the database may be asked about."""

from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from app.errors import N_, InvalidInput

MAX_LASSO_VERTICES: Final = 4000
MAX_CROSSINGS: Final = 400


def lasso_shape(value: Any) -> Polygon | MultiPolygon:
    """The area inside a line drawn by hand.

    Parameters
    ----------
    value : object
        GeoJSON Polygon with one ring, EPSG:4326, closed or not, at most 4,000 vertices.

    Returns
    -------
    Polygon or MultiPolygon
        Valid. A stroke that crosses itself encloses everything inside its loops, as a person means it.

    Raises
    ------
    InvalidInput
        "lasso_unusable" when it is no such polygon, lies outside the world or encloses nothing;
        "lasso_tangled" when it crosses itself too often.

    Notes
    -----
    Validity is checked first and crossings are counted before anything is cut: making a ring of a few hundred
    vertices valid can otherwise take minutes.
    """
    ring = _open_ring(value)
    polygon = Polygon(ring)
    if not polygon.is_valid:
        if _crossings(np.vstack([ring, ring[:1]])) > MAX_CROSSINGS:
            raise InvalidInput("lasso_tangled", N_("圈线交叉太多，看不出圈的是哪里。请重新画一圈。"))
        pieces = shapely.polygonize([shapely.node(shapely.LinearRing(ring))])
        polygon = shapely.union_all(shapely.get_parts(pieces))
    if polygon.is_empty or polygon.area == 0 or not isinstance(polygon, (Polygon, MultiPolygon)):
        raise _unusable()
    return polygon


def _open_ring(value: Any) -> np.ndarray:
    rings = value.get("coordinates") if isinstance(value, dict) and value.get("type") == "Polygon" else None
    if not isinstance(rings, list) or len(rings) != 1 or not isinstance(rings[0], list):
        raise _unusable()
    places = rings[0]
    if not 3 <= len(places) <= MAX_LASSO_VERTICES or not all(_is_place(place) for place in places):
        raise _unusable()
    ring = np.asarray(places, dtype=float)
    kept = np.any(ring != np.roll(ring, 1, axis=0), axis=1)
    ring = ring[kept]
    if len(ring) < 3:
        raise _unusable()
    return ring


def _is_place(place: Any) -> bool:
    return (
        isinstance(place, list)
        and len(place) == 2
        and all(type(number) in (int, float) for number in place)
        and -180 <= place[0] <= 180
        and -90 <= place[1] <= 90
    )


def _crossings(ring: np.ndarray) -> int:
    """How often a closed ring crosses itself; counting stops when it is clearly too often."""
    start, step = ring[:-1], np.diff(ring, axis=0)
    found = 0
    for i in range(len(start) - 2):
        gap, other = start[i + 2 :] - start[i], step[i + 2 :]
        across = step[i][0] * other[:, 1] - step[i][1] * other[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            along = (gap[:, 0] * other[:, 1] - gap[:, 1] * other[:, 0]) / across
            beside = (gap[:, 0] * step[i][1] - gap[:, 1] * step[i][0]) / across
        found += int(np.count_nonzero((along > 0) & (along < 1) & (beside > 0) & (beside < 1)))
        if found > MAX_CROSSINGS:
            break
    return found


def _unusable() -> InvalidInput:
    return InvalidInput("lasso_unusable", N_("圈选的范围不能使用，请重新画一圈。"))
