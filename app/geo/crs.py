"""Reference systems: naming them, guessing candidates for a missing one, and going to WGS 84. Axis order is always x, y."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import pyproj.network
import shapely
from pyproj.exceptions import CRSError, ProjError

from app.errors import N_
from app.geo.findings import refusal

# Grids fetched over the network would make a result depend on the weather.
pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]

Bounds = tuple[float, float, float, float]
CHINA_BOX: Bounds = (73.4, 17.5, 135.1, 53.6)
CGCS2000_3_DEGREE_CM = 4534  # + (central meridian - 75) / 3
CGCS2000_3_DEGREE_ZONE = 4513 - 25  # + zone number
CGCS2000_6_DEGREE_CM = 4502  # + (central meridian - 75) / 6
CGCS2000_6_DEGREE_ZONE = 4491 - 13  # + zone number
WEB_MERCATOR_EDGE_M = 20_037_508.35
UNITS = {
    "degree": N_("度"),
    "metre": N_("米"),
    "foot": N_("英尺"),
    "US survey foot": N_("美制英尺"),
}


@dataclass(frozen=True, slots=True)
class CrsLabel:
    """A reference system for people.

    ``code`` is ``EPSG:n`` when the system equals a registered one within a millimetre, else None. ``wkt`` always
    describes what the file said, so it can be used when there is no code.
    """

    code: str | None
    name: str
    unit: str
    geographic: bool
    wkt: str

    def as_json(self) -> dict[str, Any]:
        """The label as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CrsCandidate:
    """A possible system for coordinates without one, and where it would put them."""

    code: str
    name: str
    bounds_wgs84: Bounds


@lru_cache(maxsize=64)
def describe_crs(text: str) -> CrsLabel:
    """Name a reference system given as WKT, PROJJSON or ``EPSG:n``.

    Raises
    ------
    InvalidInput
        ``crs_unreadable``.
    """
    crs = read_crs(text)
    code = registered_code(crs)
    known = pyproj.CRS.from_user_input(code) if code else crs
    unit = known.axis_info[0].unit_name if known.axis_info else "unknown"
    return CrsLabel(code, chinese_name(known), unit, known.is_geographic, crs.to_wkt())


@lru_cache(maxsize=64)
def read_crs(text: str) -> pyproj.CRS:
    """Parse a reference system; a compound one is cut down to its horizontal part.

    Raises
    ------
    InvalidInput
        ``crs_unreadable``; also for systems that cannot be laid on the ground, such as engineering ones.
    """
    if len(text) > 50_000 or text.lstrip().lower().startswith(("http", "/", "file", "+init")):
        raise refusal("crs_unreadable", crs=_shown(text))
    try:
        crs = pyproj.CRS.from_user_input(text)
    except (CRSError, ProjError, UnicodeError, ValueError) as error:
        raise refusal("crs_unreadable", crs=_shown(text)) from error
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if not (crs.is_geographic or crs.is_projected):
        raise refusal("crs_unreadable", crs=_shown(crs.name))
    return crs


def _shown(text: str) -> str:
    """The beginning, for a message; a damaged ``.prj`` may hold signs that no message and no database takes."""
    return "".join(sign for sign in text[:80] if sign.isprintable())


def registered_code(crs: pyproj.CRS) -> str | None:
    """``EPSG:n`` of a system, also of one written without its code.

    Candidates come from the registry and from the shape of the projection; one is taken only when it puts five
    test points within a millimetre of where the given system puts them.
    """
    exact = crs.to_epsg(min_confidence=90)
    if exact:
        return f"EPSG:{exact}"
    codes = [entry.code for entry in crs.list_authority(auth_name="EPSG", min_confidence=20)]
    for code in dict.fromkeys([*_codes_by_shape(crs), *codes[:20]]):
        if _same_place(crs, f"EPSG:{code}"):
            return f"EPSG:{code}"
    return None


def chinese_name(crs: pyproj.CRS) -> str:
    """A display name such as ``CGCS2000 3 度带 中央经线 120°E``; the registered name where no rule fits."""
    name = crs.name
    gauss = re.match(r"(.+?) / (3-degree )?Gauss-Kruger (CM (\d+)E|zone (\d+))", name)
    if gauss:
        width = "3" if gauss[2] else "6"
        datum = {"Beijing 1954": "北京 54", "Xian 1980": "西安 80"}.get(gauss[1], gauss[1])
        where = f"中央经线 {gauss[4]}°E" if gauss[4] else f"第 {gauss[5]} 带（带号前缀）"
        return f"{datum} {width} 度带 {where}"
    zone = re.match(r"(.+?) / UTM zone (\d+)([NS])", name)
    if zone:
        return f"{zone[1]} UTM {zone[2]}{zone[3]} 带"
    fixed = {
        "WGS 84": "WGS 84 经纬度",
        "China Geodetic Coordinate System 2000": "CGCS2000 经纬度",
        "WGS 84 / Pseudo-Mercator": "Web 墨卡托（EPSG:3857）",
        "Xian 1980": "西安 80 经纬度",
        "Beijing 1954": "北京 54 经纬度",
        "New Beijing": "新北京 54 经纬度",
        "OGC:CRS84": "WGS 84 经纬度",
        "WGS 84 (CRS84)": "WGS 84 经纬度",
    }
    return fixed.get(name, name)


