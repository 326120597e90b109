"""Areas beside areas: overlaps, gaps, slivers, parents, names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo import Context
from app.geo.datum import wgs84_to_gcj02
from app.geo.names import NameBook, plain_area_name
from app.geo.polygons import best_parents, gaps, overlaps, share_outside
from tests.geo.conftest import Brought, codes_of, known


def column(*shapes: Any) -> Any:
    """Shapes as an array."""
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def geojson(*features: tuple[dict[str, Any], Any]) -> bytes:
    """Features as a file."""
    listed = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(shape))}
        for properties, shape in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": listed}).encode()


def test_overlaps_and_slivers() -> None:
    shapes = column(
        shapely.box(0, 0, 100, 100), shapely.box(90, 0, 200, 100), shapely.box(199.5, 0, 300, 100), None
    )
    found = list(overlaps(shapes))
    assert [(patch.first, patch.second, patch.area_m2) for patch in found] == [(0, 1, 1000.0), (1, 2, 50.0)]
    assert [patch.is_sliver for patch in found] == [False, True]


def test_gaps_with_and_without_a_parent() -> None:
    ring = column(
        shapely.box(0, 0, 300, 100),
        shapely.box(0, 200, 300, 300),
        shapely.box(0, 100, 100, 200),
        shapely.box(200, 100, 300, 200),
    )
    assert [patch.area_m2 for patch in gaps(ring, None)] == [pytest.approx(10_000)]
    assert [patch.area_m2 for patch in gaps(ring, shapely.box(0, 0, 300, 310))] == [
        pytest.approx(10_000),
        pytest.approx(3_000),
    ]
    assert gaps(column(None), None) == []


@settings(max_examples=60)
@given(st.floats(0, 200), st.floats(1, 100))
def test_share_outside_is_a_share(shift: float, size: float) -> None:
    share = share_outside(shapely.box(shift, 0, shift + size, size), shapely.box(0, 0, 100, 100))
    expected = min(1.0, max(0.0, (shift + size - 100) / size))
    assert share == pytest.approx(expected, abs=1e-9)


def test_parents_by_a_point() -> None:
    parents = column(shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10))
    assert best_parents(
        column(shapely.box(1, 1, 2, 2), shapely.box(12, 1, 13, 2), shapely.box(90, 0, 91, 1), None), parents
    ).tolist() == [0, 1, -1, -1]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("清凉门社区居民委员会", "清凉门"),
        ("鼓楼区江东街道办事处", "江东"),
        ("江东街道", "江东"),
        ("新村", "新村"),
        ("社区", "社区"),
        ("三 汊 河 社区", "三汊河"),
        ("长江村村委会", "长江村"),
        ("宝塔桥（东）社区", "宝塔桥"),
    ],
)
def test_plain_names(name: str, plain: str) -> None:
    assert plain_area_name(name) == plain


def test_name_book() -> None:
    book = NameBook(
        [("1", "观潮社区居委会", "a"), ("2", "书院社区居委会", "a"), ("3", "书院社区居委会", "b")]
    )
    assert book.find("观潮社区居委会").how == "exact"
    assert (book.find("观潮").how, book.find("观潮").code) == ("normalised", "1")
    assert book.find("书院社区").how == "ambiguous"
    assert book.find("书院社区", "b").code == "3"
    assert book.find("没有").how == "none"


STREET = shapely.box(118.70, 32.00, 118.74, 32.02)
STREETS = (known("329901001000", "江岸街道", STREET, "329901000000"),)


def test_a_layer_of_communities(bring: Callable[..., Brought]) -> None:
    content = geojson(
        ({"SQMC": "观潮社区", "SSJD": "江岸街道"}, shapely.box(118.70, 32.00, 118.71, 32.02)),
        ({"SQMC": "书院社区", "SSJD": "江岸街道办事处"}, shapely.box(118.709, 32.00, 118.72, 32.02)),
        ({"SQMC": "桃园社区", "SSJD": "没有街道"}, shapely.box(118.73, 32.00, 118.75, 32.02)),
        ({"SQMC": "观潮社区", "SSJD": "江岸街道"}, shapely.box(118.70, 32.00, 118.71, 32.02)),
    )
    brought = bring(("社区_面.geojson", content))
    assert brought.inspection.layers[0].kind_guess == "community"
    checked, rows, findings = brought.check("community", Context(parents=STREETS))
    assert [row["refused"] for row in rows] == [False, False, False, True]
    assert [row["parent_code"] for row in rows[:3]] == ["329901001000", "329901001000", None]
    assert {
        "overlap_sibling",
        "gap_in_parent",
        "outside_parent",
        "feature_duplicate",
        "name_unmatched",
    } <= codes_of(findings)
    overlap = next(finding for finding in findings if finding.code == "overlap_sibling")
    assert overlap.facts["area_m2"] == pytest.approx(0.001 * 94_500 * 2_218, rel=0.02)
    assert overlap.place is not None and 118.709 <= overlap.place[0] <= 118.71
    outside = next(finding for finding in findings if finding.code == "outside_parent")
    assert (outside.row, outside.facts["share_percent"]) == (3, pytest.approx(50, abs=0.5))
    assert checked.severities["refuse"] == 1


def test_overlap_with_a_stored_neighbour(bring: Callable[..., Brought]) -> None:
    content = geojson(({"name": "书院社区"}, shapely.box(118.709, 32.00, 118.72, 32.02)))
    siblings = (
        known("329901001001", "观潮社区", shapely.box(118.70, 32.00, 118.71, 32.02)),
        known("329901001002", "书院", STREET),
    )
    _, _, findings = bring(("a.geojson", content)).check("community", Context(siblings=siblings))
    assert [finding.facts["other"] for finding in findings if finding.code == "overlap_sibling"] == [
        "观潮社区"
    ]


def test_a_gap_where_a_stored_area_is_redrawn_smaller(bring: Callable[..., Brought]) -> None:
    smaller = shapely.box(118.71, 32.00, 118.72, 32.02)
    content = geojson(
        ({"name": "观潮社区", "XZQDM": "329901001001"}, smaller),
        (
            {"name": "桃园社区"},
            shapely.Polygon([(118.72, 32), (118.74, 32.02), (118.72, 32.02), (118.74, 32)]),
        ),
    )
    siblings = (
        known("329901001001", "观潮社区", shapely.box(118.70, 32.00, 118.72, 32.02)),
        known("329901001002", "书院", shapely.box(118.72, 32.00, 118.73, 32.02)),
        # What a refused row would have replaced stays where it is.
        known("329901001003", "桃园", shapely.box(118.73, 32.00, 118.74, 32.02)),
        known("329901002001", "远处", shapely.box(119.73, 32.00, 119.74, 32.02)),
    )
    brought = bring(("a.geojson", content))
    columns = {"name": "name", "code": "XZQDM"}
    _, rows, findings = brought.check(
        "community", Context(parents=STREETS, siblings=siblings), columns=columns
    )
    assert [row["refused"] for row in rows] == [False, True]
    areas = [finding.facts["area_m2"] for finding in findings if finding.code == "gap_in_parent"]
    assert areas == [pytest.approx(0.01 * 94_500 * 2_218, rel=0.02)]
    assert "overlap_sibling" not in codes_of(findings)


def test_neighbours_that_fit_exactly_leave_no_gap(bring: Callable[..., Brought]) -> None:
    """The street's edge has two corners, its communities' three: in metres they must not drift apart."""
    street = known("329901001000", "街道", shapely.box(118.7, 32.0, 118.72, 32.02))
    pieces = ((118.7, 32.0, 118.72, 32.01), (118.7, 32.01, 118.705, 32.02), (118.705, 32.01, 118.72, 32.02))
    content = geojson(*(({"name": f"社区{n}"}, shapely.box(*piece)) for n, piece in enumerate(pieces)))
    _, _, findings = bring(("a.geojson", content)).check("community", Context(parents=(street,)))
    assert not {"gap_in_parent", "sliver", "overlap_sibling", "outside_parent"} & codes_of(findings)


def test_a_shifted_boundary_is_noticed(bring: Callable[..., Brought]) -> None:
    stored = shapely.segmentize(shapely.Point(118.72, 32.01).buffer(0.01), 0.0005)
    shifted = shapely.transform(
        stored, lambda points: np.column_stack(wgs84_to_gcj02(points[:, 0], points[:, 1]))
    )
    brought = bring(("a.geojson", geojson(({"name": "观潮社区"}, shifted))))
    context = Context(siblings=(known("329901001001", "观潮社区", stored),))
    checked, _, findings = brought.check("community", context)
    assert checked.datum_verdict and checked.datum_verdict["best"] == "gcj02"
    assert "datum_distance" in codes_of(findings)
    checked, rows, findings = brought.check("community", context, datum="gcj02")
    assert "datum_distance" not in codes_of(findings)
    assert shapely.hausdorff_distance(shapely.from_wkb(rows[0]["wkb"]), stored) < 1e-8


def test_codes_and_names_that_repeat(bring: Callable[..., Brought]) -> None:
    boxes = [shapely.box(118.70 + n / 100, 32.0, 118.71 + n / 100, 32.02) for n in range(4)]
    rows = [("329901001001", "甲"), ("329901001001", "乙"), ("329901001003", "丙"), ("329901001004", "丙")]
    content = geojson(
        *(({"XZQDM": code, "XZQMC": name}, shape) for (code, name), shape in zip(rows, boxes, strict=True))
    )
    _, found, findings = bring(("a.geojson", content)).check("community")
    assert codes_of(findings, 1) == codes_of(findings, 2) == {"code_duplicate"}
    assert codes_of(findings, 3) == codes_of(findings, 4) == {"name_duplicate"}
    assert [row["refused"] for row in found] == [True, True, False, False]


def test_a_constant_key_and_odd_codes(bring: Callable[..., Brought]) -> None:
    boxes = [shapely.box(118.70 + n / 100, 32.0, 118.71 + n / 100, 32.02) for n in range(4)]
    same = geojson(*(({"XZQDM": "329901001001", "MC": f"社区{n}"}, shape) for n, shape in enumerate(boxes)))
    _, rows, findings = bring(("a.geojson", same)).check("community")
    assert codes_of(findings) == {"key_constant"} and rows[0]["code"] is None
    own = geojson(*(({"ID": n, "MC": f"社区{n}"}, shape) for n, shape in enumerate(boxes)))
    _, rows, findings = bring(("a.geojson", own)).check("community")
    assert codes_of(findings) == {"code_malformed"} and [row["source_key"] for row in rows] == [
        "0",
        "1",
        "2",
        "3",
    ]
