"""The same layer through every format comes out the same."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from app.errors import InvalidInput
from app.geo.columns import FIELDS
from tests.geo.conftest import Brought, codes_of

COLUMNS = {
    "code": "编号",
    "name": "楼号",
    "address": "地址",
    "floors": "层数",
    "households": "户数",
    "community_name": "社区名称",
}


def frame() -> gpd.GeoDataFrame:
    """Thirty buildings of an invented community."""
    numbers = range(1, 31)
    shapes = [shapely.box(118.7 + n / 1000, 32.0, 118.7004 + n / 1000, 32.0002) for n in numbers]
    return gpd.GeoDataFrame(
        {
            "编号": [f"329901001001{n:05d}" for n in numbers],
            "楼号": [f"{n}幢" for n in numbers],
            "地址": [f"沿江路{n}号" for n in numbers],
            "层数": [6 + n % 3 for n in numbers],
            "户数": [36 + n for n in numbers],
            "社区名称": ["观潮社区"] * 30,
        },
        geometry=shapes,
        crs="EPSG:4326",
    )


def shapefile_zip(rows: gpd.GeoDataFrame, folder: Path, encoding: str) -> bytes:
    """A zipped shapefile in a national grid."""
    rows.to_crs(4549).to_file(folder / "楼栋.shp", encoding=encoding)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for part in folder.glob("楼栋.*"):
            archive.write(part, f"资料/{part.name}")
    return sink.getvalue()


def written(kind: str, folder: Path) -> tuple[str, bytes]:
    """The layer in one format."""
    rows = frame()
    if kind.startswith("zip"):
        return "楼栋.zip", shapefile_zip(rows, folder, kind.removeprefix("zip-"))
    path = folder / f"楼栋.{kind}"
    if kind == "parquet":
        rows.to_crs(32650).to_parquet(path)
    elif kind == "kml":
        rows.to_file(path, driver="LIBKML")
    else:
        rows.to_file(path)
    return path.name, path.read_bytes()


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "fgb", "kml", "parquet", "zip-UTF-8", "zip-GB18030"])
def test_every_format_gives_the_same_rows(kind: str, tmp_path: Path, bring: Callable[..., Brought]) -> None:
    brought = bring(written(kind, tmp_path))
    layer = brought.inspection.layers[0]
    assert (layer.features, layer.kind_guess) == (30, "building")
    # A shapefile keeps ten bytes of a name: three characters in UTF-8.
    community = "社区名" if kind == "zip-UTF-8" else "社区名称"
    assert layer.column_guesses["building"] == COLUMNS | {"community_name": community}
    assert not layer.crs["missing"]
    checked, rows, findings = brought.check("building")
    assert (checked.rows, checked.refused, findings) == (30, 0, [])
    # FlatGeobuf sorts its rows by place, so the fifth building need not be the fifth row.
    row = next(row for row in rows if row["name"] == "5幢")
    assert row == row | {
        "code": "32990100100100005",
        "name": "5幢",
        "address": "沿江路5号",
        "floors": 8,
        "households": 41,
        "community_name": "观潮社区",
        "community_code": "329901001001",
    }
    shape = shapely.from_wkb(row["wkb"])
    assert shape.geom_type == "MultiPolygon"
    assert shapely.hausdorff_distance(shape, frame().geometry[4]) < 1e-7


def test_loose_parts_of_a_shapefile(tmp_path: Path, bring: Callable[..., Brought]) -> None:
    frame().to_file(tmp_path / "a.shp", encoding="UTF-8")
    brought = bring(*(tmp_path / f"a.{part}" for part in ("dbf", "prj", "shp", "shx")))
    assert brought.inspection.layers[0].features == 30
    without_index = bring(*(tmp_path / f"a.{part}" for part in ("dbf", "prj", "shp")))
    assert without_index.inspection.layers[0].features == 30


def test_several_layers(tmp_path: Path, bring: Callable[..., Brought]) -> None:
    frame().to_file(tmp_path / "a.gpkg", layer="楼栋")
    frame().set_geometry(frame().geometry.boundary).to_file(tmp_path / "a.gpkg", layer="道路")
    inspection = bring(tmp_path / "a.gpkg").inspection
    assert {layer.name: layer.kind_guess for layer in inspection.layers} == {
        "楼栋": "building",
        "道路": "building",
    } | {"道路": "road"}


def sheet(rows: list[list[Any]]) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


TABLE = [
    ["江岸街道楼栋一览表", None, None, None, None],
    ["楼号", "地址", "户数", "经度", "纬度"],
    ["１幢", "沿江路1号", "48户", 118.7001, 32.0001],
    ["2幢", "沿江路2号", "四十二", 118.7002, 32.0002],
    ["3幢", "沿江路3号", "很多", 118.7003, 32.0003],
    ["4幢", "沿江路4号", 30, None, None],
    ["合计", None, 120, None, None],
]


@pytest.mark.parametrize("kind", ["xlsx", "csv-utf-8-sig", "csv-gb18030", "csv-utf-16", "csv-utf-16-be"])
def test_office_tables(kind: str, bring: Callable[..., Brought]) -> None:
    if kind == "xlsx":
        brought = bring(("楼栋.xlsx", sheet(TABLE)))
    else:
        sink = io.StringIO()
        encoding = kind.removeprefix("csv-")
        # Excel's "Unicode text" has tabs and a mark, which Python writes only where the order is left to it.
        wide = encoding.startswith("utf-16")
        csv.writer(sink, delimiter="\t" if wide else ",").writerows(TABLE)
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        brought = bring(("楼栋.txt" if wide else "楼栋.csv", (mark + sink.getvalue()).encode(encoding)))
    layer = brought.inspection.layers[0]
    assert layer.features == 4
    if kind.startswith("csv-utf-16"):
        assert layer.encoding == {"used": "utf-16", "evidence": "bom", "previews": {}}
        assert brought.check("building", encoding="gb18030")[1][0]["name"] == "1幢"
    assert layer.bounds_wgs84 == (118.7001, 32.0001, 118.7003, 32.0003)
    _, rows, findings = brought.check("building")
    assert [row["households"] for row in rows] == [48, 42, None, 30]
    assert rows[0]["name"] == "1幢"
    assert shapely.from_wkb(rows[0]["wkb"]).equals(shapely.Point(118.7001, 32.0001))
    # The lines of the sheet: the title and the header stand above.
    assert [row["row_no"] for row in rows] == [3, 4, 5, 6]
    assert codes_of(findings, 5) == {"number_unreadable"}
    assert codes_of(findings, 6) == {"geometry_missing"}
    assert not [finding for finding in findings if finding.severity == "refuse"]


def test_a_table_without_places(bring: Callable[..., Brought]) -> None:
    rows = [["社区", "楼号", "户数"], *[["观潮社区", f"{n}幢", 40] for n in range(9)]]
    checked, found, findings = bring(("a.xlsx", sheet(rows))).check("building")
    assert checked.refused == 0
    assert codes_of(findings) == {"geometry_absent"}
    assert found[0]["wkb"] is None


def test_numbers_that_are_none_in_a_table(bring: Callable[..., Brought]) -> None:
    text = "楼号,经度,纬度\n1,nan,32\n2,inf,32\n3,1e400,32\n4,x,32\n5,118.7,32\n"
    _, rows, findings = bring(("a.csv", text.encode())).check("building")
    assert [row["refused"] for row in rows] == [True, True, True, True, False]
    assert codes_of(findings, 4) == {"coordinates_not_finite"}


LISTED = [
    [None, None, None],
    [None, None, None],
    ["代码", "名称", "城乡分类"],
    ["329901001001", "甲", "111"],
    [None, None, None],
    ["329901001001", "乙\n（东）", "111"],
    ["小计", None, None],
    ["X1", "坏", "111"],
]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_rows_are_called_by_their_lines(kind: str, bring: Callable[..., Brought]) -> None:
    sink = io.StringIO()
    csv.writer(sink).writerows(LISTED)
    content = sheet(LISTED) if kind == "xlsx" else sink.getvalue().encode()
    _, rows, findings = bring((f"codes.{kind}", content)).check("codes")
    assert [row["row_no"] for row in rows] == [4, 6, 8]
    repeated = [finding for finding in findings if finding.code == "code_duplicate"]
    assert [(finding.row, finding.facts["rows"]) for finding in repeated] == [(4, "4、6"), (6, "4、6")]
    assert codes_of(findings, 8) == {"code_refused"}
    assert {finding.name for finding in repeated} == {"甲", "乙 （东）"}


def test_a_record_keeps_its_number_when_others_are_deleted(
    tmp_path: Path, bring: Callable[..., Brought]
) -> None:
    rows = frame()
    rows.loc[4, "编号"] = rows.loc[3, "编号"]
    rows.to_file(tmp_path / "a.shp", encoding="UTF-8")
    table = bytearray((tmp_path / "a.dbf").read_bytes())
    start, width = int.from_bytes(table[8:10], "little"), int.from_bytes(table[10:12], "little")
    table[start + 1 * width] = ord("*")
    (tmp_path / "a.dbf").write_bytes(table)
    brought = bring(*(tmp_path / f"a.{part}" for part in ("dbf", "prj", "shp", "shx")))
    _, found, findings = brought.check("building")
    assert brought.inspection.layers[0].features == 29
    assert [row["row_no"] for row in found] == [1, *range(3, 31)]
    assert found[1]["name"] == "3幢"
    assert [(one.row, one.facts["rows"]) for one in findings] == [(4, "4、5"), (5, "4、5")]


def test_code_list(bring: Callable[..., Brought]) -> None:
    lines = [
        "代码,名称,城乡分类",
        "329901000000,江岸区,111",
        "329901001,江岸街道,111",
        "329901001001,观潮社区,111",
    ]
    text = "\n".join([*lines, "X1,坏,111", "329901001001,再来,1", ",空,1"])
    _, rows, findings = bring(("codes.csv", text.encode("gb18030"))).check("codes")
    assert [row["code"] for row in rows[:3]] == ["329901000000", "329901001000", "329901001001"]
    assert [row["parent_code"] for row in rows[1:3]] == ["329901000000", "329901001000"]
    assert [row["refused"] for row in rows] == [False, False, True, True, True, True]
    assert codes_of(findings, 5) == {"code_refused"} and codes_of(findings, 7) == {"code_missing"}


OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="32.0" lon="118.7"/><node id="2" lat="32.0" lon="118.701"/><node id="3" lat="32.001" lon="118.701"/>
<node id="4" lat="32.1" lon="118.7"><tag k="addr:housenumber" v="9"/><tag k="addr:street" v="沿江路"/></node>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="apartments"/>
<tag k="building:levels" v="6"/><tag k="building:flats" v="48"/><tag k="addr:street" v="沿江路"/><tag k="addr:housenumber" v="12"/></way>
<way id="8"><nd ref="1"/><nd ref="4"/><tag k="highway" v="primary_link"/><tag k="name" v="滨江大道"/></way>
<way id="9"><nd ref="2"/><nd ref="4"/><tag k="waterway" v="river"/><tag k="name" v="秦河"/></way>
</osm>"""


