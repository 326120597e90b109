"""Codes, numbers, bands, lassos and outlines of zones."""

import json
import math
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from app.errors import InvalidInput
from app.partition import reading_order
from app.zones import rules
from app.zones.rules.lasso import MAX_TOUCHES, _touches


def polygon(*places: tuple[float, float]) -> dict:
    return {"type": "Polygon", "coordinates": [[list(place) for place in places]]}


def test_zone_code_is_the_community_and_three_digits() -> None:
    assert rules.zone_code("329901001001", 7) == "329901001001007"


@pytest.mark.parametrize(
    ("households", "band"),
    [(0, "empty"), (99, "far_below"), (100, "below"), (299, "below"), (300, "within"), (500, "within"),
     (501, "above"), (700, "above"), (701, "far_above")],
)  # fmt: skip
def test_household_bands_begin_and_end_where_the_rule_says(households: int, band: str) -> None:
    assert rules.household_band(households) == band


def test_deviation_is_measured_from_the_mean() -> None:
    assert rules.largest_deviation([300, 400, 500]) == pytest.approx(0.25)
    assert rules.largest_deviation([400]) is None
    assert rules.largest_deviation([0, 0]) is None


def test_numbers_go_from_west_to_east_in_bands_from_the_north() -> None:
    north_west, north_east, south_west, south_east = (0, 1.02), (1, 1), (0, 0), (1, 0.01)
    places = [south_east, north_east, south_west, north_west]
    assert [places[i] for i in reading_order(places)] == [
        north_west,
        north_east,
        south_west,
        south_east,
    ]
    assert reading_order([]) == []


@given(st.lists(st.tuples(st.floats(118, 119), st.floats(31, 32)), max_size=40))
def test_every_zone_gets_one_number(places: list[tuple[float, float]]) -> None:
    assert sorted(reading_order(places)) == list(range(len(places)))


def test_a_name_that_only_repeats_the_number_is_not_kept() -> None:
    assert rules.own_name(3, "第三责任区") == ""
    assert rules.own_name(12, " 第 12 责任区 ") == ""
    assert rules.own_name(3, "第四责任区") == "第四责任区"
    assert rules.own_name(3, "滨江片") == "滨江片"


@pytest.mark.parametrize(("number", "words"), [(0, "零"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"),
                                               (100, "一百"), (103, "一百零三"), (110, "一百一十"), (999, "九百九十九")])  # fmt: skip
def test_numbers_in_chinese(number: int, words: str) -> None:
    assert rules.chinese_number(number) == words


def test_the_next_number_fills_a_gap_only_when_it_must() -> None:
    assert rules.free_number([]) == 1
    assert rules.free_number([1, 5]) == 6
    assert rules.free_number(set(range(1, 1000)) - {7}) == 7
    with pytest.raises(InvalidInput, match="999"):
        rules.free_number(range(1, 1000))


def test_the_least_used_colour_is_next() -> None:
    assert rules.free_colour([], 12) == 0
    assert rules.free_colour([0, 0, 2], 3) == 1


def test_zones_near_each_other_are_neighbours() -> None:
    boxes = [(0, 0, 1, 1), (1.0003, 0, 2, 1), (3, 3, 4, 4), None]
    assert rules.neighbours(boxes) == [{1}, {0}, set(), set()]


# --- lasso -----------------------------------------------------------------------------------------


def test_a_stroke_that_crosses_itself_takes_everything_inside_its_loops() -> None:
    eight = rules.lasso_shape(polygon((0, 0), (2, 2), (2, 0), (0, 2)))
    assert eight.is_valid
    assert shapely.covers(eight, Point(0.2, 1))
    assert shapely.covers(eight, Point(1.8, 1))
    spiral = [(math.cos(t / 10) * (1 + t / 1000), math.sin(t / 10) * (1 + t / 1000)) for t in range(110)]
    whole = rules.lasso_shape(polygon(*spiral))
    assert shapely.covers(whole, Point(0, 0))
    assert whole.area > 3


def test_a_closed_and_an_open_ring_are_the_same() -> None:
    ring = [(0, 0), (1, 0), (1, 1)]
    assert rules.lasso_shape(polygon(*ring)).equals(rules.lasso_shape(polygon(*ring, ring[0])))


@pytest.mark.parametrize(
    "value",
    [
        None, [], "POLYGON", {}, {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0]], [[0, 0], [1, 1], [1, 0]]]},
        polygon((0, 0), (0, 0), (0, 0)), polygon((0, 0), (1, 1), (2, 2)), polygon((0, 0), (181, 1), (1, 0)),
        polygon((0, 0), (math.inf, 1), (1, 0)), polygon((0, 0), (math.nan, 1), (1, 0)),
        {"type": "Polygon", "coordinates": [[[0, True], [1, 1], [1, 0]]]},
        {"type": "Polygon", "coordinates": [[["0", 0], [1, 1], [1, 0]]]},
        {"type": "Polygon", "coordinates": [[[n / 9000, (n % 2) / 90] for n in range(4001)]]},
    ],
)  # fmt: skip
def test_what_is_no_lasso_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.lasso_shape(value)
    assert refused.value.code == "lasso_unusable"


