"""The sheet of paper: local metres, their place on the globe, and the source of chance."""

import random

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

SEED = 19980727
METRIC_SRID = 4549
# Where local (0, 0) lies in EPSG:4549 (easting, northing); about 118.6085 E, 31.9625 N.
ORIGIN_E, ORIGIN_N = 368_560.0, 3_537_690.0
DECIMALS = 7

_TO_GEOGRAPHIC = Transformer.from_crs(METRIC_SRID, 4326, always_xy=True)


def chance(*key: object) -> random.Random:
    """A generator of its own for every subject, so that a change in one block leaves the others alone."""
    return random.Random("/".join([str(SEED), *map(str, key)]))


def key_of(shape: BaseGeometry) -> str:
    """Names a shape by where it lies, to the metre."""
    spot = shape.centroid
    return f"{spot.x:.0f},{spot.y:.0f}"


def to_metric(shape: BaseGeometry) -> BaseGeometry:
    """Local metres to EPSG:4549."""
    return shapely.transform(shape, lambda xy: np.add(xy, (ORIGIN_E, ORIGIN_N)))


def to_lonlat(shape: BaseGeometry) -> BaseGeometry:
    """Local metres to WGS 84 degrees, rounded to the 7 decimals that RFC 7946 files carry."""

    def project(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        lon, lat = _TO_GEOGRAPHIC.transform(xy[:, 0] + ORIGIN_E, xy[:, 1] + ORIGIN_N)
        return np.column_stack([lon, lat]).round(DECIMALS)

    return shapely.transform(shape, project)