@pytest.mark.parametrize("packed", [False, True])
def test_osm(packed: bool, bring: Callable[..., Brought]) -> None:
    import gzip

    content = OSM.encode()
    brought = bring(("a.osm.gz", gzip.compress(content)) if packed else ("a.osm", content))
    kinds = {layer.name: layer.kind_guess for layer in brought.inspection.layers}
    assert kinds == {
        "buildings": "building",
        "address_points": "building",
        "roads": "road",
        "waterways": "water",
    }
    _, rows, findings = brought.check("building", layer="buildings")
    assert (rows[0]["address"], rows[0]["floors"], rows[0]["households"]) == ("沿江路 12", 6, 48)
    assert (rows[0]["kind"], rows[0]["source_key"], findings) == ("residential", "w7", [])
    _, rows, _ = brought.check("road", layer="roads")
    assert (rows[0]["name"], rows[0]["road_class"]) == ("滨江大道", "arterial")
    _, rows, _ = brought.check("water", layer="waterways")
    assert rows[0]["water_kind"] == "river"


def test_topojson_asks_for_its_system(bring: Callable[..., Brought]) -> None:
    topology = {
        "type": "Topology",
        "objects": {
            "areas": {
                "type": "GeometryCollection",
                "geometries": [{"type": "Polygon", "arcs": [[0]], "properties": {"name": "甲"}}],
            }
        },
        "arcs": [[[118.7, 32.0], [118.71, 32.0], [118.71, 32.01], [118.7, 32.0]]],
    }
    brought = bring(("a.topojson", json.dumps(topology).encode()))
    assert brought.inspection.layers[0].crs["missing"]
    with pytest.raises(InvalidInput) as caught:
        brought.check("community")
    assert caught.value.code == "crs_missing"
    checked, _, _ = brought.check("community", crs="EPSG:4490")
    assert checked.refused == 0


