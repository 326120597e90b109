"""The sample town is what its README says it is, and is drawn the same every time."""

import csv
import hashlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import mapping, shape

CHECKOUT = Path(__file__).parent.parent
GEODATA = CHECKOUT / "geodata"
BROKEN = GEODATA / "broken"
METRIC = 4549
MEBIBYTE = 1024 * 1024
LAYERS = sorted(p.name for p in GEODATA.glob("*.geojson"))
WORDS = {
    "kind": "residential lane_house tower commercial office school hospital market industrial public utility",
    "road_class": "arterial secondary minor lane footway levee_road railway",
    "water_kind": "river canal pond lake",
    "green_kind": "park square levee_slope grove",
}
KINDS = {field: frozenset(words.split()) for field, words in WORDS.items()}


def files_present() -> set[str]:
    return {p.relative_to(GEODATA).as_posix() for p in GEODATA.rglob("*") if p.is_file()}


def layer(name: str) -> gpd.GeoDataFrame:
    """A layer in metres."""
    return gpd.read_file(GEODATA / f"{name}.geojson").to_crs(METRIC)


@pytest.fixture(scope="module")
def communities() -> gpd.GeoDataFrame:
    return layer("communities").set_index("code", drop=False)


@pytest.fixture(scope="module")
def buildings() -> gpd.GeoDataFrame:
    return layer("buildings").set_index("code", drop=False)


@pytest.fixture(scope="module")
def zones() -> dict[str, list[dict[str, Any]]]:
    return json.loads((GEODATA / "zones.json").read_text(encoding="utf-8"))


# what is there, and what is said about it


def test_every_file_is_described_and_every_description_has_its_file() -> None:
    listed = tomllib.loads((GEODATA / "sources.toml").read_text(encoding="utf-8"))["files"]
    assert {f["name"] for f in listed} == files_present()
    assert len({f["name"] for f in listed}) == len(listed)
    for entry in listed:
        assert entry["source"] == "scripts/make_sample"
        assert entry["licence"] and entry["date"] and entry["what"] and entry["access"] == "public"


