"""What holds for every cut, whatever the town."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from app.errors import InvalidInput
from app.partition import (
    PROFILES,
    Barriers,
    Task,
    alternatives,
    cut_anew,
    fill,
    measure,
    neighbour_graph,
    repair,
    zone_count,
)
from tests.partition.towns import task, town

calm = settings(max_examples=25, deadline=None, derandomize=True)
towns = st.builds(town, st.integers(1, 90), st.integers(0, 10_000))


def score(one: Task, zones: np.ndarray, present: np.ndarray | None = None):
    return measure(one.places, one.weights, one.graph, zones, present)


@calm
@given(towns, st.integers(1, 12), st.sampled_from(PROFILES))
def test_every_building_once_n_zones_each_in_one_piece(one: Task, wanted: int, profile: str) -> None:
    count = min(wanted, len(one.places))
    cut = cut_anew(one, count, profile)
    assert cut.zones.shape == (len(one.places),) and cut.zones.min() >= 0
    assert len(set(cut.zones.tolist())) == cut.total == count
    assert score(one, cut.zones).pieces == 0


@calm
@given(towns, st.integers(2, 9), st.sampled_from([3.0, 0.001, 7e6, 1 / 3]))
def test_the_unit_of_the_weights_does_not_matter(one: Task, wanted: int, unit: float) -> None:
    count = min(wanted, len(one.places))
    other = one._replace(weights=one.weights * unit)
    assert np.array_equal(cut_anew(one, count).zones, cut_anew(other, count).zones)


@calm
@given(towns, st.integers(2, 9), st.integers(0, 5))
def test_the_same_seed_the_same_zones(one: Task, wanted: int, seed: int) -> None:
    one, count = one._replace(seed=seed), min(wanted, len(one.places))
    assert np.array_equal(cut_anew(one, count).zones, cut_anew(one, count).zones)


@pytest.mark.parametrize("seed", range(4))
def test_a_mirrored_town_is_cut_as_well(seed: int) -> None:
    one = town(160, seed)
    mirrored = task(one.places * [-1, 1], one.weights)
    first, second = (score(each, cut_anew(each, 9).zones) for each in (one, mirrored))
    assert first.pieces == second.pieces == 0
    assert max(first.deviation, second.deviation) <= 0.1
    assert first.walk_m == pytest.approx(second.walk_m, rel=0.06)


@calm
@given(towns, st.integers(2, 9), st.sampled_from(PROFILES))
def test_repair_with_nothing_to_mend_changes_nothing(one: Task, wanted: int, profile: str) -> None:
    count = min(wanted, len(one.places))
    plan = cut_anew(one, count, profile).zones
    assert np.array_equal(repair(one._replace(present=plan), count).zones, plan)


@calm
@given(towns, st.integers(3, 9), st.integers(0, 1000))
def test_locked_zones_stay_as_they_are(one: Task, wanted: int, seed: int) -> None:
    count = min(wanted, len(one.places))
    if count < 3:
        return
    plan = cut_anew(one, count).zones
    lock = frozenset({seed % count})
    locked = one._replace(present=plan, locked=lock, seed=seed)
    held = np.isin(plan, list(lock))
    for cut in (cut_anew(locked, count), repair(locked, count, "free")):
        assert np.array_equal(np.isin(cut.zones, list(lock)), held)
        assert len(set(cut.zones.tolist())) == count


@calm
@given(towns, st.integers(2, 8), st.integers(0, 1000))
def test_filling_moves_nobody_who_has_a_zone(one: Task, wanted: int, seed: int) -> None:
    count = min(wanted, len(one.places))
    plan = cut_anew(one, count).zones.copy()
    lost = np.random.default_rng(seed).random(len(plan)) < 0.3
    plan[lost] = -1
    if not np.any(plan >= 0):
        return
    cut = fill(one._replace(present=plan))
    assert np.array_equal(cut.zones[~lost], plan[~lost])
    assert cut.zones.min() >= 0 and set(cut.zones.tolist()) == set(plan[~lost].tolist())


@pytest.mark.parametrize(("count", "zones", "seed"), [(250, 12, 0), (250, 18, 1), (600, 30, 2), (90, 4, 3)])
def test_a_plain_town_is_cut_evenly(count: int, zones: int, seed: int) -> None:
    one = town(count, seed)
    found = score(one, cut_anew(one, zones).zones)
    assert found.deviation <= 0.1 and found.pieces == 0 and found.compact is not None and found.compact > 0.4


def test_the_profiles_keep_what_they_promise() -> None:
    one = town(300, 5)
    even, compact = (score(one, cut_anew(one, 14, profile).zones) for profile in ("equal", "compact"))
    assert even.deviation < compact.deviation <= 0.1 and compact.walk_m < even.walk_m


def test_repair_moves_few_households() -> None:
    one = town(250, 4)
    plan = cut_anew(one, 12).zones
    mean = one.weights.sum() / 12
    more = repair(one._replace(present=plan), 13)
    assert len(set(more.zones.tolist())) == 13 and score(one, more.zones).pieces == 0
    assert score(one, more.zones, plan).moved < 1.6 * mean
    fewer = repair(one._replace(present=plan), 11)
    assert len(set(fewer.zones.tolist())) == 11 and len(fewer.removed) == 1
    assert score(one, fewer.zones, plan).moved < 2.2 * mean
    # A new block: its buildings find a zone, and hardly anybody else moves.
    fresh = plan.copy()
    fresh[::31] = -1
    mended = repair(one._replace(present=fresh), 12)
    assert score(one, mended.zones, fresh).moved < 0.3 * mean
    # What change is worth is the user's to say: more of it makes a plan more even, at the price of more moves.
    least, free = (repair(one._replace(present=plan), 13, change) for change in ("least", "free"))
    assert score(one, free.zones).deviation <= score(one, least.zones).deviation
    assert score(one, free.zones, plan).moved >= score(one, least.zones, plan).moved


def test_zones_in_pieces_are_mended() -> None:
    one = town(120, 6)
    plan = cut_anew(one, 6).zones.copy()
    stray = int(np.argmax(plan != plan[0]))
    plan[stray + 1], plan[stray] = plan[0], plan[stray]
    assert score(one, repair(one._replace(present=plan), 6).zones).pieces == 0


def test_water_divides_the_zones_and_says_so() -> None:
    river = Polygon([(-500, 175 - 17), (2000, 175 - 17), (2000, 175 + 17), (-500, 175 + 17)])
    dry = town(200, 7)
    inside = shapely.contains_xy(river.buffer(8), dry.places)
    one = task(dry.places[~inside], dry.weights[~inside], Barriers(hard=[river]))
    cut = cut_anew(one, 9)
    assert score(one, cut.zones).pieces == 0
    north = one.places[:, 1] > 175
    assert not set(cut.zones[north].tolist()) & set(cut.zones[~north].tolist())


def test_an_island_is_a_zone_or_a_named_exception() -> None:
    mainland = town(80, 8)
    island = np.array([(1200.0, 100.0), (1230.0, 100.0)])
    moat = LineString([(900, -500), (900, 900)])
    one = task(
        np.vstack([mainland.places, island]), np.append(mainland.weights, [3, 2]), Barriers(hard=[moat])
    )
    cut = cut_anew(one, 5)
    assert score(one, cut.zones).pieces == 0 and cut.zones[80] == cut.zones[81]
    assert 2 in [note.facts["buildings"] for note in cut.notes if note.code == "part_off_size"]
    alone = cut_anew(one, 1)
    assert set(alone.zones.tolist()) == {0}
    assert [note.code for note in alone.notes] == ["joined_across"]


def test_a_tower_that_is_a_zone_of_its_own_is_named() -> None:
    one = town(100, 9)
    weights = one.weights.copy()
    weights[42] = 2 * weights.sum() / 6
    heavy = one._replace(weights=weights)
    cut = cut_anew(heavy, 6)
    assert ("heavy_building", 42) in [(note.code, note.building) for note in cut.notes]
    assert score(heavy, cut.zones).pieces == 0


def test_roads_become_borders_where_that_costs_little() -> None:
    road = LineString([(-100, 157), (900, 157)])
    crossed = []
    for barriers in (Barriers(), Barriers(soft=[road])):
        one = town(200, 10, barriers)
        zones = cut_anew(one, 8).zones
        judged = neighbour_graph(one.places, Barriers(soft=[road]))
        crossed.append(measure(one.places, one.weights, judged, zones).across)
    assert crossed[1] < crossed[0]


@pytest.mark.parametrize(
    "places",
    [
        np.zeros((7, 2)),
        np.column_stack([np.arange(7) * 40.0, np.zeros(7)]),
        np.column_stack([np.arange(7) * 4000.0, np.arange(7) % 3 * 10.0]),
    ],
    ids=["one spot", "one line", "far apart"],
)
@pytest.mark.parametrize(
    "weights",
    [np.zeros(7), np.ones(7), np.array([0, 0, 5000.0, 0, 0, 1, 0])],
    ids=["none", "equal", "one huge"],
)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_odd_towns_are_cut_all_the_same(places: np.ndarray, weights: np.ndarray, count: int) -> None:
    one = task(places, weights)
    for _name, cut in alternatives(one, count, PROFILES):
        assert len(set(cut.zones.tolist())) == count and score(one, cut.zones).pieces == 0


def test_all_weights_nothing_is_said() -> None:
    one = town(30, 1)
    cut = cut_anew(one._replace(weights=np.zeros(30)), 3)
    assert [note.code for note in cut.notes] == ["all_weightless"]
    assert sorted(np.bincount(cut.zones).tolist()) == pytest.approx([10, 10, 10], abs=2)


@pytest.mark.parametrize(
    ("count", "change", "code"),
    [
        (0, {}, "count_unusable"),
        (1000, {}, "count_unusable"),
        (31, {}, "zones_too_many"),
        (3, {"weights": np.full(30, -1.0)}, "weights_unusable"),
        (3, {"weights": np.full(30, np.nan)}, "weights_unusable"),
        (2, {"present": np.arange(30) % 3, "locked": frozenset({0, 1})}, "zones_locked"),
        (1, {"present": np.arange(30) % 3, "locked": frozenset({0, 1})}, "zones_locked"),
    ],
)
def test_what_nobody_can_cut_is_refused(count: int, change: dict[str, object], code: str) -> None:
    one = town(30, 1)._replace(**change)
    with pytest.raises(InvalidInput) as refused:
        cut_anew(one, count)
    assert refused.value.code == code


def test_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        cut_anew(task(np.zeros((0, 2)), np.zeros(0)), 1)
    assert refused.value.code == "nothing_to_cut"
    with pytest.raises(InvalidInput) as refused:
        fill(town(5))
    assert refused.value.code == "no_zones_to_fill"


def test_a_size_makes_a_count() -> None:
    assert zone_count(np.full(100, 12.0), 400) == 3
    assert zone_count(np.full(3, 1.0), 0.1) == 3
    assert zone_count(np.zeros(5), 400) == 1
    with pytest.raises(InvalidInput):
        zone_count(np.ones(5), 0)
