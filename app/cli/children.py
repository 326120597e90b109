"""Programs that live and die with this one: started in groups of their own, restarted with patience, stopped whole."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cluster.parent import stop_with_parent

GENTLE_STOP_S = 25
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0
LARGEST_LOG_BYTES = 20 * 1024 * 1024


class Child:
    """One program that is kept running."""

    def __init__(
        self, title: str, command: list[str], log: Path, folder: Path, environ: dict[str, str]
    ) -> None:
        self.title = title
        self.log = log
        self._command = command
        self._folder = folder
        self._environ = environ
        self._running: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause_s = 1.0
        self._restart_at: float | None = None
        self._word: str | None = None

    def start(self) -> None:
        """Start it. The kernel tells it to stop when this program ends, however that comes about."""
        with self.log.open("ab") as out:
            self._running = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=stop_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one system call
            )
        self._started_at = time.monotonic()
        self._restart_at = None
        if self._word is not None:
            self.tell(self._word)

    def tell(self, word: str) -> None:
        """Give it the one line it waits for; a restarted one is told again."""
        self._word = word
        if self._running is not None and self._running.stdin is not None:
            with contextlib.suppress(OSError):  # it has ended already; that is noticed elsewhere
                self._running.stdin.write(f"{word}\n".encode())
                self._running.stdin.close()
            self._running.stdin = None

    def has_started(self) -> bool:
        return self._running is not None

    def is_running(self) -> bool:
        """Whether it runs. An ended one keeps its number until `end`, so that no stranger is ever signalled."""
        if self._running is None or self._running.returncode is not None:
            return False
        if not hasattr(os, "waitid"):
            return self._running.poll() is None
        looked = os.waitid(os.P_PID, self._running.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return looked is None

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start it again if it died, after a pause that grows while it keeps dying."""
        if self.is_running():
            return
        now = time.monotonic()
        if self._restart_at is None:
            if now - self._started_at > STEADY_AFTER_S:
                self._pause_s = 1.0
            self._restart_at = now + self._pause_s
            say(
                f"{self.title} 意外停止（{self.end()}），{self._pause_s:.0f} 秒后重新启动，详情见 {self.log}。"
                " It stopped unexpectedly and will be started again; see the log."
            )
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        elif now >= self._restart_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Tell the program to finish."""
        if self._running is not None and self.is_running():
            self._running.terminate()

    def end(self) -> int | None:
        """Kill what is left of its group, and return the code it ended with."""
        if self._running is None:
            return None
        if self._running.stdin is not None:
            self._running.stdin.close()
        if self._running.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._running.pid, signal.SIGKILL)
        return self._running.wait()

    def last_words(self, count: int = 5) -> str:
        """The end of its log."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])

    def trim_log(self) -> None:
        """Keep the log from filling the disk; the program appends, so it may be cut under its hands."""
        with contextlib.suppress(OSError):
            trim_log(self.log)


def trim_log(log: Path) -> None:
    """Move the content of a log that has grown too large into one older file."""
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def stop_all(children: Iterable[Child]) -> None:
    """Ask all at once, wait together, then end what is left of each group."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + GENTLE_STOP_S
    while time.monotonic() < deadline and any(child.is_running() for child in children):
        time.sleep(0.05)
    for child in children:
        child.end()


class StopSignal:
    """Ctrl-C, SIGTERM and a closed terminal all mean the same: stop everything, in order."""

    def __init__(self) -> None:
        self._is_held = False
        self._is_asked = False

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # A program started with nohup asked to outlive its terminal.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def ignore(self) -> None:
        """From now on stopping goes on undisturbed."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a step finish before a signal takes effect, so that nothing it starts is forgotten."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._is_asked:
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: object) -> None:
        self._is_asked = True
        if not self._is_held:
            raise KeyboardInterrupt
