"""Cleaning texts, guessing columns, and JSON from requests."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.geo import SENTENCES, Finding, polygon_from_json, strict_json
from app.geo.chunks import as_text
from app.geo.columns import ColumnSketch, guess_columns, guess_kind
from app.geo.texts import building_code, division_code, listed_code, read_number, tidy, tidy_code
from app.geo.vocabulary import building_kind, road_class, water_kind


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6", 6),
        ("６层", 6),
        ("6.0", 6),
        ("共12户", 12),
        ("十二", 12),
        ("二十", 20),
        ("四十二", 42),
        ("六", 6),
        ("1-3", None),
        ("约48户", 48),
        ("1998年", 1998),
        ("1998-05-01", 1998),
        ("很多", None),
        ("", None),
        ("1e9", None),
        ("-5", -5),
        ("1,200", 1200),
    ],
)
def test_numbers_people_write(text: str, number: int | None) -> None:
    assert read_number(text) == number


@given(st.text(max_size=60))
def test_tidy_is_stable_and_printable(text: str) -> None:
    once = tidy(text)
    if once is not None:
        assert tidy(once) == once
        assert once.isprintable() and once == once.strip()
    read_number(text)
    tidy_code(text)


def test_codes() -> None:
    assert tidy_code("３２０１０６００１００１．０") == "320106001001"
    assert tidy_code("3.20106001001E+11") == "320106001001"
    assert division_code("320106") == "320106000000"
    assert division_code("32010") is None and division_code("010106") is None
    assert listed_code("32") == "320000000000"
    assert building_code("32010600100100001") and building_code("1") is None


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("住宅", "residential"),
        ("yes", None),
        ("apartments", "residential"),
        ("高层住宅", "tower"),
        ("小学教学楼", "school"),
        ("农贸市场", "market"),
        ("tower", "tower"),
        ("商住楼", "commercial"),
    ],
)
def test_building_words(word: str, kind: str | None) -> None:
    assert building_kind(word) == kind


def test_other_words() -> None:
    assert (
        road_class("['primary', 'trunk']") == "arterial"
        and road_class("堤顶路") == "levee_road"
        and road_class("次干路") == "secondary"
    )
    assert (
        water_kind("护城河") == "canal" and water_kind("reservoir") == "lake" and water_kind("鱼塘") == "pond"
    )


def sketch(name: str, *samples: str, dtype: str = "text", distinct: int = 9) -> ColumnSketch:
    """A column of a file."""
    return ColumnSketch(name, dtype, list(samples), 1.0, distinct)


def test_columns_by_name() -> None:
    columns = [
        sketch("OBJECTID", "1", dtype="integer"),
        sketch("SQMC", "观潮"),
        sketch("SSJD", "江岸"),
        sketch("XZQDM", "329901001001", dtype="integer"),
    ]
    assert guess_columns("community", columns) == {"name": "SQMC", "parent_name": "SSJD", "code": "XZQDM"}
    buildings = [
        sketch("楼号", "3幢"),
        sketch("户　数", "48"),
        sketch("层数(地上)", "6"),
        sketch("所属社区", "观潮"),
        sketch("坐落", "沿江路"),
    ]
    assert guess_columns("building", buildings) == {
        "name": "楼号",
        "households": "户　数",
        "floors": "层数(地上)",
        "community_name": "所属社区",
        "address": "坐落",
    }


def test_columns_by_content_and_memory() -> None:
    columns = [sketch("A1", "329901001001", dtype="integer"), sketch("A2", "观潮", dtype="text")]
    assert guess_columns("community", columns)["code"] == "A1"
    assert guess_columns("community", columns, {"name": "A2", "parent_name": "gone"})["name"] == "A2"
    assert guess_columns("building", [sketch("A1", "32990100100100001", dtype="integer")]) == {"code": "A1"}


def test_kinds() -> None:
    assert guess_kind("社区_面", ["Polygon"], {}) == "community"
    assert guess_kind("街办_面", ["MultiPolygon"], {}) == "street"
    assert guess_kind("x", ["Polygon"], {"层数": sketch("层数"), "户数": sketch("户数")}) == "building"
    assert guess_kind("社区", ["LineString"], {}) == "road"
    assert guess_kind("x", ["Polygon"], {}) is None


def test_any_column_as_text() -> None:
    assert as_text(pa.array([320106001001.0, None])).to_pylist() == ["320106001001", None]
    assert as_text(pa.array([1.5, 2.0])).to_pylist() == ["1.5", "2"]
    assert as_text(pa.array([True, None])).to_pylist() == ["true", None]
    assert as_text(pa.array([" a ", "", "　"])).to_pylist() == ["a", None, None]
    assert as_text(pa.array([[1], None])).to_pylist() == ["[1]", None]
    assert as_text(pa.array(["x", "x"]).dictionary_encode()).to_pylist() == ["x", "x"]
    assert as_text(pa.array(["a\x00b", "\x00"])).to_pylist() == ["ab", None]
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\x00\0\0\0\x01\0\0\0"), pa.py_buffer(b"\xff")]
    )
    with pytest.raises(pa.ArrowInvalid):
        as_text(broken)
    assert as_text(pa.array([b"\x00"])).to_pylist() == [None]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "NaN",
        "[Infinity]",
        "[1e400]",
        '["\\ud800"]',
        '["\\u0000"]',
        "[" * 40 + "]" * 40,
        '{"a":1,"a":2}',
        b"\xff",
        "[" + "9" * 400 + "]",
        '"\x00"',
    ],
)
def test_json_that_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        strict_json(text)


def test_json_that_is_fine() -> None:
    assert strict_json('{"a": "[[[[", "b": "\\ud83d\\ude00", "c": [1, 2.5e3]}') == {
        "a": "[[[[",
        "b": "😀",
        "c": [1, 2500.0],
    }


RING = [[118.7, 32.0], [118.71, 32.0], [118.71, 32.01], [118.7, 32.0]]


def test_lasso() -> None:
    polygon = polygon_from_json({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}})
    assert polygon.is_valid and polygon.area > 0


@pytest.mark.parametrize(
    ("obj", "code"),
    [
        (None, "shape_malformed"),
        ({"type": "Point", "coordinates": [1, 2]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": []}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [[*RING[:-1], [1, 1]]]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [[["118", "32"]] * 4]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [[[True, 1]] * 4]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 1]] * 4]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [[[999, 1]] * 4]}, "shape_malformed"),
        ({"type": "Polygon", "coordinates": [RING[:1] * 6000]}, "shape_too_complex"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "shape_invalid"),
        ({"type": "Polygon", "coordinates": [[[1, 1]] * 4]}, "shape_invalid"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [50, 0], [50, 50], [0, 0]]]}, "shape_too_large"),
    ],
)
def test_lasso_that_is_refused(obj: object, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        polygon_from_json(obj)
    assert caught.value.code == code
    assert str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_lasso_takes_nothing_else(obj: object) -> None:
    with pytest.raises(InvalidInput):
        polygon_from_json({"type": "Polygon", "coordinates": obj})


def test_every_sentence_says_what_to_do() -> None:
    for code, sentence in SENTENCES.items():
        assert sentence.endswith("。"), code
        facts = {name: "1" for name in json.loads(json.dumps(_names(sentence)))}
        assert sentence % facts
    with pytest.raises(ValueError, match="no sentence"):
        Finding("made_up", "note")


def _names(sentence: str) -> list[str]:
    import re

    return re.findall(r"%\((\w+)\)s", sentence)


def test_findings_cross_the_border() -> None:
    finding = Finding("overlap_sibling", "warn", 3, {"other": "乙", "area_m2": 4.0}, (118.7, 32.0), "甲")
    assert Finding.from_json(json.loads(json.dumps(finding.as_json()))) == finding
    assert "乙" in str(finding)
    assert shapely.Point(finding.place).x == 118.7
