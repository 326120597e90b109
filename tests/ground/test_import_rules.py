"""Codes and steps, without a database."""

from hypothesis import given
from hypothesis import strategies as some

from app.ground import rules
from app.ground.models.boundary_import import STATES

DIGITS = some.text("0123456789", min_size=12, max_size=12)


@given(DIGITS)
def test_a_parent_is_one_level_up_and_shares_the_prefix(code: str) -> None:
    level, parent = rules.level_of(code), rules.parent_of(code)
    if level in ("street", "community"):
        assert parent is not None and rules.level_of(parent) in (rules.parent_level(level), None)
        assert rules.is_child_code(code, parent)
    else:
        assert parent is None


@given(some.sets(some.integers(701, 999)), some.integers(1, 40))
def test_local_codes_are_new_and_well_formed(taken: set[int], count: int) -> None:
    used = [f"329901{number}000" for number in taken]
    codes = rules.next_local_codes("street", "329901000000", used, count)
    assert len(codes) == len(set(codes)) == count
    assert not set(codes) & set(used)
    assert all(rules.level_of(code) == "street" and rules.parent_of(code) == "329901000000" for code in codes)


def test_local_codes_run_out() -> None:
    assert len(rules.next_local_codes("community", "329901001000", [], 10_000)) == 499


def test_local_districts_are_in_no_province() -> None:
    assert rules.next_local_codes("district", None, ["990101000000"], 1) == ["990102000000"]


def test_short_codes_are_widened_only_to_their_level() -> None:
    assert rules.widen_code("320106", "district") == "320106000000"
    assert rules.widen_code("320106001", "street") == "320106001000"
    assert rules.widen_code("320106", "street") is None
    assert rules.widen_code("3201060010021", "community") is None


def test_every_state_of_a_step_exists() -> None:
    for starts in rules.STEP_STARTS.values():
        assert set(starts) <= set(STATES)
