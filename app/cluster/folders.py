"""Where a home keeps its database, who owns the home now, and what is written down about it."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import quote

from app.cluster.programs import ROOT, Account
from app.errors import DomainError, Unavailable

FACTS_FILE = "cluster.json"
LOCK_FILE = "launcher.lock"
OWNER_NOTE = "home"
SUPERUSER = "postgres"
OWNER_ROLE = "wardmap"
WEB_ROLE = "wardmap_web"
PUBLIC_ROLE = "wardmap_public"
SYSTEM_FOLDER = Path("/var/lib/wardmap")
# A socket's whole path must fit into 107 bytes; `/.s.PGSQL.65535` takes 15 of them.
LONGEST_SOCKET_FOLDER = 107 - 16
SHORT_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108 - only ever used with mkdtemp
ROOM_FOR_NEW_MB = 200
ROOM_TO_START_MB = 48


@dataclass(frozen=True)
class Facts:
    """How to reach the private database of one home."""

    database_folder: str
    socket_folder: str
    port: int
    account: str
    superuser_password: str
    password: str
    # Of the role that web pages work as: it owns nothing. Empty in records of an earlier version.
    web_password: str = ""
    # Of the role that pages for everybody read as: public views only.
    public_password: str = ""
    superuser: str = SUPERUSER
    role: str = OWNER_ROLE
    web_role: str = WEB_ROLE
    public_role: str = PUBLIC_ROLE
    database: str = "wardmap"

    @property
    def url(self) -> str:
        """The address for SQLAlchemy, as the owner of the tables: migrations, the worker, commands."""
        return self._url(self.role, self.password)

    @property
    def web_url(self) -> str:
        """The address for SQLAlchemy, as what web pages may be."""
        return self._url(self.web_role, self.web_password)

    @property
    def public_url(self) -> str:
        """The address for SQLAlchemy, as what pages for everybody may be."""
        return self._url(self.public_role, self.public_password)

    def _url(self, user: str, password: str) -> str:
        return (
            f"postgresql+psycopg://{quote(user)}:{quote(password, safe='')}@/{quote(self.database)}"
            f"?host={quote(self.socket_folder, safe='/')}&port={self.port}"
        )

    @property
    def conninfo(self) -> str:
        """The address for libpq (psycopg, Procrastinate), as the owner of the database."""
        return self._conninfo(self.role, self.password, self.database)

    @property
    def web_conninfo(self) -> str:
        return self._conninfo(self.web_role, self.web_password, self.database)

    @property
    def public_conninfo(self) -> str:
        return self._conninfo(self.public_role, self.public_password, self.database)

    @property
    def superuser_conninfo(self) -> str:
        return self._conninfo(self.superuser, self.superuser_password, self.database)

    def as_superuser_in(self, database: str) -> str:
        return self._conninfo(self.superuser, self.superuser_password, database)

    @property
    def socket(self) -> Path:
        return Path(self.socket_folder) / f".s.PGSQL.{self.port}"

    def _conninfo(self, user: str, password: str, database: str) -> str:
        # Every value is made here from plain characters, so none needs quoting.
        return (
            f"host={self.socket_folder} port={self.port} user={user} password={password} dbname={database}"
            " connect_timeout=10"
        )


def read_facts(home: Path) -> Facts | None:
    """What is recorded about this home's database; None when nothing readable is."""
    try:
        facts = Facts(**json.loads((home / FACTS_FILE).read_text(encoding="utf-8")))
        # Inside the home it is recorded relative to it, so that a home may be moved.
        return replace(facts, database_folder=str(home / facts.database_folder))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise Unavailable(
            "home_of_another",
            "数据文件夹 %(home)s 属于另一个系统账户：请用那个账户运行，或用 WARDMAP_HOME 另选一个文件夹。"
            " The folder %(home)s belongs to another account of this system:"
            " run as that account, or choose another folder with WARDMAP_HOME.",
            home=home,
        ) from None
    except (ValueError, TypeError, AttributeError):
        return None  # torn or foreign: the database itself is still there and is opened afresh


def write_facts(home: Path, facts: Facts) -> None:
    """Record, readable by the owner of the home only, whole or not at all."""
    written = asdict(facts)
    if Path(facts.database_folder).parent == home:
        written["database_folder"] = Path(facts.database_folder).name
    owner = home.stat()
    write_private(home / FACTS_FILE, json.dumps(written, indent=2) + "\n", (owner.st_uid, owner.st_gid))


