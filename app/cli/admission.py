"""Who gets a thread: dispatch always finds one, the public never takes more than half, and a full house says so at once."""

import re
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, NamedTuple


class Kind(IntEnum):
    """What a request is, as far as its first bytes tell: cheap, and before anything is asked of the database."""

    DISPATCH = 0
    KNOWN = 1
    PUBLIC = 2


# A cookie is only looked at, not looked up: a flood with false ones crowds out colleagues, and that is for the proxy to limit.
# Where the work of an emergency goes on; only with a session, or the public could come in by this door.
DISPATCH_PATHS = (b"/dispatch",)
# Load balancers and the launcher ask this; during a flood they must not believe that the machine is gone.
WATCHED_PATHS = (b"/healthz",)
SESSION = re.compile(rb"\r\ncookie:[^\r\n]*[ ;](?:__Host-)?wardmap=[^;\s]", re.IGNORECASE)


def kind_of(head: bytes) -> Kind:
    """Judge a request by its line and its cookies. Half a head is anybody's: who drips bytes holds no reserved place."""
    line, _, _ = head.partition(b"\r\n")
    words = line.split(b" ")
    if len(words) != 3 or b"\r\n\r\n" not in head:
        return Kind.PUBLIC
    path = words[1]
    if path in WATCHED_PATHS:
        return Kind.KNOWN
    if not SESSION.search(head, 0, head.index(b"\r\n\r\n")):
        return Kind.PUBLIC
    is_dispatch = any(path == one or path.startswith((one + b"/", one + b"?")) for one in DISPATCH_PATHS)
    return Kind.DISPATCH if is_dispatch else Kind.KNOWN


class Job(NamedTuple):
    number: int
    done: "Future[Any]"
    work: Callable[..., Any]
    given: tuple[Any, ...]


class FairPool:
    """Threads that take the next request of a kind that may still begin; `offer` answers None when it is too many."""

    def __init__(self, threads: int, waiting: int) -> None:
        reserved = max(1, threads // 4) if threads > 1 else 0
        # Most that may be in work: everything but dispatch together, and the public alone.
        self._most_ordinary = threads - reserved
        self._most_public = max(1, threads // 2)
        self._most_waiting = waiting
        self._threads = threads
        self._waiting: tuple[deque[Job], ...] = tuple(deque() for _ in Kind)
        self._working = [0] * len(Kind)
        self._number = 0
        self._closed = False
        self._changed = threading.Condition(threading.Lock())
        for number in range(threads):
            threading.Thread(target=self._serve, name=f"request-{number}", daemon=True).start()

    def offer(self, kind: Kind, work: Callable[..., Any], *given: Any) -> "Future[Any] | None":
        """Have it done, now or in its turn; None when as many as may wait are waiting already."""
        with self._changed:
            if self._closed or self._is_full(kind):
                return None
            self._number += 1
            done: Future[Any] = Future()
            self._waiting[kind].append(Job(self._number, done, work, given))
            self._changed.notify()
        return done

    def shutdown(self, wait: bool = False, **_: Any) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_full(self, kind: Kind) -> bool:
        """Whether as many of a kind as its share holds are in work or waiting."""
        dispatch, known, public = (
            working + len(waiting) for working, waiting in zip(self._working, self._waiting, strict=True)
        )
        if kind is Kind.DISPATCH:
            return dispatch >= self._threads + self._most_waiting
        if kind is Kind.PUBLIC and public >= self._most_public + max(1, self._most_waiting // 2):
            return True
        return known + public >= self._most_ordinary + self._most_waiting

    def _next(self) -> Kind | None:
        """Dispatch first, then whoever came first among those that may begin."""
        if self._waiting[Kind.DISPATCH]:
            return Kind.DISPATCH
        _, known, public = self._working
        if known + public >= self._most_ordinary:
            return None
        open_to = (Kind.KNOWN, Kind.PUBLIC) if public < self._most_public else (Kind.KNOWN,)
        return min(
            (kind for kind in open_to if self._waiting[kind]),
            key=lambda kind: self._waiting[kind][0].number,
            default=None,
        )

    def _serve(self) -> None:
        held: Kind | None = None
        while True:
            with self._changed:
                if held is not None:
                    self._working[held] -= 1
                while (held := self._next()) is None:
                    if self._closed:
                        return
                    self._changed.wait()
                job = self._waiting[held].popleft()
                self._working[held] += 1
            try:
                job.done.set_result(job.work(*job.given))
            except BaseException as error:
                job.done.set_exception(error)
