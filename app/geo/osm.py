"""OpenStreetMap extracts: which of its objects are buildings, roads, areas and water, and what their tags mean here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.geo import vocabulary
from app.geo.chunks import Chunk, Layer
from app.geo.container import Contents, Member
from app.geo.layers import OgrLayer
from app.geo.texts import map_distinct


@dataclass(frozen=True, slots=True)
class View:
    """Objects of one GDAL layer that carry any of some tags: a key and its values, or a key with any value but ``no``."""

    kind: str
    layer: str
    keys: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    other_than: str | None = None

    @property
    def sql(self) -> str:
        """The condition for GDAL. It compares without regard to case."""
        unlike = f" AND \"{{key}}\" <> '{self.other_than}'" if self.other_than else ""
        terms = [f'("{key}" IS NOT NULL{unlike.format(key=key)})' for key in self.keys]
        for key, values in self.values.items():
            listed = ", ".join(f"'{value}'" for value in values)
            terms.append(f'"{key}" IN ({listed})')
        return " OR ".join(terms)

    def picks(self, batch: pa.RecordBatch) -> pa.Array:
        """The same condition on rows that were read."""
        picked = pa.array(np.zeros(len(batch), dtype=bool))
        for key in self.keys:
            cells = batch.column(key)
            given = cells.is_valid()
            if self.other_than:
                given = pc.and_(given, pc.not_equal(pc.fill_null(pc.utf8_lower(cells), ""), self.other_than))
            picked = pc.or_(picked, given)
        for key, values in self.values.items():
            picked = pc.or_(picked, pc.is_in(pc.utf8_lower(batch.column(key)), pa.array(values)))
        return picked


# Layer name shown to people -> what it holds
VIEWS = {
    "buildings": View("building", "multipolygons", ("building",), other_than="no"),
    "address_points": View("building", "points", ("addr:housenumber",)),
    "administrative_areas": View("community", "multipolygons", values={"boundary": ("administrative",)}),
    "roads": View("road", "lines", ("highway", "railway")),
    "water_areas": View(
        "water",
        "multipolygons",
        values={"natural": ("water",), "waterway": ("riverbank",), "landuse": ("basin", "reservoir")},
    ),
    "waterways": View("water", "lines", values={"waterway": ("river", "canal", "stream", "ditch", "drain")}),
}
VIEW_KINDS = {name: view.kind for name, view in VIEWS.items()}


def open_osm(contents: Contents) -> list[Layer]:
    """The views of an extract that hold anything at all are told apart by reading; all are offered."""
    return [OsmLayer(member, view) for member in contents.members for view in VIEWS]


class OsmLayer(OgrLayer):
    """One subject of an extract, with our own kinds beside the tags."""

    crs = "EPSG:4326"

    def __init__(self, member: Member, name: str) -> None:
        self.view = VIEWS[name]
        self.kind = self.view.kind
        super().__init__(member, self.view.layer, name, sql=_query(self.view))

    def comes_with(self, other: OsmLayer) -> bool:
        """Whether one reading can serve both."""
        return self.member == other.member and self.view.layer == other.view.layer

    def chunks(self) -> Iterator[Chunk]:
        """Chunks with joined addresses and translated kinds."""
        for chunk in super().chunks():
            self._word(chunk)
            yield chunk

    def part_of(self, batch: pa.RecordBatch, geometry: str) -> Chunk | None:
        """This subject's rows among those of several."""
        own = batch.filter(self.view.picks(batch))
        if not len(own):
            return None
        chunk = self._chunk(own, geometry)
        self._word(chunk)
        return chunk

    def _word(self, chunk: Chunk) -> None:
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


def read_views(layers: Sequence[OsmLayer]) -> Iterator[tuple[int, Chunk]]:
    """Several subjects of one GDAL layer in one reading: an extract has no index, so each reading goes through all of it.

    Parameters
    ----------
    layers : sequence of OsmLayer
        All of them ``comes_with`` each other.

    Yields
    ------
    tuple of int and Chunk
        Which of ``layers`` the rows belong to; an object may belong to several.
    """
    shared = OgrLayer(layers[0].member, None, layers[0].name, sql=_query(*(layer.view for layer in layers)))
    for batch, geometry in shared.batches():
        for number, layer in enumerate(layers):
            chunk = layer.part_of(batch, geometry)
            if chunk is not None:
                yield number, chunk


def _query(*views: View) -> str:
    return f'SELECT * FROM "{views[0].layer}" WHERE ' + " OR ".join(view.sql for view in views)


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
