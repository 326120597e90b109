"""GeoJSON from a request: strict parsing, and a polygon that is safe to hand to the database."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import shapely

from app.errors import N_, InvalidInput
from app.geo.crs import metric_crs_for, project

MAX_DEPTH = 32
JSON_SENTENCES = {
    "json_unreadable": N_("发来的内容不是合法的 JSON（%(reason)s）。"),
    "shape_malformed": N_("图形格式不对：%(reason)s。请重新画。"),
    "shape_too_complex": N_("图形有 %(vertices)s 个顶点，超过上限 %(limit)s 个。请画得简单一些。"),
    "shape_invalid": N_("图形不成立：%(reason)s。请重新画，边线不要交叉。"),
    "shape_too_large": N_("图形面积 %(area_km2)s 平方千米，超过上限 %(limit_km2)s 平方千米。请画小一些。"),
}
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def strict_json(text: str | bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON that has no NaN, infinity, NUL, lone surrogate, repeated key or deep nesting.

    Parameters
    ----------
    text : str or bytes
        Bytes must be UTF-8.
    max_depth : int
        Most brackets that may be open at once.

    Raises
    ------
    InvalidInput
        ``json_unreadable``.
    """
    try:
        written = text.decode("utf-8") if isinstance(text, bytes) else text
        _check_depth(written, max_depth)
        parsed = json.loads(
            written,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short_int,
            object_pairs_hook=_unique,
        )
        if ESCAPED_SURROGATE.search(written):
            json.dumps(parsed, ensure_ascii=False).encode("utf-8")  # a pair is fine, half of one is not
        if "\\u0000" in written or "\x00" in written:
            raise ValueError("NUL")
    except (ValueError, RecursionError) as error:
        raise _fault("json_unreadable", reason=str(error)[:60]) from error
    return parsed


def polygon_from_json(obj: Any, max_vertices: int = 5000, max_area_km2: float = 5000.0) -> Any:
    """A polygon drawn by a user, checked before anything else touches it.

    Parameters
    ----------
    obj : dict
        GeoJSON Polygon, or a Feature holding one; EPSG:4326, longitude first.
    max_vertices : int
        Corners of all rings together.
    max_area_km2 : float
        Measured in the metric system of the place.

    Returns
    -------
    shapely.Polygon
        Closed, valid, two-dimensional, inside the world.

    Raises
    ------
    InvalidInput
        ``shape_malformed``, ``shape_too_complex``, ``shape_invalid`` or ``shape_too_large``.
    """
    if isinstance(obj, dict) and obj.get("type") == "Feature":
        obj = obj.get("geometry")
    if (
        not isinstance(obj, dict)
        or obj.get("type") != "Polygon"
        or not isinstance(obj.get("coordinates"), list)
    ):
        raise _fault("shape_malformed", reason=N_("需要一个多边形"))
    rings = obj["coordinates"]
    count = sum(len(ring) if isinstance(ring, list) else 0 for ring in rings)
    if count > max_vertices:
        raise _fault("shape_too_complex", vertices=count, limit=max_vertices)
    checked = [_ring(ring) for ring in rings]
    if not checked:
        raise _fault("shape_malformed", reason=N_("没有顶点"))
    polygon = shapely.Polygon(checked[0], checked[1:])
    if not polygon.is_valid or polygon.is_empty:
        from app.geo.repair import explain

        raise _fault("shape_invalid", reason=explain(polygon)[0])
    _check_area(polygon, max_area_km2)
    return polygon


def _ring(ring: Any) -> list[tuple[float, float]]:
    if not isinstance(ring, list) or len(ring) < 4:
        raise _fault("shape_malformed", reason=N_("顶点太少"))
    points = [_position(position) for position in ring]
    if points[0] != points[-1]:
        raise _fault("shape_malformed", reason=N_("边界没有闭合"))
    return points


def _position(position: Any) -> tuple[float, float]:
    if not isinstance(position, list) or not 2 <= len(position) <= 4:
        raise _fault("shape_malformed", reason=N_("坐标无效"))
    for number in position:
        # bool is an int in Python, and "118.7" is accepted by some databases
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise _fault("shape_malformed", reason=N_("坐标不是有限的数字"))
    lon, lat = float(position[0]), float(position[1])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _fault("shape_malformed", reason=N_("坐标不在地球上"))
    return lon, lat


def _check_area(polygon: Any, max_area_km2: float) -> None:
    middle = polygon.envelope.centroid
    srid = metric_crs_for(middle.x, max(-80.0, min(84.0, middle.y)))
    metric = project(np.array([polygon], dtype=object), "EPSG:4326", f"EPSG:{srid}")
    area_km2 = float(shapely.area(metric)[0]) / 1e6
    if not math.isfinite(area_km2) or area_km2 > max_area_km2:
        shown = round(area_km2, 1) if math.isfinite(area_km2) else "∞"
        raise _fault("shape_too_large", area_km2=shown, limit_km2=max_area_km2)


def _check_depth(text: str, max_depth: int) -> None:
    """Nesting, counted outside strings, before a recursive parser sees the text."""
    depth = deepest = 0
    for piece in re.sub(r'"(?:[^"\\]|\\.)*"', "", text):
        if piece in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif piece in "]}":
            depth -= 1
    if deepest > max_depth:
        raise ValueError("too deep")


def _no_constant(word: str) -> float:
    raise ValueError(word)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits[:20])
    return number


def _short_int(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError(digits[:20])
    return int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated key")
    return found


def _fault(code: str, **facts: Any) -> InvalidInput:
    return InvalidInput(code, JSON_SENTENCES[code], **facts)
