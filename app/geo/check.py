"""Read one layer with the user's choices and check every row. Runs in the child process only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from app.errors import N_
from app.geo.chunks import Layer
from app.geo.columns import AREA_KINDS, REQUIRED
from app.geo.container import Contents
from app.geo.crs import describe_crs, looks_swapped
from app.geo.encoding import codec_named
from app.geo.findings import refusal
from app.geo.findings_log import FindingLog
from app.geo.limits import Limits
from app.geo.names import NameBook
from app.geo.opening import open_layers
from app.geo.options import (
    FINDINGS_FILE,
    ROWS_FILE,
    Checked,
    Context,
    ImportOptions,
    KnownArea,
    require_columns,
    row_schema,
)
from app.geo.relations import AreaCheck, suspect_datum, verdict_json
from app.geo.rows import (
    Fields,
    check_households,
    check_keys,
    clean_fields,
    derive_parents,
    fill_names,
    match_names,
    refuse_personal,
    refuse_twins,
)
from app.geo.shapes import Ground, Progress, place_chunk, points_from_numbers, settle_invalid

DEGREES = "EPSG:4326"


@dataclass(slots=True)
class _Rows:
    """All rows of the layer in memory."""

    ground: Ground
    raw: Fields
    count: int
    row_nos: Any
    wkb: Any = None


def check_contents(
    folder: Path, contents: Contents, options: ImportOptions, limits: Limits, progress: Progress
) -> Checked:
    """Check the chosen layer of an unpacked upload and write ``rows.parquet`` and ``findings.parquet``.

    Raises
    ------
    InvalidInput
        ``layer_unknown``, ``layer_empty``, ``crs_missing``, ``crs_unreadable``, ``column_unknown``, ``column_required``,
        ``too_many_features``, ``too_many_vertices``, or a fault of the file.
    """
    if options.encoding and codec_named(options.encoding) is None:
        raise refusal("file_unreadable", name=contents.members[0].title, reason=N_("没有这种文字编码"))
    layer = _chosen_layer(open_layers(contents, options.encoding), options.layer)
    crs = _crs_of(layer, options)
    log = FindingLog()
    rows = _read(layer, crs, options, limits, log, progress)
    if not rows.count:
        raise refusal("layer_empty", layer=layer.name)
    required = [item for item in REQUIRED[options.kind] if not (item == "name" and options.given_name)]
    require_columns(options.kind, options.columns, list(rows.raw), required)
    refuse_personal(options.columns, rows.raw)
    context = Context.read(folder)
    fields = clean_fields(options.kind, options.columns, rows.raw, rows.count, log)
    if options.given_name:
        fill_names(fields, options.given_name)
    _note_texts(layer, options, rows.raw, log)
    repaired = settle_invalid(rows.ground, options, limits, log, progress)
    _refuse_without_shape(rows, fields, options, log)
    verdict = _compare(rows, fields, context, options, log, progress)
    wkb = _write(folder, options, rows, fields, log)
    refused = int(rows.ground.refused.sum())
    codes, severities = log.counts()
    progress("write", rows.count, rows.count)
    return Checked(
        kind=options.kind,
        rows=rows.count,
        refused=refused,
        repaired=repaired,
        codes=codes,
        severities=severities,
        bounds_wgs84=_bounds(rows.ground) if wkb else None,
        crs=describe_crs(crs).as_json() if wkb else None,
        datum=options.datum,
        encoding=layer.guess.encoding,
        datum_verdict=verdict,
    )


class _SwapWatch:
    """Notices degrees written latitude first, before they are refused one by one as lying nowhere."""

    def __init__(self) -> None:
        self._low = np.full(2, np.inf)
        self._high = np.full(2, -np.inf)

    def add(self, shapes: Any) -> None:
        """Look at the shapes of a chunk as the file has them."""
        edges = shapely.bounds(shapes)
        edges = edges[np.isfinite(edges).all(axis=1)]
        if len(edges):
            self._low = np.minimum(self._low, edges[:, :2].min(axis=0))
            self._high = np.maximum(self._high, edges[:, 2:].max(axis=0))

    @property
    def looks_swapped(self) -> bool:
        """Whether all of it would lie in China the other way round."""
        if not np.isfinite(self._low).all():
            return False
        west, south, east, north = (*self._low.tolist(), *self._high.tolist())
        return looks_swapped((west, south, east, north))


def _chosen_layer(layers: list[Layer], name: str | None) -> Layer:
    if name is None and layers:
        return layers[0]
    for layer in layers:
        if layer.name == name:
            return layer
    raise refusal("layer_unknown", layer=name)


def _crs_of(layer: Layer, options: ImportOptions) -> str:
    """The user's word, else the file's; a table with columns named longitude and latitude has said it."""
    stated = options.crs or layer.crs
    if stated is None:
        if layer.has_shapes and options.kind != "codes":
            raise refusal("crs_missing")
        return DEGREES  # columns named longitude and latitude have said it
    label = describe_crs(stated)
    return label.code or label.wkt


def _read(
    layer: Layer, crs: str, options: ImportOptions, limits: Limits, log: FindingLog, progress: Progress
) -> _Rows:
    shapes: list[Any] = []
    refused: list[Any] = []
    unclosed: list[Any] = []
    pieces: list[Fields] = []
    row_nos: list[Any] = []
    wanted = set(options.columns.values())
    swapped = _SwapWatch()
    count = vertices = 0
    for chunk in layer.chunks():
        limits.refuse_rows(max(layer.features, count + len(chunk)), layer.has_shapes)
        if options.kind == "codes":
            chunk.shapes[:] = None
        if not layer.has_shapes:
            chunk.shapes = _points(chunk.columns, options, count, log)
        vertices += int(shapely.get_num_coordinates(chunk.shapes).sum())
        if vertices > limits.max_vertices_file:
            raise refusal("too_many_vertices", vertices=vertices, limit=limits.max_vertices_file)
        swapped.add(chunk.shapes)
        refused.append(place_chunk(chunk, count, crs, options, limits, log))
        shapes.append(chunk.shapes)
        unclosed.append(chunk.unclosed & ~refused[-1])
        missing = {name: pa.nulls(len(chunk), pa.string()) for name in wanted - set(chunk.columns)}
        pieces.append({**chunk.columns, **missing})
        row_nos.append(chunk.row_nos if chunk.row_nos is not None else np.arange(len(chunk)) + count + 1)
        count += len(chunk)
        progress("shapes", count, max(layer.features, count))
    if not count:
        return _Rows(Ground(*(np.zeros(0, dtype=kind) for kind in (object, object, bool, bool))), {}, 0, None)
    if not options.swap_xy and swapped.looks_swapped:
        log.add("axis_swapped", "warn")
    seen = {name for piece in pieces for name in piece if piece[name].null_count < len(piece[name])}
    known = {name for piece in pieces for name in piece} - wanted | seen
    raw = {name: pa.concat_arrays([piece[name] for piece in pieces]) for name in wanted & known}
    raw |= {
        name: pa.nulls(0, pa.string()) for name in known - wanted
    }  # only their names matter, for messages
    ground = Ground(
        np.concatenate(shapes),
        np.full(count, None, dtype=object),
        np.concatenate(refused),
        np.concatenate(unclosed),
    )
    numbers = np.concatenate(row_nos)
    log.number_rows(numbers)
    return _Rows(ground, raw, count, numbers)


def _points(columns: Fields, options: ImportOptions, first: int, log: FindingLog) -> Any:
    """Points from the longitude and latitude columns of a table."""
    rows = len(next(iter(columns.values()))) if columns else 0
    chosen = [options.columns.get(item, "") for item in ("lon", "lat")]
    axes = [columns[name] for name in chosen if name in columns]
    if len(axes) < 2:
        return np.full(rows, None, dtype=object)
    numbers = []
    for column, cells in zip(chosen, axes, strict=True):
        values = [_degrees(cell) for cell in cells.to_pylist()]
        for index in [at for at, value in enumerate(values) if value is None]:
            log.add(
                "number_unreadable", "warn", first + index, column=column, value=cells[index].as_py()[:40]
            )
        numbers.append([float("nan") if value is None else value for value in values])
    return points_from_numbers(numbers[0], numbers[1])


def _degrees(cell: str | None) -> float | None:
    """A number; an empty cell is NaN (no place), an unreadable one None. Infinity stays and is refused later."""
    if cell is None:
        return float("nan")
    try:
        return float(cell.replace("°", ""))
    except ValueError:
        return None


def _note_texts(layer: Layer, options: ImportOptions, raw: Fields, log: FindingLog) -> None:
    """Texts the encoding cannot read, and texts the file cut off."""
    for name in sorted(set(options.columns.values())):
        if name in raw and pc.any(pc.match_substring(raw[name], "\ufffd")).as_py():
            log.add("text_undecodable", "warn", column=name, encoding=layer.guess.encoding)
    for name, value in getattr(layer, "cut_texts", {}).items():
        if name in options.columns.values():
            log.add("text_cut", "warn", column=name, value=value)


def _refuse_without_shape(rows: _Rows, fields: Fields, options: ImportOptions, log: FindingLog) -> None:
    """Rows without a shape are refused, except buildings that say where they belong in words."""
    ground = rows.ground
    if options.kind == "codes":
        return
    bare = shapely.is_missing(ground.shapes) & ~ground.refused
    allowed = np.zeros(rows.count, dtype=bool)
    if options.kind == "building":
        words = pc.coalesce(fields["community_code"], fields["community_name"], fields["address"])
        allowed = words.is_valid().to_numpy(zero_copy_only=False)
        in_words = np.flatnonzero(bare & allowed)
        if len(in_words) * 2 > rows.count:
            log.add("geometry_absent", "note", count=len(in_words), rows=rows.count)
        else:
            log.add_rows("geometry_missing", "note", in_words)
    log.add_rows("geometry_missing", "refuse", np.flatnonzero(bare & ~allowed))
    ground.refused |= bare & ~allowed


def _compare(
    rows: _Rows, fields: Fields, context: Context, options: ImportOptions, log: FindingLog, progress: Progress
) -> dict[str, Any] | None:
    """Everything that needs more than one row."""
    kind, ground = options.kind, rows.ground
    derive_parents(kind, fields)
    if kind in AREA_KINDS:
        match_names(fields, "parent_name", "parent_code", _book(context.parents), ground.refused, log)
        derive_parents(kind, fields)
    elif kind == "building":
        match_names(fields, "community_name", "community_code", _book(context.parents), ground.refused, log)
        check_households(fields, log)
    progress("keys", 0, rows.count)
    if kind != "codes":
        rows.wkb = shapely.to_wkb(ground.shapes)
        refuse_twins(rows.wkb, shapely.get_type_id(ground.shapes) == 0, ground.refused, log)
    check_keys(kind, fields, ground.refused, log)
    verdict = suspect_datum(ground.shapes, fields, context, options, log)
    if kind in AREA_KINDS:
        standing = ground.shapes.copy()
        standing[ground.refused] = None
        AreaCheck(fields, context, options, log).run(standing, progress)
    return verdict_json(verdict)


def _book(areas: Any) -> NameBook:
    listed: list[KnownArea] = list(areas)
    return NameBook((area.code, area.name, area.parent_code) for area in listed)


def _write(folder: Path, options: ImportOptions, rows: _Rows, fields: Fields, log: FindingLog) -> bool:
    """Write rows and findings; True when any row has a shape."""
    ground = rows.ground
    columns: Fields = {
        **fields,
        "row_no": pa.array(rows.row_nos, pa.int32()),
        "wkb": pa.array(rows.wkb, pa.binary()) if rows.wkb is not None else pa.nulls(rows.count, pa.binary()),
        "wkb_before": pa.array(shapely.to_wkb(ground.before), pa.binary()),
        "refused": pa.array(ground.refused),
    }
    schema = row_schema(options.kind)
    pq.write_table(
        pa.table([columns[name] for name in schema.names], schema=schema),
        folder / ROWS_FILE,
        compression="zstd",
    )
    names = pc.coalesce(
        fields.get("name", pa.nulls(rows.count, pa.string())),
        fields.get("address", pa.nulls(rows.count, pa.string())),
    )
    pq.write_table(log.table(names.to_pylist(), ground.shapes), folder / FINDINGS_FILE, compression="zstd")
    return bool(columns["wkb"].null_count < rows.count)


def _bounds(ground: Ground) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(ground.shapes).tolist()
    return (west, south, east, north)
