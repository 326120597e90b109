"""Load on a web server from a few connections that are kept open: wrk where it is installed, else a client of our own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.config import CHECKOUT

# Goes round the list of requests; at the end one line of JSON, because wrk's own output is for people.
SCRIPT = """
local requests, at = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    local path, etag = line:match("^(%S+)%s*(.*)$")
    local headers = { ["Cookie"] = args[2], ["Accept"] = "*/*" }
    if etag ~= "" then headers["If-None-Match"] = etag end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, answers)
  io.write(string.format('{"answers": %d, "seconds": %f, "bytes": %d, "wrong": %d, "p50_ms": %f, "p99_ms": %f}\\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    summary.errors.status + summary.errors.connect + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Ask:
    """One request: a path and, when the browser has it already, the version it has."""

    path: str
    etag: str = ""


@dataclass(frozen=True)
class Load:
    """What came back."""

    answers: int
    seconds: float
    bytes: int
    wrong: int
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


@dataclass(frozen=True)
class Rate:
    """Answers a second by the clock, and processor time an answer cost: that of every program that took part."""

    per_second: float
    cpu_ms: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def best_of(rates: Sequence[Rate]) -> Rate:
    """The fastest round, with the cheapest answer of any round."""
    fastest = max(rates, key=lambda rate: rate.per_second)
    return replace(fastest, cpu_ms=min(rate.cpu_ms for rate in rates))


@dataclass(frozen=True)
class Loader:
    """A program that asks as fast as it is answered."""

    name: str
    folder: Path

    def run(self, port: int, cookie: str, asks: Sequence[Ask], *, clients: int, seconds: float) -> Load:
        listed = self.folder / "requests.txt"
        listed.write_text("".join(f"{ask.path} {ask.etag}\n" for ask in asks))
        if self.name == "wrk":
            script = self.folder / "load.lua"
            script.write_text(SCRIPT)
            command = [
                "wrk",
                "-t1",
                f"-c{clients}",
                f"-d{int(seconds)}s",
                "--timeout",
                "20s",
                "-s",
                str(script),
            ]
            command += [f"http://127.0.0.1:{port}", "--", str(listed), cookie]
        else:
            command = [sys.executable, "-m", "scripts.benches.load_client"]
            command += [str(port), str(listed), cookie, str(clients), str(seconds)]
        said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
        if said.returncode:
            raise RuntimeError(f"{self.name} failed: {said.stderr[-800:]}")
        load = Load(**json.loads(said.stdout.strip().splitlines()[-1]))
        if load.wrong or not load.answers:
            raise RuntimeError(f"{load.wrong} of {load.answers} answers were errors")
        return load


def find_loader(folder: Path) -> Loader:
    return Loader("wrk" if shutil.which("wrk") else "our own client", folder)