def test_the_readme_names_every_file_and_no_other() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (GEODATA / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(files_present())


def test_the_fields_are_those_that_are_listed() -> None:
    listed = tomllib.loads((GEODATA / "sources.toml").read_text(encoding="utf-8"))["files"]
    for entry in listed:
        if entry["name"].endswith(".geojson") and not entry["name"].startswith("broken/"):
            found = json.loads((GEODATA / entry["name"]).read_text(encoding="utf-8"))["features"]
            assert all(list(f["properties"]) == entry["fields"] for f in found), entry["name"]
            assert {f["geometry"]["type"] for f in found} == {entry["geometry"]}, entry["name"]


def test_the_folder_stays_small() -> None:
    sizes = {p: p.stat().st_size for p in GEODATA.rglob("*") if p.is_file()}
    assert sum(sizes.values()) < 5 * MEBIBYTE
    assert sum(s for p, s in sizes.items() if p.parent == BROKEN) < 600 * 1024


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_follows_rfc_7946(name: str) -> None:
    text = (GEODATA / name).read_text(encoding="utf-8")
    parsed = json.loads(text)
    assert "crs" not in parsed and parsed["type"] == "FeatureCollection" and parsed["features"]
    for feature in parsed["features"]:
        geometry = shape(feature["geometry"])
        assert geometry.is_valid and not geometry.is_empty and not geometry.has_z
        west, south, east, north = geometry.bounds
        assert 118.5 < west <= east < 118.7 and 31.9 < south <= north < 32.05
        if geometry.geom_type == "Polygon":
            assert geometry.exterior.is_ccw and not any(r.is_ccw for r in geometry.interiors)
        assert json.loads(json.dumps(mapping(geometry))) == feature["geometry"]
    assert not re.search(r"\d\.\d{8}", text), "more than 7 decimals"


# areas


def test_there_are_two_streets_and_eighteen_communities(communities: gpd.GeoDataFrame) -> None:
    streets = layer("streets")
    assert len(streets) == 2 and len(communities) == 18
    assert set(streets.parent_code) == set(layer("district").code) == {"329901000000"}
    assert communities.name.is_unique and communities.code.is_unique
    assert all(re.fullmatch(r"\d{12}", c) for c in communities.code)
    assert all(c[:9] + "000" == p for c, p in zip(communities.code, communities.parent_code, strict=True))
    assert set(communities.parent_code) == set(streets.code)
    assert dict(zip(communities.parent_code, communities.parent_name, strict=True)) == dict(
        zip(streets.code, streets.name, strict=True)
    )


def test_communities_fill_their_street_and_streets_the_district(communities: gpd.GeoDataFrame) -> None:
    streets = layer("streets").set_index("code")
    for code, street in streets.geometry.items():
        mine = communities[communities.parent_code == code].geometry
        assert mine.union_all().symmetric_difference(street).area < 1.0
        assert abs(mine.area.sum() - street.area) < 1.0
    district = layer("district").geometry.iloc[0]
    assert streets.union_all().symmetric_difference(district).area < 1.0
    in_degrees = gpd.read_file(GEODATA / "communities.geojson").geometry.to_numpy()
    assert shapely.coverage_is_valid(in_degrees)


def test_the_code_list_agrees_with_the_areas(communities: gpd.GeoDataFrame) -> None:
    with (GEODATA / "division_codes.csv").open(encoding="utf-8", newline="") as source:
        rows = {r["code"]: r for r in csv.DictReader(source)}
    assert len(rows) == 1 + 2 + 18
    for code, row in rows.items():
        assert row["parent_code"] in rows or code == "329901000000"
    assert all(rows[c]["name"] == n for c, n in zip(communities.code, communities.name, strict=True))


# buildings


def test_the_town_has_the_right_size_and_mix(buildings: gpd.GeoDataFrame) -> None:
    assert 1800 <= len(buildings) <= 2000
    kinds = Counter(buildings.kind)
    assert set(kinds) == KINDS["kind"]
    assert kinds["residential"] > 600 and kinds["lane_house"] > 300 and kinds["tower"] > 50


def test_households_have_the_ratios_of_old_estates(buildings: gpd.GeoDataFrame) -> None:
    slabs = buildings[buildings.kind == "residential"]
    assert 38 <= slabs.households.mean() <= 42
    assert 2.4 <= slabs.units.mean() <= 4.2
    floor_area_m2 = slabs.area * slabs.floors
    assert 65 <= floor_area_m2.sum() / slabs.households.sum() <= 95
    lived_in = buildings.kind.isin(["residential", "tower", "lane_house"])
    assert (buildings[lived_in].households > 0).all() and (buildings[lived_in].units > 0).all()
    assert (buildings[~lived_in].households == 0).all()
    assert buildings.floors.between(1, 40).all() and buildings.built_year.between(1900, 2025).all()
    per_community = buildings.groupby("community_code").households.sum()
    assert per_community.between(1000, 4000).all()


def test_building_codes_are_numbered_within_their_community(
    buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> None:
    assert buildings.code.is_unique
    assert set(buildings.community_code) == set(communities.code)
    for community, mine in buildings.groupby("community_code"):
        assert sorted(mine.code) == [f"{community}{n:05d}" for n in range(1, len(mine) + 1)]
    assert buildings.name.str.len().gt(0).all() and buildings.address.str.len().gt(3).all()


def test_a_building_lies_in_its_community_and_crosses_no_boundary(
    buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> None:
    home = communities.geometry.loc[buildings.community_code].to_numpy()
    assert shapely.covers(home, shapely.point_on_surface(buildings.geometry.to_numpy())).all()
    assert shapely.covers(home, buildings.geometry.to_numpy()).all()


def test_buildings_stand_beside_each_other_and_beside_roads_and_water(buildings: gpd.GeoDataFrame) -> None:
    shapes = buildings.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    pairs = left < right
    assert shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])).max(initial=0) <= 1.0
    for name in ("roads", "water"):
        _, crossed = tree.query(layer(name).geometry.to_numpy(), predicate="intersects")
        assert not len(crossed), f"{buildings.code.iloc[crossed[:3]].tolist()} stand on {name}"


def test_rows_of_flats_face_south(buildings: gpd.GeoDataFrame) -> None:
    for slab in buildings[buildings.kind == "residential"].geometry:
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(slab))
        sides = box[1:3] - box[0:2]
        east, north = max(sides, key=lambda s: (s**2).sum())
        assert abs(north) <= abs(east) * 0.4


# lines, places, zones


@pytest.mark.parametrize("name", ["roads", "water", "green"])
def test_the_landscape_uses_the_agreed_words(name: str) -> None:
    frame = layer(name)
    field = next(c for c in frame.columns if c in KINDS)
    assert set(frame[field]) == KINDS[field]
    assert frame["name"].str.len().gt(0).all()


def test_the_levee_is_six_kilometres_with_a_stake_each_hundred_metres() -> None:
    levee = layer("levee")
    assert len(levee) == 1
    crest = levee.geometry.iloc[0]
    assert 5900 <= crest.length <= 6300
    assert abs(crest.length - levee.length_m.iloc[0]) < 1.0
    stakes = layer("stakes").sort_values("chainage_m")
    assert stakes.chainage_m.tolist() == list(range(0, int(crest.length) + 1, 100))
    assert stakes.stake.tolist() == [f"K{m // 1000}+{m % 1000:03d}" for m in stakes.chainage_m]
    for spot, chainage in zip(stakes.geometry, stakes.chainage_m, strict=True):
        assert spot.distance(crest) < 0.1 and abs(crest.project(spot) - chainage) < 0.5


