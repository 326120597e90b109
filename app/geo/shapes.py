"""From the shapes of a file to shapes we store: degrees, two-dimensional, valid, of one kind, in the box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import N_
from app.geo.chunks import Chunk
from app.geo.columns import AREA_KINDS
from app.geo.crs import project, to_wgs84
from app.geo.datum import unshift
from app.geo.findings_log import FindingLog
from app.geo.limits import STORED_VERTICES, Limits
from app.geo.options import ImportOptions
from app.geo.repair import REASONS, SMALL_CHANGE, explain, offer_repairs

POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON = 0, 1, 3, 4, 5, 6
LINES, POLYGONS = (LINE, MULTILINE), (POLYGON, MULTIPOLYGON)
WANTED: dict[str, tuple[tuple[int, ...], str]] = {
    **{kind: (POLYGONS, N_("面")) for kind in AREA_KINDS},
    "building": ((*POLYGONS, POINT, MULTIPOINT), N_("面或点")),
    "road": (LINES, N_("线")),
    "water": ((*LINES, *POLYGONS), N_("面或线")),
    "codes": ((), N_("没有图形的表")),
}
NOUNS = {
    "district": N_("区的边界"),
    "street": N_("街道边界"),
    "community": N_("社区边界"),
    "building": N_("楼栋轮廓"),
    "road": N_("道路"),
    "water": N_("水体"),
    "codes": N_("图形"),
}
TYPE_LABELS = {
    POINT: N_("点"),
    LINE: N_("线"),
    2: N_("线"),
    POLYGON: N_("面"),
    MULTIPOINT: N_("多点"),
    MULTILINE: N_("多线"),
    MULTIPOLYGON: N_("多面"),
    7: N_("混合图形"),
}
Progress = Callable[..., None]
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Ground:
    """Shapes of all rows; ``before`` is set where a repair changes or would change them."""

    shapes: npt.NDArray[np.object_]
    before: npt.NDArray[np.object_]
    refused: Flags
    unclosed: Flags
    as_stated: npt.NDArray[np.object_] | None = None


def place_chunk(
    chunk: Chunk, first: int, crs: str, options: ImportOptions, limits: Limits, log: FindingLog
) -> Flags:
    """Carry one chunk to WGS 84 in place and refuse what can never be stored.

    Every test is one vectorised call. No overlay and no repair happens here.

    Parameters
    ----------
    chunk : Chunk
        Its ``shapes`` are replaced; refused ones become None.
    first : int
        0-based index of the chunk's first row.
    crs : str
        Reference system of the coordinates, ``EPSG:n`` or WKT.

    Returns
    -------
    ndarray of bool
        Rows refused here.
    """
    refused = np.zeros(len(chunk), dtype=bool)

    def drop(bad: Flags, code: str, **facts: Any) -> None:
        fresh = bad & ~refused
        if fresh.any():
            log.add_rows(code, "refuse", np.flatnonzero(fresh) + first, **facts)
            refused[fresh] = True
            chunk.shapes[fresh] = None

    drop(chunk.not_finite, "coordinates_not_finite")
    drop(chunk.unreadable, "geometry_unrepairable", reason=REASONS["Too few points in geometry component"])
    given = ~shapely.is_missing(chunk.shapes)
    most = limits.vertices_of(options.kind)
    for index in np.flatnonzero(shapely.get_num_coordinates(chunk.shapes) > most):
        one = np.zeros(len(chunk), dtype=bool)
        one[index] = True
        code, facts = too_many_vertices(chunk.shapes[index], options.kind, limits)
        drop(one, code, **facts)
    drop(given & shapely.is_empty(chunk.shapes), "geometry_empty")
    drop(_not_finite(chunk.shapes), "coordinates_not_finite")
    _refuse_types(chunk.shapes, options.kind, drop)
    flat = shapely.force_2d(chunk.shapes)
    if options.swap_xy:
        flat = shapely.transform(flat, lambda points: points[:, ::-1])
    chunk.shapes = unshift(to_wgs84(flat, crs), options.datum)
    _refuse_outside(chunk.shapes, options.box, first, refused, log)
    chunk.shapes = as_multi(chunk.shapes)
    return refused


def too_many_vertices(shape: Any, kind: str, limits: Limits) -> tuple[str, dict[str, Any]]:
    """The finding for a shape with too many corners; only where a setting refuses it may the setting be named."""
    most = limits.vertices_of(kind)
    code = "vertices_too_many" if most < STORED_VERTICES.get(kind, most + 1) else "vertices_beyond_table"
    return code, {"noun": NOUNS[kind], "vertices": int(shapely.get_num_coordinates(shape)), "most": most}


def _not_finite(shapes: npt.NDArray[np.object_]) -> Flags:
    points, rows = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=bool)
    bad[rows[~np.isfinite(points).all(axis=1)]] = True
    return bad


def _refuse_types(shapes: npt.NDArray[np.object_], kind: str, drop: Callable[..., None]) -> None:
    wanted, expected = WANTED[kind]
    types = shapely.get_type_id(shapes)
    for number in np.unique(types[types >= 0]).tolist():
        if number not in wanted:
            found = TYPE_LABELS.get(number, N_("曲线"))
            drop(types == number, "geometry_type_wrong", found=found, expected=expected)


def _refuse_outside(
    shapes: npt.NDArray[np.object_], box: tuple[float, ...], first: int, refused: Flags, log: FindingLog
) -> None:
    """Shapes with a corner outside the box, or at no place at all after projecting."""
    west, south, east, north = box
    edges = shapely.bounds(shapes)
    given = ~shapely.is_missing(shapes)
    with np.errstate(invalid="ignore"):
        inside = (
            (edges[:, 0] >= west) & (edges[:, 1] >= south) & (edges[:, 2] <= east) & (edges[:, 3] <= north)
        )
    lost = _not_finite(shapes)
    for index in np.flatnonzero(given & (~inside | lost)):
        lon, lat = (edges[index, 0] + edges[index, 2]) / 2, (edges[index, 1] + edges[index, 3]) / 2
        on_earth = bool(np.isfinite([lon, lat]).all()) and abs(lon) <= 180 and abs(lat) <= 90
        shown = (round(float(lon), 6), round(float(lat), 6)) if np.isfinite([lon, lat]).all() else ("?", "?")
        place = (float(lon), float(lat)) if on_earth else None
        log.add("out_of_box", "refuse", first + int(index), place, lon=shown[0], lat=shown[1])
        refused[index] = True
        shapes[index] = None


def as_multi(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Polygons and lines as their multi kind; a multi point of one point as that point."""
    types = shapely.get_type_id(shapes)
    out = shapes.copy()
    for single, build in ((POLYGON, shapely.multipolygons), (LINE, shapely.multilinestrings)):
        rows = np.flatnonzero(types == single)
        if len(rows):
            out[rows] = build(shapes[rows], indices=np.arange(len(rows)))
    several = np.flatnonzero(types == MULTIPOINT)
    if len(several):
        out[several] = shapely.centroid(shapes[several])
    return out


