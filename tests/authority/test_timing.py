"""A foreign thing takes as long as one that does not exist."""

import statistics
import time
from collections.abc import Callable

import pytest

from tests.authority import asking
from tests.authority.asking import Scene, nothing, things_of
from tests.authority.matrix import MATRIX
from tests.authority.region import FAR_COMMUNITY

scene = asking.scene
PAIRS = 120
SHARE, SECONDS = 0.15, 0.002
ADDRESSES = {
    "plan": ("workbench.show", "workbench.state", "workbench.tile", "plan_exports.workbook"),
    "building": ("town.building",),
    "import": ("imports.show", "imports.findings_xlsx"),
    "area": ("town.area", "town.export"),
}


@pytest.mark.parametrize(
    ("kind", "endpoint"), [(kind, one) for kind, listed in ADDRESSES.items() for one in listed]
)
def test_the_clock_does_not_tell_foreign_from_missing(
    scene: Scene, kind: str, endpoint: str, record_property: Callable[[str, int], None]
) -> None:
    """Medians within 15 % or 2 ms, asked in turn so that whatever else the machine does falls on both."""
    entry, planner = MATRIX[endpoint], scene.visitors["planner"]
    foreign, missing = things_of(scene.region, FAR_COMMUNITY), nothing(scene.region)
    taken: dict[str, list[float]] = {"foreign": [], "missing": []}
    for turn in range(PAIRS):
        pair = [("foreign", foreign), ("missing", missing)]
        for which, names in pair if turn % 2 else reversed(pair):
            began = time.perf_counter()
            assert planner.ask(entry, names).status_code == 404
            taken[which].append(time.perf_counter() - began)
    one, other = (statistics.median(times) for times in taken.values())
    print(f"{kind} at {entry.path}: foreign {one * 1000:.2f} ms, missing {other * 1000:.2f} ms")
    record_property("pairs", PAIRS)
    assert abs(one - other) <= max(SECONDS, SHARE * max(one, other))
