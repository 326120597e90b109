"""From an unpacked upload to its layers, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator

from app.geo.chunks import Chunk, Layer, Quiet
from app.geo.container import Contents, Member
from app.geo.geopackage import feature_tables
from app.geo.layers import FlatLayer, OgrLayer, ParquetLayer
from app.geo.osm import OsmLayer, open_osm, read_views
from app.geo.pbf import refuse_cut_pbf
from app.geo.shapefile import ShapefileLayer
from app.geo.tables import open_tables


def open_layers(contents: Contents, encoding: str | None = None) -> list[Layer]:
    """Every layer of an unpacked upload.

    Raises
    ------
    InvalidInput
        ``file_unreadable``, ``file_truncated``.
    """
    if contents.kind == "shapefile":
        return [ShapefileLayer(member, encoding) for member in contents.members]
    if contents.kind == "parquet":
        return [ParquetLayer(member) for member in contents.members]
    if contents.kind in ("csv", "xlsx", "xls"):
        return open_tables(contents, encoding)
    if contents.kind in ("osm", "osm_pbf"):
        if contents.kind == "osm_pbf":
            for member in contents.members:
                refuse_cut_pbf(member.path, member.title)
        return open_osm(contents)
    if contents.kind == "geojson":
        # One layer by definition; listing would read the whole file once more.
        return [OgrLayer(member, None, member.title) for member in contents.members]
    several = len(contents.members) > 1
    if contents.kind == "flatgeobuf":
        return [FlatLayer(member, None, member.title) for member in contents.members]
    return [layer for member in contents.members for layer in _ogr_layers(member, several, contents.kind)]


def companions(layers: list[Layer], layer: Layer) -> list[Layer]:
    """The layers that one reading can serve together with this one, itself among them."""
    if not isinstance(layer, OsmLayer):
        return [layer]
    return [other for other in layers if isinstance(other, OsmLayer) and layer.comes_with(other)]


def read_together(layers: list[Layer]) -> Iterator[tuple[int, Chunk]]:
    """All rows of ``companions``, each with the place of its layer among them."""
    views = [layer for layer in layers if isinstance(layer, OsmLayer)]
    if views:
        yield from read_views(views)
        return
    for chunk in layers[0].chunks():
        yield 0, chunk


def _listed(member: Member) -> list[str]:
    import pyogrio

    with Quiet(member.title):
        listed = pyogrio.list_layers(member.path)
    return [str(name) for name, kind in listed if kind is not None or len(listed) == 1]


def _ogr_layers(member: Member, several: bool, kind: str) -> list[Layer]:
    names = feature_tables(member.path, member.title) if kind == "gpkg" else _listed(member)
    layers: list[Layer] = []
    for name in names:
        # A one-layer file is known to people by its own name, not by the name we gave its bytes.
        shown = member.title if len(names) == 1 and name == member.path.stem else name
        layers.append(
            OgrLayer(member, name, f"{member.title}/{shown}" if several and shown != member.title else shown)
        )
    return layers
