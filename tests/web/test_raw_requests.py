"""Over real sockets: what gunicorn answers before the application is asked carries the header table and nothing of the request."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.conftest import LiveServer, copy_database, running

TABLE = (
    "X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin", "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin", "Permissions-Policy: geolocation=(self)", "Cache-Control: no-store",
    "Content-Security-Policy: default-src 'none'", "Strict-Transport-Security: max-age=31536000",
)  # fmt: skip
MARK = b"evil7evil"


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory) -> Iterator[LiveServer]:
    """As behind a proxy with TLS."""
    url = copy_database(cluster, cluster.database)
    secure = {
        "WARDMAP_BASE_URL": "https://ward.example.cn",
        "WARDMAP_SECURE_COOKIES": "1",
        "WARDMAP_TRUSTED_PROXIES": "1",
    }
    with running(cluster, url, tmp_path_factory.mktemp("raw-home"), threads=4, **secure) as made:
        yield made


def told(server: LiveServer, sent: bytes) -> bytes:
    with socket.create_connection(
        (urlsplit(server.url).hostname, urlsplit(server.url).port), timeout=15
    ) as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return answer


HEAD = b"Host: ward.example.cn\r\nConnection: close\r\n"
REQUESTS: dict[str, tuple[bytes, set[int]]] = {
    "no request at all": (MARK + b"\r\n\r\n", {400}),
    "no such verb": (b"evil7evil! / HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
    "no such version": (b"GET / HTTP/9.9" + MARK + b"\r\n" + HEAD + b"\r\n", {400}),
    "a long line": (b"GET /" + MARK * 1000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", {400, 414}),
    "a long header": (b"GET / HTTP/1.1\r\n" + HEAD + b"X-A: " + MARK * 2000 + b"\r\n\r\n", {400, 431}),
    "many headers": (b"GET / HTTP/1.1\r\n" + HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n", {400, 431}),
    "a header without a name": (b"GET / HTTP/1.1\r\n" + HEAD + b": evil7evil\r\n\r\n", {400}),
    "a header with a NUL": (b"GET / HTTP/1.1\r\n" + HEAD + b"X-A: a\x00evil7evil\r\n\r\n", {400}),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HEAD + b"X-A: a\r\n evil7evil\r\n\r\n", {400}),
    "two lengths": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", {400}),
    "length and chunks": (
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400},
    ),
    "a bad length": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: evil7evil\r\n\r\n", {400}),
    "an unknown coding": (b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: evil7evil\r\n\r\n", {400, 501}),
    "a NUL in the path": (b"GET /a\x00evil7evil HTTP/1.1\r\n" + HEAD + b"\r\n", {400, 422}),
    "an encoded NUL": (b"GET /a%00b HTTP/1.1\r\n" + HEAD + b"\r\n", {422}),
    "half a character": (b"GET /plans?q=%ED%A0%80 HTTP/1.1\r\n" + HEAD + b"\r\n", {422}),
    "bytes that are no text": (b"GET /\xff\xfe HTTP/1.1\r\n" + HEAD + b"\r\n", {400, 422}),
    "another site's host": (b"GET /sign-in HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n", {200}),
    "an absolute address": (b"GET http://evil.example/sign-in HTTP/1.1\r\n" + HEAD + b"\r\n", {200, 400}),
    "a page": (b"GET /sign-in HTTP/1.1\r\n" + HEAD + b"\r\n", {200}),
    "no such page": (b"GET /evil7evil HTTP/1.1\r\n" + HEAD + b"Accept: application/json\r\n\r\n", {404}),
    "too much of a body": (
        b"POST /sign-in HTTP/1.1\r\n" + HEAD + b"Content-Length: 99999999\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=1",
        {400, 413},
    ),
    "an expectation": (b"GET / HTTP/1.1\r\n" + HEAD + b"Expect: evil7evil\r\n\r\n", {200, 302, 403, 417}),
    "a path that somebody before us claims": (b"GET /sign-in HTTP/1.1\r\n" + HEAD + b"SCRIPT_NAME: /evil7evil\r\n\r\n", {200, 400}),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_every_answer_carries_the_table(server: LiveServer, name: str) -> None:
    sent, statuses = REQUESTS[name]
    answer = told(server, sent)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split(b" ")[1]) in statuses, head
    shown = head.decode("latin-1")
    assert not [line for line in TABLE if line not in shown], shown
    assert "unsafe" not in shown
    assert "gunicorn/" not in shown and "Python" not in shown
    assert MARK not in answer, "nothing of it comes back"
    assert "。" in body.decode() or "登录" in body.decode() or b"sentence" in body, "a sentence for people"


def test_a_static_file_and_its_unchanged_answer(server: LiveServer) -> None:
    first = told(server, b"GET /assets/x/app.css HTTP/1.1\r\n" + HEAD + b"\r\n")
    etag = next(line for line in first.split(b"\r\n") if line.lower().startswith(b"etag"))
    again = told(
        server, b"GET /assets/x/app.css HTTP/1.1\r\n" + HEAD + b"If-None-Match: " + etag[6:] + b"\r\n\r\n"
    )
    assert (first.split(b" ")[1], again.split(b" ")[1]) == (b"200", b"304")
    for answer in (first, again):
        shown = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        assert not [line for line in TABLE if line not in shown and not line.startswith("Cache")], shown


def test_a_large_answer_reaches_a_slow_client_whole(server: LiveServer) -> None:
    with socket.create_connection(
        (urlsplit(server.url).hostname, urlsplit(server.url).port), timeout=15
    ) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /assets/x/vendor/bootstrap/bootstrap.min.css HTTP/1.1\r\n" + HEAD + b"\r\n")
        answer = b""
        while piece := sock.recv(16_384):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    assert len(body) == length > 100_000
