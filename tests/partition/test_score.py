"""The numbers that a plan is judged by."""

import numpy as np
import pytest
from shapely.geometry import LineString

from app.partition import Barriers, measure, neighbour_graph, reading_order
from tests.partition.towns import task


def test_the_numbers_of_a_plan() -> None:
    places = np.array([(0.0, 0), (100, 0), (200, 0), (0, 100), (100, 100), (200, 100)])
    one = task(places, np.array([10.0, 20, 30, 0, 20, 40]))
    zones = np.array([0, 0, 1, 0, -1, 1])
    found = measure(places, one.weights, one.graph, zones, np.array([0, 1, 1, 0, 0, -1]))
    first, second = found.zones
    assert (first.zone, first.buildings, first.weight, second.weight) == (0, 3, 30.0, 70.0)
    assert (
        found.mean == 50 and found.deviation == pytest.approx(0.4) and first.deviation == pytest.approx(-0.4)
    )
    assert second.longest_m == pytest.approx(100.0)
    assert first.compact == pytest.approx(5000 / (np.pi * 5000), rel=1e-6) and second.compact is None
    assert (found.loose, found.moved, found.moved_buildings, found.pieces) == (1, 40.0, 2, 0)
    assert first.walk_m == pytest.approx((10 * 66.667 + 20 * 33.333) / 30, rel=1e-3)


def test_pieces_and_roads_are_counted() -> None:
    places = np.array([(x * 40.0, 0.0) for x in range(5)])
    graph = neighbour_graph(places, Barriers(soft=[LineString([(60, -9), (60, 9)])]))
    found = measure(places, np.ones(5), graph, np.array([0, 0, 0, 1, 0]))
    assert [(row.pieces, row.across) for row in found.zones] == [(2, 1), (1, 0)]
    assert (found.pieces, found.across) == (1, 1)


def test_numbers_go_from_west_to_east_and_north_to_south() -> None:
    places = [(10, 0), (0, 0), (0, 100), (10, 98)]
    assert reading_order(places) == [2, 3, 1, 0]
    assert reading_order([]) == []
