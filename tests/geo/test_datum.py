"""GCJ-02 and BD-09 against published numbers, and back again."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.geo.datum import (
    DATUMS,
    FORWARD,
    INVERSE,
    suspect_by_boundary,
    suspect_by_ground,
    unshift,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

METRE_PER_DEGREE = 111_320.0
# A pair printed in many descriptions of the published polynomial.
SHANGHAI_WGS84 = (121.5, 31.2)
in_china = st.tuples(st.floats(74, 134.5), st.floats(18, 53.5))


def metres(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """East and north from one place to another."""
    return (
        (other[0] - one[0]) * METRE_PER_DEGREE * np.cos(np.radians(one[1])),
        (other[1] - one[1]) * 110_950.0,
    )


def test_shift_at_nanjing_is_the_published_one() -> None:
    east, north = metres((118.78, 32.04), wgs84_to_gcj02(118.78, 32.04))
    assert np.hypot(east, north) == pytest.approx(542, abs=15)
    assert east == pytest.approx(492, abs=15)
    assert north == pytest.approx(-228, abs=15)
    east, north = metres((118.78, 32.04), wgs84_to_bd09(118.78, 32.04))
    assert np.hypot(east, north) == pytest.approx(1186, abs=25)


@given(in_china, st.sampled_from(DATUMS))
def test_there_and_back_within_a_millimetre(place: tuple[float, float], datum: str) -> None:
    shifted = FORWARD[datum](np.array(place[0]), np.array(place[1]))
    back = INVERSE[datum](*shifted)
    east, north = metres(place, (float(back[0]), float(back[1])))
    assert np.hypot(east, north) < 0.001


def test_outside_the_box_nothing_moves() -> None:
    assert wgs84_to_gcj02(8.7, 50.0) == (8.7, 50.0)


def test_vectors_and_missing_shapes() -> None:
    shapes = np.array([shapely.Point(118.75, 32.05), None], dtype=object)
    moved = unshift(shapes, "gcj02")
    assert moved[1] is None
    assert moved[0].distance(shapes[0]) > 0.003
    assert unshift(shapes, "wgs84") is shapes


@pytest.mark.parametrize("datum", DATUMS)
def test_points_tell_their_datum_by_stored_ground(datum: str) -> None:
    ground = np.array([shapely.box(118.70, 32.00, 118.74, 32.03)], dtype=object)
    true = np.random.default_rng(4).uniform((118.701, 32.001), (118.739, 32.029), (800, 2))
    points = np.column_stack(FORWARD[datum](true[:, 0], true[:, 1]))
    verdict = suspect_by_ground(points, ground)
    assert verdict is not None
    assert verdict.best == datum
    assert verdict.suspected is (datum != "wgs84")
    assert verdict.scores[datum] == 1.0


def test_points_elsewhere_say_nothing() -> None:
    ground = np.array([shapely.box(118.70, 32.00, 118.74, 32.03)], dtype=object)
    assert suspect_by_ground(np.array([[100.0, 30.0], [101.0, 31.0]]), ground) is None
    assert suspect_by_ground(np.zeros((0, 2)), ground) is None


@pytest.mark.parametrize("datum", DATUMS)
def test_boundaries_tell_their_datum(datum: str) -> None:
    stored = np.array([shapely.Point(118.72, 32.02).buffer(0.02)], dtype=object)
    corners = shapely.get_coordinates(shapely.segmentize(stored, 0.001))
    verdict = suspect_by_boundary(np.column_stack(FORWARD[datum](corners[:, 0], corners[:, 1])), stored)
    assert verdict is not None
    assert (verdict.best, verdict.suspected) == (datum, datum != "wgs84")
    assert verdict.scores[datum] < 5.0
