"""A cluster for the length of a block, rows to recognise it by, and a launcher that can be killed."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.cluster import Cluster, Facts
from app.cluster.leftovers import servers_of
from app.cluster.programs import database_account
from app.errors import Unavailable

# A launcher of its own, so that it can be killed. It says when the database is up and then only waits.
LAUNCHER = """
import sys, time
from pathlib import Path
from app.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.start()
print("up", flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def running(home: Path) -> Iterator[Cluster]:
    cluster = Cluster(home, throw_away=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@contextlib.contextmanager
def launcher(home: Path) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen([sys.executable, "-c", LAUNCHER, str(home)], stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == "up\n"
        yield started
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


def running_servers(home: Path) -> list[int]:
    folder = home / "database"
    return servers_of(folder, database_account(folder)) if folder.exists() else []


def add_row(facts: Facts, words: str) -> None:
    with psycopg.connect(facts.conninfo) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (words text)")
        connection.execute("INSERT INTO note VALUES (%s)", [words])


def rows(facts: Facts) -> list[str]:
    with psycopg.connect(facts.conninfo) as connection:
        return [row[0] for row in connection.execute("SELECT words FROM note ORDER BY words")]


def facts_of(cluster: Cluster) -> Facts:
    assert cluster.facts is not None
    return cluster.facts


def until_gone(home: Path) -> None:
    deadline = time.monotonic() + 30
    while running_servers(home):
        assert time.monotonic() < deadline, "the database outlived its launcher"
        time.sleep(0.05)


def refused_start(home: Path, *, throw_away: bool = True) -> Unavailable:
    """The refusal of a start that must not succeed."""
    with (
        contextlib.closing(Cluster(home, throw_away=throw_away)) as cluster,
        pytest.raises(Unavailable) as refusal,
    ):
        cluster.start()
    return refusal.value
