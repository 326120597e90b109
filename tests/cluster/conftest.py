"""A home of its own for every test; most are copies of one that was made once, which is much faster."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cluster import Cluster
from tests.cluster.builders import running_servers


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wardmap-test-"))
    folder.chmod(0o711)  # as root the database account has to get through
    try:
        yield folder
    finally:
        for pid in running_servers(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def finished_home() -> Iterator[Path]:
    """A home whose database was made, filled and stopped."""
    with new_folder() as folder:
        cluster = Cluster(folder, throw_away=True)
        cluster.start()
        cluster.close()
        yield folder


@pytest.fixture
def empty_home() -> Iterator[Path]:
    with new_folder() as folder:
        yield folder


@pytest.fixture
def home(finished_home: Path, empty_home: Path) -> Path:
    subprocess.run(["cp", "-a", f"{finished_home}/.", str(empty_home)], check=True)
    return empty_home
