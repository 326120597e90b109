"""Importing footprints: the whole careful way against a bare load of the same file into the same database."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from app.cluster import Facts
from app.config import CHECKOUT
from scripts.benches.cpu import family
from scripts.benches.databases import clean_environment, copy_of, settle
from scripts.benches.report import Row
from scripts.benches.stage import Stage

NAMES = ("import.speed", "import.memory")
POLL_S = 0.02
GIB = 2**30


def measure(stage: Stage) -> list[Row]:
    """Both sides in turn, each in a fresh database with equal settings; the best of each counts."""
    town, template = stage.town_files, stage.with_communities
    best: dict[str, dict[str, Any]] = {}
    peaks: list[float] = []
    for round_no in range(stage.repeats):
        for side in ("bare", "ours"):
            stage.say(f"import, round {round_no + 1}: {side}")
            target = copy_of(template, f"import_{side}")
            settle(target)
            result, peak_gib = _run(side, target, stage.home, town.buildings)
            if side == "ours":
                peaks.append(peak_gib)
            if side not in best or result["seconds"] < best[side]["seconds"]:
                best[side] = result
    ours, bare = best["ours"], best["bare"]
    note = (
        f"{ours['rows']} rows: ours {ours['seconds']:.1f} s ({ours['create']} created, {ours['refused']} refused),"
        f" to_postgis + ST_IsValid {bare['seconds']:.1f} s ({bare['valid']} valid); fsync on for both"
    )
    return [
        Row(
            name=NAMES[0],
            what="import, share of the speed of to_postgis + ST_IsValid",
            unit="",
            budget=0.3,
            at_least=True,
            measured=bare["seconds"] / ours["seconds"],
            note=note,
            facts={"ours": ours, "bare": bare},
        ),
        Row(
            name=NAMES[1],
            what="import, peak memory of parent and child together",
            unit="GiB",
            budget=1.0,
            at_least=False,
            measured=max(peaks),
        ),
    ]


def _run(side: str, target: Facts, home: Path, path: Path) -> tuple[dict[str, Any], float]:
    """Result of one side, and the most memory its processes held at one time."""
    command = [sys.executable, "-m", "scripts.benches.import_child", side, target.url, str(home), str(path)]
    environment = clean_environment(PYTHONPATH=stage_path())
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT, env=environment, text=True) as child:
        while child.poll() is None:
            peak = max(peak, memory_bytes(child.pid))
            time.sleep(POLL_S)
        said = child.stdout.read() if child.stdout else ""
    if child.returncode:
        raise RuntimeError(f"the import ({side}) ended with {child.returncode}")
    return json.loads(said.splitlines()[-1]), peak / GIB


def stage_path() -> str:
    """Where a child finds our modules, besides what the caller had."""
    return ":".join([str(CHECKOUT), *filter(None, [clean_environment().get("PYTHONPATH", "")])])


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and everything it started."""
    total = 0
    for one in family(pid):
        try:
            pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        total += pages * 4096
    return total