@pytest.mark.parametrize("name", ["resident_units", "service_points"])
def test_places_lie_in_the_community_they_name(name: str, communities: gpd.GeoDataFrame) -> None:
    places = layer(name)
    home = communities.geometry.loc[places.community_code].to_numpy()
    assert shapely.covers(home, places.geometry.to_numpy()).all()
    assert not places.astype(str).apply(lambda column: column.str.contains(r"1[3-9]\d{9}")).to_numpy().any()
    if name == "service_points":
        assert places.hours.str.len().gt(4).all()
        assert set(communities.code) == set(places[places.kind == "party_mass_centre"].community_code)


def test_every_building_is_in_exactly_one_zone_of_its_community(
    buildings: gpd.GeoDataFrame, zones: dict[str, Any]
) -> None:
    assert set(zones) == set(buildings.community_code)
    zoned = [
        (code, community) for community, drawn in zones.items() for z in drawn for code in z["buildings"]
    ]
    assert Counter(code for code, _ in zoned) == Counter(buildings.code)
    assert all(code.startswith(community) for code, community in zoned)
    for drawn in zones.values():
        assert [z["number"] for z in drawn] == list(range(1, len(drawn) + 1))
        assert len({z["name"] for z in drawn}) == len(drawn)


def test_zones_have_three_to_five_hundred_households_and_hang_together(
    buildings: gpd.GeoDataFrame, zones: dict[str, Any]
) -> None:
    for drawn in zones.values():
        for zone in drawn:
            members = buildings.loc[zone["buildings"]]
            assert 300 <= members.households.sum() <= 500
            # Parts may be apart by a road, a canal or a park, not by another zone's estate.
            assert members.geometry.buffer(110).union_all().geom_type == "Polygon", zone["name"]


# broken/ and the drawing itself


def test_each_broken_file_has_its_expectation() -> None:
    expected = tomllib.loads((BROKEN / "expected.toml").read_text(encoding="utf-8"))["files"]
    assert {e["file"] for e in expected} == {p.name for p in BROKEN.iterdir()} - {"expected.toml"}
    for entry in expected:
        assert entry["outcome"] in {"refused_file", "finding", "repairable", "accepted"}
        assert bool(entry["codes"]) == (entry["outcome"] != "accepted")
        assert all((GEODATA / name).exists() for name in entry.get("needs", []))


def test_the_broken_files_are_broken_as_they_say() -> None:
    with zipfile.ZipFile(BROKEN / "zip_bomb.zip") as bomb:
        member = bomb.infolist()[0]
        assert member.file_size / member.compress_size > 1000
    with zipfile.ZipFile(BROKEN / "zip_path.zip") as archive:
        assert archive.namelist() == ["../../escaped.geojson"]
    star = json.loads(zipfile.ZipFile(BROKEN / "star_20000.zip").read("star.geojson"))
    assert not shape(star["features"][0]["geometry"]).is_valid
    assert len(star["features"][0]["geometry"]["coordinates"][0]) == 20_001
    with zipfile.ZipFile(BROKEN / "gbk_without_cpg.zip") as archive:
        table = archive.read("shequ.dbf")
        assert table[29] == 0 and not any(n.endswith(".cpg") for n in archive.namelist())
        assert "煤码头社区".encode("gbk") in table


def test_the_chinese_shapefile_reads_back(communities: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    frame = gpd.read_file(f"zip://{BROKEN / 'gbk_without_cpg.zip'}", encoding="gbk")
    assert frame.crs.to_epsg(min_confidence=20) == METRIC or "CM_120E" in frame.crs.name
    assert frame["社区名称"].tolist() == communities.name.tolist()[: len(frame)]
    moved = frame.set_crs(METRIC, allow_override=True).geometry
    assert (
        moved.symmetric_difference(
            communities.geometry.iloc[: len(frame)].reset_index(drop=True), align=False
        ).area.max()
        < 100
    )
    flats = gpd.read_file(f"zip://{BROKEN / 'cgcs2000_gbk_fields.zip'}", encoding="gbk")
    assert [c for c in flats.columns if len(c.encode("gbk")) == 10]
    assert flats["楼栋名称"].tolist() == buildings.name.tolist()[: len(flats)]


def test_drawing_again_gives_the_same_files(tmp_path: Path) -> None:
    command = [sys.executable, "-B", str(CHECKOUT / "scripts" / "make_sample"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    drawn = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert drawn == files_present()
    differing = [n for n in sorted(drawn) if fingerprint(tmp_path / n) != fingerprint(GEODATA / n)]
    assert differing == []


def fingerprint(path: Path) -> str:
    """The bytes of a file; of a zip its members, because two zlib builds pack the same bytes differently."""
    if path.suffix != ".zip":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    with zipfile.ZipFile(path) as archive:
        return repr([(m.filename, m.date_time, m.file_size, m.CRC) for m in archive.infolist()])
