"""CSV files and workbooks as layers: find the header, drop totals, keep everything text."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from app.errors import N_
from app.geo.chunks import CHUNK_ROWS, FORMAT_UTF8, MAX_COLUMNS, Chunk, Layer, no_shapes, refuse_columns
from app.geo.columns import known_name
from app.geo.container import Contents, Member
from app.geo.encoding import Guess, codec_named, guess_text
from app.geo.findings import refusal
from app.geo.limits import MEBIBYTE
from app.geo.reasons import plain_reason

HEADER_SEARCH_ROWS = 10
MAX_ROWS = 1_000_000
MAX_WORKBOOK_BYTES = 400 * MEBIBYTE
TOTALS = ("合计", "小计", "总计", "total", "subtotal")
SAMPLE_BYTES = 2 * MEBIBYTE
TABLE_KINDS = ("csv", "xlsx", "xls")

Row = Sequence[str]


class TableLayer:
    """Rows of text under a header."""

    has_shapes = False
    crs: str | None = None

    def __init__(
        self, name: str, rows: list[Row], guess: Guess, raw: list[bytes], first_line: int = 1
    ) -> None:
        self.name = name
        self.guess = guess
        self._raw = raw
        # As they stand in the file, for readers who know what to look for.
        self.written, self.first_line = rows, first_line
        at = header_row(rows)
        self.columns = _unique(rows[at]) if rows else []
        refuse_columns(filled_width(rows[at]) if rows else 0, name)
        numbered = enumerate(rows[at + 1 :], start=first_line + at + 1)
        records = [(line, row) for line, row in numbered if _is_record(row)]
        self.rows = [row for _, row in records]
        # People look a remark up in their sheet, where titles, the header and blank lines count.
        self.lines = np.array([line for line, _ in records], dtype=np.int64)

    @property
    def features(self) -> int:
        """Rows below the header, without blank lines and totals."""
        return len(self.rows)

    def raw_texts(self) -> list[bytes]:
        """Some lines in bytes, for previews."""
        return self._raw

    def chunks(self) -> Iterator[Chunk]:
        """The rows in pieces."""
        for start in range(0, len(self.rows), CHUNK_ROWS):
            piece = self.rows[start : start + CHUNK_ROWS]
            chunk = no_shapes(len(piece))
            chunk.row_nos = self.lines[start : start + CHUNK_ROWS]
            for number, name in enumerate(self.columns[:MAX_COLUMNS]):
                cells = [row[number].strip() or None if number < len(row) else None for row in piece]
                chunk.columns[name] = pa.array(cells, pa.string())
            yield chunk


def open_tables(contents: Contents, encoding: str | None) -> list[Layer]:
    """The tables of a CSV file or the visible sheets of a workbook.

    Raises
    ------
    InvalidInput
        ``file_unreadable``, ``zip_bomb``, ``xml_entities``, ``too_many_features``.
    """
    layers: list[Layer] = []
    for member in contents.members:
        if contents.kind == "csv":
            layers.append(_csv_layer(member, encoding))
        else:
            layers += _sheets(member)
    return layers


def written_rows(contents: Contents, most_rows: int, most_columns: int) -> list[tuple[int, list[str]]]:
    """The rows of the first table as they were written, each with its line; one more than `most_rows` when there are more.

    Raises
    ------
    InvalidInput
        ``driver_refused`` when it is no table, and what ``open_tables`` raises.
    """
    if contents.kind not in TABLE_KINDS:
        raise refusal("driver_refused", name=contents.members[0].title, reason=N_("只接受 Excel 或 CSV 表格"))
    layer = open_tables(contents, None)[0]
    if not isinstance(layer, TableLayer):
        raise TypeError("a table is read into a table")
    rows = ((line, row) for line, row in enumerate(layer.written, start=layer.first_line) if any(row))
    return [(line, [cell[:200] for cell in row[:most_columns]]) for line, row in islice(rows, most_rows + 1)]


def filled_width(row: Row) -> int:
    """Cells up to the last one that holds anything; programs like to write empty ones behind it."""
    return max((number for number, cell in enumerate(row, start=1) if cell.strip()), default=0)


def header_row(rows: list[Row]) -> int:
    """Index of the header: the row near the top with most known column names, else with most filled cells."""
    best, best_score = 0, (-1, -1)
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        filled = [cell for cell in row if cell.strip()]
        score = (sum(known_name(cell) for cell in filled), 0)
        if len(set(filled)) == len(filled) and len(filled) > 1:
            score = (score[0], len(filled))
        if score > best_score:
            best, best_score = index, score
    return best


def _csv_layer(member: Member, encoding: str | None) -> TableLayer:
    with member.path.open("rb") as stream:
        sample = stream.read(SAMPLE_BYTES)
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    chosen = codec_named(encoding) if encoding else None
    guess = guess_text(whole)
    marked = guess.encoding == "utf-16"
    # The mark leaves nothing to choose.
    if chosen and not marked:
        guess = Guess(chosen, "chosen")
    if guess.encoding == "utf-8":
        guess = Guess("utf-8-sig", guess.evidence)
    head = whole.decode(guess.encoding, "replace")
    delimiter = max(",\t;|", key=head[:20_000].count)
    rows: list[Row] = []
    try:
        with member.path.open(encoding=guess.encoding, errors="replace", newline="") as stream:
            for row in csv.reader((line.replace("\x00", "") for line in stream), delimiter=delimiter):
                rows.append(row)
                if len(rows) <= HEADER_SEARCH_ROWS:
                    refuse_columns(filled_width(row), member.title)
                if len(rows) > MAX_ROWS:
                    raise refusal("too_many_features", features=len(rows), limit=MAX_ROWS)
    except csv.Error as error:
        raise refusal("file_unreadable", name=member.title, reason=plain_reason(error)) from error
    raw = [] if marked else whole[:40_000].split(b"\n")[:60]
    return TableLayer(member.title, rows, guess, raw)


def _sheets(member: Member) -> list[Layer]:
    import python_calamine

    if member.path.suffix == ".xlsx":
        _check_workbook(member.path, member.title)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(member.path))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible
            and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        layers: list[Layer] = []
        for name in visible:
            sheet = book.get_sheet_by_name(name)
            cells = sheet.to_python(skip_empty_area=True)
            if any(any(cell != "" for cell in row) for row in cells):
                rows: list[Row] = [[_cell_text(cell) for cell in row] for row in cells]
                # The reader leaves empty lines above the first filled one out.
                above = sheet.start[0] if sheet.start else 0
                layers.append(TableLayer(name, rows, FORMAT_UTF8, [], first_line=above + 1))
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise refusal("file_unreadable", name=member.title, reason=plain_reason(error)) from error
    if not layers:
        raise refusal("layer_empty", layer=member.title)
    return layers


def _check_workbook(path: Path, title: str) -> None:
    """A workbook is a zip of XML: bound it before the reader unpacks it, and refuse declarations."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > 2_000 or sum(entry.file_size for entry in entries) > MAX_WORKBOOK_BYTES:
                raise refusal("zip_bomb", name=title, reason=N_("总大小超过上限"))
            for entry in entries:
                if entry.file_size > MEBIBYTE and entry.file_size > 250 * max(entry.compress_size, 1):
                    raise refusal("zip_bomb", name=title, reason=N_("压缩比异常"))
                with archive.open(entry) as stream:
                    head = stream.read(4096).upper()
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise refusal("xml_entities", name=title)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise refusal("file_truncated", name=title) from error
    except UnicodeDecodeError as error:
        raise refusal("file_unreadable", name=title, reason=plain_reason(error)) from error


def _cell_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, bool):
        return "1" if cell else "0"
    return str(cell).strip()


def _is_record(row: Row) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and filled[0].replace(" ", "").lower().rstrip("：:") not in TOTALS


def _unique(header: Row) -> list[str]:
    """Column names: blanks get a number, repeats get a suffix."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for number, cell in enumerate(header):
        name = cell.strip().strip("\ufeff") or f"column_{number + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names
