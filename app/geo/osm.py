"""OpenStreetMap extracts: which of its objects are buildings, roads, areas and water, and what their tags mean here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from app.geo import vocabulary
from app.geo.chunks import Chunk, Layer
from app.geo.container import Contents, Member
from app.geo.layers import OgrLayer
from app.geo.texts import map_distinct

# Layer name shown to people -> (kind, GDAL layer, condition)
VIEWS = {
    "buildings": ("building", "multipolygons", '"building" IS NOT NULL AND "building" <> \'no\''),
    "address_points": ("building", "points", '"addr:housenumber" IS NOT NULL'),
    "administrative_areas": ("community", "multipolygons", "\"boundary\" = 'administrative'"),
    "roads": ("road", "lines", '"highway" IS NOT NULL OR "railway" IS NOT NULL'),
    "water_areas": (
        "water",
        "multipolygons",
        "\"natural\" = 'water' OR \"waterway\" = 'riverbank' OR \"landuse\" IN ('basin', 'reservoir')",
    ),
    "waterways": ("water", "lines", "\"waterway\" IN ('river', 'canal', 'stream', 'ditch', 'drain')"),
}
VIEW_KINDS = {name: kind for name, (kind, _, _) in VIEWS.items()}


def open_osm(contents: Contents) -> list[Layer]:
    """The views of an extract that hold anything at all are told apart by reading; all are offered."""
    return [OsmLayer(member, view) for member in contents.members for view in VIEWS]


class OsmLayer(OgrLayer):
    """One subject of an extract, with our own kinds beside the tags."""

    crs = "EPSG:4326"

    def __init__(self, member: Member, view: str) -> None:
        self.kind, layer, condition = VIEWS[view]
        super().__init__(member, layer, view, sql=f'SELECT * FROM "{layer}" WHERE {condition}')

    def chunks(self) -> Iterator[Chunk]:
        """Chunks with joined addresses and translated kinds."""
        for chunk in super().chunks():
            columns = chunk.columns
            if self.kind == "building":
                columns["address"] = _address(columns, len(chunk))
                columns["building_kind"] = _translated(
                    columns.get("building"), vocabulary.building_kind, len(chunk)
                )
            elif self.kind == "road":
                columns["road_class"] = _road_class(columns, len(chunk))
            elif self.kind == "water":
                columns["water_kind"] = _water_kind(columns, len(chunk))
            columns["osm_key"] = _key(columns, len(chunk))
            chunk.columns = {
                name: column
                for name, column in columns.items()
                if column.null_count < len(column) and name not in ("osm_id", "osm_way_id")
            }
            if "name" not in chunk.columns:
                chunk.columns["name"] = pa.nulls(len(chunk), pa.string())
            yield chunk


def _column(columns: dict[str, pa.Array], name: str, rows: int) -> pa.Array:
    return columns.get(name, pa.nulls(rows, pa.string()))


def _key(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    """One key per object. Polygons come from ways and from relations, whose numbers overlap: ``w12`` and ``r12``."""
    own, way = _column(columns, "osm_id", rows), columns.get("osm_way_id")
    if way is None:
        return own
    return pc.coalesce(pc.binary_join_element_wise("w", way, ""), pc.binary_join_element_wise("r", own, ""))


def _address(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    street = pc.coalesce(_column(columns, "addr:street", rows), _column(columns, "addr:place", rows))
    number = _column(columns, "addr:housenumber", rows)
    return pc.if_else(
        pc.is_null(number), street, pc.binary_join_element_wise(pc.fill_null(street, ""), number, " ")
    )


def _translated(column: pa.Array | None, rule: Callable[[str], str | None], rows: int) -> pa.Array:
    return pa.nulls(rows, pa.string()) if column is None else map_distinct(column, rule, pa.string())


def _road_class(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    road = _translated(columns.get("highway"), vocabulary.road_class, rows)
    rail = pc.if_else(
        pc.is_valid(_column(columns, "railway", rows)), pa.scalar("railway"), pa.scalar(None, pa.string())
    )
    return pc.coalesce(road, rail, pa.scalar("minor"))


def _water_kind(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    tags = [
        _translated(columns.get(key), vocabulary.water_kind, rows) for key in ("water", "waterway", "landuse")
    ]
    return pc.coalesce(*tags, pa.scalar("pond"))
