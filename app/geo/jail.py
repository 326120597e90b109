"""Run one job on a user's file in a child process that can be killed without hurting anyone.

The child gets a clean environment (no settings, no passwords), its own process group, kernel limits on memory, processor time
and file size, no network where the kernel allows it, and only the one OGR driver the bytes call for. It talks back in JSON
lines. Whatever happens to it, the caller sees a result or an ``InvalidInput``.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import N_, DomainError, InvalidInput
from app.geo.findings import SENTENCES, refusal
from app.geo.limits import Limits
from app.geo.reasons import ENDED

Progress = Callable[[str, int, int], None]
Cancelled = Callable[[], bool]
JOB = "job.json"
RESULT = "result.json"
POLL_S = 0.1
MAX_LINE_BYTES = 64 * 1024
DOOR = Path(__file__).resolve().with_name("jail_door.py")
# Stages in which the shape being worked on is to blame for a stop.
SHAPE_STAGES = frozenset({"shapes", "repair", "relations"})
KERNEL_SAYS_ENOUGH = (signal.SIGXCPU, signal.SIGKILL)


class ImportCancelled(DomainError):
    """The caller asked to stop; nothing was written outside the job folder."""

    def __init__(self) -> None:
        super().__init__("import_cancelled", N_("已取消。"))


@dataclass(slots=True)
class _Watch:
    """What the child last said it was doing."""

    stage: str = "start"
    done: int = 0
    total: int = 0
    row: int | None = None


def ignore_progress(stage: str, done: int, total: int) -> None:
    """For callers that do not show progress."""


def never_cancelled() -> bool:
    """For callers that cannot cancel."""
    return False


def run_job(
    folder: Path,
    job: str,
    arguments: dict[str, Any],
    limits: Limits,
    progress: Progress = ignore_progress,
    cancelled: Cancelled = never_cancelled,
) -> dict[str, Any]:
    """Run a job of ``jail_child.JOBS`` in a limited child process and wait for it.

    Parameters
    ----------
    folder : Path
        Private folder of this import; the only place the child writes to.
    job : str
        Name of the job.
    arguments : dict
        JSON-able arguments for it.
    limits : Limits
        Enforced by the kernel in the child and by a wall clock here.
    progress : callable (stage, done, total)
        Called in this thread for each line of progress.
    cancelled : callable () -> bool
        Asked about ten times a second.

    Returns
    -------
    dict
        The job's JSON result.

    Raises
    ------
    InvalidInput
        What the job found wrong, or ``file_too_slow``, ``memory_exceeded``, ``row_too_complex``,
        ``file_unreadable`` when the child had to be stopped or died.
    ImportCancelled
        ``cancelled`` answered True.
    """
    folder = folder.resolve()
    (folder / RESULT).unlink(missing_ok=True)
    request = {"job": job, "arguments": arguments, "limits": limits.as_json()}
    (folder / JOB).write_text(json.dumps(request))
    child = _spawn(folder)
    watch = _Watch()
    try:
        _follow(child, watch, limits, progress, cancelled)
        status = child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        status = -signal.SIGKILL
    finally:
        _end_group(child)
    return _outcome(folder, status, watch, limits)


def _spawn(folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONHASHSEED": "0",
        # One thread each: predictable memory, no half-copied locks when the repair worker forks.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    with (folder / "child.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", str(DOOR), str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env=environment,
            start_new_session=True,
            close_fds=True,
        )


def _follow(
    child: subprocess.Popen[bytes], watch: _Watch, limits: Limits, progress: Progress, cancelled: Cancelled
) -> None:
    """Pass progress on until the child closes its end, the clock runs out or the caller cancels."""
    if child.stdout is None:
        raise RuntimeError("the child has no stdout")
    deadline = time.monotonic() + limits.wall_s
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if cancelled():
                raise ImportCancelled
            if time.monotonic() > deadline:
                raise _too_slow(watch, limits)
            if not selector.select(timeout=POLL_S):
                continue
            block = os.read(child.stdout.fileno(), MAX_LINE_BYTES)
            if not block:
                return
            *lines, pending = (pending + block).split(b"\n")
            pending = pending[-MAX_LINE_BYTES:]
            for line in lines:
                _note(line, watch, progress)


def _note(line: bytes, watch: _Watch, progress: Progress) -> None:
    try:
        said = json.loads(line)
        watch.stage, watch.done, watch.total = str(said["stage"]), int(said["done"]), int(said["total"])
        watch.row = said.get("row")
    except (ValueError, KeyError, TypeError):
        return  # a library wrote to stdout; it is not for us
    progress(watch.stage, watch.done, watch.total)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and everything it started; they share a process group nobody else is in."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _outcome(folder: Path, status: int, watch: _Watch, limits: Limits) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads((folder / RESULT).read_bytes())
    except (OSError, ValueError):
        raise _died(status, watch, limits) from None
    fault = said.get("error")
    if fault is None:
        result: dict[str, Any] = said["result"]
        return result
    sentence = SENTENCES.get(fault["code"], SENTENCES["file_unreadable"])
    raise InvalidInput(fault["code"], sentence, **fault["facts"])


def _too_slow(watch: _Watch, limits: Limits) -> InvalidInput:
    if watch.stage in SHAPE_STAGES and watch.row is not None:
        return refusal("row_too_complex", row=watch.row)
    return refusal("file_too_slow", limit_s=int(limits.wall_s))


def _died(status: int, watch: _Watch, limits: Limits) -> InvalidInput:
    """Word the death of a child that left no result."""
    if status < 0 and signal.Signals(-status) in KERNEL_SAYS_ENOUGH:
        return _too_slow(watch, limits)
    if watch.stage in SHAPE_STAGES and watch.row is not None:
        return refusal("row_too_complex", row=watch.row)
    return refusal("file_unreadable", name=N_("上传的文件"), reason=ENDED)
