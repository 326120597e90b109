"""One way to read every format: a layer hands out chunks of shapes and text columns."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from app.errors import N_
from app.geo.container import Contents, Member
from app.geo.dbf import Dbf, open_dbf
from app.geo.encoding import Guess, codec_named, guess_dbf
from app.geo.findings import refusal

CHUNK_ROWS = 20_000
FORMAT_UTF8 = Guess("utf-8", "format")
MAX_COLUMNS = 300
# The usual NaN, and the infinities, as little-endian doubles.
NOT_FINITE = re.compile(rb"\x00{6}[\xf0\xf8][\x7f\xff]", re.DOTALL)


@dataclass(slots=True)
class Chunk:
    """Some consecutive rows.

    ``shapes`` holds shapely geometries or None. ``unclosed`` marks shapes whose rings had to be closed to be read,
    ``not_finite`` those unreadable for a NaN or infinity, ``unreadable`` those that made no sense for another reason. ``columns`` are strings, null where the cell was empty.
    """

    shapes: npt.NDArray[np.object_]
    columns: dict[str, pa.Array]
    unclosed: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    not_finite: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.shapes)


class Layer(Protocol):
    """What every format offers."""

    name: str
    has_shapes: bool

    @property
    def features(self) -> int:
        """Rows; -1 when only reading will tell."""

    @property
    def crs(self) -> str | None:
        """The reference system the file states, as WKT or ``EPSG:n``."""

    @property
    def guess(self) -> Guess:
        """Text encoding in use."""

    def raw_texts(self) -> list[bytes]:
        """Column names and some texts in bytes, for previews; empty when the format fixes the encoding."""

    def chunks(self) -> Iterator[Chunk]:
        """All rows in order."""


def shapes_from_wkb(wkb: npt.NDArray[np.object_]) -> Chunk:
    """Parse WKB; rings that do not close are closed and marked, nonsense becomes None and is marked."""
    given = np.array([item is not None for item in wkb], dtype=bool)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    lost = given & shapely.is_missing(shapes)
    unclosed = np.zeros(len(wkb), dtype=bool)
    if lost.any():
        shapes[lost] = shapely.from_wkb(wkb[lost], on_invalid="fix")
        unclosed = lost & ~shapely.is_missing(shapes)
    lost &= ~unclosed
    # A ring with a NaN cannot be seen to close, so it is never parsed; its bytes tell.
    not_finite = np.zeros(len(wkb), dtype=bool)
    not_finite[lost] = [NOT_FINITE.search(item) is not None for item in wkb[lost]]
    return Chunk(shapes, {}, unclosed, lost & ~not_finite, not_finite)


def no_shapes(rows: int) -> Chunk:
    """A chunk for rows of a table."""
    nothing = np.zeros(rows, dtype=bool)
    return Chunk(np.full(rows, None, dtype=object), {}, nothing, nothing.copy(), nothing.copy())


def as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Any column as strings; whole numbers in a float column lose their ``.0``, blanks become null."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        whole = pc.equal(pc.floor(column), column)
        small = pc.less(pc.abs(column), 1e15)
        if pc.all(pc.and_(whole, small)).as_py() is not False:
            column = pc.cast(column, pa.int64(), safe=False)
    if (
        pa.types.is_nested(column.type)
        or pa.types.is_binary(column.type)
        or pa.types.is_large_binary(column.type)
    ):
        return pa.array([_nested_text(item) for item in column.to_pylist()], pa.string())
    text = pc.cast(column, pa.string(), safe=False)
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _nested_text(item: Any) -> str | None:
    if item is None:
        return None
    if isinstance(item, bytes):
        return None
    return json.dumps(item, ensure_ascii=False, default=str)


class OgrLayer:
    """A layer of a file only the named driver may open. All other drivers were removed when the process began.

    Opening costs a pass over some formats, so it is done once: asking for the reference system opens the stream that
    ``chunks`` then reads.
    """

    has_shapes = True

    def __init__(
        self, member: Member, layer: str | None, name: str, sql: str | None = None, **options: Any
    ) -> None:
        self.member = member
        self.name = name
        self.guess = FORMAT_UTF8
        self._query: dict[str, Any] = {"sql": sql, "sql_dialect": "OGRSQL"} if sql else {"layer": layer}
        self._options = options
        self._stack = ExitStack()
        self._opened: tuple[dict[str, Any], Any] | None = None

    @property
    def features(self) -> int:
        """Not known before reading."""
        return -1

    @property
    def crs(self) -> str | None:
        """What the file states."""
        stated = self._open()[0]["crs"]
        return str(stated) if stated else None

    def raw_texts(self) -> list[bytes]:
        """Nothing to choose: these formats are UTF-8 by definition."""
        return []

    def chunks(self) -> Iterator[Chunk]:
        """Stream the layer through Arrow."""
        for batch, geometry, _ in self._batches():
            chunk = shapes_from_wkb(batch.column(geometry).to_numpy(zero_copy_only=False))
            names = [name for name in batch.schema.names if name != geometry][:MAX_COLUMNS]
            chunk.columns = {name: as_text(batch.column(name)) for name in names}
            yield chunk

    def _open(self) -> tuple[dict[str, Any], Any]:
        if self._opened is None:
            import pyogrio.raw

            with _quiet(self.member.title):
                opened = pyogrio.raw.open_arrow(
                    self.member.path, batch_size=CHUNK_ROWS, use_pyarrow=True, **self._query, **self._options
                )
                self._opened = self._stack.enter_context(opened)
        return self._opened

    def _batches(self) -> Iterator[tuple[pa.RecordBatch, str, str]]:
        meta, reader = self._open()
        with _quiet(self.member.title), self._stack:
            for batch in reader:
                yield batch, meta["geometry_name"] or "wkb_geometry", meta["fid_column"] or "OGC_FID"
        self._opened = None


class ShapefileLayer(OgrLayer):
    """Shapes through GDAL, attributes through our own reader so that no encoding destroys them."""

    def __init__(self, member: Member, encoding: str | None) -> None:
        super().__init__(member, None, member.title, columns=[], return_fids=True)
        self.dbf: Dbf = open_dbf(member.parts[".dbf"], member.title)
        cpg = (
            member.parts[".cpg"].read_bytes()[:64].decode("ascii", "ignore")
            if ".cpg" in member.parts
            else None
        )
        self.guess = guess_dbf(self.dbf.sample_bytes(), self.dbf.language_byte, cpg)
        if encoding:
            self.guess = Guess(codec_named(encoding) or "utf-8", "chosen")
        self.cut_texts: dict[str, str] = {}
        _check_shp_length(member)

    @property
    def features(self) -> int:
        """Records of the attribute table."""
        return len(self.dbf.records)

    @property
    def crs(self) -> str | None:
        """The text of the ``.prj``, if any."""
        prj = self.member.parts.get(".prj")
        text = prj.read_bytes()[:50_000].decode("utf-8", "replace").strip("\x00\ufeff \r\n") if prj else ""
        return text or None

    def raw_texts(self) -> list[bytes]:
        """Names and texts for previews."""
        return self.dbf.sample_bytes(400).split(b"\n")

    def chunks(self) -> Iterator[Chunk]:
        """Join shapes and records by record number; GDAL leaves deleted records out."""
        names = self.dbf.names(self.guess.encoding)
        for batch, geometry, fid in self._batches():
            rows = batch.column(fid).to_numpy(zero_copy_only=False).astype(np.int64)
            kept = rows < len(self.dbf.records)
            rows = rows[kept]
            chunk = shapes_from_wkb(batch.column(geometry).to_numpy(zero_copy_only=False)[kept])
            for number, name in enumerate(names[:MAX_COLUMNS]):
                cells = self.dbf.values(number, rows)
                chunk.columns[name] = decode_cells(cells, self.guess.encoding)
                self._note_cut(name, cells, self.dbf.fields[number].width)
            yield chunk

    def _note_cut(self, name: str, cells: npt.NDArray[np.bytes_], width: int) -> None:
        """Remember one text per column that fills its field and ends in half a character."""
        full = cells[np.strings.str_len(cells) >= width - 1]
        for value in full[:200].tolist():
            if (
                name not in self.cut_texts
                and not value.isascii()
                and _ends_in_half(value, self.guess.encoding)
            ):
                self.cut_texts[name] = _decode_cell(value, self.guess.encoding) or ""


def decode_cells(cells: npt.NDArray[np.bytes_], encoding: str) -> pa.Array:
    """Bytes to strings; each distinct value is decoded once, a cut last character is dropped."""
    distinct, inverse = np.unique(cells, return_inverse=True)
    texts = [_decode_cell(value, encoding) for value in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(inverse.ravel()))


def _decode_cell(value: bytes, encoding: str) -> str | None:
    if not value or value.strip(b"*") == b"":
        return None  # dBASE writes stars for a number that did not fit
    try:
        text = value.decode(encoding)
    except UnicodeDecodeError as fault:
        cut = fault.end == len(value) or fault.start >= len(value) - 3
        text = value[: fault.start].decode(encoding) if cut else value.decode(encoding, "replace")
    return text.replace("\x00", "").strip() or None


def _ends_in_half(value: bytes, encoding: str) -> bool:
    try:
        value.decode(encoding)
    except UnicodeDecodeError as fault:
        return fault.start >= len(value) - 3
    return False


def _check_shp_length(member: Member) -> None:
    """The header of a ``.shp`` states its length in 16-bit words."""
    with member.path.open("rb") as stream:
        stated = int.from_bytes(stream.read(28)[24:28], "big") * 2
    actual = member.path.stat().st_size
    if actual < 100 or stated > actual:
        raise refusal("file_truncated", name=f"{member.title}.shp")


class ParquetLayer:
    """GeoParquet through pyarrow, row group by row group."""

    def __init__(self, member: Member) -> None:
        import pyarrow.parquet as pq

        self.member = member
        self.name = member.title
        self.guess = FORMAT_UTF8
        try:
            self._file = pq.ParquetFile(member.path)
            self._geo = json.loads((self._file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise refusal("file_unreadable", name=member.title, reason=_short(error)) from error
        self._geometry = self._geo.get("primary_column")
        stated = self._geo.get("columns", {}).get(self._geometry, {})
        if self._geometry and stated.get("encoding", "WKB") != "WKB":
            raise refusal("file_unreadable", name=member.title, reason=N_("GeoParquet 的图形须为 WKB 编码"))
        self.has_shapes = bool(self._geometry)
        self._crs = stated.get("crs", "OGC:CRS84") if self._geometry else None

    @property
    def features(self) -> int:
        """Rows stated in the footer."""
        return int(self._file.metadata.num_rows)

    @property
    def crs(self) -> str | None:
        """PROJJSON of the primary column; absent means longitude and latitude, null means unknown."""
        if self._crs is None or isinstance(self._crs, str):
            return self._crs
        return json.dumps(self._crs)

    def raw_texts(self) -> list[bytes]:
        """Nothing to choose."""
        return []

    def chunks(self) -> Iterator[Chunk]:
        """Stream record batches."""
        try:
            for batch in self._file.iter_batches(CHUNK_ROWS):
                yield self._chunk(batch)
        except (pa.ArrowException, OSError) as error:
            raise refusal("file_unreadable", name=self.member.title, reason=_short(error)) from error

    def _chunk(self, batch: pa.RecordBatch) -> Chunk:
        if self._geometry:
            chunk = shapes_from_wkb(batch.column(self._geometry).to_numpy(zero_copy_only=False))
        else:
            chunk = no_shapes(batch.num_rows)
        others = {name for name, stated in self._geo.get("columns", {}).items() if stated}
        names = [name for name in batch.schema.names if name not in others and name != self._geometry][
            :MAX_COLUMNS
        ]
        chunk.columns = {name: as_text(batch.column(name)) for name in names}
        return chunk


class _quiet:
    """Turn GDAL's faults into refusals and keep its warnings off the progress stream."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        self._caught.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._caught.__exit__(None, None, None)
        if error is None:
            return
        from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

        if isinstance(
            error, (DataLayerError, DataSourceError, FieldError, GeometryError, pa.ArrowException, OSError)
        ):
            text = str(error)
            code = (
                "file_truncated"
                if "unexpected end" in text.lower() or "truncat" in text.lower()
                else "file_unreadable"
            )
            raise refusal(code, name=self.title, reason=_short(error)) from error


def _short(error: BaseException) -> str:
    """A library's complaint without paths."""
    words = str(error).replace("\n", " ").split(" ")
    return " ".join(word for word in words if "/" not in word)[:160]


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
        from app.geo.tables import open_tables

        return open_tables(contents, encoding)
    if contents.kind in ("osm", "osm_pbf"):
        from app.geo.osm import open_osm

        return open_osm(contents)
    if contents.kind == "geojson":
        # One layer by definition; listing would read the whole file once more.
        return [OgrLayer(member, None, member.title) for member in contents.members]
    return [layer for member in contents.members for layer in _ogr_layers(member, len(contents.members) > 1)]


def _ogr_layers(member: Member, several: bool) -> list[Layer]:
    import pyogrio

    with _quiet(member.title):
        listed = pyogrio.list_layers(member.path)
    names = [(str(name), kind) for name, kind in listed if kind is not None or len(listed) == 1]
    layers: list[Layer] = []
    for name, _ in names:
        # A one-layer file is known to people by its own name, not by the name we gave its bytes.
        shown = member.title if len(names) == 1 and name == member.path.stem else name
        layers.append(
            OgrLayer(member, name, f"{member.title}/{shown}" if several and shown != member.title else shown)
        )
    return layers
