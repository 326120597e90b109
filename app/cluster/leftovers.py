"""What a killed launcher left behind: servers still running on a database folder, and a pid file nobody owns."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from app.cluster.programs import Account, run_as

PID_FILE = "postmaster.pid"
FAST_STOP_S = 60
HARD_STOP_S = 10

# Every PostgreSQL process stands in its database folder, so the folder names its own, whoever has which number.
# Asked as the database account: in a container root may not look into the processes of others.
_STANDING_IN = """
for entry in /proc/[0-9]*; do
  if [ "$entry/cwd" -ef "$1" ]; then
    read -r name < "$entry/comm" && [ "$name" = postgres ] && echo "${entry#/proc/}"
  fi
done
true
"""


def servers_of(database_folder: Path, account: Account) -> list[int]:
    """Process numbers of PostgreSQL processes that run on this folder."""
    if Path("/proc/self/cwd").exists():
        asked = run_as(
            account, ["/bin/sh", "-c", _STANDING_IN, "sh", str(database_folder)], stderr=subprocess.DEVNULL
        )
        return [int(line) for line in asked.stdout.split()]
    recorded = recorded_pid(database_folder)
    if recorded is None:
        return []
    asked = run_as(account, ["ps", "-p", str(recorded), "-o", "comm="])
    return [recorded] if asked.stdout.strip().endswith("postgres") else []


def recorded_pid(database_folder: Path) -> int | None:
    """The first line of the pid file, if there is one."""
    try:
        return abs(int((database_folder / PID_FILE).read_text(encoding="utf-8").split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def is_ready(database_folder: Path) -> bool:
    """Whether the server has noted that it takes connections."""
    try:
        lines = (database_folder / PID_FILE).read_text(encoding="utf-8").split("\n")
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def clear_leftovers(database_folder: Path, account: Account) -> bool:
    """Stop every server on this folder and drop a stale pid file; True when something was running.

    Only for the one who holds the lock of the home: a running server here has lost its launcher.
    """
    running = servers_of(database_folder, account)
    found = bool(running)
    leader = recorded_pid(database_folder)
    if leader in running:
        _signal([leader], signal.SIGINT)
        running = _wait_until_gone(database_folder, account, FAST_STOP_S)
    if running:
        _signal(running, signal.SIGQUIT)
        running = _wait_until_gone(database_folder, account, HARD_STOP_S)
    if running:
        _signal(running, signal.SIGKILL)
        _wait_until_gone(database_folder, account, HARD_STOP_S)
    # The number in a stale file may belong to anything by now; PostgreSQL would refuse to start because of it.
    (database_folder / PID_FILE).unlink(missing_ok=True)
    return found


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait_until_gone(database_folder: Path, account: Account, patience_s: float) -> list[int]:
    deadline = time.monotonic() + patience_s
    while True:
        running = servers_of(database_folder, account)
        if not running or time.monotonic() > deadline:
            return running
        time.sleep(0.1)
