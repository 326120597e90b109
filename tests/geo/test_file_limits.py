"""Names that are given, columns without end, views, files cut short, and reasons in plain words."""

from __future__ import annotations

import io
import json
import math
import re
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely

from app.errors import InvalidInput
from app.geo import Limits
from app.geo.pbf import refuse_cut_pbf
from app.geo.reasons import plain_reason
from tests.geo.conftest import Brought
from tests.geo.test_areas import geojson
from tests.geo.test_formats import TABLE, sheet

SQUARES = [shapely.box(118.7 + n / 100, 32.0, 118.705 + n / 100, 32.005) for n in range(3)]


def test_one_nameless_shape_gets_the_given_name(bring: Callable[..., Brought]) -> None:
    bare = shapely.to_geojson(SQUARES[0]).encode()
    checked, rows, _ = bring(("bare.geojson", bare)).check("district", columns={}, given_name="滨江区")
    assert (checked.refused, [row["name"] for row in rows]) == (0, ["滨江区"])


def test_several_nameless_shapes_are_numbered_and_named_ones_keep_theirs(
    bring: Callable[..., Brought],
) -> None:
    brought = bring(
        ("a.geojson", geojson(({}, SQUARES[0]), ({"name": "东苑"}, SQUARES[1]), ({}, SQUARES[2])))
    )
    checked, rows, _ = brought.check("community", columns={"name": "name"}, given_name="滨江")
    assert (checked.refused, [row["name"] for row in rows]) == (0, ["滨江 1", "东苑", "滨江 2"])
    with pytest.raises(InvalidInput) as caught:
        brought.check("community", columns={})
    assert caught.value.code == "column_required"


@pytest.mark.parametrize("columns", [501, 5000])
def test_too_many_columns(bring: Callable[..., Brought], columns: int) -> None:
    properties = {f"c{number}": number for number in range(columns)}
    table = ",".join(properties) + "\n" + ",".join(map(str, properties.values())) + "\n"
    for upload in (("a.geojson", geojson((properties, SQUARES[0]))), ("a.csv", table.encode())):
        with pytest.raises(InvalidInput) as caught:
            bring(upload)
        assert caught.value.code == "too_many_columns"


def test_empty_cells_behind_a_table_are_no_columns(bring: Callable[..., Brought]) -> None:
    brought = bring(("a.csv", f"名称,代码{',' * 900}\n甲,1{',' * 900}\n".encode()))
    assert brought.inspection.layers[0].features == 1


def ogr_file(path: Path, driver: str) -> bytes:
    """Three named squares in a format that GDAL writes."""
    pyogrio.raw.write(
        path,
        np.array(shapely.to_wkb(SQUARES), dtype=object),
        [np.array(["甲", "乙", "丙"], dtype=object)],
        np.array(["name"]),
        layer="areas",
        driver=driver,
        geometry_type="Polygon",
        crs="EPSG:4326",
    )
    return path.read_bytes()


def test_geopackage_views_are_not_read(bring: Callable[..., Brought], tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    ogr_file(path, "GPKG")
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, NULL AS geom FROM n"
    )
    with sqlite3.connect(path) as writer:
        writer.execute(f"CREATE VIEW trap AS {endless}")
        writer.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('trap', 'features', 'trap', 4326)"
        )
    writer.close()
    assert [layer.name for layer in bring(path).inspection.layers] == ["areas"]
    with sqlite3.connect(path) as writer:
        writer.execute("DELETE FROM gpkg_contents WHERE table_name = 'areas'")
    writer.close()
    with pytest.raises(InvalidInput, match="视图"):
        bring(path)


def test_a_cut_flatgeobuf_is_not_an_empty_one(bring: Callable[..., Brought], tmp_path: Path) -> None:
    whole = ogr_file(tmp_path / "a.fgb", "FlatGeobuf")
    assert bring(("a.fgb", whole)).inspection.layers[0].features == 3
    for kept in (0.3, 0.6, 0.9):
        with pytest.raises(InvalidInput) as caught:
            bring(("a.fgb", whole[: int(len(whole) * kept)]))
        assert caught.value.code in ("file_truncated", "file_unreadable")


def test_a_damaged_workbook_is_refused_by_name(bring: Callable[..., Brought]) -> None:
    whole = sheet(TABLE)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        member = archive.getinfo("xl/worksheets/sheet1.xml")
    start = member.header_offset + 30 + len(member.filename)
    garbled = whole[:start] + b"\xff" * member.compress_size + whole[start + member.compress_size :]
    more = io.BytesIO(whole)
    with zipfile.ZipFile(more, "a") as archive:
        archive.writestr("社.xml", "<x/>")
    misnamed = more.getvalue().replace("社".encode(), b"\xff\xfe\xff")
    for content in (garbled, misnamed, whole[:-30]):
        with pytest.raises(InvalidInput) as caught:
            bring(("楼栋.xlsx", content))
        assert caught.value.code in ("file_truncated", "file_unreadable")
        assert caught.value.facts["name"] == "楼栋"


