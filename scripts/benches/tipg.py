"""tipg, a tile server on FastAPI and asyncpg, in a throw-away environment of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cluster import Facts
from app.ground.queries.tiles import TileAddress
from scripts.benches.databases import clean_environment
from scripts.benches.server import ask, free_port

PATIENCE_S = 60
PROCESSES = 2


class TipgMissing(Exception):
    """tipg could not be installed or started; the message says why."""


@dataclass(frozen=True)
class Tipg:
    """A running tipg over the town."""

    port: int
    version: str

    def path(self, tile: TileAddress) -> str:
        """The same tile: our stored 3857 column, and one property instead of all, which favours tipg."""
        return (
            f"/collections/public.building/tiles/WebMercatorQuad/{tile.z}/{tile.x}/{tile.y}"
            "?geom-column=shape_3857&properties=kind"
        )


@contextmanager
def running_tipg(facts: Facts, home: Path, say: Callable[[str], None]) -> Iterator[Tipg]:
    """Install and start tipg with as many processes as our web server has."""
    folder = home / "tipg"
    say("installing tipg into a throw-away environment")
    version = _install(folder)
    port = free_port()
    environment = clean_environment(
        DATABASE_URL=f"postgresql://{facts.superuser}:{facts.superuser_password}@127.0.0.1:{facts.port}/{facts.database}",
        TIPG_DB_SCHEMAS='["public"]',
        # Nothing else: it would look at every row of every view.
        TIPG_DB_TABLES='["public.building"]',
        TIPG_MAX_FEATURES_PER_TILE="100000",
    )
    environment.pop("PYTHONPATH", None)
    command = [str(folder / "bin" / "python"), "-m", "uvicorn", "tipg.main:app", "--port", str(port)]
    command += ["--workers", str(PROCESSES), "--log-level", "warning", "--no-access-log"]
    with (folder / "tipg.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait(port, process, folder / "tipg.log")
            yield Tipg(port, version)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _install(folder: Path) -> str:
    """Versions of what was installed."""
    uv = shutil.which("uv") or next(iter(Path(sys.prefix).parent.glob(".tools/uv/bin/uv")), None)
    if uv is None:
        raise TipgMissing("uv is not here to install tipg with")
    python = folder / "bin" / "python"
    for command in (
        [str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)],
        [str(uv), "pip", "install", "--quiet", "--python", str(python), "tipg", "uvicorn"],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
        if made.returncode:
            raise TipgMissing(f"tipg could not be installed: {made.stderr.strip()[-200:]}")
    asked = (
        "from importlib.metadata import version as v; print('tipg', v('tipg') + ',', 'uvicorn', v('uvicorn'))"
    )
    return subprocess.run(
        [str(python), "-c", asked], capture_output=True, text=True, check=True, cwd=folder
    ).stdout.strip()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(port, "GET", "/healthz", {}).status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise TipgMissing(f"tipg did not start: {log.read_text(errors='replace')[-300:]}")
