"""A small invented town for the map tests: streets in a grid, blocks of houses, a river, a park, six zones."""

from collections.abc import Callable
from functools import cache
from typing import Any

import shapely
from shapely.geometry import LineString, Point, box, mapping

from app.maps.legend import Legend, LegendEntry
from app.maps.palette import zone_swatch
from tests.maps.mvt import TileFeature, TileSet

WEST, SOUTH = 118.7200, 32.0600
STEP_LON, STEP_LAT = 0.00036, 0.00030
COLUMNS, ROWS = 24, 18
BOUNDS = (WEST, SOUTH, WEST + COLUMNS * STEP_LON, SOUTH + ROWS * STEP_LAT)
Rename = Callable[[int], str]


def building_name(i: int) -> str:
    return f"{i + 1}幢"


def buildings(name: Rename = building_name) -> list[dict[str, Any]]:
    """Features with id, zone number g and a name; the two middle columns and rows are left for roads."""
    features = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            if column in (11, 12) or row in (8, 9):
                continue
            west, south = WEST + column * STEP_LON, SOUTH + row * STEP_LAT
            footprint = box(west, south, west + STEP_LON * 0.74, south + STEP_LAT * 0.48)
            i = len(features)
            props = {
                "name": name(i),
                "g": zone_of(column, row),
                "households": 24,
                "floors": 6,
                "kind": "residential",
            }
            features.append(
                {"type": "Feature", "id": i + 1, "geometry": mapping(footprint), "properties": props}
            )
    return features


def zone_of(column: int, row: int) -> int:
    return 1 + column // 8 + 3 * (row // 9)


@cache
def _centres() -> list[tuple[float, float]]:
    middles = [shapely.geometry.shape(feature["geometry"]).centroid for feature in buildings()]
    return [(middle.x, middle.y) for middle in middles]


def centre_of(building_id: int) -> tuple[float, float]:
    """Longitude and latitude of a building's middle."""
    return _centres()[building_id - 1]


def roads() -> list[dict[str, Any]]:
    west, south, east, north = BOUNDS
    middle_lon, middle_lat = WEST + 11.9 * STEP_LON, SOUTH + 8.8 * STEP_LAT
    lines = [
        ("滨江大道", "arterial", [(west - 0.01, middle_lat), (east + 0.01, middle_lat)]),
        ("钟楼路", "secondary", [(middle_lon, south - 0.01), (middle_lon, north + 0.01)]),
    ]
    return [
        {
            "type": "Feature",
            "id": i + 1,
            "geometry": mapping(LineString(line)),
            "properties": {"name": n, "road_class": k},
        }
        for i, (n, k, line) in enumerate(lines)
    ]


def water() -> list[dict[str, Any]]:
    west, _, east, north = BOUNDS
    river = box(west - 0.01, north + 0.001, east + 0.01, north + 0.004)
    return [_surface(1, river, {"name": "清水江", "water_kind": "river"})]


def green() -> list[dict[str, Any]]:
    _, south, east, _ = BOUNDS
    park = Point(east + 0.0015, south + 0.002).buffer(0.0012)
    return [_surface(1, park, {"name": "望江公园", "green_kind": "park"})]


def zones(name: Callable[[int], str] = lambda n: f"第{n}责任区") -> list[dict[str, Any]]:
    features = []
    for number in range(1, 7):
        own = [f for f in buildings() if f["properties"]["g"] == number]
        outline = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in own]).envelope
        props = {"number": number, "name": name(number), "colour": number - 1, "buildings": len(own)}
        features.append(_surface(number, outline, {**props, "households": 24 * len(own)}))
    return features


def areas(name: str = "钟楼社区") -> list[dict[str, Any]]:
    west, south, east, north = BOUNDS
    props = {"code": "329901001001", "name": name, "level": "community", "buildings": 352, "households": 8448}
    return [_surface("329901001001", box(west - 0.001, south - 0.001, east + 0.001, north + 0.0008), props)]


def zones_legend(title: str, label: Callable[[int], str], none_label: str) -> Legend:
    entries = (LegendEntry(n, label(n), zone_swatch(n - 1), mark=str(n)) for n in range(1, 7))
    return Legend(title, tuple(entries), none_label)


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def building_tiles(name: Rename = building_name) -> TileSet:
    return TileSet(
        {
            "building": [
                _tile_feature(f, g=f["properties"]["g"], n=f["properties"]["name"]) for f in buildings(name)
            ]
        }
    )


def backdrop_tiles() -> TileSet:
    kinds = {
        "road": (roads(), "road_class"),
        "water": (water(), "water_kind"),
        "green": (green(), "green_kind"),
    }
    return TileSet(
        {
            layer: [_tile_feature(f, k=f["properties"][key], n=f["properties"]["name"]) for f in features]
            for layer, (features, key) in kinds.items()
        }
    )


def shape_of(feature: dict[str, Any]) -> Any:
    return shapely.geometry.shape(feature["geometry"])


def _surface(feature_id: int | str, shape: Any, props: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": feature_id, "geometry": mapping(shape), "properties": props}


def _tile_feature(feature: dict[str, Any], **props: Any) -> TileFeature:
    return TileFeature(feature["id"], shapely.geometry.shape(feature["geometry"]), props)
