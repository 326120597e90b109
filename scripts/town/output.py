"""Writes the drawn district as files: RFC 7946 GeoJSON, one feature to a line, in a fixed order."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from . import plan
from .areas import Community
from .footprints import Building
from .frame import to_lonlat
from .network import Network, Road
from .places import Place

Row = tuple[dict[str, Any], BaseGeometry]
STAKE_STEP_M = 100


def write_geojson(path: Path, rows: Iterable[Row]) -> None:
    path.write_text(collection(rows), encoding="utf-8", newline="\n")


def collection(rows: Iterable[Row]) -> str:
    """Local metres as the text of a feature collection in WGS 84."""
    lines = []
    for properties, shape in rows:
        geometry = shapely.geometry.mapping(_right_handed(to_lonlat(shape)))
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def _right_handed(shape: BaseGeometry) -> BaseGeometry:
    """Outer rings anticlockwise, holes clockwise, as RFC 7946 asks."""
    if shape.geom_type == "Polygon":
        return orient(shape)
    if shape.geom_type == "MultiPolygon":
        return shapely.MultiPolygon([orient(p) for p in shape.geoms])
    return shape


def write_areas(folder: Path, communities: list[Community]) -> None:
    streets = [
        (code, name, shapely.union_all([c.outline for c in communities if c.street == code]))
        for code, name in plan.STREETS.items()
    ]
    district = shapely.union_all([outline for _, _, outline in streets])
    write_geojson(
        folder / "district.geojson",
        [({"code": plan.DISTRICT_CODE, "name": plan.DISTRICT_NAME, "level": "district"}, district)],
    )
    write_geojson(
        folder / "streets.geojson",
        [
            ({"code": c, "name": n, "level": "street", "parent_code": plan.DISTRICT_CODE}, s)
            for c, n, s in streets
        ],
    )
    write_geojson(folder / "communities.geojson", [(community_row(c), c.outline) for c in communities])
    _write_codes(folder / "division_codes.csv", communities)


def community_row(community: Community) -> dict[str, Any]:
    return {
        "code": community.code,
        "name": community.name,
        "level": "community",
        "parent_code": community.street,
        "parent_name": plan.STREETS[community.street],
    }


def _write_codes(path: Path, communities: list[Community]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["code", "name", "parent_code", "class"])
    writer.writerow([plan.DISTRICT_CODE, plan.DISTRICT_NAME, "", ""])
    for code, name in plan.STREETS.items():
        writer.writerow([code, name, plan.DISTRICT_CODE, ""])
        # 111 is the class "main urban area" of the statistical list; it is given to committees only.
        writer.writerows([c.code, c.name, code, "111"] for c in communities if c.street == code)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def building_row(building: Building) -> Row:
    properties = {
        "code": building.code,
        "name": building.title,
        "address": building.street_address,
        "kind": building.kind,
        "floors": building.floors,
        "units": building.units,
        "households": building.households,
        "built_year": building.built_year,
        "community_code": building.community,
    }
    return properties, building.shape


def write_roads(path: Path, roads: list[Road]) -> None:
    order = list(plan.WIDTHS_M)
    rows = sorted(roads, key=lambda r: (order.index(r.road_class), r.name, r.line.bounds))
    write_geojson(path, [({"name": r.name, "road_class": r.road_class}, r.line) for r in rows])


def write_levee(folder: Path, net: Network) -> None:
    length = net.levee.length
    whole = int(length // STAKE_STEP_M) * STAKE_STEP_M
    row = {
        "name": plan.LEVEE_NAME,
        "level": plan.LEVEE_LEVEL,
        "from_stake": stake(0),
        "to_stake": stake(int(length)),
        "length_m": round(length, 1),
    }
    write_geojson(folder / "levee.geojson", [(row, net.levee)])
    stakes = [
        ({"stake": stake(m), "chainage_m": m, "levee": plan.LEVEE_NAME}, net.levee.interpolate(m))
        for m in range(0, whole + 1, STAKE_STEP_M)
    ]
    write_geojson(folder / "stakes.geojson", stakes)


def stake(chainage_m: int) -> str:
    return f"K{chainage_m // 1000}+{chainage_m % 1000:03d}"


def write_places(path: Path, places: list[Place], with_hours: bool) -> None:
    rows = []
    for place in places:
        row = {
            "name": place.name,
            "kind": place.kind,
            "address": place.address,
            "community_code": place.community,
        }
        if with_hours:
            row["hours"] = place.hours
        rows.append((row, place.spot))
    write_geojson(path, rows)


def write_zones(path: Path, zones: dict[str, list[dict[str, object]]]) -> None:
    text = json.dumps(zones, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
