"""What the measurements share, made when the first one asks for it and taken down at the end of the run."""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from app.cluster import Facts
from scripts.benches import databases
from scripts.benches.cpu import CpuClock, postmaster_of
from scripts.benches.footprints import TownFiles, write_town
from scripts.benches.loads import Ask, Loader, Rate, find_loader
from scripts.benches.server import Server, serve

FULL_BUILDINGS, QUICK_BUILDINGS = 100_000, 3_000


class Stage:
    """Resources of one run."""

    def __init__(self, stack: ExitStack, *, quick: bool) -> None:
        self._stack = stack
        self.quick = quick
        self.buildings = QUICK_BUILDINGS if quick else FULL_BUILDINGS
        self.repeats = 1 if quick else 3
        self.seconds = 1 if quick else 6

    @staticmethod
    def say(words: str) -> None:
        """Progress goes beside the result, never into it."""
        print(f"· {words}", file=sys.stderr, flush=True)

    @cached_property
    def home(self) -> Path:
        folder = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="wardmap-bench-", ignore_cleanup_errors=True)
        )
        return Path(folder)

    @cached_property
    def cluster(self) -> Facts:
        self.say("starting a throw-away PostGIS with fsync on")
        return self._stack.enter_context(databases.durable_cluster())

    @cached_property
    def town_files(self) -> TownFiles:
        self.say(f"drawing a town of {self.buildings} buildings")
        return write_town(self.home, self.buildings)

    @cached_property
    def with_communities(self) -> Facts:
        """The database that others are copied from."""
        databases.with_communities(self.cluster, self.home, self.town_files)
        return self.cluster

    @cached_property
    def town(self) -> Facts:
        """A database with the whole town, brought in as an office would."""
        facts = databases.copy_of(self.with_communities, "town")
        self.say("importing the town")
        databases.import_file(facts.url, self.home, self.town_files.buildings, "building")
        databases.settle(facts)
        return facts

    @cached_property
    def server(self) -> Server:
        """The web server over the town, as `wardmap up` starts it, and a signed-in planner."""
        town = self.town
        self.say("starting the web server")
        return self._stack.enter_context(serve(town.url, self.home / "server"))

    @cached_property
    def clock(self) -> CpuClock:
        """Processor time of the web server and the database, and of what we run ourselves."""
        return CpuClock(self.server.pid, postmaster_of(Path(self.cluster.database_folder)))

    def load(self, port: int, cookie: str, asks: Sequence[Ask], *, clients: int) -> Rate:
        """One round of requests: how fast they were answered and what an answer cost."""
        before = self.clock.seconds()
        load = self.loader.run(port, cookie, asks, clients=clients, seconds=self.seconds)
        cpu_ms = (self.clock.seconds() - before) / load.answers * 1000
        return Rate(load.per_second, cpu_ms, load.p50_ms, load.p99_ms)

    @cached_property
    def loader(self) -> Loader:
        return find_loader(self.home)

    def enter(self, context: Any) -> Any:
        """Keep something open until the end of the run."""
        return self._stack.enter_context(context)
