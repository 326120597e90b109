"""What the child process of ``jail`` does once ``jail_door`` has let it in. Never imported by the program itself."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import N_, InvalidInput
from app.geo.cage import allow_driver, configure_osm, limit_process
from app.geo.container import Contents, unpack
from app.geo.limits import Limits
from app.geo.reasons import plain_reason

JOB = "job.json"
RESULT = "result.json"


class Reporter:
    """Writes progress as JSON lines, and remembers the row being worked on."""

    def __init__(self) -> None:
        # Libraries may print; only we hold the pipe.
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def hand_back(self) -> None:
        """Put the pipe where it was, for a process that starts itself again; the copy does not outlive that."""
        os.dup2(self._pipe, 1)

    def __call__(self, stage: str, done: int, total: int, row: int | None = None) -> None:
        line = json.dumps({"stage": stage, "done": int(done), "total": int(total), "row": row})
        os.write(self._pipe, line.encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a job is given."""

    folder: Path
    contents: Contents
    arguments: dict[str, Any]
    limits: Limits
    progress: Reporter


def _inspect(errand: Errand) -> dict[str, Any]:
    from app.geo.inspect import inspect_contents

    near = errand.arguments.get("near")
    place = (near[0], near[1]) if near else None
    return inspect_contents(errand.contents, errand.limits, errand.progress, place).as_json()


def _check(errand: Errand) -> dict[str, Any]:
    from app.geo.check import check_contents
    from app.geo.options import ImportOptions

    options = ImportOptions.from_json(errand.arguments["options"])
    return check_contents(errand.folder, errand.contents, options, errand.limits, errand.progress).as_json()


def _rows(errand: Errand) -> dict[str, Any]:
    from app.geo.tables import written_rows

    asked = errand.arguments
    return {"rows": written_rows(errand.contents, asked["most_rows"], asked["most_columns"])}


JOBS: dict[str, Callable[[Errand], dict[str, Any]]] = {
    "inspect": _inspect,
    "check": _check,
    "rows": _rows,
}


def main(folder: Path) -> int:
    """Run the job described in a folder and write its result there."""
    reporter = Reporter()
    request = json.loads((folder / JOB).read_bytes())
    limits = Limits.from_json(request["limits"])
    limit_process(limits)
    try:
        reporter("unpack", 0, 1)
        contents = _open_door(folder, limits, reporter)
        errand = Errand(folder, contents, request["arguments"], limits, reporter)
        said: dict[str, Any] = {"result": JOBS[request["job"]](errand)}
    except InvalidInput as fault:
        said = {"error": {"code": fault.code, "facts": fault.facts}}
    except MemoryError:
        said = {"error": {"code": "memory_exceeded", "facts": {}}}
    except Exception as fault:
        traceback.print_exc()
        said = {
            "error": {
                "code": _code_for(fault),
                "facts": {"name": N_("上传的文件"), "reason": plain_reason(fault)},
            }
        }
    unfinished = folder / f"{RESULT}.part"
    unfinished.write_text(json.dumps(said, allow_nan=False, default=str))
    unfinished.replace(folder / RESULT)
    return 0


def _open_door(folder: Path, limits: Limits, reporter: Reporter) -> Contents:
    """Find out what the bytes are without GDAL, then let exactly that driver in."""
    contents = unpack(folder, limits)
    if contents.driver == "OSM":
        configure_osm(folder)
    allow_driver(contents.driver, folder, reporter.hand_back)
    return contents


def _code_for(fault: Exception) -> str:
    """Arrow and GDAL word a failed allocation in their own way."""
    words = str(fault).lower()
    return "memory_exceeded" if "alloc" in words or "memory" in words else "file_unreadable"
