"""Real files, where WARDMAP_REAL_DATA says they are. Facts were read from the files themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from app.errors import InvalidInput
from app.geo import Context, KnownArea
from app.geo.datum import INVERSE
from tests.geo.conftest import Brought, codes_of

DATA = Path(os.environ.get("WARDMAP_REAL_DATA", "."))
MESSY = DATA / "messy_shapefiles"


def parts(folder: Path, stem: str) -> list[Path]:
    """The loose parts of a shapefile."""
    return sorted(path for path in folder.iterdir() if path.stem == stem)


def test_rivers_in_gbk_without_any_declaration(bring: Callable[..., Brought]) -> None:
    brought = bring(*parts(MESSY, "hyd1_4l"))
    layer = brought.inspection.layers[0]
    assert (layer.features, layer.kind_guess, layer.encoding["used"]) == (840, "water", "gb18030")
    assert layer.crs["missing"] and layer.crs_candidates[0]["code"] == "EPSG:4490"
    _, rows, _ = brought.check("water", crs="EPSG:4490")
    assert sum(row["name"] == "长江" for row in rows) == 138


def test_stops_and_lines_in_gbk_by_language_byte(bring: Callable[..., Brought]) -> None:
    for stem, features in (("河西站点", 1961), ("河西线路", 236)):
        layer = bring(*parts(MESSY, stem)).inspection.layers[0]
        assert (layer.name, layer.features, layer.encoding["evidence"]) == (stem, features, "language_byte")


def test_a_shapefile_without_its_table(bring: Callable[..., Brought]) -> None:
    with pytest.raises(InvalidInput) as caught:
        bring(*parts(MESSY, "天津_站点"))
    assert caught.value.code == "dbf_missing"


def test_utf8_without_declaration(bring: Callable[..., Brought]) -> None:
    layer = bring(*parts(MESSY / "utf8_no_cpg", "china")).inspection.layers[0]
    assert (layer.features, layer.encoding["used"]) == (1367, "utf-8")
    assert "黑龙江省" in next(column for column in layer.columns if column.name == "FCNAME").samples


def test_rings_that_do_not_close(bring: Callable[..., Brought]) -> None:
    _, rows, findings = bring(MESSY / "macau_unclosed_ring.geojson").check("community")
    unclosed = [finding for finding in findings if finding.facts.get("reason") == "边界没有闭合"]
    assert len(unclosed) == 7 and all(finding.place for finding in unclosed)
    assert all(shapely.from_wkb(row["wkb"]).is_valid for row in rows)


def test_parcels(bring: Callable[..., Brought]) -> None:
    brought = bring(DATA / "cambridge_ma" / "ASSESSING_ParcelsFY2014.topojson")
    assert brought.inspection.layers[0].features == 13_116
    checked, rows, findings = brought.check("building", crs="EPSG:4326", repair=True, metric_srid=32619)
    faulty = {
        finding.row
        for finding in findings
        if finding.code.startswith("geometry_") or finding.code.startswith("vertices_")
    }
    assert len(faulty) >= 37
    assert checked.repaired >= 30 and checked.refused <= 8
    assert all(row["wkb"] for row in rows if not row["refused"])


@pytest.mark.parametrize(
    ("name", "features", "nameless"),
    [
        ("BOUNDARY_CDDNeighborhoods", 13, 0),
        ("PUBLICSAFETY_PoliceResponseDistricts", 117, 0),
        ("ELECTIONS_WardsSubPrecincts", 42, 0),
        ("PUBLICSAFETY_PoliceWalkingRoutes", 38, 2),
    ],
)
def test_zone_systems_of_one_city(
    name: str, features: int, nameless: int, bring: Callable[..., Brought]
) -> None:
    checked, _, findings = bring(DATA / "cambridge_ma" / f"{name}.geojson").check(
        "community", metric_srid=32619
    )
    assert (checked.rows, checked.refused) == (features, nameless)
    assert sum(finding.code == "name_missing" for finding in findings) == nameless


def test_roads_in_utm_without_a_code(bring: Callable[..., Brought]) -> None:
    brought = bring(DATA / "wuhan_roads" / "wuhan_roads_original.parquet")
    layer = brought.inspection.layers[0]
    assert (layer.features, layer.crs["code"], layer.kind_guess) == (92_667, "EPSG:32650", "road")
    checked, _, _ = brought.check("road", metric_srid=4547)
    assert checked.bounds_wgs84 is not None and 113.9 < checked.bounds_wgs84[0] < 114.0


@pytest.mark.parametrize(
    ("name", "buildings"),
    [
        ("dreieich-2022.osm.gz", 3771),
        ("north-bayreuth-2014.osm.gz", 4267),
        ("krems-2013.osm.gz", 1195),
        ("monaco-2023.osm.pbf", 1283),
    ],
)
def test_osm_extracts(name: str, buildings: int, bring: Callable[..., Brought]) -> None:
    brought = bring(DATA / "small_osm_towns" / name)
    assert brought.inspection.layer("buildings").features == buildings
    checked, _, _ = brought.check("building", layer="buildings", repair=True, metric_srid=32632)
    assert checked.refused <= 2
    assert brought.inspection.layer("roads").features > 400


def test_district_borders_in_gcj02(bring: Callable[..., Brought]) -> None:
    shifted = bring(DATA / "nanjing_districts_gcj02" / "datav_320100.geojson")
    assert "datum_schema" in codes_of(shifted.inspection.findings)
    _, rows, findings = shifted.check("district", datum="gcj02", repair=True)
    assert codes_of(findings) >= {"geometry_repaired"}
    stored = Context(siblings=[KnownArea(row["code"], row["name"], None, row["wkb"]) for row in rows])
    checked, _, findings = shifted.check("district", stored, repair=True)
    assert checked.datum_verdict is not None and checked.datum_verdict["best"] == "gcj02"
    assert "datum_distance" in codes_of(findings)
    lon, lat = INVERSE["gcj02"](118.727, 32.083)
    assert (lon, lat) != (118.727, 32.083)


def test_division_codes(bring: Callable[..., Brought]) -> None:
    folder = DATA / "cn_division_codes"
    for name, count in (
        ("streets_nanjing.csv", 140),
        ("villages_nanjing.csv", 1322),
        ("provinces.csv", 31),
        ("cities.csv", 342),
    ):
        checked, rows, _ = bring(folder / name).check("codes")
        assert (checked.rows, checked.refused) == (count, 0)
        assert all(len(row["code"]) == 12 for row in rows)


def test_the_whole_country(bring: Callable[..., Brought]) -> None:
    checked, _, _ = bring(DATA / "cn_division_codes" / "villages_all.csv.gz").check("codes")
    assert checked.rows == 620_573


def test_multipolygon_cases(bring: Callable[..., Brought]) -> None:
    brought = bring(DATA / "osm_multipolygon_tests" / "grid_all.osm")
    assert {layer.name for layer in brought.inspection.layers} >= {"buildings", "water_areas"}
