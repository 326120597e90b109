"""Plant a defect in a copy of the program, run the test that must find it, and see whether it does, and for that reason."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from app.cluster import Facts, start_temporary
from app.migrations import upgrade
from tests.planted.defects import Defect

CHECKOUT = Path(__file__).parents[2]
PARTS = ("app", "tests", "scripts", "pyproject.toml", "docs")
PATIENCE_S = 240
# The copy's tests use one cluster that is there already, and a database of their own in it.
OWN_CLUSTER = re.compile(r"    with start_temporary\(\) as facts:\n(?:        .*\n)*?        yield facts\n")
GIVEN_CLUSTER = '    yield Facts(**__import__("json").loads(os.environ["PLANTED_CLUSTER"]))\n'


@dataclass(frozen=True)
class Verdict:
    """What became of a planted defect."""

    defect: Defect
    caught: bool
    words: str
    seconds: float


class Stale(Exception):
    """The program has changed, and the defect has to be written anew."""


class Garden:
    """A cluster with one migrated database, from which every defect gets its own."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def try_out(self, defect: Defect) -> Verdict:
        """Plant, run, look."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="wardmap-planted-", ignore_cleanup_errors=True) as folder:
            copy = Path(folder)
            copy_program(copy)
            try:
                plant(copy, defect)
            except Stale as stale:
                return Verdict(defect, False, str(stale), 0.0)
            code, said = run_tests(copy, (defect.test,), self.database(defect))
        # The test must have failed, not merely have found no ground to stand on.
        failed = code == 1 and f"FAILED {defect.test.partition('[')[0]}" in said
        found = re.search(f"(?m)^.*({defect.reason}).*$", said)
        words = found[0].strip() if failed and found else "\n".join(said.splitlines()[-12:])
        return Verdict(defect, failed and found is not None, words, time.monotonic() - began)

    def try_all(self, defects: Sequence[Defect], at_once: int = 2) -> Iterator[Verdict]:
        with ThreadPoolExecutor(at_once) as pool:
            yield from pool.map(self.try_out, defects)

    def try_nothing(self, defects: Sequence[Defect]) -> tuple[int, str]:
        """The same tests without any defect: they must pass."""
        with tempfile.TemporaryDirectory(prefix="wardmap-planted-", ignore_cleanup_errors=True) as folder:
            copy_program(Path(folder))
            plant(Path(folder), Defect("nothing", "", ""))
            tests = tuple(dict.fromkeys(defect.test for defect in defects))
            return run_tests(Path(folder), tests, self.database(Defect("nothing", "", "")))

    def database(self, defect: Defect) -> Facts:
        """A copy of the migrated database, changed as the defect says."""
        name = "planted_" + re.sub(r"\W+", "_", defect.name).lower()
        with psycopg.connect(self.facts.as_superuser_in("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {self.facts.database} OWNER {self.facts.role}"
            )
        with psycopg.connect(self.facts.as_superuser_in(name)) as connection:
            for order in defect.orders:
                connection.execute(order)
        return replace(self.facts, database=name)


@contextmanager
def garden() -> Iterator[Garden]:
    """A throw-away cluster to plant in."""
    with start_temporary() as facts:
        upgrade(facts.url)
        yield Garden(facts)


def copy_program(place: Path) -> None:
    """Everything the tests need; compiled modules too, which halves the time."""
    for part in PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, place / part, ignore=shutil.ignore_patterns("node_modules"))
        else:
            shutil.copy2(source, place / part)
    (place / "geodata").symlink_to(CHECKOUT / "geodata")


def plant(copy: Path, defect: Defect) -> None:
    """Change the copy; a text that is not there exactly once means that the defect has to be written anew."""
    for name, old, new in defect.edits:
        place = copy / name
        text = place.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise Stale(f"{defect.name}: {name} holds {old!r} {text.count(old)} times, not once")
        place.write_text(text.replace(old, new), encoding="utf-8")
    conftest = copy / "tests" / "conftest.py"
    given, count = OWN_CLUSTER.subn(GIVEN_CLUSTER, conftest.read_text(encoding="utf-8"))
    if count != 1:
        raise Stale("the fixture of the cluster has changed; so must the planting")
    conftest.write_text(given, encoding="utf-8")


def run_tests(copy: Path, tests: Sequence[str], facts: Facts) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        *tests,
        "-q",
        "-x",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "CI" and not name.startswith(("PYTEST", "WARDMAP_"))
    }
    environment: dict[str, Any] = {
        **kept,
        "PLANTED_CLUSTER": json.dumps(asdict(facts)),
        "PYTHONPATH": str(copy),
    }
    command += ["-W", "ignore"]
    if len(tests) > 1:
        command.remove("-x")
    ran = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr
