"""Files that can be read, with rows that are wrong."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from . import plan
from .areas import Community
from .footprints import Building
from .frame import to_lonlat
from .output import building_row, collection, community_row
from .shapefile import write_zip

STAR_VERTICES, STAR_STEP = 20_000, 7_001
SMALL_STAR_VERTICES, SMALL_STAR_STEP = 901, 313
EXPECTED_STREETS = ["streets.geojson"]
EXPECTED_COMMUNITIES = ["streets.geojson", "communities.geojson"]

Case = dict[str, Any]


class Rows:
    def __init__(self, folder: Path, communities: list[Community], buildings: list[Building]) -> None:
        self.folder = folder
        self.communities = communities
        self.home = communities[3]
        self.flats = [b for b in buildings if b.community == self.home.code and b.households > 0][:12]
        self.all_flats = [b for b in buildings if b.households > 0]

    def write_all(self) -> list[Case]:
        cases = [*self._missing(), *self._bow_tie(), *self._not_finite(), *self._lines(), *self._stars()]
        cases += [*self._neighbours(), *self._keys(), *self._households(), *self._shifted(), *self._swapped()]
        return cases

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8", newline="\n")

    def _features(self, count: int) -> list[tuple[dict[str, Any], BaseGeometry]]:
        return [building_row(b) for b in self.flats[:count]]

    def _missing(self) -> list[Case]:
        first, second, third = (json.loads(_feature(*row)) for row in self._features(3))
        second["geometry"] = None
        third["geometry"] = {"type": "Polygon", "coordinates": []}
        self._write(
            "geometry_missing.geojson",
            _as_collection([json.dumps(f, ensure_ascii=False) for f in (first, second, third)]),
        )
        return [_case("geometry_missing.geojson", "building", ["geometry_missing", "geometry_empty"], "第 2 行没有图形,第 3 行图形为空",
                      rows=[2, 3], needs=EXPECTED_COMMUNITIES)]  # fmt: skip

    def _bow_tie(self) -> list[Case]:
        good, (properties, shape) = self._features(2)
        west, south, east, north = shape.bounds
        crossed = Polygon([(west, south), (east, north), (east, south), (west, north + 6)])
        self._write("bow_tie.geojson", collection([good, (properties, crossed)]))
        return [{**_case("bow_tie.geojson", "building", ["geometry_invalid"], "第 2 行自相交(蝴蝶结)", rows=[2],
                         needs=EXPECTED_COMMUNITIES), "outcome": "repairable"}]  # fmt: skip

    def _not_finite(self) -> list[Case]:
        """NaN is no JSON, yet many programs write and read it; 1e400 is JSON and becomes infinity."""
        cases = []
        for word, name in (("NaN", "coordinates_nan.geojson"), ("1e400", "coordinates_infinite.geojson")):
            texts = [_feature(*row) for row in self._features(3)]
            start = texts[1].index("[[[") + 3
            texts[1] = texts[1][:start] + word + texts[1][texts[1].index(",", start) :]
            self._write(name, _as_collection(texts))
            note = f"第 2 行有一个坐标是 {word}"
            cases.append(
                _case(
                    name, "building", ["coordinates_not_finite"], note, rows=[2], needs=EXPECTED_COMMUNITIES
                )
            )
        return cases

    def _lines(self) -> list[Case]:
        rows = [(p, shapely.LineString(s.exterior.coords)) for p, s in self._features(4)]
        self._write("lines_as_buildings.geojson", collection(rows))
        return [_case("lines_as_buildings.geojson", "building", ["geometry_type_wrong"], "楼栋画成了线", rows=[1, 2, 3, 4],
                      needs=EXPECTED_COMMUNITIES)]  # fmt: skip

    def _stars(self) -> list[Case]:
        middle = to_lonlat(self.home.outline.representative_point())
        large = _star(middle.x, middle.y, STAR_VERTICES, STAR_STEP)
        write_zip(self.folder / "star_20000.zip", {"star.geojson": large.encode()})
        self._write("star_901.geojson", _star(middle.x, middle.y, SMALL_STAR_VERTICES, SMALL_STAR_STEP))
        return [
            _case("star_20000.zip", "building", ["vertices_beyond_table"], "一个自相交两万次的环", rows=[1], needs=EXPECTED_COMMUNITIES),
            _case("star_901.geojson", "building", ["geometry_too_complex"], "顶点不多,但修复会算不完:必须在限时内放弃", rows=[1],
                  needs=EXPECTED_COMMUNITIES),
        ]  # fmt: skip

    def _neighbours(self) -> list[Case]:
        street = next(iter(plan.STREETS))
        mine = [c for c in self.communities if c.street == street]
        wide = [
            (community_row(c), c.outline.buffer(45, quad_segs=2).simplify(2) if i == 2 else c.outline)
            for i, c in enumerate(mine)
        ]
        self._write("overlap_sibling.geojson", collection(wide))
        gap = [(community_row(c), c.outline) for i, c in enumerate(mine) if i != 4]
        self._write("gap_in_parent.geojson", collection(gap))
        away = [
            (community_row(c), translate(c.outline, -620, 240) if i == 0 else c.outline)
            for i, c in enumerate(mine)
        ]
        self._write("outside_parent.geojson", collection(away))
        return [
            _case("overlap_sibling.geojson", "community", ["overlap_sibling"], "第 3 行向外多画了 45 米", needs=EXPECTED_STREETS),
            _case("gap_in_parent.geojson", "community", ["gap_in_parent"], f"缺少{mine[4].name}", needs=EXPECTED_STREETS),
            _case("outside_parent.geojson", "community", ["outside_parent"], "第 1 行整体偏到江里", rows=[1], needs=EXPECTED_STREETS),
        ]  # fmt: skip

    def _keys(self) -> list[Case]:
        rows = [(community_row(c), c.outline) for c in self.communities[:7]]
        rows[4][0]["code"] = rows[1][0]["code"]
        rows[5][0]["name"] = rows[2][0]["name"]
        self._write("duplicates.geojson", collection(rows))
        same = [({**community_row(c), "code": "329901001000"}, c.outline) for c in self.communities[:7]]
        self._write("key_constant.geojson", collection(same))
        return [
            _case("duplicates.geojson", "community", ["code_duplicate", "name_duplicate"], "第 2、5 行代码相同,第 3、6 行名称相同",
                  rows=[2, 3, 5, 6], needs=EXPECTED_STREETS),
            _case("key_constant.geojson", "community", ["key_constant"], "代码列每一行都是街道代码", needs=EXPECTED_STREETS),
        ]  # fmt: skip

    def _households(self) -> list[Case]:
        rows = self._features(6)
        rows[1][0]["households"], rows[3][0]["households"] = 4000, -5
        self._write("households_implausible.geojson", collection(rows))
        return [_case("households_implausible.geojson", "building", ["households_implausible"], "4000 户与 -5 户", rows=[2, 4],
                      needs=EXPECTED_COMMUNITIES)]  # fmt: skip

    def _shifted(self) -> list[Case]:
        """Buildings of the whole town as a navigation map would show them, still labelled WGS 84."""
        lines = []
        for building in self.all_flats[::11]:
            properties, shape = building_row(building)
            shifted = shapely.transform(to_lonlat(shape), _to_gcj02)
            feature = {
                "type": "Feature",
                "properties": properties,
                "geometry": shapely.geometry.mapping(shifted),
            }
            lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
        self._write("gcj02_labelled_wgs84.geojson", _as_collection(lines))
        return [_case("gcj02_labelled_wgs84.geojson", "building", ["datum_suspected"], "坐标是 GCJ-02,标成了 WGS 84,整体偏约 500 米",
                      needs=EXPECTED_COMMUNITIES)]  # fmt: skip

    def _swapped(self) -> list[Case]:
        lines = []
        for properties, shape in self._features(5):
            swapped = shapely.transform(to_lonlat(shape), lambda xy: xy[:, ::-1])
            feature = {
                "type": "Feature",
                "properties": properties,
                "geometry": shapely.geometry.mapping(swapped),
            }
            lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
        self._write("axis_swapped.geojson", _as_collection(lines))
        return [
            _case(
                "axis_swapped.geojson",
                "building",
                ["axis_swapped"],
                "写成了纬度在前",
                needs=EXPECTED_COMMUNITIES,
            )
        ]


def _case(file: str, kind: str, codes: list[str], note: str, **more: Any) -> Case:
    return {"file": file, "kind": kind, "outcome": "finding", "codes": codes, "note": note, **more}


def _feature(properties: dict[str, Any], shape: BaseGeometry) -> str:
    """One feature as a line of text."""
    return collection([(properties, shape)]).splitlines()[1]


def _as_collection(features: list[str]) -> str:
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"


def _star(lon: float, lat: float, vertices: int, step: int) -> str:
    """A closed ring that jumps across its own middle at every vertex."""
    turns = [2 * math.pi * (k * step % vertices) / vertices for k in range(vertices)]
    ring = [[round(lon + 0.0012 * math.cos(t), 7), round(lat + 0.001 * math.sin(t), 7)] for t in turns]
    feature = {
        "type": "Feature",
        "properties": {"name": "星形楼", "floors": 1},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }
    return _as_collection([json.dumps(feature, ensure_ascii=False, separators=(",", ":"))])


def _to_gcj02(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The published shift of Chinese navigation maps, applied to WGS 84 degrees."""
    axis_m, eccentricity2 = 6378245.0, 0.00669342162296594323
    x, y = xy[:, 0] - 105.0, xy[:, 1] - 35.0
    root, sin, pi = np.sqrt(np.abs(x)), np.sin, np.pi
    wave = (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20 * sin(pi * y) + 40 * sin(pi * y / 3)) * 2 / 3
    north += (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20 * sin(pi * x) + 40 * sin(pi * x / 3)) * 2 / 3
    east += (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3
    latitude = np.radians(xy[:, 1])
    bulge = 1 - eccentricity2 * sin(latitude) ** 2
    north_deg = north * 180 / (axis_m * (1 - eccentricity2) / (bulge * np.sqrt(bulge)) * pi)
    east_deg = east * 180 / (axis_m / np.sqrt(bulge) * np.cos(latitude) * pi)
    return np.column_stack([xy[:, 0] + east_deg, xy[:, 1] + north_deg]).round(7)