def write_private(place: Path, content: str, owner: tuple[int, int]) -> None:
    """Replace a file as a whole, mode 0600; a link planted under its name is replaced, not followed."""
    fresh = place.with_name(place.name + ".new")
    fresh.unlink(missing_ok=True)
    number = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as out:
        out.write(content)
        out.flush()
        os.fsync(number)
        if os.geteuid() == ROOT:
            os.fchown(number, *owner)
    fresh.replace(place)


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn a refusal of the file system into a sentence."""
    try:
        yield
    except OSError as error:
        raise refused(place, error) from error


def refused(place: Path, error: OSError) -> DomainError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    return Unavailable(
        "home_unwritable",
        "不能写入数据文件夹 %(place)s（%(reason)s）：请改正权限，或用 WARDMAP_HOME 另选一个文件夹。"
        " The folder %(place)s cannot be written (%(reason)s):"
        " correct its rights, or choose another folder with WARDMAP_HOME.",
        place=place,
        reason=error.strerror,
    )


def disk_full(place: Path) -> Unavailable:
    return Unavailable(
        "disk_full",
        "磁盘已满：%(place)s 所在的磁盘没有足够空间，请腾出空间后再启动；已保存的数据没有丢失。"
        " The disk is full: there is not enough room where %(place)s lies;"
        " free some and start again; nothing that was saved is lost.",
        place=place,
    )


def refuse_full_disk(place: Path, needed_mb: int) -> None:
    """Refuse before PostgreSQL does, which would crash half-way."""
    if shutil.disk_usage(place).free < needed_mb * 1024 * 1024:
        raise disk_full(place)


def prepare_home(home: Path) -> None:
    """Make the home. As root it can be passed through (not listed), so that the database account reaches its part."""
    with explained(home):
        if not home.is_dir():
            home.mkdir(parents=True)
            home.chmod(0o711 if os.geteuid() == ROOT else 0o700)
        (home / "logs").mkdir(mode=0o700, exist_ok=True)


def lock_home(home: Path) -> tuple[IO[str], bool]:
    """Become the one launcher of this home. The system gives the lock back whenever this program ends.

    Returns the lock, and whether the last launcher ended without giving it back itself.
    """
    with explained(home):
        lock = (home / LOCK_FILE).open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read().strip() or "?"
        lock.close()
        raise Unavailable(
            "home_in_use",
            "数据文件夹 %(home)s 已被另一个 Wardmap（进程 %(owner)s）使用：请先停止它，或用 WARDMAP_HOME 另选一个文件夹。"
            " The folder %(home)s is in use by another Wardmap (process %(owner)s):"
            " stop it first, or choose another folder with WARDMAP_HOME.",
            home=home,
            owner=owner,
        ) from None
    lock.seek(0)
    was_cut_off = bool(lock.read().strip())
    with explained(home):
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
    return lock, was_cut_off


def unlock_home(lock: IO[str]) -> None:
    """Give the home back; an empty lock file says that everything was stopped in order."""
    with contextlib.suppress(OSError):
        lock.truncate(0)
    lock.close()


def choose_database_folder(home: Path, account: Account) -> Path:
    """Inside the home where the account can reach it, else under /var/lib, named after the home."""
    if not account.lent or account.can_enter(home):
        return home / "database"
    short = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    base = SYSTEM_FOLDER / short
    later = 1
    # A folder of that name is what an earlier, deleted home left; its rows are kept, not mixed in.
    while base.exists():
        later += 1
        base = SYSTEM_FOLDER / f"{short}-{later}"
    with explained(base):
        base.mkdir(mode=0o755, parents=True)
        (base / OWNER_NOTE).write_text(str(home), encoding="utf-8")
    return base / "database"


def is_ours(home: Path, facts: Facts) -> bool:
    """Whether recorded facts belong to this home, and not to one it was copied from."""
    folder = Path(facts.database_folder)
    if folder.parent == home:
        return True
    note = folder.parent / OWNER_NOTE
    try:
        owner = Path(note.read_text(encoding="utf-8"))
    except OSError:
        return False
    if owner == home:
        return True
    try:
        owners_facts = read_facts(owner)
    except Unavailable:
        owners_facts = None
    if owners_facts is not None and owners_facts.database_folder == facts.database_folder:
        return False  # a copy: the original is still there and keeps its database
    with explained(note):
        note.write_text(str(home), encoding="utf-8")  # the home was moved
    return True


def make_socket_folder(database_folder: Path, account: Account) -> Path:
    """A folder for the socket that only the account may enter, short and plain enough for a socket's address."""
    beside = database_folder.parent / "run"
    plain = re.fullmatch(r"[A-Za-z0-9/._-]+", str(beside)) is not None
    if plain and len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        with explained(beside):
            beside.mkdir(exist_ok=True)
            account.own(beside, 0o700)
            for stale in beside.glob(".s.PGSQL.*"):
                stale.unlink()
        return beside
    # Not where TMPDIR says: that may be long again. mkdtemp makes a fresh folder that is ours alone.
    shortest = next((folder for folder in SHORT_FOLDERS if Path(folder).is_dir()), None)
    fresh = Path(tempfile.mkdtemp(prefix="wardmap-", dir=shortest))
    account.own(fresh, 0o700)
    return fresh


def drop_socket_folder(facts: Facts) -> None:
    """Remove a socket folder that was made for one run."""
    folder = Path(facts.socket_folder)
    if folder.name.startswith("wardmap-") and folder.parent != Path(facts.database_folder).parent:
        shutil.rmtree(folder, ignore_errors=True)