def test_a_tangle_is_refused_before_anything_is_cut() -> None:
    dice = random.Random(1)
    with pytest.raises(InvalidInput) as refused:
        rules.lasso_shape(polygon(*[(dice.random(), dice.random()) for _ in range(2000)]))
    assert refused.value.code == "lasso_tangled"


def around_and_around(places: int, angle: float, *, growing: bool = False) -> list[tuple[float, float]]:
    """A spiral, or without growing a star whose points are `angle` apart."""
    radii = [0.01 * n / places if growing else 0.01 for n in range(places)]
    return [(118.6 + r * math.cos(n * angle), 31.97 + r * math.sin(n * angle)) for n, r in enumerate(radii)]


def on_one_line(places: int, slope: float) -> list[tuple[float, float]]:
    """Back and forth over one line, and one place beside it."""
    dice = random.Random(3)
    ways = [dice.random() * 0.03 for _ in range(places)]
    return [(118.6 + way, 31.97 + slope * way) for way in ways] + [(118.61, 31.98)]


BESIDE = [(118.6 + n * 2e-5, 31.98 + n % 7 * 1e-4) for n in range(600)]
TAKEN, REFUSED = "Polygon", "lasso_tangled"
# What lies on one line is thinned to a few corners before anything is cut.
TANGLES = {
    "one line": (on_one_line(499, 0), TAKEN),
    "one line, longer": (on_one_line(1900, 0), TAKEN),
    "one slanting line": (on_one_line(1900, 0.37), TAKEN),
    "all but one line": ([(x, y + 1e-15 * n) for n, (x, y) in enumerate(on_one_line(1900, 0.37))], TAKEN),
    "one spiral": (around_and_around(1900, 0.05, growing=True), TAKEN),
    "one stretch again and again": (
        [place for far in BESIDE for place in ((118.6, 31.97), (118.62, 31.97), far)],
        REFUSED,
    ),
    "two places in turn": ([(118.6 + n % 2 * 0.01, 31.97) for n in range(1999)] + [BESIDE[9]], REFUSED),
    "a fan": ([place for far in BESIDE for place in ((118.61, 31.97), far)], REFUSED),
    "a star": (around_and_around(1999, math.pi * 0.97), REFUSED),
    "spirals over each other": (
        [*around_and_around(950, 0.9, growing=True), *around_and_around(950, -0.9, growing=True)],
        REFUSED,
    ),
}


@pytest.mark.parametrize("name", TANGLES)
def test_a_tangle_costs_little_memory(name: str) -> None:
    places, outcome = TANGLES[name]
    # A child, since memory that was once asked for cannot be limited in this process afterwards.
    asked = json.dumps(polygon(*places))
    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY],
        check=False, input=asked, capture_output=True, text=True, timeout=120, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, outcome), done.stderr


IN_LITTLE_MEMORY = """
import json, resource, sys
from app.errors import InvalidInput
from app.partition import reading_order
from app.zones import rules
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
try:
    print(rules.lasso_shape(json.load(sys.stdin)).geom_type, end="")
except InvalidInput as refused:
    print(refused.code, end="")
"""


