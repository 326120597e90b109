"""Our own load client, for machines without wrk: plain sockets, no HTTP library, one process."""

import json
import selectors
import socket
import sys
import time
from pathlib import Path

HEAD_END = b"\r\n\r\n"


class Client:
    """One connection that always has one request under way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self._received = bytearray()
        self._expected = -1
        self._asked_at = 0.0
        self.status = 0

    def ask(self, request: bytes) -> None:
        self._received.clear()
        self._expected = -1
        self._asked_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> float | None:
        """Take what has arrived; the time the answer took once it is whole."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionResetError
        self._received += piece
        if self._expected < 0:
            end = self._received.find(HEAD_END)
            if end < 0:
                return None
            head = bytes(self._received[:end]).lower()
            self.status = int(head[9:12])
            length = 0
            for line in head.split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self._expected = end + 4 + (0 if self.status == 304 else length)
        if len(self._received) < self._expected:
            return None
        return time.perf_counter() - self._asked_at

    @property
    def size(self) -> int:
        return len(self._received)


def requests_of(listed: Path, cookie: str) -> list[bytes]:
    made = []
    for line in listed.read_text().splitlines():
        path, _, etag = line.partition(" ")
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Accept: */*"]
        if etag:
            lines.append(f"If-None-Match: {etag}")
        made.append(("\r\n".join(lines) + "\r\n\r\n").encode())
    return made


def run(port: int, requests: list[bytes], clients: int, seconds: float) -> dict[str, float]:
    chooser = selectors.DefaultSelector()
    asked = 0

    def ask(client: Client) -> None:
        nonlocal asked
        client.ask(requests[asked % len(requests)])
        asked += 1

    def join() -> None:
        client = Client(port)
        chooser.register(client.socket, selectors.EVENT_READ, client)
        ask(client)

    for _ in range(clients):
        join()
    took: list[float] = []
    size = wrong = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _ in chooser.select(1):
            client = key.data
            try:
                answer_s = client.read()
            except OSError:
                # A web process that renews itself closes its connections; a browser opens new ones, too.
                chooser.unregister(client.socket)
                client.socket.close()
                join()
                continue
            if answer_s is not None:
                took.append(answer_s)
                size += client.size
                wrong += client.status >= 400
                ask(client)
    lasted = time.perf_counter() - began
    ranked = sorted(took) or [0.0]
    return {
        "answers": len(took),
        "seconds": lasted,
        "bytes": size,
        "wrong": wrong,
        "p50_ms": ranked[len(ranked) // 2] * 1e3,
        "p99_ms": ranked[len(ranked) * 99 // 100] * 1e3,
    }


def main() -> None:
    port, listed, cookie, clients, seconds = sys.argv[1:]
    print(json.dumps(run(int(port), requests_of(Path(listed), cookie), int(clients), float(seconds))))


if __name__ == "__main__":
    main()
