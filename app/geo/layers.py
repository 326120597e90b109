"""One way to read every format: a layer hands out chunks of shapes and text columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pyarrow as pa

from app.errors import N_
from app.geo.chunks import (
    CHUNK_ROWS,
    FORMAT_UTF8,
    MAX_COLUMNS,
    Chunk,
    Quiet,
    as_text,
    no_shapes,
    refuse_columns,
    shapes_from_wkb,
)
from app.geo.container import Member
from app.geo.findings import refusal
from app.geo.reasons import plain_reason


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
        for batch, geometry in self.batches():
            yield self._chunk(batch, geometry)

    def batches(self) -> Iterator[tuple[pa.RecordBatch, str]]:
        """The layer as GDAL hands it out, with the name of its geometry column."""
        for batch, geometry, _ in self._batches():
            yield batch, geometry

    def _chunk(self, batch: pa.RecordBatch, geometry: str) -> Chunk:
        chunk = shapes_from_wkb(batch.column(geometry).to_numpy(zero_copy_only=False))
        # GDAL passes texts on as they are, and GeoJSON from old programs is in GBK.
        with Quiet(self.member.title):
            names = [name for name in batch.schema.names if name != geometry][:MAX_COLUMNS]
            chunk.columns = {name: as_text(batch.column(name)) for name in names}
        return chunk

    def _open(self) -> tuple[dict[str, Any], Any]:
        if self._opened is None:
            import pyogrio.raw

            with Quiet(self.member.title):
                opened = pyogrio.raw.open_arrow(
                    self.member.path, batch_size=CHUNK_ROWS, use_pyarrow=True, **self._query, **self._options
                )
                try:
                    self._opened = self._stack.enter_context(opened)
                except UnboundLocalError as error:
                    # How pyogrio stumbles over a reference system that GDAL can read but not write.
                    raise refusal(
                        "file_unreadable", name=self.member.title, reason=N_("坐标系的说明有误")
                    ) from error
            refuse_columns(len(self._opened[1].schema), self.member.title)
        return self._opened

    def _batches(self) -> Iterator[tuple[pa.RecordBatch, str, str]]:
        meta, reader = self._open()
        with Quiet(self.member.title), self._stack:
            for batch in reader:
                yield batch, meta["geometry_name"] or "wkb_geometry", meta["fid_column"] or "OGC_FID"
        self._opened = None


class FlatLayer(OgrLayer):
    """FlatGeobuf: its header says how many rows follow, and the driver takes a cut file for a short one."""

    def chunks(self) -> Iterator[Chunk]:
        """All rows, or a refusal at the end when some are missing."""
        import pyogrio

        with Quiet(self.member.title):
            stated = int(pyogrio.read_info(self.member.path)["features"])
        rows = 0
        for chunk in super().chunks():
            rows += len(chunk)
            yield chunk
        if rows < stated:
            raise refusal("file_truncated", name=self.member.title)


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
            raise refusal("file_unreadable", name=member.title, reason=plain_reason(error)) from error
        self._geometry = self._geo.get("primary_column")
        stated = self._geo.get("columns", {}).get(self._geometry, {})
        if self._geometry and stated.get("encoding", "WKB") != "WKB":
            raise refusal("file_unreadable", name=member.title, reason=N_("GeoParquet 的图形须为 WKB 编码"))
        refuse_columns(len(self._file.schema_arrow.names), member.title)
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
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            raise refusal("file_unreadable", name=self.member.title, reason=plain_reason(error)) from error

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
