"""Whether an OSM PBF file is whole: its blocks state their lengths, and GDAL takes a cut file for a short one."""

from __future__ import annotations

from pathlib import Path

from app.errors import N_
from app.geo.findings import refusal

MAX_HEADER_BYTES = 64 * 1024
DATASIZE = 3


def refuse_cut_pbf(path: Path, title: str) -> None:
    """Walk over the blocks of a file without reading them.

    Raises
    ------
    InvalidInput
        ``file_truncated`` when the last block ends behind the file, ``file_unreadable`` when a block makes no sense.
    """
    left = path.stat().st_size
    with path.open("rb") as stream:
        while left:
            length = int.from_bytes(stream.read(4), "big")
            if length > MAX_HEADER_BYTES:
                raise refusal("file_unreadable", name=title, reason=N_("内容有损坏或不符合格式"))
            header = stream.read(length)
            left -= 4 + length + _datasize(header)
            if left < 0:
                raise refusal("file_truncated", name=title)
            stream.seek(-left, 2)


def _datasize(header: bytes) -> int:
    """Field 3 of a BlobHeader; a header without it is taken for an empty block."""
    at, size = 0, 0
    while at < len(header):
        key, at = _varint(header, at)
        value, at = _varint(header, at)
        if key & 7 == 2:
            at += value
        elif key >> 3 == DATASIZE:
            size = value
    return size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(content):
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 or shift > 63:
            break
    return value, at
