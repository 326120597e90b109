"""A small writer of polygon shapefiles and fixed zips, so that every byte (and every fault) is ours to choose."""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

from shapely import Polygon
from shapely.geometry.polygon import orient

POLYGON_TYPE, FILE_CODE, VERSION = 5, 9994, 1000
LDID_NONE, LDID_GBK = 0x00, 0x4D
EDITED = (99, 7, 27)  # the date in the .dbf header: years since 1900, month, day

PRJ_4549 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def shp_and_shx(shapes: Sequence[Polygon]) -> tuple[bytes, bytes]:
    """The two geometry files."""
    records, index, at = b"", b"", 50
    for number, shape in enumerate(shapes, 1):
        content = _polygon(shape)
        words = len(content) // 2
        records += struct.pack(">ii", number, words) + content
        index += struct.pack(">ii", at, words)
        at += words + 4
    west, south, east, north = _bounds(shapes)
    tail = struct.pack("<ii4d4d", VERSION, POLYGON_TYPE, west, south, east, north, 0, 0, 0, 0)

    def header(length_words: int) -> bytes:
        return struct.pack(">i20xi", FILE_CODE, length_words) + tail

    return header(at) + records, header(50 + len(index) // 2) + index


def _polygon(shape: Polygon) -> bytes:
    clockwise = orient(shape, sign=-1.0)
    rings = [list(r.coords) for r in (clockwise.exterior, *clockwise.interiors)]
    starts, count = [], 0
    for ring in rings:
        starts.append(count)
        count += len(ring)
    body = struct.pack("<i4dii", POLYGON_TYPE, *shape.bounds, len(rings), count)
    body += struct.pack(f"<{len(starts)}i", *starts)
    return body + b"".join(struct.pack("<2d", x, y) for ring in rings for x, y in ring)


def _bounds(shapes: Sequence[Polygon]) -> tuple[float, float, float, float]:
    boxes = [s.bounds for s in shapes]
    return (
        min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes),
    )  # fmt: skip


def dbf(
    names: Sequence[str], rows: Sequence[Sequence[str | int]], encoding: str, language_byte: int
) -> bytes:
    """The attribute table; text columns are as wide as their longest value, names at most 10 bytes."""
    widths = [max(len(_cell(row[i], encoding)) for row in rows) for i in range(len(names))]
    kinds = [b"N" if isinstance(rows[0][i], int) else b"C" for i in range(len(names))]
    fields = b"".join(
        name.encode(encoding)[:10].ljust(11, b"\0")
        + kind
        + bytes(4)
        + struct.pack("BB", width, 0)
        + bytes(14)
        for name, kind, width in zip(names, kinds, widths, strict=True)
    )
    header = struct.pack(
        "<4BIHH17xB2x", 3, *EDITED, len(rows), 33 + len(fields), 1 + sum(widths), language_byte
    )
    body = b""
    for row in rows:
        cells = zip(row, kinds, widths, strict=True)
        body += b" " + b"".join(
            _cell(v, encoding).rjust(w) if kind == b"N" else _cell(v, encoding).ljust(w)
            for v, kind, w in cells
        )
    return header + fields + b"\r" + body + b"\x1a"


def _cell(value: str | int, encoding: str) -> bytes:
    return str(value).encode(encoding)


def write_zip(path: Path, members: dict[str, bytes], stored: bool = False) -> None:
    """A zip whose bytes do not depend on the clock or the file system."""
    with zipfile.ZipFile(
        path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED, compresslevel=9
    ) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, (1999, 7, 27, 8, 0, 0))
            entry.compress_type = archive.compression
            entry.create_system = 3
            archive.writestr(entry, content)
