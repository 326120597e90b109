"""The private PostGIS cluster of one home: make it, start it, recover it, stop it."""

import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Literal

from app.cluster import folders
from app.cluster.configuration import CONFIGURATION_FILE, LOOPBACK, configuration
from app.cluster.contents import fill, is_filled
from app.cluster.folders import Facts
from app.cluster.leftovers import clear_leftovers, is_ready, recorded_pid, servers_of
from app.cluster.making import make_cluster, reset_password, startup_failure
from app.cluster.parent import stop_with_parent
from app.cluster.programs import Account, Programs, database_account, find_programs
from app.errors import Unavailable

READY_S = 600  # replaying a long journal after a crash takes minutes on a slow disk
FAST_STOP_S = 60


def _quiet(line: str) -> None:
    """Say nothing."""


class Cluster:
    """One home's cluster, owned by the program that made this object until `close`."""

    def __init__(self, home: Path, *, throw_away: bool = False, say: Callable[[str], None] = _quiet) -> None:
        self.home = home.resolve()
        self.say = say
        self.throw_away = throw_away
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self.facts: Facts | None = None

    @property
    def log(self) -> Path:
        return self.home / "logs" / "database.log"

    def claim(self) -> bool:
        """Prepare the home and become its only launcher. True when the last launcher was cut off."""
        if self._lock is not None:
            return False
        folders.prepare_home(self.home)
        self._lock, was_cut_off = folders.lock_home(self.home)
        return was_cut_off

    def start(self) -> Facts:
        """Bring the database up, from nothing or from whatever the last run left. Returns how to reach it."""
        self.claim()
        with folders.explained(self.home):
            facts, is_lost = self._recorded_or_new()
            folder = Path(facts.database_folder)
            account = database_account(folder)
            programs = self._programs_for(folder, facts, account)
            if clear_leftovers(folder, account):
                self.say("上次留下的数据库已停止。 A database left running by an earlier launch was stopped.")
            folders.refuse_full_disk(folder, folders.ROOM_TO_START_MB)
            if is_lost:
                self.say(
                    "数据库口令的记录丢失，正在重设。 The record of the passwords was lost; setting new ones."
                )
                reset_password(folder, facts.superuser_password, account, programs, self.log)
            facts = self._launch(facts, account, programs)
        if is_lost or not is_filled(facts):
            fill(facts, programs.major, may_create_databases=self.throw_away)
        return facts

    def alive(self) -> bool:
        """Whether the server this object started still runs."""
        return self._server is not None and self._server.poll() is None

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: clients are cut off, everything acknowledged is on disk."""
        if self._server is not None:
            for patience_s, step in ((FAST_STOP_S, number), (10, signal.SIGQUIT), (10, signal.SIGKILL)):
                if self._server.poll() is None:
                    self._server.send_signal(step)
                    try:
                        self._server.wait(patience_s)
                    except subprocess.TimeoutExpired:
                        continue
            self._server = None
        if self.facts is not None:
            folders.drop_socket_folder(self.facts)

    def close(self) -> None:
        """Stop, and give the home back."""
        self.stop()
        if self._lock is not None:
            folders.unlock_home(self._lock)
            self._lock = None

    def _recorded_or_new(self) -> tuple[Facts, bool]:
        """The recorded facts, or new ones; True when a database exists whose passwords are lost."""
        facts = folders.read_facts(self.home)
        if facts is not None and folders.is_ours(self.home, facts):
            if facts.socket_folder:
                folders.drop_socket_folder(facts)
            if not (facts.web_password and facts.public_password):
                facts = replace(
                    facts,
                    web_password=facts.web_password or secrets.token_hex(24),
                    public_password=facts.public_password or secrets.token_hex(24),
                )
                folders.write_facts(self.home, facts)
            return facts, False
        inside = self.home / "database"
        is_lost = (inside / "PG_VERSION").exists()
        account = database_account(inside if is_lost else None)
        folder = inside if is_lost else folders.choose_database_folder(self.home, account)
        facts = Facts(
            database_folder=str(folder), socket_folder="", port=0, account=account.name,
            superuser_password=secrets.token_hex(24), password=secrets.token_hex(24), web_password=secrets.token_hex(24),
            public_password=secrets.token_hex(24),
        )  # fmt: skip
        folders.write_facts(self.home, facts)
        return facts, is_lost

    def _programs_for(self, folder: Path, facts: Facts, account: Account) -> Programs:
        """Find the programs that fit this database, and make the database when there is none."""
        version_file = folder / "PG_VERSION"
        if version_file.exists():
            return find_programs(int(version_file.read_text(encoding="ascii").strip()))
        programs = find_programs()
        self.say("正在建立私有数据库。 Making the private database.")
        make_cluster(
            folder, facts.superuser_password, account, programs, self.log, is_durable=not self.throw_away
        )
        return programs

    def _launch(self, facts: Facts, account: Account, programs: Programs) -> Facts:
        """Start the server on a free port and wait until it takes connections."""
        folder = Path(facts.database_folder)
        socket_folder = str(folders.make_socket_folder(folder, account))
        complaint: str | None = None
        for wanted_port in (facts.port, 0, 0):
            port = _free_port(wanted_port)
            facts = replace(facts, socket_folder=socket_folder, port=port, account=account.name)
            text = configuration(socket_folder, facts.port, throw_away=self.throw_away)
            folders.write_private(folder / CONFIGURATION_FILE, text, (account.uid, account.gid))
            folders.write_facts(self.home, facts)
            self.facts = facts
            complaint = self._run_server(folder, account, programs)
            if complaint is None:
                return facts
            if "could not create any TCP/IP sockets" not in complaint:
                break  # anything but a port that was taken in the last moment
        raise startup_failure(complaint or "", folder, self.log)

    def _run_server(self, folder: Path, account: Account, programs: Programs) -> str | None:
        """Start the server; None when it is ready, else what it wrote before it gave up."""
        with self.log.open("ab") as log:
            begins_at = log.tell()
            self._server = subprocess.Popen(
                [programs.path("postgres"), "-D", str(folder)],
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=stop_with_parent(signal.SIGINT),  # noqa: PLW1509 - one system call
                **account.options(),
            )
        deadline = time.monotonic() + READY_S
        said_at = time.monotonic() + 5
        while self._server.poll() is None:
            if recorded_pid(folder) == self._server.pid and is_ready(folder):
                return None
            if time.monotonic() > deadline:
                self.stop(signal.SIGQUIT)
                break
            if time.monotonic() > said_at:
                self.say("数据库正在恢复…… The database is recovering …")
                said_at = deadline
            time.sleep(0.02)
        with self.log.open("rb") as log:
            log.seek(begins_at)
            return log.read().decode("utf-8", "replace")


def status(home: Path) -> Literal["absent", "stopped", "running"]:
    """Whether this home has a database, and whether it runs."""
    facts = folders.read_facts(home.resolve())
    if facts is None or not Path(facts.database_folder).exists():
        return "absent"
    folder = Path(facts.database_folder)
    return "running" if servers_of(folder, database_account(folder)) else "stopped"


def started_facts(home: Path) -> Facts:
    """How to reach the running database of this home."""
    facts = folders.read_facts(home.resolve())
    if facts is None or not facts.socket_folder or not facts.socket.exists():
        raise Unavailable(
            "database_not_started",
            "数据库没有运行：请先运行 ./scripts/start，或设置 DATABASE_URL。"
            " The database is not running: run ./scripts/start first, or set DATABASE_URL.",
        )
    return facts


def connection_url(home: Path) -> str:
    """The SQLAlchemy address of this home's running database, as its owner."""
    return started_facts(home).url


def web_connection_url(home: Path) -> str:
    """The same for web pages."""
    return started_facts(home).web_url


def public_connection_url(home: Path) -> str:
    """The same for pages that are open to everybody."""
    return started_facts(home).public_url


def _free_port(wanted: int) -> int:
    """The wanted loopback port if it is free, else any."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable(
        "no_free_port", "本机没有空闲的端口可供数据库使用。 This machine has no free port for the database."
    )
