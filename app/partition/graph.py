"""Which buildings are neighbours: those that see each other, with no water or railway between them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

# Across a yard, a lane or a street: further apart nobody calls it next door, unless there is nobody nearer.
REACH_M: Final = 150.0
# A bridge serves the buildings this near to where it crosses.
BRIDGE_REACH_M: Final = 200.0
BRIDGE_HEADS: Final = 12
# How many places around a building are looked at for a way round a barrier.
AROUND: Final = 24


class Barriers(NamedTuple):
    """What stands between buildings, in metres of the same plane as the places.

    `hard` is never crossed except by a line of `bridges`; `soft` may be, at a cost of one crossing each.
    """

    hard: Sequence[BaseGeometry] = ()
    soft: Sequence[BaseGeometry] = ()
    bridges: Sequence[BaseGeometry] = ()


NO_BARRIERS: Final = Barriers()


class Graph(NamedTuple):
    """Neighbours: `edges` of shape (m, 2) with positions, `length_m` (m,), `across` (m,) true where a soft barrier is crossed."""

    size: int
    edges: np.ndarray
    length_m: np.ndarray
    across: np.ndarray

    def neighbours(self) -> list[list[int]]:
        """For each building the positions of its neighbours, in order."""
        found: list[list[int]] = [[] for _ in range(self.size)]
        for one, other in self.edges.tolist():
            found[one].append(other)
            found[other].append(one)
        return [sorted(others) for others in found]


def neighbour_graph(places: np.ndarray, barriers: Barriers = NO_BARRIERS, reach_m: float = REACH_M) -> Graph:
    """Which buildings are neighbours.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        East and north in metres on a plane.
    barriers : Barriers
        On the same plane. A building that stands inside a hard barrier (on a pier, say) is not cut off by it.
    reach_m : float
        Neighbours further apart than this count only where nothing nearer joins what is on the same side.

    Returns
    -------
    Graph
        Edges of the Delaunay triangulation that cross no hard barrier, without the long ones that nobody needs, and one for
        each bridge. What is still apart is cut off by barriers.

    Notes
    -----
    Buildings on one spot are neighbours. Where the triangulation joins two shores only across the water, places nearby are
    tried for a way round it.
    """
    count = len(places)
    spots, first, spot = np.unique(np.round(places, 2), axis=0, return_index=True, return_inverse=True)
    spot = spot.reshape(-1)
    pairs = [(int(first[spot[n]]), n) for n in range(count) if first[spot[n]] != n]
    if len(spots) > 1:
        drawn = first[_triangulated(spots)]
        free = drawn[~_crosses_hard(places, drawn, barriers.hard)]
        pairs += _joined(places, free, first, barriers, reach_m)
    edges = np.array(sorted({(min(pair), max(pair)) for pair in pairs}), dtype=int).reshape(-1, 2)
    length_m = np.linalg.norm(places[edges[:, 0]] - places[edges[:, 1]], axis=1)
    return Graph(count, edges, length_m, _crosses(places, edges, barriers.soft))


def parts_of(neighbours: Sequence[Sequence[int]], labels: Sequence[int]) -> dict[int, list[list[int]]]:
    """The parts that each label falls into.

    Parameters
    ----------
    neighbours : sequence of sequence of int, length n
        As `Graph.neighbours` gives.
    labels : sequence of int, length n
        Zone of each building; negative for none.

    Returns
    -------
    dict of int to list of list of int
        For each label its parts as positions, the one with most buildings first.
    """
    seen = [False] * len(labels)
    found: dict[int, list[list[int]]] = {}
    for start, label in enumerate(labels):
        if seen[start] or label < 0:
            continue
        seen[start] = True
        part, at = [start], 0
        while at < len(part):
            for other in neighbours[part[at]]:
                if not seen[other] and labels[other] == label:
                    seen[other] = True
                    part.append(other)
            at += 1
        found.setdefault(label, []).append(sorted(part))
    return {label: sorted(parts, key=lambda part: (-len(part), part[0])) for label, parts in found.items()}


def _triangulated(spots: np.ndarray) -> np.ndarray:
    """Pairs of positions in `spots`, which are all different and sorted."""
    drawn = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(spots), only_edges=True))
    if not len(drawn):
        # All in one line: each with the next; they are sorted along it.
        return np.column_stack([np.arange(len(spots) - 1), np.arange(1, len(spots))])
    at = {(x, y): n for n, (x, y) in enumerate(spots.tolist())}
    ends = shapely.get_coordinates(drawn).tolist()
    return np.array([at[(x, y)] for x, y in ends], dtype=int).reshape(-1, 2)


def _segments(places: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    lines: np.ndarray = shapely.linestrings(places[pairs])
    return lines


def _crosses(places: np.ndarray, pairs: np.ndarray, barriers: Sequence[BaseGeometry]) -> np.ndarray:
    crossed = np.zeros(len(pairs), dtype=bool)
    if len(pairs) and len(barriers):
        tree = shapely.STRtree(_segments(places, pairs))
        crossed[np.unique(tree.query(np.asarray(barriers), predicate="intersects")[1])] = True
    return crossed


def _crosses_hard(places: np.ndarray, pairs: np.ndarray, hard: Sequence[BaseGeometry]) -> np.ndarray:
    """Like `_crosses`, but a barrier does not hold back what stands inside it."""
    crossed = np.zeros(len(pairs), dtype=bool)
    if not len(pairs) or not len(hard):
        return crossed
    barriers = np.asarray(hard)
    barrier, pair = shapely.STRtree(_segments(places, pairs)).query(barriers, predicate="intersects")
    inside = shapely.STRtree(shapely.points(places)).query(barriers, predicate="contains")
    held = set(zip(*inside.tolist(), strict=True))
    for one, edge in zip(barrier.tolist(), pair.tolist(), strict=True):
        if (one, int(pairs[edge, 0])) not in held and (one, int(pairs[edge, 1])) not in held:
            crossed[edge] = True
    return crossed


class _Sets:
    """Which places hang together so far."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def root(self, one: int) -> int:
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def join(self, one: int, other: int) -> bool:
        """Whether they were apart."""
        here, there = self.root(one), self.root(other)
        self.parent[max(here, there)] = min(here, there)
        return here != there


