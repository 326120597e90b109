"""Zone colours: neighbours differ, colours spread, and they can be told apart."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.maps.palette import KIND_FILLS, SEQUENTIAL, ZONE_COLOURS, colour_zones, zone_swatch


def ladder(n: int) -> list[list[int]]:
    return [[j for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < n] for i in range(n)]


@pytest.mark.parametrize("n", [0, 1, 2, 7, 40, 300])
def test_neighbours_differ(n: int) -> None:
    adjacency = ladder(n)
    colours = colour_zones(adjacency)
    assert len(colours) == n
    assert all(colours[i] != colours[j] for i in range(n) for j in adjacency[i])


def test_all_colours_are_used_before_one_repeats() -> None:
    assert sorted(colour_zones([[] for _ in range(12)])) == list(range(12))


@given(st.integers(1, 30), st.data())
def test_any_graph_of_few_neighbours_is_coloured_well(n: int, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
    degree = [0] * n
    adjacency: list[set[int]] = [set() for _ in range(n)]
    for a, b in pairs:
        if a != b and b not in adjacency[a] and degree[a] < 11 and degree[b] < 11:
            adjacency[a].add(b)  # one direction only: it counts for both
            degree[a] += 1
            degree[b] += 1
    colours = colour_zones(adjacency)
    assert all(colours[a] != colours[b] for a in range(n) for b in adjacency[a])


def test_more_neighbours_than_colours_still_gives_an_answer() -> None:
    everybody = [[j for j in range(15) if j != i] for i in range(15)]
    colours = colour_zones(everybody)
    assert set(colours) == set(range(12))


def test_unknown_neighbour_is_refused() -> None:
    with pytest.raises(InvalidInput, match="7"):
        colour_zones([[7]])


def test_a_colour_and_its_pattern_are_one_of_twelve_pairs() -> None:
    swatches = [zone_swatch(i) for i in range(12)]
    assert len({(s.fill, s.pattern) for s in swatches}) == 12
    assert zone_swatch(12) == zone_swatch(0)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def test_strokes_can_be_read_on_white_and_on_their_fill() -> None:
    pairs = [*ZONE_COLOURS, *((fill, stroke) for fill, stroke, _ in KIND_FILLS.values())]
    for fill, stroke in pairs:
        assert 1.05 / (luminance(stroke) + 0.05) >= 4.0, stroke
        assert (luminance(fill) + 0.05) / (luminance(stroke) + 0.05) >= 2.4, fill


def test_classes_grow_darker() -> None:
    lightness = [luminance(fill) for fill, _ in SEQUENTIAL]
    assert lightness == sorted(lightness, reverse=True)


# Machado, Oliveira and Fernandes 2009, full strength; for linear light.
PROTAN = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
DEUTAN = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)


def oklab(light: np.ndarray) -> np.ndarray:
    to_cone = np.array([[0.41222, 0.53633, 0.05145], [0.2119, 0.68070, 0.1074], [0.0883, 0.28172, 0.62998]])
    to_lab = np.array([[0.21045, 0.79362, -0.00407], [1.978, -2.42859, 0.45059], [0.0259, 0.78277, -0.80868]])
    return to_lab @ np.cbrt(np.clip(to_cone @ light, 0, None))


@pytest.mark.parametrize("eye", [np.eye(3), PROTAN, DEUTAN], ids=["normal", "protan", "deutan"])
def test_zone_fills_can_be_told_apart(eye: np.ndarray) -> None:
    seen = [oklab(np.clip(eye @ linear(fill), 0, 1)) for fill, _ in ZONE_COLOURS]
    least = min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))
    assert least > 0.05
