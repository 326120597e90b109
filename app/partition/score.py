"""How good a plan is: even, compact, short ways, in one piece, along the barriers."""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely

from app.partition.graph import Graph, parts_of


class ZoneScore(NamedTuple):
    """One zone.

    Parameters
    ----------
    zone : int
        As in the plan.
    buildings : int
        How many.
    weight : float
        Households, or whatever is shared out.
    deviation : float
        (weight - mean) / mean; 0 when nothing weighs anything.
    walk_m : float
        Mean distance of its weight from the zone's centre, metres.
    longest_m : float
        From the building at the centre to the furthest, from neighbour to neighbour, metres.
    compact : float or None
        Area of the hull around its buildings against that of the smallest circle around them, 0 to 1; None below 3 buildings.
    pieces : int
        Parts that do not hang together.
    across : int
        Pairs of neighbours in it with a soft barrier between them.
    """

    zone: int
    buildings: int
    weight: float
    deviation: float
    walk_m: float
    longest_m: float
    compact: float | None
    pieces: int
    across: int


class Score(NamedTuple):
    """A plan. `moved`: weight of the buildings that left the zone where they were; `loose`: buildings in no zone."""

    zones: tuple[ZoneScore, ...]
    mean: float
    deviation: float
    walk_m: float
    longest_m: float
    compact: float | None
    pieces: int
    across: int
    loose: int
    moved: float
    moved_buildings: int


def measure(
    places: np.ndarray,
    weights: np.ndarray,
    graph: Graph,
    zones: np.ndarray,
    present: np.ndarray | None = None,
) -> Score:
    """Measure a plan.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        Metres on a plane.
    weights : ndarray of shape (n,)
        What is shared out.
    graph : Graph
        Who is whose neighbour; decides pieces, crossings and ways.
    zones : ndarray of int, shape (n,)
        -1 for none.
    present : ndarray of int, optional
        Where the buildings were, to count what moves; those that were in none do not.

    Returns
    -------
    Score
        Zones in ascending order. `pieces` counts parts beyond one a zone. `deviation` is the largest, 0 for one zone.
    """
    names = np.unique(zones[zones >= 0])
    near = graph.neighbours()
    parts = parts_of(near, zones.tolist())
    total = float(weights[zones >= 0].sum())
    mean = total / len(names) if len(names) else 0.0
    crossed = _crossed(graph, zones)
    lengths = {
        (one, other): length
        for (one, other), length in zip(graph.edges.tolist(), graph.length_m.tolist(), strict=True)
    }
    rows = []
    for name in names.tolist():
        own = np.flatnonzero(zones == name)
        weight = float(weights[own].sum())
        walk, middle = _walk(places[own], weights[own])
        row = ZoneScore(
            zone=name,
            buildings=len(own),
            weight=weight,
            deviation=(weight - mean) / mean if mean else 0.0,
            walk_m=walk,
            longest_m=_longest(int(own[middle]), near, zones, lengths),
            compact=_compactness(places[own]),
            pieces=len(parts[name]),
            across=crossed.get(name, 0),
        )
        rows.append(row)
    moved = np.zeros(len(zones), dtype=bool) if present is None else (present >= 0) & (zones != present)
    compact = [row.compact for row in rows if row.compact is not None]
    return Score(
        zones=tuple(rows),
        mean=mean,
        deviation=max((abs(row.deviation) for row in rows), default=0.0),
        walk_m=_average([row.walk_m for row in rows], [row.weight for row in rows]),
        longest_m=max((row.longest_m for row in rows), default=0.0),
        compact=sum(compact) / len(compact) if compact else None,
        pieces=sum(row.pieces - 1 for row in rows),
        across=sum(row.across for row in rows),
        loose=int((zones < 0).sum()),
        moved=float(weights[moved].sum()),
        moved_buildings=int(moved.sum()),
    )


def _average(values: Sequence[float], weights: Sequence[float]) -> float:
    if not values:
        return 0.0
    return float(np.average(values, weights=weights if sum(weights) else None))


def _crossed(graph: Graph, zones: np.ndarray) -> dict[int, int]:
    pairs = zones[graph.edges[graph.across]]
    inside = pairs[(pairs[:, 0] == pairs[:, 1]) & (pairs[:, 0] >= 0), 0]
    return {int(name): int(count) for name, count in zip(*np.unique(inside, return_counts=True), strict=True)}


def _walk(places: np.ndarray, weights: np.ndarray) -> tuple[float, int]:
    """Mean distance from the centre, and which building is at the centre."""
    heavy = weights if weights.sum() > 0 else np.ones(len(weights))
    centre = np.average(places, axis=0, weights=heavy)
    apart = np.linalg.norm(places - centre, axis=1)
    return float(np.average(apart, weights=heavy)), int(np.argmin(apart))


def _longest(
    start: int,
    near: Sequence[Sequence[int]],
    zones: np.ndarray,
    lengths: dict[tuple[int, int], float],
) -> float:
    """The longest of the shortest ways from a building within its zone."""
    zone, way, queue = zones[start], {start: 0.0}, [(0.0, start)]
    done: set[int] = set()
    while queue:
        far, one = heapq.heappop(queue)
        if one in done:
            continue
        done.add(one)
        for other in near[one]:
            if zones[other] == zone and other not in done:
                there = far + lengths[(min(one, other), max(one, other))]
                if there < way.get(other, np.inf):
                    way[other] = there
                    heapq.heappush(queue, (there, other))
    return max(way[one] for one in done)


def _compactness(places: np.ndarray) -> float | None:
    if len(places) < 3:
        return None
    spots = shapely.multipoints(places)
    radius = float(shapely.minimum_bounding_radius(spots))
    if radius <= 0:
        return None
    return float(shapely.area(shapely.convex_hull(spots))) / (np.pi * radius * radius)
