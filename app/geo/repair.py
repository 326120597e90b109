"""Repairing invalid polygons in a worker that can be killed in the middle of one of them.

GEOS may work on a 500-vertex ring for minutes and cannot be interrupted, so each shape has a time of its own. The worker is a
fork: it has the shapes already. When it hangs or crashes it is killed, that one shape is given up, and a new worker goes on
with the next.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from app.errors import N_
from app.geo.limits import Limits

FRAME = struct.Struct("<q")
SMALL_CHANGE = 0.01
REASONS = {
    "Self-intersection": N_("边界自相交"),
    "Ring Self-intersection": N_("边界与自己相接"),
    "Hole lies outside shell": N_("洞在外边界之外"),
    "Holes are nested": N_("洞套着洞"),
    "Interior is disconnected": N_("内部被切断"),
    "Nested shells": N_("面套着面"),
    "Duplicate Rings": N_("边界重复"),
    "Too few points in geometry component": N_("顶点太少"),
    "Invalid Coordinate": N_("坐标无效"),
    "Ring is not closed": N_("边界没有闭合"),
}
OTHER_REASON = N_("图形不合规则")


@dataclass(frozen=True, slots=True)
class Repair:
    """One offered repair. ``after`` is None when there is none; ``gave_up`` when it took too long."""

    after: Any
    area_before_m2: float
    area_after_m2: float
    gave_up: bool = False

    @property
    def change(self) -> float:
        """Difference as a share of the larger of the two areas, 0 to 1."""
        larger = max(self.area_before_m2, self.area_after_m2)
        return abs(self.area_after_m2 - self.area_before_m2) / larger if larger > 1e-6 else 1.0

    @property
    def change_percent(self) -> float:
        """Difference in percent of the area before, as a person reads it: grown to twice its size is 100."""
        if self.area_before_m2 <= 1e-6:
            return 100.0
        return 100 * abs(self.area_after_m2 - self.area_before_m2) / self.area_before_m2


def explain(shape: Any) -> tuple[str, tuple[float, float] | None]:
    """Why a shape is invalid, in Chinese, and where (in the shape's own coordinates)."""
    said = str(shapely.is_valid_reason(shape))
    words, _, rest = said.partition("[")
    numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", rest)
    place = (float(numbers[0]), float(numbers[1])) if len(numbers) >= 2 else None
    return REASONS.get(words.strip(), OTHER_REASON), place


def make_valid_each(
    shapes: Sequence[Any], limits: Limits, on_shape: Callable[[int], None] = lambda index: None
) -> list[Any]:
    """Valid versions of invalid polygons, each within its own time.

    Parameters
    ----------
    shapes : sequence of shapely geometry
    limits : Limits
        ``repair_wall_s`` for one shape, ``repair_total_s`` for all.
    on_shape : callable (index)
        Called before each shape.

    Returns
    -------
    list of shapely geometry or None
        None where GEOS was stopped or crashed.
    """
    found: list[Any] = [None] * len(shapes)
    ends = time.monotonic() + limits.repair_total_s
    start = 0
    while start < len(shapes) and time.monotonic() < ends:
        reader, pid = _fork_worker(shapes, start)
        try:
            while start < len(shapes):
                on_shape(start)
                wkb = _next_frame(reader, min(ends, time.monotonic() + limits.repair_wall_s))
                start += 1
                if wkb is None:
                    break  # this shape is given up; a fresh worker takes the rest
                found[start - 1] = shapely.from_wkb(wkb) if wkb else None
        finally:
            os.close(reader)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return found


def _fork_worker(shapes: Sequence[Any], start: int) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return reader, pid
    # From here on only GEOS and os.write; never return into the caller's stack.
    try:
        os.close(reader)
        for shape in shapes[start:]:
            wkb = _make_valid(shape)
            frame = FRAME.pack(len(wkb)) + wkb
            while frame:
                frame = frame[os.write(writer, frame) :]
    finally:
        os._exit(0)


def _make_valid(shape: Any) -> bytes:
    try:
        return bytes(shapely.to_wkb(shapely.make_valid(shape, method="structure", keep_collapsed=False)))
    except shapely.errors.GEOSException:
        return b""


def _next_frame(reader: int, deadline: float) -> bytes | None:
    """One length-prefixed answer; None when the worker is silent past the deadline or gone."""
    head = _read_exactly(reader, FRAME.size, deadline)
    return None if head is None else _read_exactly(reader, FRAME.unpack(head)[0], deadline)


def _read_exactly(reader: int, size: int, deadline: float) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < size:
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        block = os.read(reader, min(size - len(pieces), 1 << 20)) if ready else b""
        if not block:
            return None
        pieces += block
    return bytes(pieces)


def offer_repairs(
    shapes: Sequence[Any],
    to_metric: Callable[[Any], Any],
    limits: Limits,
    on_shape: Callable[[int], None] = lambda index: None,
) -> list[Repair]:
    """Repair polygons and measure what that would change.

    Parameters
    ----------
    shapes : sequence of shapely Polygon or MultiPolygon
        Invalid shapes.
    to_metric : callable
        Carries an array of shapes to the metric system.

    Returns
    -------
    list of Repair
        ``after`` is a MultiPolygon in the coordinates of ``shapes``, or None when nothing of its kind is left.
    """
    made = make_valid_each(shapes, limits, on_shape)
    before = _areas(shapes, to_metric)
    after_shapes = [_as_multipolygon(shape) for shape in made]
    after = _areas(after_shapes, to_metric)
    return [
        Repair(kept, float(old), float(new), raw is None)
        for kept, old, new, raw in zip(after_shapes, before, after, made, strict=True)
    ]


def _areas(shapes: Sequence[Any], to_metric: Callable[[Any], Any]) -> Any:
    column = np.empty(len(shapes), dtype=object)
    column[:] = list(shapes)
    areas = np.abs(shapely.area(to_metric(column)))
    return np.where(np.isfinite(areas), areas, 0.0)


def _as_multipolygon(shape: Any) -> Any:
    if shape is None or shape.is_empty or not shape.is_valid:
        return None
    if shape.geom_type == "Polygon":
        return shapely.MultiPolygon([shape])
    return shape if shape.geom_type == "MultiPolygon" else None
