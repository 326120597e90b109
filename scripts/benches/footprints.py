"""A town of any size from real footprints (or the sample town's), set side by side in an invented place."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from app.config import CHECKOUT
from app.ground.models.places import BUILDING_KINDS

SAMPLE = CHECKOUT / "geodata" / "buildings.geojson"
REAL = CHECKOUT.parent / "shared" / "data"
# Where the invented town lies: by the Yangtze, where the default metric system is at home.
WEST, SOUTH = 118.3, 31.8
GAP_DEGREES = 0.001
PER_COMMUNITY = 2_000
# One community is large enough for the lasso that takes 15,000 buildings.
LARGEST_SHARE = 0.16
DISTRICT = "329902"
SEED = 20_260_721


@dataclass(frozen=True)
class Source:
    """A file of footprints and, for an OSM extract, the layer to take buildings from."""

    path: Path
    is_osm: bool = False

    def read(self) -> Any:
        if not self.is_osm:
            return pyogrio.read_dataframe(self.path, columns=[]).geometry.to_numpy()
        place = f"/vsigzip/{self.path}" if self.path.suffix == ".gz" else str(self.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pyogrio.read_dataframe(
                place, layer="multipolygons", where="building is not null", columns=[]
            )
        return found.geometry.to_numpy()


@dataclass(frozen=True)
class TownFiles:
    """The files of one invented town."""

    buildings: Path
    communities: Path
    count: int
    origin: str


def sources() -> tuple[str, list[Source]]:
    """Real footprints where they lie beside the checkout, else the sample town."""
    towns = ("dreieich-2022.osm.gz", "monaco-2023.osm.pbf", "krems-2013.osm.gz", "north-bayreuth-2014.osm.gz")
    real = [Source(REAL / "cambridge_ma" / "ASSESSING_ParcelsFY2014.topojson")]
    real += [Source(REAL / "small_osm_towns" / name, is_osm=True) for name in towns]
    if all(source.path.exists() for source in real):
        return "real footprints: Cambridge, Dreieich, Monaco, Krems, Bayreuth", real
    return "footprints of the sample town", [Source(SAMPLE)]


def write_town(folder: Path, count: int) -> TownFiles:
    """Draw a town of `count` buildings into two files of a folder."""
    origin, listed = sources()
    blocks = [_at_home(source.read()) for source in listed]
    per_strip = sum(len(block) for block in blocks)
    strips = max(1, -(-count // per_strip))
    side_by_side = max(1, round(strips / 4)) if len(blocks) == 1 else 1
    footprints, cells = _lay_out(blocks, strips, side_by_side, count)
    town = TownFiles(
        folder / f"buildings-{count}.gpkg", folder / f"communities-{count}.geojson", len(footprints), origin
    )
    pyogrio.write_dataframe(_with_columns(footprints), town.buildings, layer="buildings")
    pyogrio.write_dataframe(_communities(cells), town.communities)
    return town


def _at_home(shapes: Any) -> Any:
    """Polygons moved to the origin, as wide in metres there as where they stood."""
    shapes = np.array(
        [one for one in shapes if one is not None and not one.is_empty and one.geom_type.endswith("Polygon")]
    )
    west, south, _, north = shapely.total_bounds(shapes)
    narrower = np.cos(np.radians((south + north) / 2)) / np.cos(np.radians(SOUTH))
    return shapely.transform(shapes, lambda at: (at - [west, south]) * [narrower, 1.0])


def _lay_out(blocks: list[Any], strips: int, side_by_side: int, count: int) -> tuple[Any, list[Any]]:
    """Blocks in strips from south to north until the town is full, and the boxes of its communities."""
    laid: list[Any] = []
    cells: list[Any] = []
    left, south, in_largest = count, SOUTH, 0
    row = [block for block in blocks for _ in range(side_by_side)]
    largest: list[tuple[float, float, float, float]] = []
    for _ in range(strips):
        west, height = WEST, 0.0
        for block in row:
            if left <= 0:
                break
            taken = block[:left]
            width, depth = shapely.total_bounds(block)[2:] + GAP_DEGREES
            laid.append(shapely.transform(taken, lambda at, corner=(west, south): at + corner))
            box = (west, south, west + width, south + depth)
            if south == SOUTH and in_largest < LARGEST_SHARE * count:
                largest.append(box)
                in_largest += len(taken)
            else:
                cells += _cells(box, len(taken))
            left -= len(taken)
            west += width
            height = max(height, depth)
        south += height
    together = shapely.union_all([_box(*box) for box in largest])
    return np.concatenate(laid), [together, *cells]


def _cells(box: tuple[float, float, float, float], buildings: int) -> list[Any]:
    """A block cut into communities of the usual size."""
    west, south, east, north = box
    across = max(1, round((buildings / PER_COMMUNITY) ** 0.5))
    up = max(1, -(-buildings // (PER_COMMUNITY * across)))
    xs, ys = np.linspace(west, east, across + 1), np.linspace(south, north, up + 1)
    return [_box(xs[x], ys[y], xs[x + 1], ys[y + 1]) for x in range(across) for y in range(up)]


def _box(west: float, south: float, east: float, north: float) -> Any:
    """Blocks begin half a gap before their first building."""
    half = GAP_DEGREES / 2
    return shapely.box(west - half, south - half, east - half, north - half)


def _with_columns(footprints: Any) -> gpd.GeoDataFrame:
    """Footprints with what an office's file says about a building; the same for the same count."""
    chance = np.random.default_rng(SEED)
    count = len(footprints)
    number = np.arange(1, count + 1)
    return gpd.GeoDataFrame(
        {
            "name": [f"{n % 200 + 1}幢" for n in number],
            "address": [f"沿江路{n // 20 + 1}号{n % 200 + 1}幢" for n in number],
            "kind": chance.choice(BUILDING_KINDS, count),
            "floors": chance.integers(1, 34, count),
            "units": chance.integers(1, 6, count),
            "households": chance.integers(0, 130, count),
            "built_year": pd.array(chance.integers(1950, 2024, count), dtype="int32"),
        },
        geometry=footprints,
        crs="EPSG:4326",
    )


def _communities(cells: list[Any]) -> gpd.GeoDataFrame:
    number = np.arange(len(cells))
    street = number // 40 + 1
    return gpd.GeoDataFrame(
        {
            "code": [f"{DISTRICT}{s:03d}{n % 40 + 1:03d}" for s, n in zip(street, number, strict=True)],
            "name": [f"江滨第{n + 1}社区" for n in number],
            "parent_code": [f"{DISTRICT}{s:03d}000" for s in street],
            "parent_name": [f"江滨{s}街道" for s in street],
        },
        geometry=cells,
        crs="EPSG:4326",
    )
