"""`wardmap up` as a person meets it: up, healed, stopped, killed, and refused in one sentence."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from app.cluster import started_facts
from app.config import CHECKOUT
from tests.cluster.builders import running_servers

PATIENCE_S = 120


class Launched:
    """A running `wardmap up`, and what it has printed."""

    def __init__(self, home: Path, port: int, **settings: str) -> None:
        self.home = home
        self.port = port
        self.printed = home / f"printed-{port}.txt"
        environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        command = [sys.executable, "-m", "app.cli", "up", "--no-browser", "--empty", "--port", str(port)]
        with self.printed.open("ab") as out:
            self.program = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                stdout=out,
                stderr=out,
                env={**environ, "WARDMAP_HOME": str(home), **settings},
            )

    @property
    def text(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    def until_ready(self) -> "Launched":
        until(lambda: "ready at" in self.text or self.program.poll() is not None)
        assert f"\nWardmap is ready at http://127.0.0.1:{self.port}/\n" in self.text, self.text
        return self

    def ended(self) -> int:
        return self.program.wait(PATIENCE_S)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextlib.contextmanager
def launched(home: Path, **settings: str) -> Iterator[Launched]:
    run = Launched(home, free_port(), **settings)
    try:
        yield run
    finally:
        if run.program.poll() is None:
            run.program.terminate()
            run.ended()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """Every process below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rsplit(")", 1)[1].split()
            parents[int(entry.parent.name)] = int(fields[1])
    below = [child for child, parent in parents.items() if parent == pid]
    return below + [deeper for child in below for deeper in descendants(child)]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def web_server_of(run: Launched) -> int:
    for pid in descendants(run.program.pid):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        parent = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]
        if b"app.cli.web" in command and int(parent) == run.program.pid:
            return pid
    raise AssertionError("no web server below the launcher")


def test_first_start_then_stop_leaves_nothing_running_and_the_second_keeps_everything(home: Path) -> None:
    with launched(home) as run:
        run.until_ready()
        assert run.answers()
        assert re.search(r"^账号 Account: \S+\n密码 Password: \S+", run.text, re.M)
        below = descendants(run.program.pid)
        assert len(below) > 4
        with psycopg.connect(started_facts(home).conninfo) as connection:
            connection.execute("CREATE TABLE note AS SELECT '河东' AS words")
        run.program.send_signal(signal.SIGTERM)
        assert run.ended() == 0
        assert [pid for pid in below if is_alive(pid)] == []
        assert run.text.rstrip().endswith("Stopped.")
    with launched(home) as run:
        run.until_ready()
        assert "密码 Password" not in run.text
        with psycopg.connect(started_facts(home).conninfo) as connection:
            assert connection.execute("SELECT words FROM note").fetchone() == ("河东",)
        run.program.send_signal(signal.SIGINT)
        assert run.ended() == 0


def test_killed_launcher_leaves_nothing_behind_and_the_next_start_works(home: Path) -> None:
    with launched(home) as run:
        run.until_ready()
        below = descendants(run.program.pid)
        run.program.kill()
        run.ended()
        until(lambda: not any(is_alive(pid) for pid in below))
    with launched(home) as run:
        run.until_ready()
        assert run.answers()


def test_web_server_and_database_that_die_come_back(home: Path) -> None:
    with launched(home) as run:
        run.until_ready()
        os.kill(web_server_of(run), signal.SIGKILL)
        until(lambda: "started again" in run.text)
        until(run.answers)
        for pid in running_servers(home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: "The database is back" in run.text)
        until(run.answers)
        run.program.terminate()
        assert run.ended() == 0


def test_taken_port_is_one_sentence_that_names_it_and_the_way_out(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        run = Launched(home, other.getsockname()[1])
        assert run.ended() == 1
    refusals = [line for line in run.text.splitlines() if line.startswith("✗")]
    assert len(refusals) == 1
    assert f"Port {run.port} is in use" in refusals[0]
    assert "--port" in refusals[0]
    assert running_servers(home) == []


def test_database_newer_than_the_code_is_refused_and_stopped(home: Path) -> None:
    with launched(home) as run:
        run.until_ready()
        with psycopg.connect(started_facts(home).conninfo) as connection:
            connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    with launched(home) as run:
        assert run.ended() == 1
        assert "of_tomorrow" in run.text
        assert "Traceback" not in run.text
    assert running_servers(home) == []


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://nobody:secret-word@127.0.0.1:1/nowhere", "127.0.0.1"),
        ("mysql://somewhere/else", "postgresql://"),
    ],
)
def test_given_database_that_cannot_be_used_is_named_without_its_password(
    home: Path, url: str, named: str
) -> None:
    with launched(home, DATABASE_URL=url) as run:
        assert run.ended() == 1
        assert named in run.text
        assert "secret-word" not in run.text
        assert "Traceback" not in run.text
