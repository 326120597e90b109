"""What a file really is, told by its bytes and never by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from app.errors import N_
from app.geo.findings import refusal

HEAD_BYTES = 64 * 1024
SCAN_BYTES = 1024 * 1024
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Kind:
    """A format we read, the only OGR driver that may open it (None: read without GDAL), and its endings."""

    code: str
    label: str
    driver: str | None
    endings: tuple[str, ...]


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("shapefile", "Shapefile", "ESRI Shapefile", (".shp",)),
        Kind("gpkg", "GeoPackage", "GPKG", (".gpkg",)),
        Kind("flatgeobuf", "FlatGeobuf", "FlatGeobuf", (".fgb",)),
        Kind("parquet", "GeoParquet", None, (".parquet", ".geoparquet")),
        Kind("geojson", "GeoJSON", "GeoJSON", (".geojson", ".json")),
        Kind("topojson", "TopoJSON", "TopoJSON", (".topojson", ".json")),
        Kind("kml", "KML", "LIBKML", (".kml",)),
        Kind("osm", "OSM XML", "OSM", (".osm",)),
        Kind("osm_pbf", "OSM PBF", "OSM", (".pbf",)),
        Kind("csv", "CSV", None, (".csv", ".txt", ".tsv")),
        Kind("xlsx", "Excel", None, (".xlsx",)),
        Kind("xls", "Excel 97-2003", None, (".xls",)),
    )
}
ARCHIVE_ENDINGS = (".zip", ".kmz")
PACKED_ENDINGS = (".gz",)
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz")
TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
GEOJSON = re.compile(
    rb'"type"\s*:\s*"(Feature(Collection)?|(Multi)?(Point|LineString|Polygon)|GeometryCollection)"'
)
XML_ROOTS = {b"kml": "kml", b"osm": "osm"}


def ending_of(name: str) -> str:
    """The last dotted part of a name in lower case, such as ``.shp``."""
    return Path(name.lower()).suffix


def sniff(path: Path, name: str) -> str:
    """Name the kind of a file from its bytes: a key of ``KINDS``, or ``zip`` or ``gz``.

    Parameters
    ----------
    path : Path
        The stored bytes.
    name : str
        What the user called it; only used in messages and for the tie between CSV and plain text.

    Raises
    ------
    InvalidInput
        ``driver_refused`` when the bytes are none of the formats we read, ``file_empty`` for no bytes,
        ``xml_entities`` for XML that declares a DOCTYPE or entities, ``file_truncated`` for JSON that does not end.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise refusal("file_empty", name=name)
    found = _binary_kind(head)
    if found is None:
        found = _text_kind(path, name, head)
    if found is None:
        raise refusal("driver_refused", name=name, reason=N_("内容不是能识别的格式"))
    return found


def agree(name: str, found: str) -> None:
    """Refuse a file whose ending promises something else than its bytes.

    Raises
    ------
    InvalidInput
        ``driver_refused``.
    """
    ending = ending_of(name)
    if found == "zip":
        fits = ending in ARCHIVE_ENDINGS
    elif found == "gz":
        fits = ending in PACKED_ENDINGS
    else:
        fits = ending in KINDS[found].endings
    if not fits:
        raise refusal("driver_refused", name=name, reason=N_("内容与文件名的后缀不一致"))


def _binary_kind(head: bytes) -> str | None:
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        # A workbook is a zip too. Its parts list is the first member in every writer seen.
        return "xlsx" if b"[Content_Types].xml" in head[:4096] or b"xl/" in head[:4096] else "zip"
    if head[:4] == b"\x00\x00\x27\x0a":
        return "shapefile"
    if head[:16] == b"SQLite format 3\x00":
        return "gpkg" if head[68:72] in (b"GPKG", b"GP10", b"GP11") else None
    starts = (
        (b"\x1f\x8b", "gz"),
        (b"PAR1", "parquet"),
        (b"fgb\x03fgb", "flatgeobuf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    )
    for start, code in starts:
        if head.startswith(start):
            return code
    # A PBF block begins with a four-byte length, then the field "OSMHeader".
    return "osm_pbf" if b"OSMHeader" in head[:64] else None


def _text_kind(path: Path, name: str, head: bytes) -> str | None:
    text = head[3:] if head.startswith(BOMS[0]) else head
    stripped = text.lstrip()
    if stripped.startswith(b"<") or (head.startswith(BOMS[1:]) and b"<\x00" in head[:8]):
        return _xml_kind(path, name, stripped)
    if head.startswith(BOMS[1:]):
        # Excel's "Unicode text". Only tables: JSON and XML must be UTF-8, so that nothing hides from the searches here.
        return "csv" if ending_of(name) in KINDS["csv"].endings else None
    if b"\x00" in head:
        return None
    if stripped.startswith(b"{"):
        return _json_kind(path, name, head)
    # A table may start with anything; only its ending tells it from other text.
    return "csv" if ending_of(name) in KINDS["csv"].endings else None


def _json_kind(path: Path, name: str, head: bytes) -> str | None:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - HEAD_BYTES))
        tail = stream.read()
    if not tail.rstrip(b" \t\r\n\x00").endswith(b"}"):
        raise refusal("file_truncated", name=name)
    if TOPOLOGY.search(head) or TOPOLOGY.search(tail):
        return "topojson"
    # Styles and settings are JSON too; a layer says what it is at one of its ends.
    return "geojson" if GEOJSON.search(head) or GEOJSON.search(tail) else None


def _xml_kind(path: Path, name: str, stripped: bytes) -> str | None:
    if b"\x00" in stripped:
        # UTF-16 would hide a declaration from the scan below.
        raise refusal("driver_refused", name=name, reason=N_("XML 必须使用 UTF-8 编码"))
    refuse_entities(path, name)
    body = re.sub(rb"<\?.*?\?>|<!--.*?-->", b"", stripped, flags=re.DOTALL).lstrip()
    root = re.match(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", body)
    return XML_ROOTS.get(root.group(1)) if root else None


def refuse_entities(path: Path, name: str) -> None:
    """Refuse XML that declares a document type or an entity anywhere.

    Raises
    ------
    InvalidInput
        ``xml_entities``.
    """
    declaration = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
    overlap = b""
    with path.open("rb") as stream:
        while block := stream.read(SCAN_BYTES):
            if declaration.search(overlap + block):
                raise refusal("xml_entities", name=name)
            overlap = block[-64:]