@lru_cache(maxsize=64)
def transformer(source: str, target: str) -> pyproj.Transformer:
    """A cached transformer, x then y on both sides.

    Raises
    ------
    InvalidInput
        ``crs_unreadable`` when a description can be parsed and still makes no sense as a projection.
    """
    try:
        return pyproj.Transformer.from_crs(read_crs(source), read_crs(target), always_xy=True)
    except ProjError as error:
        raise refusal("crs_unreadable", crs=_shown(read_crs(source).name)) from error


def project(shapes: Any, source: str, target: str) -> Any:
    """Carry shapes from one reference system to another.

    Parameters
    ----------
    shapes : array of shapely geometry
        Coordinates in ``source``, x then y; None stays None.
    source, target : str
        WKT or ``EPSG:n``.

    Returns
    -------
    ndarray of shapely geometry
        Places without an image get infinite coordinates; the caller refuses those.
    """
    if source == target:
        return shapes
    move = transformer(source, target)

    def carry(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(move.transform(points[:, 0], points[:, 1]))

    return shapely.transform(shapes, carry)


def to_wgs84(shapes: Any, crs: str) -> Any:
    """Carry shapes to EPSG:4326, longitude first. See `project`."""
    # CGCS2000 and WGS 84 agree to centimetres here; going through the registry would only cost time.
    return shapes if crs in ("EPSG:4326", "EPSG:4490", "OGC:CRS84") else project(shapes, crs, "EPSG:4326")


def bounds_to_wgs84(bounds: Bounds, crs: str) -> Bounds | None:
    """Where a box in ``crs`` lies on Earth, or None when it lies nowhere."""
    if crs in ("EPSG:4326", "EPSG:4490", "OGC:CRS84"):
        found = bounds
    else:
        try:
            found = transformer(crs, "EPSG:4326").transform_bounds(*bounds, densify_pts=11)
        except ProjError:
            return None
    west, south, east, north = (round(float(edge), 7) for edge in found)
    inside = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    return (west, south, east, north) if inside and np.isfinite(found).all() else None


def metric_crs_for(lon: float, lat: float) -> int:
    """EPSG number of the metric system to measure in at a place.

    Parameters
    ----------
    lon, lat : float
        WGS 84 degrees.

    Returns
    -------
    int
        CGCS2000 3-degree Gauss-Kruger by central meridian in China (4549 for 118.5-121.5 E), else a WGS 84 UTM zone.
    """
    west, south, east, north = CHINA_BOX
    if west <= lon <= east and south <= lat <= north:
        meridian = min(135, max(75, 3 * round(lon / 3)))
        return CGCS2000_3_DEGREE_CM + (meridian - 75) // 3
    zone = min(60, int((lon + 180) // 6) + 1)
    return (32600 if lat >= 0 else 32700) + zone


def missing_crs_candidates(bounds: Bounds, near: tuple[float, float] | None = None) -> list[CrsCandidate]:
    """Systems that would put coordinates without a system somewhere sensible, likeliest first.

    Parameters
    ----------
    bounds : tuple
        (min x, min y, max x, max y) as the file has them.
    near : tuple of float, optional
        (lon, lat) where the office works; candidates are ordered by distance to it.
    """
    if not np.isfinite(bounds).all():
        return []
    found = []
    for code in dict.fromkeys(_candidate_codes(bounds, near)):
        placed = bounds_to_wgs84(bounds, f"EPSG:{code}")
        if placed is not None:
            found.append(CrsCandidate(f"EPSG:{code}", chinese_name(pyproj.CRS.from_epsg(code)), placed))
    if near is not None:
        found.sort(key=lambda item: _distance_deg(item.bounds_wgs84, near))
    return found[:8]


def looks_swapped(bounds: Bounds) -> bool:
    """Whether degrees seem to be written latitude first; only told for places in China."""
    min_x, min_y, max_x, max_y = bounds
    return min_x >= 3 and max_x <= 54 and min_y >= 73 and max_y <= 136


def _candidate_codes(bounds: Bounds, near: tuple[float, float] | None) -> list[int]:
    min_x, min_y, max_x, max_y = bounds
    if min_x >= -180 and max_x <= 180 and min_y >= -90 and max_y <= 90:
        in_china = min_x >= 73 and max_x <= 136
        return [4490, 4326] if in_china else [4326]
    codes: list[int] = []
    zone = int(min_x // 1_000_000)
    if zone == int(max_x // 1_000_000) and 0 < min_y < 6_500_000:
        if 25 <= zone <= 45:
            codes.append(CGCS2000_3_DEGREE_ZONE + zone)
        if 13 <= zone <= 23:
            codes.append(CGCS2000_6_DEGREE_ZONE + zone)
    if min_x > 0 and max_x < 1_000_000 and 0 < min_y < 10_000_000:
        codes += _meridian_codes(near)
    if max(abs(edge) for edge in bounds) <= WEB_MERCATOR_EDGE_M:
        codes.append(3857)
    return codes


def _meridian_codes(near: tuple[float, float] | None) -> list[int]:
    """Metric systems without a zone prefix: the coordinates alone cannot tell which meridian they count from."""
    if near is None:
        # No hint at all: the meridians of the eastern half of China, from the middle outwards.
        meridians = (120, 117, 114, 123, 111, 108)
        return [CGCS2000_3_DEGREE_CM + (meridian - 75) // 3 for meridian in meridians] + [32650, 32649]
    home = metric_crs_for(*near)
    utm = 32600 + min(60, int((near[0] + 180) // 6) + 1) if near[1] >= 0 else home
    if home >= 32600:
        return [utm, utm - 1, utm + 1]
    six = CGCS2000_6_DEGREE_CM + (6 * int(near[0] // 6) + 3 - 75) // 6
    return [home, home - 1, home + 1, six, utm]


def _codes_by_shape(crs: pyproj.CRS) -> list[int]:
    """Codes suggested by the parameters of a transverse Mercator projection."""
    if crs.is_geographic:
        return [4490] if "2000" in crs.name or "CGCS" in crs.name.upper() else [4326]
    operation = crs.coordinate_operation
    if operation is None or "Transverse Mercator" not in operation.method_name:
        return [3857]
    numbers = {item.name: float(item.value) for item in operation.params}
    meridian = numbers.get("Longitude of natural origin", 0.0)
    easting = numbers.get("False easting", 0.0)
    south = numbers.get("False northing", 0.0) > 0
    zone = int(easting // 1_000_000)
    codes = [(32700 if south else 32600) + int((meridian + 183) // 6)]
    if 25 <= zone <= 45:
        codes.append(CGCS2000_3_DEGREE_ZONE + zone)
    elif 13 <= zone <= 23:
        codes.append(CGCS2000_6_DEGREE_ZONE + zone)
    elif 75 <= meridian <= 135:
        codes += [
            CGCS2000_3_DEGREE_CM + int(meridian - 75) // 3,
            CGCS2000_6_DEGREE_CM + int(meridian - 75) // 6,
        ]
    return codes


def _same_place(crs: pyproj.CRS, code: str) -> bool:
    """Whether two systems put five points around the middle of the registered one within a millimetre of each other."""
    try:
        known = pyproj.CRS.from_user_input(code)
    except CRSError:
        return False
    area = known.area_of_use
    if area is None or known.is_geographic != crs.is_geographic or not _same_ellipsoid(crs, known):
        return False
    if crs.is_geographic:
        return bool(crs.datum and known.datum and _plain(crs.datum.name) == _plain(known.datum.name))
    lon = np.linspace(area.west, area.east, 5)
    lat = np.linspace(max(area.south, -75), min(area.north, 75), 5)
    # Both are asked from their own geographic base, so that only the projections are compared.
    places = []
    for system in (crs, known):
        if system.geodetic_crs is None:
            return False
        try:
            move = pyproj.Transformer.from_crs(system.geodetic_crs, system, always_xy=True)
        except ProjError:
            return False
        places.append(np.array(move.transform(lon, lat)))
    return bool(np.isfinite(places).all() and np.abs(places[0] - places[1]).max() < 0.001)


def _same_ellipsoid(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    if one.ellipsoid is None or other.ellipsoid is None:
        return False
    return (
        abs(one.ellipsoid.semi_major_metre - other.ellipsoid.semi_major_metre) < 0.001
        and abs(one.ellipsoid.inverse_flattening - other.ellipsoid.inverse_flattening) < 1e-4
    )


def _plain(name: str) -> str:
    """A datum name without the marks programs add, for comparing."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("d_"))
    aliases = {"wgs1984": "worldgeodeticsystem1984", "chinageodeticcoordinatesystem2000": "china2000"}
    return aliases.get(plain, plain.removesuffix("ensemble"))


def _distance_deg(bounds: Bounds, near: tuple[float, float]) -> float:
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return float(np.hypot((lon - near[0]) * np.cos(np.radians(near[1])), lat - near[1]))