def test_a_cut_extract_is_not_an_empty_one(tmp_path: Path) -> None:
    block = b"\x0a\x09OSMHeader\x18\x05"
    whole = len(block).to_bytes(4, "big") + block + b"12345"
    path = tmp_path / "a.pbf"
    path.write_bytes(whole * 2)
    refuse_cut_pbf(path, "a")
    for cut in (1, 6, 20):
        path.write_bytes((whole * 2)[:-cut])
        with pytest.raises(InvalidInput) as caught:
            refuse_cut_pbf(path, "a")
        assert caught.value.code == "file_truncated"


def test_reasons_are_chinese(bring: Callable[..., Brought]) -> None:
    with pytest.raises(InvalidInput) as caught:
        bring(("a.csv", b'name,code\n"' + b"x" * 200_000 + b"\n"))
    assert "单元格" in str(caught.value) and not re.search(r"field|limit", str(caught.value))
    for words in ("SIGABRT", "SQL error: no such table: x", "IPC error", json.dumps({})):
        assert not re.search("[a-zA-Z]{3}", plain_reason(ValueError(words)))


def test_too_many_vertices_says_what_to_do(bring: Callable[..., Brought]) -> None:
    circle = shapely.Point(118.7, 32.0).buffer(0.01, quad_segs=16)
    _, _, findings = bring(("a.geojson", geojson(({"name": "甲"}, circle)))).check(
        "community", limits=Limits(max_vertices_feature=50)
    )
    assert "社区边界" in str(findings[0]) and "WARDMAP_MAX_VERTICES" in str(findings[0])


@pytest.mark.parametrize(
    ("kind", "corners", "setting", "code"),
    [
        ("building", 10_001, 50_000, "vertices_beyond_table"),
        ("building", 10_000, 50_000, None),
        ("building", 10_001, 5_000, "vertices_too_many"),
        ("community", 10_001, 50_000, None),
        ("community", 200_001, 900_000, "vertices_beyond_table"),
    ],
)
def test_no_setting_lets_in_what_the_tables_refuse(
    kind: str, corners: int, setting: int, code: str | None, bring: Callable[..., Brought]
) -> None:
    turns = np.linspace(0, 2 * math.pi, corners)[:-1]
    ring = np.column_stack([118.7 + 0.01 * np.cos(turns), 32 + 0.01 * np.sin(turns)])
    checked, _, findings = bring(("a.geojson", geojson(({"name": "甲"}, shapely.Polygon(ring))))).check(
        kind, limits=Limits(max_vertices_feature=setting)
    )
    assert [finding.code for finding in findings] == ([code] if code else [])
    assert checked.refused == len(findings)
    assert ("WARDMAP_MAX_VERTICES" in "".join(map(str, findings))) == (code == "vertices_too_many")


def test_a_repair_may_not_grow_past_the_table(bring: Callable[..., Brought]) -> None:
    # A fence of thin bow ties: each crossing becomes a corner of its own.
    xs = np.linspace(118.7, 118.71, 40)
    upper = np.column_stack([xs, np.where(np.arange(40) % 2, 32.001, 32.0)])
    lower = np.column_stack([xs, np.where(np.arange(40) % 2, 32.0, 32.001)])
    fence = shapely.Polygon([*upper, *lower[::-1]])
    brought = bring(("a.geojson", geojson(({"name": "甲"}, fence))))
    choices = {"repair": True, "accept_large_repairs": True}
    checked, _, _ = brought.check("community", **choices)
    assert (checked.repaired, checked.refused) == (1, 0)
    checked, _, findings = brought.check("community", limits=Limits(max_vertices_feature=100), **choices)
    assert (checked.refused, [finding.code for finding in findings]) == (1, ["vertices_too_many"])


def test_the_caps_are_those_of_the_tables() -> None:
    from app.geo.limits import STORED_VERTICES
    from app.ground.models import places

    tables = {
        "building": ("building", "footprint"),
        "community": ("area_version", "boundary"),
        "road": ("road", "shape"),
        "water": ("water", "shape"),
    }
    for kind, (table, column) in tables.items():
        rules = [str(getattr(rule, "sqltext", "")) for rule in places.Base.metadata.tables[table].constraints]
        assert any(f"ST_NPoints({column}) BETWEEN 1 AND {STORED_VERTICES[kind]}" in rule for rule in rules)
