"""Areas beside areas: overlaps, gaps, slivers, and what sticks out of the parent. Runs in the child process only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import N_

NEGLIGIBLE_M2 = 1.0
SLIVER_WIDTH_M = 2.0
OUTSIDE_SHARE = 0.001
WHOLE_LAYER = N_("这份文件的范围")
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of ground two areas dispute, or none claims. ``width_m`` is its mean width, ``at`` a point on it."""

    first: int
    second: int | None
    area_m2: float
    width_m: float
    at: tuple[float, float]

    @property
    def is_sliver(self) -> bool:
        """Whether it is more likely the width of a pen than a dispute."""
        return self.width_m < SLIVER_WIDTH_M


def overlaps(
    shapes: Shapes, others: Shapes | None = None, on_row: Callable[[int], None] = lambda row: None
) -> Iterator[Patch]:
    """Pairs of areas that share more than a square metre.

    Parameters
    ----------
    shapes : array of valid polygons in a metric system
        None is left out.
    others : array, optional
        Compare with these instead of among ``shapes``.

    Yields
    ------
    Patch
        ``first`` is an index into ``shapes``, ``second`` into ``others`` (or ``shapes``).
    """
    against = shapes if others is None else others
    tree = shapely.STRtree(against)
    left, right = tree.query(shapes, predicate="intersects")
    if others is None:
        left, right = left[left < right], right[left < right]
    order = np.lexsort((right, left))
    for first, second in zip(left[order].tolist(), right[order].tolist(), strict=True):
        on_row(first)
        shared = shapely.intersection(shapes[first], against[second])
        patch = _patch(first, second, shared)
        if patch is not None:
            yield patch


def share_outside(shape: Any, parent: Any) -> float:
    """Share of an area that lies outside its parent, 0 to 1. Both valid, in one metric system."""
    area = shapely.area(shape)
    if not area or shapely.covers(parent, shape):
        return 0.0
    return float(max(0.0, 1.0 - shapely.area(shapely.intersection(shape, parent)) / area))


def gaps(children: Shapes, parent: Any | None) -> list[Patch]:
    """Pieces of a parent that no child covers; without a parent, the enclosed holes between the children.

    Returns
    -------
    list of Patch
        Largest first; ``first`` is -1 and ``second`` None.
    """
    present = children[~shapely.is_missing(children)]
    if not len(present):
        return []
    union = shapely.union_all(present)
    if parent is not None:
        left = shapely.difference(parent, union)
    else:
        # Drawn holes and holes left between neighbours look alike; only those the union gained are gaps.
        filled = shapely.union_all([_without_holes(part) for part in shapely.get_parts(union)])
        left = shapely.difference(filled, union)
    found = [_patch(-1, None, part) for part in shapely.get_parts(left)]
    return sorted((patch for patch in found if patch is not None), key=lambda patch: -patch.area_m2)


def best_parents(shapes: Shapes, parents: Shapes) -> npt.NDArray[np.int64]:
    """For each shape the index of the parent that holds a point on it; -1 where none does."""
    found = np.full(len(shapes), -1, dtype=np.int64)
    if not len(parents) or not len(shapes):
        return found
    points = shapely.point_on_surface(shapes)
    rows, indices = shapely.STRtree(parents).query(points, predicate="covered_by")
    found[rows[::-1]] = indices[::-1]
    return found


def _without_holes(polygon: Any) -> Any:
    return shapely.polygons(shapely.get_exterior_ring(polygon))


def _patch(first: int, second: int | None, shape: Any) -> Patch | None:
    area = float(shapely.area(shape))
    if area < NEGLIGIBLE_M2:
        return None
    width = 2.0 * area / max(float(shapely.length(shape)), 1e-9)
    largest = max(shapely.get_parts(shape), key=shapely.area)
    point = shapely.point_on_surface(largest)
    return Patch(first, second, area, width, (float(shapely.get_x(point)), float(shapely.get_y(point))))
