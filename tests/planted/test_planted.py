"""The tests bite: mistakes planted in a copy of the program are found by the tests that are there for them.

All of them, those with a browser too: `python -m tests.planted`.
"""

from collections.abc import Iterator

import pytest

from tests.planted.defects import DEFECTS
from tests.planted.runner import Verdict, garden

QUICK = [one for one in DEFECTS if not one.slow]


@pytest.fixture(scope="module")
def verdicts() -> Iterator[dict[str, Verdict]]:
    """Tried two at a time, once for all tests of this file."""
    with garden() as ground:
        yield {verdict.defect.name: verdict for verdict in ground.try_all(QUICK)}


@pytest.mark.parametrize("name", [one.name for one in QUICK])
def test_a_planted_defect_is_caught(verdicts: dict[str, Verdict], name: str) -> None:
    verdict = verdicts[name]
    assert verdict.caught, f"{verdict.defect.test} did not find it:\n{verdict.words}"


def test_there_are_enough_of_them() -> None:
    assert len({one.name for one in DEFECTS}) == len(DEFECTS) >= 20
    assert len({one.test for one in DEFECTS}) >= 12