def settle_invalid(
    ground: Ground, options: ImportOptions, limits: Limits, log: FindingLog, progress: Progress
) -> int:
    """Offer a repair for each invalid polygon, and use it where the options say so.

    Returns
    -------
    int
        Repairs used.
    """
    present = ~shapely.is_missing(ground.shapes)
    faulty = present & (~shapely.is_valid(ground.shapes) | ground.unclosed)
    rows = np.flatnonzero(faulty)
    if not len(rows):
        return 0
    polygonal = np.isin(shapely.get_type_id(ground.shapes[rows]), POLYGONS)
    for row in rows[~polygonal]:
        _refuse_line(ground, int(row), log)
    rows = rows[polygonal]
    target = f"EPSG:{options.metric_srid}"
    repairs = offer_repairs(
        list(ground.shapes[rows]),
        lambda shapes: project(shapes, "EPSG:4326", target),
        limits,
        lambda number: progress("repair", number, len(rows), row=log.row_no(int(rows[number]))),
    )
    used = 0
    for row, repair in zip(rows.tolist(), repairs, strict=True):
        reason, place = explain(ground.shapes[row])
        if ground.unclosed[row]:
            reason = REASONS["Ring is not closed"]
        if repair.after is None:
            code = "geometry_too_complex" if repair.gave_up else "geometry_unrepairable"
            facts = {} if repair.gave_up else {"reason": reason}
            log.add(code, "refuse", row, place, **facts)
            ground.refused[row] = True
            continue
        if shapely.get_num_coordinates(repair.after) > limits.vertices_of(options.kind):
            # Cutting an outline where it crosses itself adds corners.
            code, facts = too_many_vertices(repair.after, options.kind, limits)
            log.add(code, "refuse", row, place, **facts)
            ground.refused[row] = True
            continue
        small = repair.change <= SMALL_CHANGE
        accepted = options.repair and (small or options.accept_large_repairs)
        log.add(
            "geometry_repaired" if accepted else "geometry_invalid",
            "warn" if accepted else "refuse",
            row,
            place,
            reason=reason,
            area_before_m2=round(repair.area_before_m2, 1),
            area_after_m2=round(repair.area_after_m2, 1),
            change_percent=round(repair.change_percent, 2),
            small=small,
        )
        ground.before[row], ground.shapes[row] = ground.shapes[row], repair.after
        ground.refused[row] |= not accepted
        used += accepted
    return used


def _refuse_line(ground: Ground, row: int, log: FindingLog) -> None:
    reason, place = explain(ground.shapes[row])
    log.add("geometry_unrepairable", "refuse", row, place, reason=reason)
    ground.refused[row] = True
    ground.shapes[row] = None


def points_from_numbers(lon: list[float], lat: list[float]) -> npt.NDArray[np.object_]:
    """Points from two columns; NaN in either gives None."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    shapes = np.full(len(x), None, dtype=object)
    both = ~(np.isnan(x) | np.isnan(y))
    shapes[both] = shapely.points(x[both], y[both])
    return shapes
