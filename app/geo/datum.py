"""The shifted coordinates of Chinese web maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu), both ways.

The forward formula is public. It has no closed inverse; the fixed point of ``x = p - shift(x)`` contracts by a factor
of about a thousand per step, so five steps leave less than a micrometre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

Degrees = npt.NDArray[np.float64]
Datum = Literal["wgs84", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")
DATUM_NAMES = {"wgs84": "WGS 84 / CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}

# Krasovsky 1940, as in the published polynomial.
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_2 = 0.00669342162296594323
BAIDU_PI = np.pi * 3000.0 / 180.0
SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
INVERSE_STEPS = 6


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 to GCJ-02.

    Parameters
    ----------
    lon, lat : ndarray of float, same shape
        WGS 84 degrees.

    Returns
    -------
    lon, lat : ndarray of float
        GCJ-02 degrees; unchanged outside the rough box of the published formula.
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    d_lon, d_lat = _gcj_shift(lon, lat)
    return lon + d_lon, lat + d_lat


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Undo the GCJ-02 shift to well under 1 mm.

    Parameters
    ----------
    lon, lat : ndarray of float, same shape
        GCJ-02 degrees.

    Returns
    -------
    lon, lat : ndarray of float
        WGS 84 degrees.
    """
    return _fixed_point(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Turn GCJ-02 degrees into BD-09 degrees, anywhere on Earth."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Undo the BD-09 shift to well under 1 mm."""
    return _fixed_point(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 degrees to BD-09 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Undo both shifts of BD-09."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


INVERSE: dict[Datum, Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}
FORWARD: dict[Datum, Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
}


def unshift(shapes: Any, datum: Datum) -> Any:
    """Turn shapes in a shifted datum into WGS 84 shapes.

    Parameters
    ----------
    shapes : array of shapely geometry
        Degrees in ``datum``; None stays None.
    datum : {'wgs84', 'gcj02', 'bd09'}

    Returns
    -------
    ndarray of shapely geometry
        WGS 84 degrees.
    """
    if datum == "wgs84":
        return shapes
    inverse = INVERSE[datum]
    return shapely.transform(shapes, lambda points: np.column_stack(inverse(points[:, 0], points[:, 1])))


@dataclass(frozen=True, slots=True)
class DatumVerdict:
    """Which hypothesis fits what is stored, and how well each does.

    ``measure`` is ``share`` (of points inside, larger is better) or ``distance_m`` (to stored boundaries, smaller is better).
    ``suspected`` is True when a shifted hypothesis clearly beats the coordinates as they are.
    """

    best: Datum
    suspected: bool
    measure: Literal["share", "distance_m"]
    scores: dict[str, float]


def suspect_by_ground(
    points: npt.NDArray[np.float64], ground: Any, sample: int = 2000
) -> DatumVerdict | None:
    """Compare the share of points inside stored ground under the three hypotheses.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        lon, lat as the file has them.
    ground : array of shapely polygon
        Stored areas in WGS 84.
    sample : int
        At most so many points are looked at.

    Returns
    -------
    DatumVerdict or None
        None when no hypothesis puts at least a twentieth of the points inside, so that nothing can be said.
    """
    points = _sampled(points, sample)
    if not len(points) or not len(ground):
        return None
    union = shapely.union_all(np.asarray(ground, dtype=object))
    shapely.prepare(union)
    scores: dict[str, float] = {}
    for datum in DATUMS:
        lon, lat = INVERSE[datum](points[:, 0], points[:, 1])
        scores[datum] = float(shapely.contains_xy(union, lon, lat).mean())
    best = max(DATUMS, key=lambda datum: (scores[datum], datum == "wgs84"))
    if scores[best] < 0.05:
        return None
    # A point count wobbles; ask for a clear lead before troubling anyone.
    lead = scores[best] - scores["wgs84"]
    certain = lead > max(0.02, 3.0 * np.sqrt(max(scores[best] * (1 - scores[best]), 1e-4) / len(points)))
    return DatumVerdict(best, bool(best != "wgs84" and certain), "share", scores)


def suspect_by_boundary(
    vertices: npt.NDArray[np.float64], boundaries: Any, sample: int = 800
) -> DatumVerdict | None:
    """Compare the median distance from a file's corners to stored boundaries under the three hypotheses.

    Parameters
    ----------
    vertices : ndarray, shape (n, 2)
        Corners of areas or roads, lon, lat as the file has them.
    boundaries : array of shapely geometry
        Stored outlines or lines in WGS 84.

    Returns
    -------
    DatumVerdict or None
        None when even the best median is over 150 m: then the two do not show the same thing.
    """
    vertices = _sampled(vertices, sample)
    if not len(vertices) or not len(boundaries):
        return None
    lines = shapely.boundary(np.asarray(boundaries, dtype=object))
    flat = shapely.get_dimensions(lines)
    lines = np.where(flat == 1, lines, np.asarray(boundaries, dtype=object))
    latitude = float(vertices[:, 1].mean())
    # Degrees scaled to metres around one latitude: enough to tell 5 m from 500 m.
    scale = np.array([111_320.0 * np.cos(np.radians(latitude)), 110_950.0])
    tree = shapely.STRtree(shapely.get_parts(shapely.transform(lines, lambda points: points * scale)))
    scores: dict[str, float] = {}
    for datum in DATUMS:
        at = np.column_stack(INVERSE[datum](vertices[:, 0], vertices[:, 1])) * scale
        _, distances = tree.query_nearest(shapely.points(at), return_distance=True, all_matches=False)
        scores[datum] = float(np.median(distances))
    best = min(DATUMS, key=lambda datum: (scores[datum], datum != "wgs84"))
    if scores[best] > 150.0:
        return None
    suspected = best != "wgs84" and scores["wgs84"] > 60.0 and scores[best] < scores["wgs84"] / 3.0
    return DatumVerdict(best, suspected, "distance_m", scores)


def _sampled(points: npt.NDArray[np.float64], sample: int) -> npt.NDArray[np.float64]:
    points = points[np.isfinite(points).all(axis=1)]
    return points[:: max(1, -(-len(points) // sample))]


def _gcj_shift(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / (magic * np.sqrt(magic))
    parallel_m = SEMI_MAJOR_M / np.sqrt(magic) * np.cos(phi)
    west, south, east, north = SHIFTED_BOX
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return (
        np.where(inside, np.degrees(east_m / parallel_m), 0.0),
        np.where(inside, np.degrees(north_m / meridian_m), 0.0),
    )


def _fixed_point(
    forward: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]], lon: Degrees, lat: Degrees
) -> tuple[Degrees, Degrees]:
    goal_lon, goal_lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    found_lon, found_lat = goal_lon, goal_lat
    for _ in range(INVERSE_STEPS):
        there_lon, there_lat = forward(found_lon, found_lat)
        found_lon, found_lat = found_lon + goal_lon - there_lon, found_lat + goal_lat - there_lat
    return found_lon, found_lat
