"""Which buildings of a zone hang together: neighbours are those that see each other and are not far apart."""

from collections.abc import Sequence

import numpy as np
import shapely

# Across a yard, a lane or a street, not across a river: further apart nobody calls it next door.
REACH_M = 150.0
METRES_A_DEGREE = 111_320.0


def pieces(
    points: np.ndarray, zones: Sequence[int | None], reach_m: float = REACH_M
) -> dict[int, list[list[int]]]:
    """The parts that each zone falls into.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        Longitude and latitude of the buildings of one community, WGS 84 degrees.
    zones : sequence of int or None
        Zone of each building; None for those in no zone.
    reach_m : float
        Buildings of a zone within this distance hang together when nothing stands between them, or when they are the nearest.

    Returns
    -------
    dict of int to list of list of int
        For each zone its parts as positions in `points`, the one with most buildings first.
    """
    if not len(points):
        return {}
    local = _metres(points)
    labels = np.array([-1 if zone is None else zone for zone in zones])
    parent = np.arange(len(points))
    for one, other in _edges(local, reach_m):
        if labels[one] == labels[other] >= 0:
            _join(parent, one, other)
    found: dict[int, dict[int, list[int]]] = {}
    for position, zone in enumerate(labels):
        if zone >= 0:
            found.setdefault(int(zone), {}).setdefault(_root(parent, position), []).append(position)
    return {
        zone: sorted(parts.values(), key=lambda part: (-len(part), part[0])) for zone, parts in found.items()
    }


def _metres(points: np.ndarray) -> np.ndarray:
    """Metres east and north of the first point; exact enough within a community."""
    shrink = np.cos(np.radians(points[:, 1].mean()))
    return np.column_stack([points[:, 0] * shrink, points[:, 1]]) * METRES_A_DEGREE


def _edges(local: np.ndarray, reach_m: float) -> list[tuple[int, int]]:
    """Neighbours in the triangulation within reach; buildings on one spot are neighbours too."""
    places, first, spot = np.unique(local.round(2), axis=0, return_index=True, return_inverse=True)
    spot = spot.reshape(-1)
    edges = [(int(first[spot[n]]), n) for n in range(len(local)) if first[spot[n]] != n]
    if len(places) < 2:
        return edges
    at = {tuple(place): int(first[n]) for n, place in enumerate(places)}
    drawn = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(places), only_edges=True))
    if not len(drawn):
        # All in one line: each with the next.
        order = np.lexsort((places[:, 1], places[:, 0]))
        drawn = shapely.linestrings(np.stack([places[order][:-1], places[order][1:]], axis=1))
    ends = shapely.get_coordinates(drawn).round(2).reshape(-1, 2, 2)
    near = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) <= reach_m
    edges += [(at[tuple(one)], at[tuple(other)]) for one, other in ends[near]]
    return edges


def _root(parent: np.ndarray, one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = int(parent[one])
    return one


def _join(parent: np.ndarray, one: int, other: int) -> None:
    parent[_root(parent, one)] = _root(parent, other)
