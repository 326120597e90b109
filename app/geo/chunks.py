"""What every format is read into: chunks of shapes and text columns."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from app.geo.encoding import Guess
from app.geo.findings import refusal
from app.geo.reasons import is_cut_short, plain_reason

CHUNK_ROWS = 20_000
FORMAT_UTF8 = Guess("utf-8", "format")
MAX_COLUMNS = 500
# The usual NaN, and the infinities, as little-endian doubles.
NOT_FINITE = re.compile(rb"\x00{6}[\xf0\xf8][\x7f\xff]", re.DOTALL)


@dataclass(slots=True)
class Chunk:
    """Some consecutive rows.

    ``shapes`` holds shapely geometries or None. ``unclosed`` marks shapes whose rings had to be closed to be
    read, ``not_finite`` those unreadable for a NaN or infinity, ``unreadable`` those that made no sense for
    another reason. ``columns`` are strings, null where the cell was empty. ``row_nos`` says where each row stands in
    its file, from 1 and growing: the line of a sheet, the record of a shapefile; None where that is its place among
    the rows.
    """

    shapes: npt.NDArray[np.object_]
    columns: dict[str, pa.Array]
    unclosed: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    not_finite: npt.NDArray[np.bool_]
    row_nos: npt.NDArray[np.int64] | None = None

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


def refuse_columns(columns: int, title: str) -> None:
    """Refuse a layer with more columns than any table of an office has.

    Raises
    ------
    InvalidInput
        ``too_many_columns``.
    """
    if columns > MAX_COLUMNS:
        raise refusal("too_many_columns", name=title, columns=columns, limit=MAX_COLUMNS)


def no_shapes(rows: int) -> Chunk:
    """A chunk for rows of a table."""
    nothing = np.zeros(rows, dtype=bool)
    return Chunk(np.full(rows, None, dtype=object), {}, nothing, nothing.copy(), nothing.copy())


def as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Any column as strings; whole numbers in a float column lose their ``.0``, blanks become null.

    Raises
    ------
    pyarrow.ArrowInvalid
        When texts are not UTF-8, whatever their format promises.
    """
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
    text.validate(full=True)
    # No database takes a NUL, be it in a row, in a sample or in a remark about either.
    text = pc.replace_substring(text, "\x00", "")
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _nested_text(item: Any) -> str | None:
    if item is None:
        return None
    if isinstance(item, bytes):
        return None
    return json.dumps(item, ensure_ascii=False, default=str)


class Quiet:
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
            error,
            (
                DataLayerError,
                DataSourceError,
                FieldError,
                GeometryError,
                pa.ArrowException,
                UnicodeDecodeError,
                OSError,
            ),
        ):
            code = "file_truncated" if is_cut_short(error) else "file_unreadable"
            raise refusal(code, name=self.title, reason=plain_reason(error)) from error
