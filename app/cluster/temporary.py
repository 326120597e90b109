"""A throw-away cluster for tests: fast instead of durable, gone with the program that asked for it."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cluster.folders import Facts
from app.cluster.server import Cluster


@contextmanager
def start_temporary() -> Iterator[Facts]:
    """Run an empty PostGIS database for the length of a block.

    The owner role may create databases, so that parallel test workers can copy a template.
    """
    home = Path(tempfile.mkdtemp(prefix="wardmap-test-"))
    home.chmod(0o711)  # the database account of a root test run has to get through
    cluster = Cluster(home, throw_away=True)
    try:
        yield cluster.start()
    finally:
        cluster.stop(signal.SIGQUIT)
        cluster.close()
        shutil.rmtree(home, ignore_errors=True)
