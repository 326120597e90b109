"""`python -m app.cli.web`: load the application while the database starts; serve once told to."""

import errno
import importlib
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.app.wsgiapp import run
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.cli.admission import FairPool, kind_of
from app.cli.plain_answers import plain_answer
from app.config import CHECKOUT, read_settings

# A browser that sends nothing for this long in the middle of a request has gone away.
SILENCE_S = 10
# Slower than this on the whole is not a poor network but somebody who means to keep a thread.
SLOWEST_BYTES_A_S = 2000
PIECE_BYTES = 64 * 1024
HEAD_BYTES = 16 * 1024
REPORT_EVERY_S = 10


class PatientSocket(socket.socket):
    """A client's socket on which a thread never waits for ever: not for silence, and not for one byte at a time."""

    patience_until = 0.0

    def setblocking(self, flag: bool) -> None:
        self.settimeout(SILENCE_S if flag else 0)
        self.patience_until = time.monotonic() + SILENCE_S

    def recv(self, size: int, flags: int = 0) -> bytes:
        if not self.gettimeout():
            return super().recv(size, flags)
        try:
            left = self.patience_until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.settimeout(min(left, SILENCE_S))
            got = super().recv(size, flags)
        except TimeoutError:
            # With this number gunicorn takes it for a client that went away, which it is, and no defect.
            raise TimeoutError(errno.ECONNRESET, "the client sends too little") from None
        finally:
            self.settimeout(SILENCE_S)
        self.patience_until += len(got) / SLOWEST_BYTES_A_S
        return got

    def sendall(self, content: Any, flags: int = 0) -> None:
        """In pieces: the time limit is for each, so that a large file reaches a poor network too."""
        whole = memoryview(content)
        for start in range(0, max(len(whole), 1), PIECE_BYTES):
            super().sendall(whole[start : start + PIECE_BYTES], flags)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gthread, but a client gets a thread only when it has asked something, in its turn, and for as long as it goes on."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.settings = read_settings()
        self.turned_away = 0
        self.reported_at = 0.0
        # gunicorn's own would repeat to the sender what was sent, and knows nothing of our headers.
        util.write_error = self.write_error

    def get_thread_pool(self) -> FairPool:
        return FairPool(self.cfg.threads, self.settings.web_waiting)

    def accept(self, listener: socket.socket) -> None:
        try:
            given, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, PatientSocket(fileno=given.detach()), address, listener.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def enqueue_req(self, conn: Any) -> None:
        head = self.head_of(conn)
        done = self.tpool.offer(kind_of(head), self.handle, conn)
        if done is None:
            self.turn_away(conn, as_json=b"application/json" in head)
        else:
            done.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def head_of(self, conn: Any) -> bytes:
        """The beginning of what is asked, left where it lies."""
        read_ahead = conn.parser.unreader.buf.getvalue() if conn.parser else b""
        if read_ahead:
            return bytes(read_ahead[:HEAD_BYTES])
        with suppress(OSError):
            conn.sock.setblocking(False)
            return bytes(conn.sock.recv(HEAD_BYTES, socket.MSG_PEEK))
        return b""

    def turn_away(self, conn: Any, *, as_json: bool) -> None:
        """Say at once that it is too many; in this thread, so it must not wait for anything."""
        with suppress(OSError):
            conn.sock.setblocking(False)
            # What lies there unread would make the kernel take back the answer.
            while len(conn.sock.recv(PIECE_BYTES)) == PIECE_BYTES:
                pass
        with suppress(OSError):
            conn.sock.send(plain_answer(self.settings, 503, as_json=as_json))
            conn.sock.shutdown(socket.SHUT_WR)
        self.nr_conns -= 1
        conn.close()
        self.turned_away += 1
        if time.monotonic() - self.reported_at > REPORT_EVERY_S:
            self.log.warning("turned away because too many were waiting: %s", self.turned_away)
            self.reported_at, self.turned_away = time.monotonic(), 0

    def write_error(self, sock: socket.socket, status: int, reason: str, words: str) -> None:
        util.write_nonblock(sock, plain_answer(self.settings, status))


def load_rooms() -> None:
    """Import every room, which is most of the time a start takes."""
    for routes in sorted((CHECKOUT / "app").glob("*/routes*")):
        importlib.import_module(f"app.{routes.parent.name}.routes")


def main() -> None:
    load_rooms()
    if sys.stdin.readline().strip():  # an end without a word: the launch was given up meanwhile
        sys.exit(run(prog="gunicorn"))


if __name__ == "__main__":
    main()
