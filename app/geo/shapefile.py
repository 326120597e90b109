"""Shapefiles: shapes through GDAL, texts through our own reader."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.geo.chunks import MAX_COLUMNS, Chunk, refuse_columns, shapes_from_wkb
from app.geo.container import Member
from app.geo.dbf import Dbf, open_dbf
from app.geo.encoding import Guess, codec_named, guess_dbf
from app.geo.findings import refusal
from app.geo.layers import OgrLayer


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
        """Join shapes and records by record number; GDAL leaves deleted records out, and the others keep their numbers."""
        names = self.dbf.names(self.guess.encoding)
        refuse_columns(len(names), self.member.title)
        for batch, geometry, fid in self._batches():
            rows = batch.column(fid).to_numpy(zero_copy_only=False).astype(np.int64)
            kept = rows < len(self.dbf.records)
            rows = rows[kept]
            chunk = shapes_from_wkb(batch.column(geometry).to_numpy(zero_copy_only=False)[kept])
            chunk.row_nos = rows + 1
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
