"""Bytes on their way in: from the request into the database, and from there into a private folder for a moment."""

import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import db
from app.errors import N_, Conflict, InvalidInput
from app.geo import container
from app.geo.limits import MEBIBYTE, Limits
from app.ground.boundary_import.folders import private_folder
from app.ground.models import GroundImport, ImportFile, ImportPart

PART_BYTES = 1024 * 1024
STORE_PART = "INSERT INTO import_part (import_id, file_no, part_no, content) VALUES (%s, %s, %s, %b)"
READ_PART = "SELECT content FROM import_part WHERE import_id = %s AND file_no = %s AND part_no = %s"
MAX_FILES = 12
ABANDONED = N_("这一步中途停下了，没有写入任何数据。请重新开始这一步。")
FORGOTTEN = N_("上传的文件已经按期删除。请重新上传。")
MAX_NAME_BYTES = 120
# The files that one loose shapefile consists of.
SHAPEFILE_ENDINGS = (
    ".shp",
    ".shx",
    ".dbf",
    ".prj",
    ".cpg",
    ".qix",
    ".sbn",
    ".sbx",
    ".qpj",
    ".cst",
    ".shp.xml",
)


def receive(
    session: Session,
    files: Iterable[tuple[str, BinaryIO]],
    *,
    key: UUID,
    max_bytes: int,
    account_id: int | None = None,
    area_code: str = "",
) -> int:
    """Store an upload, piece by piece, never whole in memory.

    Parameters
    ----------
    session : Session
    files : iterable of (name, stream)
        One file, or the loose parts of one shapefile.
    key : UUID
        Made by the form: the same key again gives the import that is already there.
    max_bytes : int
        Limit for all files together.
    account_id : int, optional
    area_code : str
        In which it is to be brought in; empty for everywhere.

    Returns
    -------
    int
        Id of the import, in state "uploaded" unless it was there already.

    Raises
    ------
    InvalidInput
        "files_missing", "files_mixed", "file_empty", "file_too_large", "file_name_unusable".
    """
    listed = [(clean_name(name), stream) for name, stream in files if name]
    _refuse_mixed([name for name, _ in listed])
    import_id = session.scalar(
        insert(GroundImport)
        .values(
            key=key,
            file_name=_main_name([name for name, _ in listed]),
            created_by=account_id,
            area_code=area_code,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(GroundImport.id)
    )
    if import_id is None:
        known = session.scalar(
            select(GroundImport.id).where(GroundImport.key == key, GroundImport.created_by == account_id)
        )
        if known is None:
            raise InvalidInput("key_reused", N_("这个请求编号已经用过，请刷新页面后再试。"))
        return known
    digest = hashlib.sha256()
    size_bytes = 0
    for file_no, (name, stream) in enumerate(listed, start=1):
        left = max_bytes - size_bytes
        try:
            size_bytes += _store_file(session, import_id, file_no, name, stream, left, digest.update)
        except _TooLarge:
            raise InvalidInput(
                "file_too_large", N_("文件太大，超过了 %(limit_mb)s MB 的上限。请按街道分成几个文件导入。"),
                limit_mb=max_bytes // MEBIBYTE,
            ) from None  # fmt: skip
    session.execute(
        update(GroundImport)
        .where(GroundImport.id == import_id)
        .values(size_bytes=size_bytes, sha256=digest.digest())
    )
    return int(import_id)


class _TooLarge(Exception):
    pass


def _store_file(
    session: Session,
    import_id: int,
    file_no: int,
    name: str,
    stream: BinaryIO,
    left: int,
    digest: Callable[[bytes], None],
) -> int:
    size_bytes = 0
    with driver_cursor(session) as cursor:
        for part_no, content in enumerate(_parts(stream), start=1):
            size_bytes += len(content)
            if size_bytes > left:
                raise _TooLarge
            digest(content)
            cursor.execute(STORE_PART, (import_id, file_no, part_no, content))
    if not size_bytes:
        raise InvalidInput("file_empty", N_("“%(name)s”是空文件。请重新导出后再上传。"), name=name)
    session.execute(
        insert(ImportFile).values(import_id=import_id, file_no=file_no, name=name, size_bytes=size_bytes)
    )
    return size_bytes


def driver_cursor(session: Session) -> psycopg.Cursor[Any]:
    """A cursor of the driver itself, in the transaction of the session: for COPY and for binary answers."""
    connection = session.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("the session has no connection")
    cursor: psycopg.Cursor[Any] = connection.cursor(binary=True)
    return cursor


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    while content := stream.read(PART_BYTES):
        yield content


def clean_name(name: str) -> str:
    """The last part of a file name, without anything that could lead elsewhere or break a line.

    Raises
    ------
    InvalidInput
        "file_name_unusable" when nothing is left.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    last = re.sub(r"[\x00-\x1f\x7f<>:\"|?*\u202a-\u202e\u2066-\u2069]", "", last).strip().lstrip(".")
    stem, dot, ending = last.rpartition(".")
    while stem and len(last.encode()) > MAX_NAME_BYTES:
        stem = stem[:-1]
        last = f"{stem}{dot}{ending}"
    if not last or len(last.encode()) > MAX_NAME_BYTES:
        raise InvalidInput("file_name_unusable", N_("文件名不能用。请改成简短的中文或英文名，保留扩展名。"))
    return last


def _refuse_mixed(names: list[str]) -> None:
    if not names:
        raise InvalidInput("files_missing", N_("没有收到文件。请选择要导入的文件。"))
    if len(names) == 1:
        return
    stems = {_shapefile_stem(name) for name in names}
    if (
        len(stems) != 1
        or None in stems
        or len(set(map(str.lower, names))) != len(names)
        or len(names) > MAX_FILES
    ):
        raise InvalidInput(
            "files_mixed",
            N_(
                "一次只能导入一份数据：一个文件，或同名的一组 .shp、.shx、.dbf、.prj、.cpg。请分开上传，或打成一个 zip。"
            ),
        )


def _shapefile_stem(name: str) -> str | None:
    for ending in SHAPEFILE_ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)].lower()
    return None


def _main_name(names: list[str]) -> str:
    return next((name for name in names if name.lower().endswith(".shp")), names[0])


@contextmanager
def job_folder(import_id: int, limits: Limits, home: Path) -> Iterator[Path]:
    """The uploaded files in a folder that only this account can read, gone afterwards whatever happens.

    Raises
    ------
    Conflict
        "file_forgotten" when the bytes are no longer kept.
    """
    with private_folder(home, import_id) as folder:
        with db.reading() as session:
            listed = session.execute(
                select(ImportFile.file_no, ImportFile.name)
                .where(ImportFile.import_id == import_id)
                .order_by(ImportFile.file_no)
            ).all()
            if not listed:
                raise Conflict("file_forgotten", FORGOTTEN)
            streams = [
                (name, io.BufferedReader(StoredStream(session, import_id, file_no), PART_BYTES))
                for file_no, name in listed
            ]
            container.receive(folder, streams, limits)
        yield folder


class StoredStream(io.RawIOBase):
    """Reads a stored file part by part."""

    def __init__(self, session: Session, import_id: int, file_no: int) -> None:
        self._session = session
        self._file = (import_id, file_no)
        self._part_no = 0
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._rest:
            self._part_no += 1
            with driver_cursor(self._session) as cursor:
                found = cursor.execute(READ_PART, (*self._file, self._part_no)).fetchone()
            self._rest = memoryview(found[0] if found else b"")
        taken = self._rest[: len(target)]
        target[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def forget_files(session: Session, import_id: int) -> None:
    """Delete the stored bytes of an import that no longer needs them."""
    for table in (ImportPart, ImportFile):
        session.execute(delete(table).where(table.import_id == import_id))


def forget_import(session: Session, import_id: int) -> None:
    """Delete an import that wrote nothing, as if it had never been asked for."""
    session.execute(text("DELETE FROM import_row WHERE import_id = :id"), {"id": import_id})
    session.execute(
        text("DELETE FROM ground_import WHERE id = :id AND published_at IS NULL"), {"id": import_id}
    )


def forget_old_files(session: Session, days: int = 7) -> int:
    """Delete the bytes and staging rows of imports that nobody has touched for some days, and end abandoned steps.

    What waited to be accepted cannot be any more, and is cancelled.

    Parameters
    ----------
    session : Session
    days : int

    Returns
    -------
    int
        Number of imports that were cleaned.
    """
    session.execute(
        text(
            "UPDATE ground_import SET state = 'failed', version = version + 1, error = CAST(:error AS jsonb)"
            " WHERE state IN ('inspecting', 'checking', 'publishing') AND updated_at < now() - interval '1 day'"
        ),
        {"error": orjson.dumps({"code": "step_abandoned", "sentence": ABANDONED, "facts": {}}).decode()},
    )
    stale = session.scalars(
        text(
            "SELECT i.id FROM ground_import i WHERE i.state NOT IN ('inspecting', 'checking', 'publishing')"
            " AND i.updated_at < now() - make_interval(days => :days)"
            " AND (EXISTS (SELECT FROM import_file f WHERE f.import_id = i.id)"
            "  OR EXISTS (SELECT FROM import_row r WHERE r.import_id = i.id)) FOR UPDATE SKIP LOCKED"
        ),
        {"days": days},
    ).all()
    for import_id in stale:
        forget_files(session, import_id)
        session.execute(text("DELETE FROM import_row WHERE import_id = :id"), {"id": import_id})
    session.execute(
        text(
            "UPDATE ground_import SET state = 'cancelled', version = version + 1, error = CAST(:error AS jsonb)"
            " WHERE id = ANY(:stale) AND state NOT IN ('published', 'undone', 'failed', 'cancelled')"
        ),
        {
            "stale": list(stale),
            "error": orjson.dumps({"code": "file_forgotten", "sentence": FORGOTTEN, "facts": {}}).decode(),
        },
    )
    return len(stale) + _forget_samples(session, days)


def _forget_samples(session: Session, days: int) -> int:
    """The first look at a file shows some of its values, of columns too that were never imported."""
    emptied = session.execute(
        text(
            "UPDATE ground_import SET inspection = NULL WHERE state IN ('published', 'undone', 'failed', 'cancelled')"
            " AND inspection IS NOT NULL AND updated_at < now() - make_interval(days => :days) RETURNING id"
        ),
        {"days": days},
    )
    return len(emptied.all())