def _joined(
    places: np.ndarray, free: np.ndarray, first: np.ndarray, barriers: Barriers, reach_m: float
) -> list[tuple[int, int]]:
    """The pairs to keep: all short ones, and of the long ones those without which a side would fall apart."""
    length = np.linalg.norm(places[free[:, 0]] - places[free[:, 1]], axis=1)
    sets = _Sets(len(places))
    kept: list[tuple[int, int]] = []
    bridges = _over_bridges(places, first, barriers)
    for n in np.lexsort((free[:, 1], free[:, 0], length)).tolist():
        one, other = int(free[n, 0]), int(free[n, 1])
        if sets.join(one, other) or length[n] <= reach_m:
            kept.append((one, other))
    for pair in bridges:
        sets.join(*pair)
    kept += bridges
    if barriers.hard:
        kept += _ways_round(places, first, barriers, sets)
    return kept


def _ways_round(
    places: np.ndarray, first: np.ndarray, barriers: Barriers, sets: _Sets
) -> list[tuple[int, int]]:
    """Shortest pairs that join parts without crossing a barrier, where the triangulation had none."""
    roots = np.array([sets.root(int(n)) for n in first])
    sizes = dict(zip(*np.unique(roots, return_counts=True), strict=True))
    if len(sizes) < 2:
        return []
    largest = max(sizes, key=lambda root: (sizes[root], -root))
    pairs = []
    for position in np.flatnonzero(roots != largest):
        one = first[position]
        apart = np.linalg.norm(places[first] - places[one], axis=1)
        apart[roots == roots[position]] = np.inf
        near = np.argsort(apart, kind="stable")[:AROUND]
        pairs += [(int(one), int(first[n])) for n in near if np.isfinite(apart[n])]
    tried = np.array(pairs, dtype=int).reshape(-1, 2)
    tried = tried[~_crosses_hard(places, tried, barriers.hard)]
    length = np.linalg.norm(places[tried[:, 0]] - places[tried[:, 1]], axis=1)
    ordered = tried[np.lexsort((tried[:, 1], tried[:, 0], length))].tolist()
    return [(one, other) for one, other in ordered if sets.join(one, other)]


def _over_bridges(places: np.ndarray, first: np.ndarray, barriers: Barriers) -> list[tuple[int, int]]:
    """For each bridge the nearest two buildings on either side of what it crosses."""
    if not len(barriers.hard) or not len(barriers.bridges):
        return []
    hard = np.asarray(barriers.hard)
    bridge, barrier = shapely.STRtree(hard).query(np.asarray(barriers.bridges), predicate="intersects")
    pairs = []
    for line, water in zip(bridge.tolist(), barrier.tolist(), strict=True):
        for crossing in shapely.get_parts(shapely.intersection(barriers.bridges[line], hard[water])):
            pair = _bridge_heads(places, first, crossing, hard[water])
            if pair is not None:
                pairs.append(pair)
    return pairs


def _bridge_heads(
    places: np.ndarray, first: np.ndarray, crossing: BaseGeometry, water: BaseGeometry
) -> tuple[int, int] | None:
    apart = shapely.distance(shapely.points(places[first]), crossing)
    near = [
        int(n) for n in np.argsort(apart, kind="stable")[: 2 * BRIDGE_HEADS] if apart[n] <= BRIDGE_REACH_M
    ]
    pairs = [(one, other) for n, one in enumerate(near) for other in near[n + 1 :]]
    if not pairs:
        return None
    ends = first[np.array(pairs)]
    over = _crosses_hard(places, ends, [water])
    ways = [
        (float(apart[one] + apart[other]), int(ends[n, 0]), int(ends[n, 1]))
        for n, (one, other) in enumerate(pairs)
        if over[n]
    ]
    return min(ways)[1:] if ways else None
