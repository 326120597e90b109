"""Layers of our own written as files that other programs read: GeoJSON, GeoPackage, shapefiles for Chinese offices."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely

from app.geo.shapes import as_multi

WGS84 = "EPSG:4326"
# What older office programs here expect, and the one Chinese encoding that has every character.
SHAPEFILE_ENCODING = "GB18030"
# Of a text field in a DBF table, in bytes.
DBF_TEXT_BYTES = 254
POLYGONS, POINTS = "MultiPolygon", "Point"
Format = Literal["geojson", "gpkg", "shapefile"]


class WrittenLayer(NamedTuple):
    """A layer to write.

    Attributes
    ----------
    name : str
        Also of the file; plain letters.
    shapes : sequence of bytes or None
        WKB in EPSG:4326, polygons or points; None for a row without a place.
    columns : dict of str to sequence
        Field name, at most 10 plain letters, to text or whole numbers, one for each shape; None for nothing.
    """

    name: str
    shapes: Sequence[bytes | None]
    columns: Mapping[str, Sequence[Any]]


def write_layers(layers: Sequence[WrittenLayer], to: Format) -> bytes:
    """Layers as the bytes of one file.

    Parameters
    ----------
    layers : sequence of WrittenLayer
        One for "geojson", which holds no more.
    to : {'geojson', 'gpkg', 'shapefile'}
        RFC 7946; a GeoPackage with a table for each layer; a ZIP of shapefiles in GB18030, each with `.cpg` and `.prj`. A
        shapefile holds one sort of shape, so that points among polygons become a layer NAME_points.

    Returns
    -------
    bytes
        Nothing stays on the disk.

    Raises
    ------
    ValueError
        More than one layer for "geojson".
    """
    if to == "geojson" and len(layers) != 1:
        raise ValueError("GeoJSON holds one layer")
    with tempfile.TemporaryDirectory(prefix="wardmap-") as made:
        folder = Path(made)
        if to == "shapefile":
            for layer in layers:
                for part in _by_shape(layer):
                    _write(folder / f"{part.name}.shp", _short(part), "ESRI Shapefile")
            return _zipped(folder)
        path = folder / f"layers.{to}"
        for number, layer in enumerate(layers):
            _write(path, layer, "GPKG" if to == "gpkg" else "GeoJSON", append=number > 0)
        return path.read_bytes()


def _write(path: Path, layer: WrittenLayer, driver: str, *, append: bool = False) -> None:
    import pyogrio.raw

    fields = [_field(values) for values in layer.columns.values()]
    more: dict[str, Any] = {}
    if driver == "GeoJSON":
        more["layer_options"] = {"RFC7946": "YES"}
    elif driver == "GPKG":
        more["layer_options"] = {"GEOMETRY_NAME": "geom", "FID": "fid"}
    else:
        more["encoding"] = SHAPEFILE_ENCODING
    kind = _kind(layer)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(as_multi(_shapes(layer))),
        [values for values, _ in fields],
        np.array(list(layer.columns)),
        field_mask=[empty for _, empty in fields],
        layer=layer.name,
        driver=driver,
        # Of a layer without a single place its kind is nothing to go by.
        geometry_type="Polygon" if driver == "ESRI Shapefile" and kind == POLYGONS else kind,
        crs=WGS84,
        append=append,
        **more,
    )


def _field(values: Sequence[Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """A column for the writer, and where it is empty."""
    empty = np.array([one is None for one in values], dtype=bool)
    if any(isinstance(one, int) for one in values):
        return np.array([0 if one is None else one for one in values], dtype=np.int32), empty
    return np.array([*values, None], dtype=object)[:-1], None


def _kind(layer: WrittenLayer) -> str:
    kinds = set(_sorts(layer)) - {""}
    return kinds.pop() if len(kinds) == 1 else POLYGONS if not kinds else "Unknown"


def _sorts(layer: WrittenLayer) -> list[str]:
    """What each shape is; nothing for none."""
    types = shapely.get_type_id(_shapes(layer))
    return ["" if one < 0 else POINTS if one == 0 else POLYGONS for one in types.tolist()]


def _shapes(layer: WrittenLayer) -> Any:
    # One more, so that an empty list too becomes an array of shapes.
    return shapely.from_wkb(np.array([*layer.shapes, None], dtype=object))[:-1]


def _by_shape(layer: WrittenLayer) -> list[WrittenLayer]:
    sorts = _sorts(layer)
    if POINTS not in sorts or POLYGONS not in sorts:
        return [layer]
    flat = [sort != POINTS for sort in sorts]
    return [_those(layer, layer.name, flat), _those(layer, f"{layer.name}_points", [not one for one in flat])]


def _those(layer: WrittenLayer, name: str, wanted: Sequence[bool]) -> WrittenLayer:
    def kept(values: Sequence[Any]) -> list[Any]:
        return [one for one, is_wanted in zip(values, wanted, strict=True) if is_wanted]

    return WrittenLayer(
        name, kept(layer.shapes), {field: kept(values) for field, values in layer.columns.items()}
    )


def _short(layer: WrittenLayer) -> WrittenLayer:
    """Texts that fit a DBF field: the driver would cut them as well, and write each into the log."""
    columns = {
        field: [_cut(one) if isinstance(one, str) else one for one in values]
        for field, values in layer.columns.items()
    }
    return layer._replace(columns=columns)


def _cut(text: str) -> str:
    return text.encode(SHAPEFILE_ENCODING, "replace")[:DBF_TEXT_BYTES].decode(SHAPEFILE_ENCODING, "ignore")


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return packed.getvalue()
