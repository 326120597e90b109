"""The attribute table of a shapefile, read field by field as bytes.

GDAL decodes while it reads, so a wrong guess loses text for good. Here the bytes stay bytes until an encoding is chosen.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.errors import N_
from app.geo.findings import refusal

# Language byte (offset 29) to codec. 0x57 says only "the ANSI page of that computer" and 0 says nothing.
LANGUAGE_BYTES = {
    0x4D: "gb18030",
    0x7A: "gb18030",
    0x4E: "cp949",
    0x79: "cp949",
    0x4F: "cp950",
    0x78: "cp950",
    0x13: "cp932",
    0x7B: "cp932",
    0x03: "cp1252",
    0x58: "cp1252",
    0x01: "cp437",
    0x02: "cp850",
}
FIELD_BYTES = 32
END_OF_FIELDS = 0x0D
DELETED = ord("*")


@dataclass(frozen=True, slots=True)
class DbfField:
    """One column: its name still in bytes, its type letter, where it lies in a record."""

    raw_name: bytes
    type: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Dbf:
    """An opened table; ``records`` is a (rows, record width) view of the file."""

    fields: tuple[DbfField, ...]
    records: npt.NDArray[np.uint8]
    language_byte: int

    def names(self, encoding: str) -> list[str]:
        """Column names; a character cut by the ten-byte limit is dropped, and repeats get a number."""
        seen: dict[str, int] = {}
        names = []
        for number, item in enumerate(self.fields):
            name = item.raw_name.decode(encoding, "ignore").strip() or f"field_{number + 1}"
            seen[name] = seen.get(name, 0) + 1
            names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
        return names

    def values(self, column: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
        """The bytes of one column for the given records, without trailing blanks and NULs."""
        item = self.fields[column]
        cells = np.ascontiguousarray(self.records[rows, item.start : item.start + item.width])
        if not cells.size:
            return np.zeros(len(rows), dtype="S1")
        # Viewing as S<width> strips trailing NULs; blanks on either side are padding.
        return np.strings.strip(cells.view(f"S{item.width}").ravel(), b" \x00")

    def sample_bytes(self, rows: int = 2000) -> bytes:
        """Names and texts of the first records in one piece, for guessing an encoding."""
        names = b"\n".join(item.raw_name for item in self.fields)
        wanted = np.arange(min(rows, len(self.records)), dtype=np.int64)
        texts = [self.values(number, wanted) for number, item in enumerate(self.fields) if item.type == "C"]
        return names + b"\n" + b"\n".join(b"\n".join(text.tolist()) for text in texts)


def open_dbf(path: Path, title: str) -> Dbf:
    """Map a ``.dbf`` without reading it into memory.

    Raises
    ------
    InvalidInput
        ``file_truncated`` when the header promises more than there is, ``file_unreadable`` when it makes no sense.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        header = stream.read(32)
        if len(header) < 32:
            raise refusal("file_truncated", name=f"{title}.dbf")
        count, header_bytes, record_bytes = struct.unpack_from("<IHH", header, 4)
        descriptors = stream.read(max(0, header_bytes - 32))
    fields = _fields(descriptors)
    if not fields or record_bytes < 1 + sum(item.width for item in fields):
        raise refusal("file_unreadable", name=f"{title}.dbf", reason=N_("属性表的表头有误"))
    if size < header_bytes + count * record_bytes:
        raise refusal("file_truncated", name=f"{title}.dbf")
    if count == 0:
        records = np.zeros((0, record_bytes), dtype=np.uint8)
    else:
        mapped = np.memmap(path, dtype=np.uint8, mode="r", offset=header_bytes, shape=(count * record_bytes,))
        records = mapped.reshape(count, record_bytes)
    return Dbf(fields, records, header[29])


def _fields(descriptors: bytes) -> tuple[DbfField, ...]:
    fields = []
    start = 1  # the first byte of a record is the deletion mark
    for offset in range(0, len(descriptors) - FIELD_BYTES + 1, FIELD_BYTES):
        entry = descriptors[offset : offset + FIELD_BYTES]
        if entry[0] == END_OF_FIELDS:
            break
        letter = chr(entry[11]).upper()
        width = entry[16] + (entry[17] << 8 if letter == "C" else 0)
        if width:
            fields.append(DbfField(entry[:11].split(b"\x00")[0][:10], letter, start, width))
        start += width
    return tuple(fields)
