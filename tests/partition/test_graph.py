"""Who is whose neighbour, with water and roads between."""

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Polygon

from app.partition import Barriers, neighbour_graph, parts_of

RIVER = Polygon([(-500, 95), (900, 95), (900, 135), (-500, 135)])


def grid(columns: int = 6, rows: int = 8) -> np.ndarray:
    return np.array([(x * 30.0 + (y % 2) * 3, y * 30.0) for y in range(rows) for x in range(columns)])


def parts(places: np.ndarray, barriers: Barriers) -> list[list[int]]:
    graph = neighbour_graph(places, barriers)
    return parts_of(graph.neighbours(), [0] * len(places))[0]


def test_everybody_hangs_together_without_barriers() -> None:
    assert len(parts(grid(), Barriers())) == 1


def test_nobody_is_a_neighbour_across_the_water() -> None:
    places = grid()
    graph = neighbour_graph(places, Barriers(hard=[RIVER]))
    for one, other in graph.edges:
        line = LineString([places[one], places[other]])
        inside = any(RIVER.contains(end) for end in line.boundary.geoms)
        assert inside or not line.intersects(RIVER)
    # The row at 120 m stands in the water, on piers: it is not cut off.
    assert len(parts(places, Barriers(hard=[RIVER]))) == 1


def test_a_river_divides_and_a_bridge_joins() -> None:
    places = grid()
    places = places[places[:, 1] != 120.0]
    apart = parts(places, Barriers(hard=[RIVER]))
    assert sorted(len(part) for part in apart) == [18, 24]
    bridge = LineString([(62, 60), (62, 170)])
    assert len(parts(places, Barriers(hard=[RIVER], bridges=[bridge]))) == 1
    # A road along the bank crosses nothing.
    quay = LineString([(-100, 80), (400, 80)])
    assert len(parts(places, Barriers(hard=[RIVER], bridges=[quay]))) == 2


def test_a_canal_drawn_as_a_line_divides_too() -> None:
    canal = LineString([(-500, 105), (900, 105)])
    assert len(parts(grid(), Barriers(hard=[canal]))) == 2
    assert len(parts(grid(), Barriers(hard=[canal], bridges=[LineString([(40, 80), (40, 130)])]))) == 1


def test_a_pond_has_a_way_round_it() -> None:
    pond = Polygon([(40, 40), (130, 40), (130, 130), (40, 130)])
    places = grid()
    dry = ~shapely.contains_xy(pond, places)
    assert len(parts(places[dry], Barriers(hard=[pond]))) == 1


def test_long_ways_count_only_where_nothing_nearer_joins() -> None:
    two_villages = np.vstack([grid(3, 3), grid(3, 3) + np.array([2000, 0])])
    graph = neighbour_graph(two_villages)
    assert int((graph.length_m > 150).sum()) == 1
    assert len(parts_of(graph.neighbours(), [0] * 18)[0]) == 1


def test_roads_are_counted_not_closed() -> None:
    road = LineString([(-500, 105), (900, 105)])
    graph = neighbour_graph(grid(), Barriers(soft=[road]))
    assert 0 < graph.across.sum() < len(graph.across)
    assert len(parts(grid(), Barriers(soft=[road]))) == 1


@pytest.mark.parametrize(
    "places",
    [
        np.array([(5.0, 5.0)]),
        np.array([(5.0, 5.0), (5.0, 5.0)]),
        np.array([(0.0, 0.0), (30.0, 0.0), (60.0, 0.0), (90.0, 0.0)]),
        np.array([(0.0, 0.0), (30.0, 0.0), (30.0, 0.0), (30.0, 0.0), (0.0, 40.0)]),
    ],
    ids=["one", "one spot", "one line", "some on one spot"],
)
def test_odd_places_hang_together(places: np.ndarray) -> None:
    assert len(parts(places, Barriers())) == 1


def test_parts_are_told_by_size() -> None:
    graph = neighbour_graph(grid(5, 1))
    assert parts_of(graph.neighbours(), [0, 0, 1, 0, -1]) == {0: [[0, 1], [3]], 1: [[2]]}
