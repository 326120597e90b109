"""On towns small enough to try everything, the cutter comes near the best there is."""

from itertools import product

import numpy as np
import pytest

from app.partition import Task, cut_anew, measure, parts_of
from tests.partition.towns import town


def best_deviation(one: Task, count: int) -> float:
    """The smallest largest deviation of all cuts into zones in one piece, by trying every one."""
    near = one.graph.neighbours()
    mean = one.weights.sum() / count
    best = np.inf
    for rest in product(range(count), repeat=len(one.places) - 1):
        zones = np.array((0, *rest))
        # Each division once: zones in the order of their first building.
        _, first = np.unique(zones, return_index=True)
        if len(first) != count or not np.all(np.diff(first) > 0):
            continue
        deviation = np.abs(np.bincount(zones, weights=one.weights) - mean).max() / mean
        if deviation < best and all(len(parts) == 1 for parts in parts_of(near, zones.tolist()).values()):
            best = deviation
    return float(best)


@pytest.mark.parametrize(
    ("buildings", "count", "seed"), [(9, 3, 0), (10, 3, 1), (12, 2, 2), (9, 4, 3), (13, 2, 4), (10, 3, 5)]
)
def test_the_gap_to_the_optimum_is_small(buildings: int, count: int, seed: int) -> None:
    one = town(buildings, seed)
    found = measure(one.places, one.weights, one.graph, cut_anew(one, count, "equal").zones).deviation
    assert found <= best_deviation(one, count) + 0.02
