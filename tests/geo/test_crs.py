"""Reference systems: names, codes that were left out, candidates for missing ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.geo.crs import (
    bounds_to_wgs84,
    describe_crs,
    looks_swapped,
    metric_crs_for,
    missing_crs_candidates,
    project,
    to_wgs84,
)
from tests.geo.conftest import Brought, codes_of
from tests.geo.test_formats import frame

DAMAGED = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kru-ger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)
XIAGUAN = (118.727, 32.083)


def without_code(code: int, form: str) -> str:
    """A system as programs write it that do not know its number."""
    wkt = pyproj.CRS.from_epsg(code).to_wkt(form)
    return wkt.replace(f',AUTHORITY["EPSG","{code}"]', "").replace(f',ID["EPSG",{code}]', "")


@pytest.mark.parametrize(
    "code", [4549, 4528, 4548, 4509, 4498, 2385, 2437, 32650, 32750, 3857, 4490, 4326, 2249]
)
@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_code_is_found_without_being_written(code: int, form: str) -> None:
    assert describe_crs(without_code(code, form)).code == f"EPSG:{code}"


def test_unnamed_utm() -> None:
    crs = pyproj.CRS.from_proj4("+proj=utm +zone=50 +datum=WGS84 +units=m +no_defs")
    label = describe_crs(crs.to_json())
    assert (label.code, label.unit) == ("EPSG:32650", "metre")


def test_a_local_system_has_no_code() -> None:
    text = "+proj=tmerc +lat_0=0 +lon_0=118.8333333 +k=1 +x_0=300000 +y_0=-3000000 +ellps=GRS80 +units=m"
    label = describe_crs(pyproj.CRS.from_proj4(text).to_wkt())
    assert label.code is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (4549, "CGCS2000 3 度带 中央经线 120°E"),
        (4528, "CGCS2000 3 度带 第 40 带（带号前缀）"),
        (4509, "CGCS2000 6 度带 中央经线 117°E"),
        (2437, "北京 54 3 度带 中央经线 120°E"),
        (32650, "WGS 84 UTM 50N 带"),
        (4490, "CGCS2000 经纬度"),
    ],
)
def test_chinese_names(code: int, name: str) -> None:
    assert describe_crs(f"EPSG:{code}").name == name


def test_feet_are_said() -> None:
    assert describe_crs("EPSG:2249").unit == "US survey foot"


@pytest.mark.parametrize(
    "text", ["", "EPSG:0", "/etc/passwd", "https://example.org/crs", "x" * 60_000, 'LOCAL_CS["here"]']
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        describe_crs(text)
    assert caught.value.code == "crs_unreadable"


@pytest.mark.parametrize("code", [4549, 4528, 32650])
def test_axis_order_is_x_then_y(code: int) -> None:
    point = np.array([shapely.Point(XIAGUAN)], dtype=object)
    metric = project(point, "EPSG:4326", f"EPSG:{code}")
    assert metric[0].y == pytest.approx(3_551_765, abs=3_000)
    assert shapely.distance(to_wgs84(metric, f"EPSG:{code}")[0], point[0]) < 1e-9


def test_the_gauge_in_4549() -> None:
    metric = project(np.array([shapely.Point(XIAGUAN)], dtype=object), "EPSG:4326", "EPSG:4549")[0]
    assert (metric.x, metric.y) == (pytest.approx(379_814, abs=1), pytest.approx(3_551_765, abs=1))


@pytest.mark.parametrize(
    ("place", "srid"),
    [
        ((118.727, 32.083), 4549),
        ((120.0, 31.0), 4549),
        ((114.3, 30.5), 4547),
        ((117.2, 39.1), 4548),
        ((116.9, 32.0), 4548),
        ((-71.1, 42.4), 32619),
        ((11.5, 49.9), 32632),
        ((151.2, -33.9), 32756),
        ((180.0, 10.0), 32660),
    ],
)
def test_metric_system_of_a_place(place: tuple[float, float], srid: int) -> None:
    assert metric_crs_for(*place) == srid


@settings(deadline=None)
@given(st.floats(-179.9, 179.9), st.floats(-79, 83))
def test_metric_system_keeps_lengths_within_a_thousandth(lon: float, lat: float) -> None:
    line = shapely.LineString([(lon, lat), (lon, lat + 0.001)])
    metric = project(np.array([line], dtype=object), "EPSG:4326", f"EPSG:{metric_crs_for(lon, lat)}")[0]
    true = pyproj.Geod(ellps="WGS84").geometry_length(line)
    assert metric.length == pytest.approx(true, rel=0.005)


def test_candidates_for_missing_systems() -> None:
    metric = missing_crs_candidates((379_000, 3_551_000, 380_000, 3_552_000))
    assert metric[0].code == "EPSG:4549"
    assert metric[0].bounds_wgs84[0] == pytest.approx(118.72, abs=0.02)
    prefixed = missing_crs_candidates((40_379_000, 3_551_000, 40_380_000, 3_552_000))
    assert [candidate.code for candidate in prefixed] == ["EPSG:4528"]
    six = missing_crs_candidates((20_663_000, 3_551_000, 20_664_000, 3_552_000))
    assert "EPSG:4498" in [candidate.code for candidate in six]
    degrees = missing_crs_candidates((118.7, 32.0, 118.8, 32.1))
    assert [candidate.code for candidate in degrees] == ["EPSG:4490", "EPSG:4326"]
    web = missing_crs_candidates((13_215_000, 3_770_000, 13_216_000, 3_771_000))
    assert "EPSG:3857" in [candidate.code for candidate in web]
    assert missing_crs_candidates((float("nan"), 0, 1, 1)) == []


def test_a_place_orders_the_candidates() -> None:
    near = missing_crs_candidates((500_000, 3_376_000, 501_000, 3_377_000), near=(114.3, 30.5))
    assert near[0].code == "EPSG:4547"
    abroad = missing_crs_candidates((690_000, 5_540_000, 691_000, 5_541_000), near=(11.5, 49.9))
    assert abroad[0].code == "EPSG:32632"


def test_swapped_degrees_are_noticed() -> None:
    assert looks_swapped((31.9, 118.6, 32.2, 118.9))
    assert not looks_swapped((118.6, 31.9, 118.9, 32.2))


def test_a_box_that_lies_nowhere() -> None:
    assert bounds_to_wgs84((1e9, 1e9, 2e9, 2e9), "EPSG:4549") is None


@pytest.mark.parametrize(
    "prj",
    [
        b'LOCAL_CS["Nonearth (Meter)",UNIT["Meter",1]]',
        # Read well enough, and no projection after all.
        DAMAGED.encode(),
        b"\x00\xff\x00garbage\x00\x01",
        "坐标系：地方坐标".encode("gbk"),
    ],
)
def test_an_unreadable_system_is_asked_for(prj: bytes, tmp_path: Path, bring: Callable[..., Brought]) -> None:
    frame().to_crs(4549).to_file(tmp_path / "a.shp", encoding="UTF-8")
    (tmp_path / "a.prj").write_bytes(prj)
    brought = bring(*(tmp_path / f"a.{part}" for part in ("dbf", "prj", "shp", "shx")))
    layer = brought.inspection.layers[0]
    assert layer.crs["missing"] and "EPSG:4549" in [one["code"] for one in layer.crs_candidates]
    assert codes_of(brought.inspection.findings) == {"crs_unreadable"}
    assert "\\u0000" not in json.dumps(brought.inspection.as_json())
    checked, _, _ = brought.check("building", crs="EPSG:4549")
    assert checked.refused == 0 and checked.bounds_wgs84 is not None and checked.bounds_wgs84[0] > 118
    with pytest.raises(InvalidInput) as caught:
        brought.check("building")
    assert caught.value.code == "crs_unreadable"
