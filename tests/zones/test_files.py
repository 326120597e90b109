"""A plan taken along into map programs, read back by the library that they use."""

import json
import warnings
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import pytest
import shapely
from sqlalchemy import text

from app.geo.writing import WrittenLayer, write_layers
from tests.builders import build_building, cell, footprint_in
from tests.zones.town import COMMUNITY, Town, build_town

FIELDS = [
    "code",
    "name",
    "address",
    "kind",
    "floors",
    "units",
    "households",
    "zone",
    "zone_code",
    "zone_name",
]


@pytest.fixture
def town(session) -> Town:
    """Two zones, one of them named with a character outside GBK, and a building in none."""
    made = build_town(session)
    first, second = made.zone(session, "滨江㐂片"), made.zone(session)
    made.give(session, first, building_ids=made.buildings[:10])
    made.give(session, second, building_ids=made.buildings[10:19])
    session.commit()
    return made


@pytest.fixture
def planner(login_as):
    return login_as("planner")


def taken(planner, town: Town, name: str) -> bytes:
    answer = planner.get(f"/plans/{town.plan.id}/{name}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.data


def table(source: Any, layer: str | None = None) -> tuple[dict[str, Any], list[dict[str, Any]], np.ndarray]:
    """What a file says of itself, its rows, and its shapes."""
    meta, _, shapes, columns = pyogrio.raw.read(source, layer=layer)
    names = [str(one) for one in meta["fields"]]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return meta, rows, shapely.from_wkb(shapes)


def check_zones(meta: dict[str, Any], rows: list[dict[str, Any]], shapes: np.ndarray, town: Town) -> None:
    assert meta["crs"] == "EPSG:4326"
    assert [(one["code"], one["number"], one["name"]) for one in rows] == [
        (f"{COMMUNITY}001", 1, "滨江㐂片"), (f"{COMMUNITY}002", 2, "第 2 责任区"),
    ]  # fmt: skip
    assert [(one["buildings"], one["households"]) for one in rows] == [(10, 200), (9, 180)]
    assert shapely.is_valid(shapes).all()
    points = [footprint_in(cell(0), number).centroid for number in range(20)]
    inside = [[bool(shapely.covers(shape, point)) for point in points] for shape in shapes]
    assert inside == [[n < 10 for n in range(20)], [10 <= n < 19 for n in range(20)]]


def check_buildings(meta: dict[str, Any], rows: list[dict[str, Any]], shapes: np.ndarray) -> None:
    assert meta["crs"] == "EPSG:4326"
    assert [str(one) for one in meta["fields"]] == FIELDS
    assert [one["code"] for one in rows] == [f"{COMMUNITY}{n + 1:05d}" for n in range(20)]
    assert (rows[0]["address"], rows[0]["zone_code"], rows[0]["zone_name"]) == (
        "沿江路1号", f"{COMMUNITY}001", "滨江㐂片",
    )  # fmt: skip
    assert rows[19]["zone_code"] is None
    assert shapely.area(shapes).min() > 0


def test_a_geopackage_has_zones_and_buildings(planner, town) -> None:
    body = taken(planner, town, "plan.gpkg")
    assert [str(name) for name, _ in pyogrio.list_layers(BytesIO(body))] == ["zones", "buildings"]
    check_zones(*table(BytesIO(body), "zones"), town)
    check_buildings(*table(BytesIO(body), "buildings"))


def test_geojson_keeps_to_its_standard(planner, town) -> None:
    zones, buildings = taken(planner, town, "zones.geojson"), taken(planner, town, "buildings.geojson")
    check_zones(*table(BytesIO(zones)), town)
    check_buildings(*table(BytesIO(buildings)))
    read = json.loads(zones)
    assert "crs" not in read, "RFC 7946 knows one reference system and forbids naming others"
    for one in read["features"]:
        for polygon in one["geometry"]["coordinates"]:
            assert shapely.is_ccw(shapely.LinearRing(polygon[0])), "outer rings turn to the left"
    assert planner.get(f"/plans/{town.plan.id}/roads.geojson").status_code == 404


def test_shapefiles_are_what_older_programs_here_read(planner, town, tmp_path) -> None:
    body = taken(planner, town, "shapefile.zip")
    with zipfile.ZipFile(BytesIO(body)) as archive:
        archive.extractall(tmp_path)
    endings = ("cpg", "dbf", "prj", "shp", "shx")
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        f"{layer}.{ending}" for layer in ("buildings", "zones") for ending in endings
    ]
    assert (tmp_path / "zones.cpg").read_text() == "GB18030"
    assert "滨江㐂片".encode("gb18030") in (tmp_path / "zones.dbf").read_bytes()
    check_zones(*table(tmp_path / "zones.shp"), town)
    check_buildings(*table(tmp_path / "buildings.shp"))


def test_buildings_without_an_outline_or_a_place_are_there_too(session, planner, town, tmp_path) -> None:
    for number, given in ((30, "POINT (118.601 31.952)"), (31, None)):
        made = build_building(session, f"{COMMUNITY}{number:05d}", footprint_in(cell(0), number))
        session.execute(
            text("UPDATE building SET footprint = NULL, given_point = ST_GeomFromText(:given, 4326) WHERE id = :id"),
            {"given": given, "id": made},
        )  # fmt: skip
    session.commit()
    for name in ("plan.gpkg", "buildings.geojson"):
        layer = "buildings" if name.endswith("gpkg") else None
        _, rows, shapes = table(BytesIO(taken(planner, town, name)), layer)
        assert (len(rows), shapely.get_type_id(shapes[20]), shapes[21]) == (22, 0, None)
    with zipfile.ZipFile(BytesIO(taken(planner, town, "shapefile.zip"))) as archive:
        archive.extractall(tmp_path)
    _, rows, _ = table(tmp_path / "buildings_points.shp")
    assert [one["code"] for one in rows] == [f"{COMMUNITY}00030"]
    assert len(table(tmp_path / "buildings.shp")[1]) == 21


def test_an_empty_draft_gives_an_empty_layer(session, planner) -> None:
    town = build_town(session)
    session.commit()
    meta, rows, _ = table(BytesIO(taken(planner, town, "plan.gpkg")), "zones")
    assert (rows, list(meta["fields"])) == ([], ["code", "number", "name", "buildings", "households"])


def test_a_long_text_is_cut_between_characters_in_a_shapefile(tmp_path) -> None:
    long = "沿" + "江路㐂号" * 60
    layer = WrittenLayer(
        "one", [shapely.to_wkb(shapely.Point(118.6, 31.9))], {"address": [long], "floors": [6]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = write_layers([layer], "shapefile")
    with zipfile.ZipFile(BytesIO(written)) as archive:
        archive.extractall(tmp_path)
    read = table(tmp_path / "one.shp")[1][0]
    assert long.startswith(read["address"]) and len(read["address"]) > 90
    assert read["floors"] == 6