@pytest.mark.parametrize("slope", [0, 0.37, 1])
def test_overlaps_and_touches_count_as_crossings(slope: float) -> None:
    ring = np.array([*on_one_line(499, slope)[:-1], (118.61, 31.99)])
    assert _touches(np.vstack([ring, ring[:1]])) > MAX_TOUCHES
    square = np.array([(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)])
    assert _touches(square) == 0
    touching = np.array([(0, 0), (2, 0), (2, 2), (1, 0), (0, 2), (0, 0)])
    assert _touches(touching) == 2


def test_places_that_say_nothing_new_are_dropped() -> None:
    corners = [(118.6, 31.97), (118.61, 31.97), (118.61, 31.98), (118.6, 31.98)]
    repeated = [corner for corner in corners for _ in range(900)]
    assert rules.lasso_shape(polygon(*repeated)).equals(rules.lasso_shape(polygon(*corners)))
    on_the_way = [(118.6 + n * 1e-5, 31.97) for n in range(1001)]
    assert len(rules.lasso_shape(polygon(*on_the_way, *corners[2:])).exterior.coords) == 5


def test_a_stroke_with_too_many_corners_is_refused() -> None:
    teeth = [(118.6 + n * 1e-5, 31.97 + n % 2 * 1e-4) for n in range(2400)]
    with pytest.raises(InvalidInput) as refused:
        rules.lasso_shape(polygon(*teeth, (118.61, 31.98)))
    assert refused.value.code == "lasso_unusable"


def test_a_stroke_that_runs_along_itself_for_a_while_is_taken() -> None:
    there_and_back = [(118.6, 31.97), (118.62, 31.97), (118.61, 31.97), (118.61, 31.98)]
    area = rules.lasso_shape(polygon(*there_and_back))
    assert area.is_valid
    assert shapely.covers(area, Point(118.606, 31.972))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=14))
@example([(2, 5), (3, 4), (0, 10), (5, 0)])  # noding without a grid fails here
def test_any_stroke_becomes_a_valid_area_or_a_clear_refusal(places: list[tuple[int, int]]) -> None:
    try:
        area = rules.lasso_shape(polygon(*[(118 + x / 1000, 32 + y / 1000) for x, y in places]))
    except InvalidInput as refused:
        assert refused.code in ("lasso_unusable", "lasso_tangled")
    else:
        assert area.is_valid
        assert area.area > 0


# --- outlines --------------------------------------------------------------------------------------


def houses(columns: int, rows: int) -> list:
    return [
        box(118.6 + 0.0005 * c, 32 + 0.0003 * r, 118.6 + 0.0005 * c + 0.0003, 32 + 0.0003 * r + 0.0001)
        for r in range(rows)
        for c in range(columns)
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([1, 2, 3, None]), min_size=24, max_size=24))
def test_an_outline_holds_its_own_buildings_and_no_others(zones: list) -> None:
    shapes = houses(6, 4)
    outlines = rules.zone_outlines(shapes, zones, None)
    assert set(outlines) == {zone for zone in zones if zone is not None}
    for shape, zone in zip(shapes, zones, strict=True):
        for other, outline in outlines.items():
            covered = shapely.covers(outline, shapely.point_on_surface(shape))
            assert covered == (other == zone)
    pairs = [(a, b) for a in outlines for b in outlines if a < b]
    for a, b in pairs:
        assert shapely.intersection(outlines[a], outlines[b]).area < 0.02 * outlines[a].area


def test_outlines_are_cut_at_the_boundary_and_points_count_as_buildings() -> None:
    frame = box(118.5999, 31.9999, 118.6010, 32.0005)
    outlines = rules.zone_outlines(
        [box(118.6, 32, 118.6003, 32.0001), Point(118.6008, 32.0002)], [1, 2], frame
    )
    assert set(outlines) == {1, 2}
    assert all(shapely.covers(frame.buffer(1e-6), one) for one in outlines.values())
    longitude, latitude = rules.label_place(outlines[2])
    assert shapely.covers(outlines[2], Point(longitude, latitude))


def test_one_building_alone_and_buildings_on_the_same_spot_have_outlines() -> None:
    assert set(rules.zone_outlines([Point(118.6, 32)], [1], None)) == {1}
    twice = box(118.6, 32, 118.6003, 32.0001)
    assert rules.zone_outlines([twice, twice], [1, 2], None)
    assert rules.zone_outlines([twice], [None], None) == {}
