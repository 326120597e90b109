"""The PostgreSQL programs of this machine, and the account that may run them."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import Unavailable

OLDEST_MAJOR = 15
EXTENSIONS = ("postgis", "btree_gist")
ROOT = 0


@dataclass(frozen=True)
class Programs:
    """One installed PostgreSQL."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def missing_extension(self) -> str | None:
        """The first needed extension whose control file is not installed beside these programs."""
        shares = _answer(self.path("pg_config"), "--sharedir")
        if shares is None:
            return None  # cannot tell; CREATE EXTENSION will
        for extension in EXTENSIONS:
            if not (Path(shares) / "extension" / f"{extension}.control").exists():
                return extension
        return None


@dataclass(frozen=True)
class Account:
    """The account the database runs as. Root lends it out, because PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int
    lent: bool

    def options(self) -> dict[str, Any]:
        """Arguments for subprocess that switch to this account. No locale or PG* variable leaks in."""
        switch = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.lent else {}
        return {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}, "stdin": subprocess.DEVNULL, **switch}

    def own(self, place: Path, mode: int) -> None:
        """Hand a file or folder to this account."""
        if self.lent:
            os.chown(place, self.uid, self.gid, follow_symlinks=False)
        place.chmod(mode)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account gets through every folder above, whatever grants or denies it."""
        enter = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        return subprocess.run(enter, capture_output=True, check=False, **self.options()).returncode == 0


def database_account(database_folder: Path | None) -> Account:
    """Who runs the database: oneself, or for root the owner of the existing folder, else `postgres`."""
    if os.geteuid() != ROOT:
        oneself = pwd.getpwuid(os.geteuid())
        return Account(oneself.pw_name, oneself.pw_uid, oneself.pw_gid, lent=False)
    try:
        if database_folder is not None and database_folder.exists():
            owner_uid = database_folder.stat().st_uid
            found = pwd.getpwuid(owner_uid) if owner_uid != ROOT else pwd.getpwnam("postgres")
        else:
            found = pwd.getpwnam("postgres")
    except KeyError:
        raise Unavailable(
            "database_account_missing",
            "以 root 运行时，数据库要用 postgres 账户，而本机没有它：请安装 PostgreSQL 的系统软件包，或改用普通账户。"
            " As root the database runs as the account “postgres”, which this machine lacks:"
            " install PostgreSQL from the system's packages, or use an ordinary account.",
        ) from None
    return Account(found.pw_name, found.pw_uid, found.pw_gid, lent=True)


def find_programs(wanted_major: int | None = None) -> Programs:
    """The newest usable PostgreSQL with PostGIS, or exactly the major version an existing database needs."""
    installed = sorted(_installed(), key=lambda found: found.major, reverse=True)
    if wanted_major is not None:
        return _programs_for(wanted_major, installed)
    recent = [found for found in installed if found.major >= OLDEST_MAJOR]
    if not recent:
        raise Unavailable(
            "postgresql_missing",
            "找不到 PostgreSQL %(oldest)s 或更新版本：请安装 PostgreSQL 和 PostGIS，或用 DATABASE_URL 指定现成的数据库。"
            " PostgreSQL %(oldest)s or newer was not found:"
            " install PostgreSQL and PostGIS, or set DATABASE_URL to a database you have.",
            oldest=OLDEST_MAJOR,
        )
    for found in recent:
        if found.missing_extension() is None:
            return found
    raise extension_missing(recent[0].missing_extension() or "postgis", recent[0].major)


def extension_missing(extension: str, major: int) -> Unavailable:
    """What to say when PostgreSQL is there but an extension is not."""
    return Unavailable(
        "extension_missing",
        "PostgreSQL %(major)s 缺少扩展 %(extension)s：请安装它的软件包（Debian/Ubuntu：postgresql-%(major)s-postgis-3）。"
        " PostgreSQL %(major)s lacks the extension %(extension)s:"
        " install its package (Debian/Ubuntu: postgresql-%(major)s-postgis-3).",
        extension=extension,
        major=major,
    )


def run_as(account: Account, command: Sequence[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as this account and return what it printed, errors included."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **account.options(), **more}
    return subprocess.run(command, check=False, text=True, errors="replace", **options)


def _programs_for(major: int, installed: list[Programs]) -> Programs:
    for found in installed:
        if found.major == major:
            return found
    newest = installed[0].major if installed else 0
    if major > newest:
        raise Unavailable(
            "database_major_newer",
            "这个数据库由 PostgreSQL %(major)s 建立，比本机的 %(newest)s 新：请安装 PostgreSQL %(major)s 及其 PostGIS，数据未被改动。"
            " This database was made by PostgreSQL %(major)s, newer than the %(newest)s on this machine:"
            " install PostgreSQL %(major)s with its PostGIS; nothing was changed.",
            major=major,
            newest=newest or "—",
        )
    raise Unavailable(
        "database_major_missing",
        "这个数据库由 PostgreSQL %(major)s 建立，而本机只有 %(newest)s：请把 PostgreSQL %(major)s 装回，或按 docs 备份后恢复到新版本。"
        " This database was made by PostgreSQL %(major)s and this machine only has %(newest)s:"
        " install PostgreSQL %(major)s again, or restore a backup into the new version (see docs).",
        major=major,
        newest=newest,
    )


def _installed() -> Iterator[Programs]:
    seen = set()
    for folder in _folders():
        if folder in seen or not (folder / "initdb").exists():
            continue
        seen.add(folder)
        version = re.search(r"\(PostgreSQL\) (\d+)", _answer(str(folder / "postgres"), "--version") or "")
        if version:
            yield Programs(folder, int(version[1]))


def _folders() -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    yield from Path("/usr").glob("pgsql-*/bin")
    for kegs in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield from Path(kegs).glob("postgresql@*/bin")
    told = _answer("pg_config", "--bindir")
    if told:
        yield Path(told)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def _answer(*command: str) -> str | None:
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None
