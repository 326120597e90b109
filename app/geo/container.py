"""From what was uploaded to the files of one format, safely unpacked under names of our own."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from app.errors import N_, InvalidInput
from app.geo.chunks import MAX_COLUMNS
from app.geo.findings import Finding, refusal
from app.geo.limits import MEBIBYTE, Limits
from app.geo.reasons import plain_reason
from app.geo.signatures import ARCHIVE_ENDINGS, KINDS, OTHER_ARCHIVES, PACKED_ENDINGS, agree, ending_of, sniff

UPLOAD = "upload"
UNPACKED = "unpacked"
NAMES = "names.json"
BLOCK = MEBIBYTE
# The reference system is read and judged by us; GDAL, finding one it cannot repeat, would give the whole file up.
HIDDEN = {".prj": ".stated"}
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
# Side files of other programs, and clutter of file managers: harmless, never opened.
SIDE_FILES = (
    ".sbn",
    ".sbx",
    ".qpj",
    ".qix",
    ".qmd",
    ".atx",
    ".fbn",
    ".fbx",
    ".ain",
    ".aih",
    ".lyr",
    ".sld",
    ".qml",
)
HUGE_NUMBER = re.compile(rb"\d[eE]\+?\d{3,}")
KEY = re.compile(rb'"((?:[^"\\]|\\.){1,200})"\s*:')
# Keys inside of properties are no columns, so more of them than columns are no fault.
MOST_KEYS = 2000
KEY_SEARCH_BYTES = 32 * MEBIBYTE
STRING_OR_HUGE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?[eE]\+?\d{3,}')
# When an archive holds several formats, the first of these wins and the others are named in a finding.
PREFERENCE = tuple(KINDS)
# Endings that programs and people also give to what goes along with a layer: styles, settings, a word to the reader.
NOTE_ENDING = ".txt"
SIDE_ENDINGS = (NOTE_ENDING, ".json")


@dataclass(frozen=True, slots=True)
class Member:
    """One file to read: its path under our own name, and what its owner called it."""

    path: Path
    title: str
    parts: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of one kind found in an upload."""

    kind: str
    members: tuple[Member, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def driver(self) -> str | None:
        """The OGR driver that may open them; None when GDAL is not needed."""
        return KINDS[self.kind].driver


@dataclass(slots=True)
class _Loose:
    """A file with the name its owner gave it; ``packed`` when an archive brought it."""

    path: Path
    name: str
    packed: bool = False


def receive(folder: Path, uploads: Iterable[tuple[str, BinaryIO]], limits: Limits) -> int:
    """Store uploaded streams in a job folder under names of our own.

    Parameters
    ----------
    folder : Path
        A private folder for this import; created when missing.
    uploads : iterable of (name, binary stream)
        One file, or the loose parts of shapefiles. The names are kept in a list beside the bytes and never used as paths.
    limits : Limits
        ``max_bytes`` bounds all streams together.

    Returns
    -------
    int
        Bytes stored.

    Raises
    ------
    InvalidInput
        ``file_too_large``.
    """
    target = folder / UPLOAD
    target.mkdir(parents=True, exist_ok=True)
    stored = 0
    names: list[str] = []
    for number, (name, stream) in enumerate(uploads):
        with (target / f"{number:04d}").open("wb") as sink:
            while block := stream.read(BLOCK):
                stored += len(block)
                if stored > limits.max_bytes:
                    raise refusal("file_too_large", limit_mb=limits.max_bytes // MEBIBYTE)
                sink.write(block)
        names.append(_last_part(name))
    (target / NAMES).write_text(json.dumps(names, ensure_ascii=True))
    return stored


def unpack(folder: Path, limits: Limits) -> Contents:
    """Recognise and unpack what ``receive`` stored; runs in the child process.

    Raises
    ------
    InvalidInput
        ``driver_refused``, ``zip_bomb``, ``zip_path``, ``zip_nested``, ``zip_encrypted``, ``xml_entities``,
        ``file_empty``, ``file_unreadable``, ``dbf_missing`` or ``shp_missing``.
    """
    names: list[str] = json.loads((folder / UPLOAD / NAMES).read_text())
    loose: list[_Loose] = []
    shutil.rmtree(folder / UNPACKED, ignore_errors=True)  # left over from an earlier look at the same upload
    store = _Store(folder / UNPACKED, limits)
    for number, name in enumerate(names):
        path = folder / UPLOAD / f"{number:04d}"
        ending = ending_of(name)
        if ending in OTHER_ARCHIVES:
            raise refusal("driver_refused", name=name, reason=N_("只能解开 ZIP 压缩包"))
        if ending in SHAPEFILE_PARTS[1:]:
            loose.append(_Loose(path, name))
            continue
        found = sniff(path, name)
        agree(name, found)
        if found == "zip":
            loose += _members_of_zip(path, name, store)
        elif found == "gz":
            loose.append(_Loose(store.gunzip(path, name), name[: -len(".gz")]))
        else:
            loose.append(_Loose(path, name))
    return _group(loose, folder / UNPACKED, names[0] if names else "")


class _Store:
    """Writes members under running numbers and counts every byte."""

    def __init__(self, target: Path, limits: Limits) -> None:
        target.mkdir(parents=True, exist_ok=True)
        self.target = target
        self.limits = limits
        self.unpacked_bytes = 0
        self.count = 0

    def keep(self, stream: BinaryIO, name: str) -> Path:
        """Copy a stream, stopping at the ceiling whatever any header promised."""
        self.count += 1
        path = self.target / f"member{self.count:04d}"
        with path.open("wb") as sink:
            while block := stream.read(BLOCK):
                self.unpacked_bytes += len(block)
                if self.unpacked_bytes > self.limits.max_unpacked_bytes:
                    raise refusal("zip_bomb", name=name, reason=N_("总大小超过上限"))
                sink.write(block)
        return path

    def gunzip(self, path: Path, name: str) -> Path:
        """Unpack one gzip file."""
        try:
            with gzip.open(path, "rb") as stream:
                return self.keep(stream, name)  # type: ignore[arg-type]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise refusal("file_truncated", name=name) from error


def _members_of_zip(path: Path, name: str, store: _Store) -> list[_Loose]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_totals(entries, name, store.limits)
            kept = []
            for entry in entries:
                shown = member_name(entry)
                _check_member(entry, shown, name, store.limits)
                if _is_wanted(shown):
                    with archive.open(entry) as stream:
                        kept.append(_Loose(store.keep(stream, name), shown, packed=True))  # type: ignore[arg-type]
            return kept
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise refusal("file_truncated", name=name) from error
    except UnicodeDecodeError as error:  # a name that says it is UTF-8
        raise refusal("file_unreadable", name=name, reason=plain_reason(error)) from error


def _check_totals(entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    if len(entries) > limits.max_members:
        raise refusal("zip_bomb", name=name, reason=N_("文件个数超过上限"))
    if sum(entry.file_size for entry in entries) > limits.max_unpacked_bytes:
        raise refusal("zip_bomb", name=name, reason=N_("总大小超过上限"))


def _check_member(entry: zipfile.ZipInfo, shown: str, name: str, limits: Limits) -> None:
    parts = PurePosixPath(shown.replace("\\", "/")).parts
    escapes = shown.startswith(("/", "\\")) or ".." in parts or ":" in shown or "\x00" in shown
    if escapes or stat.S_ISLNK(entry.external_attr >> 16):
        raise refusal("zip_path", member=_printable(shown))
    if entry.flag_bits & 0x1:
        raise refusal("zip_encrypted", name=name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("driver_refused", name=name, reason=N_("压缩方法不常见，请用普通 ZIP 重新打包"))
    if entry.file_size > BLOCK and entry.file_size > limits.max_ratio * max(entry.compress_size, 1):
        raise refusal("zip_bomb", name=name, reason=N_("压缩比异常"))
    if ending_of(shown) in (*ARCHIVE_ENDINGS, *PACKED_ENDINGS, *OTHER_ARCHIVES):
        raise refusal("zip_nested", member=_printable(shown))


def member_name(entry: zipfile.ZipInfo) -> str:
    """The name of an archive member; names written on Chinese Windows are GBK without saying so."""
    if entry.flag_bits & 0x800:
        return entry.orig_filename
    raw = entry.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def _is_wanted(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and ending_of(name) not in SIDE_FILES


def _group(loose: list[_Loose], target: Path, upload_name: str) -> Contents:
    """Put the parts of shapefiles together and choose one format."""
    stems: dict[str, dict[str, _Loose]] = {}
    others: list[_Loose] = []
    notes: list[_Loose] = []
    ignored: list[str] = []
    for item in loose:
        ending = ending_of(item.name)
        if ending in SHAPEFILE_PARTS:
            stem = str(PurePosixPath(item.name.replace("\\", "/")).with_suffix("")).lower()
            stems.setdefault(stem, {})[ending] = item
        elif not _is_readable(ending):
            ignored.append(item.name)
        elif item.packed and ending == NOTE_ENDING:
            notes.append(item)
        else:
            others.append(item)
    if stems:
        return Contents("shapefile", _shapefiles(stems, target), _ignored(ignored, others, notes))
    singles = _recognised(others, ignored)
    # A text beside a layer is a word to the reader; alone it is the table.
    if not singles:
        singles, notes = _recognised(notes, ignored), []
    for kind in PREFERENCE:
        if kind in singles:
            members = tuple(_single(item, kind, target, number) for number, item in enumerate(singles[kind]))
            unused = [items for other, items in singles.items() if other != kind]
            return Contents(kind, members, _ignored(ignored, *unused, notes))
    raise refusal("driver_refused", name=upload_name, reason=N_("里面没有能导入的图层"))


def _recognised(items: list[_Loose], ignored: list[str]) -> dict[str, list[_Loose]]:
    """Files by kind. What an archive brings along and nobody can read is ignored, unless it claims to be the layer itself."""
    singles: dict[str, list[_Loose]] = {}
    faults: list[tuple[_Loose, InvalidInput]] = []
    for item in items:
        try:
            found = sniff(item.path, item.name)
            agree(item.name, found)
        except InvalidInput as error:
            faults.append((item, error))
        else:
            singles.setdefault(found, []).append(item)
    chosen = next((kind for kind in PREFERENCE if kind in singles), None)
    for item, fault in faults:
        if not (item.packed and chosen and _goes_along(item, fault, chosen)):
            raise fault
        ignored.append(item.name)
    return singles


def _goes_along(item: _Loose, fault: InvalidInput, chosen: str) -> bool:
    """Whether an unreadable file would not have been the layer anyway: by its ending, or by what it holds."""
    ending = ending_of(item.name)
    if ending in SIDE_ENDINGS and fault.code in ("file_empty", "driver_refused"):
        return True
    promised = next(kind for kind in PREFERENCE if ending in KINDS[kind].endings)
    return PREFERENCE.index(promised) > PREFERENCE.index(chosen)


def _is_readable(ending: str) -> bool:
    return any(ending in kind.endings for kind in KINDS.values())


def _shapefiles(stems: dict[str, dict[str, _Loose]], target: Path) -> tuple[Member, ...]:
    target.mkdir(parents=True, exist_ok=True)
    members = []
    for number, parts in enumerate(stems.values()):
        if ".shp" not in parts:
            raise refusal("shp_missing", name=_last_part(next(iter(parts.values())).name))
        title = _last_part(parts[".shp"].name)
        if sniff(parts[".shp"].path, title) != "shapefile":
            raise refusal("driver_refused", name=title, reason=N_("内容与文件名的后缀不一致"))
        if ".dbf" not in parts:
            raise refusal("dbf_missing", name=title)
        placed = {}
        for ending, item in parts.items():
            placed[ending] = target / f"layer{number:03d}{HIDDEN.get(ending, ending)}"
            item.path.rename(placed[ending]) if item.path.parent == target else _link(
                item.path, placed[ending]
            )
        members.append(Member(placed[".shp"], title.rsplit(".", 1)[0], placed))
    return tuple(members)


def _single(item: _Loose, kind: str, target: Path, number: int) -> Member:
    target.mkdir(parents=True, exist_ok=True)
    placed = target / f"layer{number:03d}{KINDS[kind].endings[0]}"
    title = _last_part(item.name).rsplit(".", 1)[0]
    if kind == "geojson":
        _json_copy(item.path, placed, title)
    else:
        _link(item.path, placed)
    return Member(placed, title)


def _json_copy(source: Path, placed: Path, title: str) -> None:
    """Give a GeoJSON file the ending it needs; numbers too large for any computer become NaN, found row by row later.

    JSON allows 1e400, and the driver would refuse the whole file over it.
    """
    text = source.read_bytes()
    _refuse_many_keys(text, title)
    if not HUGE_NUMBER.search(text):
        _link(source, placed)
        return
    placed.unlink(missing_ok=True)
    placed.write_bytes(
        STRING_OR_HUGE.sub(lambda match: match[0] if match[0].startswith(b'"') else b"NaN", text)
    )


def _refuse_many_keys(text: bytes, title: str) -> None:
    """The driver makes a column of every key it ever meets, and slows down with each; so they are counted before it."""
    seen: set[bytes] = set()
    for match in KEY.finditer(text, 0, KEY_SEARCH_BYTES):
        seen.add(match[1])
        if len(seen) > MOST_KEYS:
            raise refusal("too_many_columns", name=title, columns=MOST_KEYS, limit=MAX_COLUMNS)


def _link(source: Path, placed: Path) -> None:
    """Give stored bytes a second name with the ending a driver expects, without copying them."""
    placed.unlink(missing_ok=True)
    placed.hardlink_to(source)


def _ignored(names: list[str], *unused: list[_Loose]) -> tuple[Finding, ...]:
    names = names + [item.name for items in unused for item in items]
    if not names:
        return ()
    listed = "、".join(_printable(name) for name in names[:8])
    return (Finding("members_ignored", "note", facts={"names": listed}),)


def _last_part(name: str) -> str:
    return _printable(PurePosixPath(name.replace("\\", "/")).name) or "upload"


def _printable(name: str) -> str:
    """A name fit for a message: no control characters, no lone surrogates, not too long."""
    clean = "".join(sign for sign in name if sign.isprintable() and not 0xD800 <= ord(sign) <= 0xDFFF)
    return clean[-120:]