def test_latitude_first_and_a_shifted_datum(bring: Callable[..., Brought], tmp_path: Path) -> None:
    rows = frame()
    swapped = rows.set_geometry(shapely.transform(np.array(rows.geometry), lambda points: points[:, ::-1]))
    swapped.to_file(tmp_path / "a.geojson")
    brought = bring(tmp_path / "a.geojson")
    assert "axis_swapped" in codes_of(brought.inspection.findings)
    checked, _, _ = brought.check("building", swap_xy=True)
    assert checked.refused == 0
    checked, _, findings = brought.check("building")
    assert checked.refused == 30 and "axis_swapped" in codes_of(findings)
    moved, _, _ = brought.check("building", swap_xy=True, datum="gcj02")
    assert moved.bounds_wgs84 != checked.bounds_wgs84


def test_outside_the_service_box(bring: Callable[..., Brought], tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.geojson")
    checked, _, findings = bring(tmp_path / "a.geojson").check("building", box=(118.0, 31.0, 118.715, 33.0))
    assert codes_of(findings) == {"out_of_box"}
    assert 0 < checked.refused < 30


@pytest.mark.parametrize(("columns", "code"), [({"name": "没有"}, "column_unknown"), ({}, "column_required")])
def test_wrong_columns(
    columns: dict[str, str], code: str, tmp_path: Path, bring: Callable[..., Brought]
) -> None:
    frame().to_file(tmp_path / "a.geojson")
    with pytest.raises(InvalidInput) as caught:
        bring(tmp_path / "a.geojson").check("community", columns=columns)
    assert caught.value.code == code
    # The field by the name that people see, not by ours.
    assert caught.value.facts == ({"column": "没有"} if columns else {"field": "名称"})
    assert set(FIELDS["community"]) >= set(columns)
