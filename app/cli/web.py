"""`python -m app.cli.web`: load the application while the database starts; serve once told to."""

import importlib
import socket
import sys
from typing import Any

from gunicorn.app.wsgiapp import run
from gunicorn.workers.gthread import ThreadWorker

from app.config import CHECKOUT

# A browser that sends nothing for this long in the middle of a request has gone away.
SILENCE_S = 10


class PatientSocket(socket.socket):
    """A client's socket on which a thread never waits for ever."""

    def setblocking(self, flag: bool) -> None:
        self.settimeout(SILENCE_S if flag else 0)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gthread waits without limit for the rest of a request: sixteen half-sent ones would stop the service."""

    def enqueue_req(self, conn: Any) -> None:
        if type(conn.sock) is socket.socket:
            blocking = conn.sock.getblocking()
            conn.sock = PatientSocket(fileno=conn.sock.detach())
            conn.sock.setblocking(blocking)
        super().enqueue_req(conn)


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
