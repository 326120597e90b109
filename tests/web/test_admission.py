"""Who gets a thread, over real gunicorn: a flood leaves dispatch answering, and what is too much is told so at once."""

import re
import socket
import statistics
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from app.cli.admission import FairPool, Kind, kind_of
from tests.conftest import LiveServer, copy_database, running

WAITING = 8


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory) -> Iterator[LiveServer]:
    """One process with four threads: three for everybody, two of them for the public, one kept for dispatch."""
    url = copy_database(cluster, cluster.database)
    home = tmp_path_factory.mktemp("slow-home")
    with running(
        cluster, url, home, "tests.web.slow_rooms:application", threads=4, WARDMAP_WEB_WAITING=str(WAITING)
    ) as made:
        yield made


@pytest.fixture(scope="module")
def cookie(server: LiveServer) -> str:
    """Of somebody who is signed in."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(server.url + "/sign-in").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "login": server.login, "password": server.password, "next": "/help"}
    assert opener.open(server.url + "/sign-in", urlencode(form).encode()).status == 200
    return "; ".join(f"{one.name}={one.value}" for one in jar)


def ask(server: LiveServer, path: str, cookie: str = "", more: str = "") -> tuple[int, float, bytes]:
    """Status, seconds, and the whole answer, on a connection of its own."""
    began = time.monotonic()
    host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
    with socket.create_connection((host, port), timeout=20) as sock:
        kept = f"Cookie: {cookie}\r\n" if cookie else ""
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{kept}{more}\r\n".encode())
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), time.monotonic() - began, answer


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Kind.PUBLIC),
        (b"GET / HTTP/1.1\r\nCookie: wardmap=a\r\n\r\n", Kind.KNOWN),
        (b"GET / HTTP/1.1\r\ncookie: a=b; __Host-wardmap=x\r\n\r\n", Kind.KNOWN),
        (b"GET / HTTP/1.1\r\nCookie: wardmap=\r\n\r\n", Kind.PUBLIC),
        (b"GET / HTTP/1.1\r\nCookie: wardmap_language=zh\r\n\r\n", Kind.PUBLIC),
        (b"GET / HTTP/1.1\r\nCookie: xwardmap=zh\r\n\r\n", Kind.PUBLIC),
        (b"GET /dispatch HTTP/1.1\r\nCookie: wardmap=a\r\n\r\n", Kind.DISPATCH),
        (b"POST /dispatch/tasks?x=1 HTTP/1.1\r\nCookie: wardmap=a\r\n\r\n", Kind.DISPATCH),
        (b"GET /dispatch/x HTTP/1.1\r\nHost: x\r\n\r\n", Kind.PUBLIC),
        (b"GET /dispatcher HTTP/1.1\r\nCookie: wardmap=a\r\n\r\n", Kind.KNOWN),
        (b"GET /?p=/dispatch HTTP/1.1\r\nCookie: wardmap=a\r\n\r\n", Kind.KNOWN),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n\r\nCookie: wardmap=a", Kind.PUBLIC),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", Kind.KNOWN),
        (b"GET / HTTP/1.1\r\nCookie: wardmap=a\r\n", Kind.PUBLIC),
        (b"GARBAGE", Kind.PUBLIC),
        (b"", Kind.PUBLIC),
    ],
)
def test_a_request_is_judged_by_its_first_bytes(head: bytes, kind: Kind) -> None:
    assert kind_of(head) is kind


def test_each_kind_has_its_share_and_order() -> None:
    pool, gate = FairPool(4, 4), threading.Event()
    began: list[Kind] = []

    def work(kind: Kind) -> Kind:
        began.append(kind)
        gate.wait(10)
        return kind

    def offered(kind: Kind, count: int, in_work: int) -> list[Any]:
        made = [pool.offer(kind, work, kind) for _ in range(count)]
        until(lambda: len(began) == in_work)
        return made

    public = offered(Kind.PUBLIC, 6, 2)
    known = offered(Kind.KNOWN, 5, 3)
    dispatch = offered(Kind.DISPATCH, 9, 4)
    assert Counter(began) == {Kind.PUBLIC: 2, Kind.KNOWN: 1, Kind.DISPATCH: 1}
    told = [[one is not None for one in asked].count(True) for asked in (public, known, dispatch)]
    assert told == [4, 3, 8], (
        "in work or waiting: the public two and half of the places, dispatch all of its own"
    )
    gate.set()
    done = [one.result(5) for one in (*public, *known, *dispatch) if one is not None]
    assert Counter(done) == {Kind.PUBLIC: told[0], Kind.KNOWN: told[1], Kind.DISPATCH: told[2]}
    assert set(began[4 : 3 + told[2]]) == {Kind.DISPATCH}, "dispatch goes first"
    pool.shutdown()


def test_a_pool_survives_what_its_work_raises() -> None:
    pool = FairPool(1, 4)
    refused = pool.offer(Kind.PUBLIC, int, "x")
    assert refused is not None and isinstance(refused.exception(5), ValueError)
    fine = pool.offer(Kind.KNOWN, int, "7")
    assert fine is not None and fine.result(5) == 7
    pool.shutdown()


def test_a_public_flood_leaves_dispatch_and_colleagues_answering(server: LiveServer, cookie: str) -> None:
    ends = time.monotonic() + 3

    def flood(_: int) -> list[tuple[int, float, bytes]]:
        seen = []
        while time.monotonic() < ends:
            seen.append(ask(server, "/slow?s=0.2"))
        return seen

    with ThreadPoolExecutor(24) as crowd:
        running_flood = [crowd.submit(flood, one) for one in range(24)]
        time.sleep(0.5)
        dispatch, colleague = [], []
        while time.monotonic() < ends:
            dispatch.append(ask(server, "/dispatch/ping", cookie))
            colleague.append(ask(server, "/known", cookie))
        answers = [one for flooding in running_flood for one in flooding.result()]
    assert {status for status, _, _ in dispatch} == {200} == {status for status, _, _ in colleague}
    turned_away = [one for one in answers if one[0] == 503]
    served = [one for one in answers if one[0] == 200]
    assert turned_away and served
    refused_s = sorted(seconds for _, seconds, _ in turned_away)
    dispatch_s = sorted(seconds for _, seconds, _ in dispatch)
    print(
        f"flood: {len(served)} served, {len(turned_away)} turned away,"
        f" p50 {statistics.median(refused_s) * 1000:.0f} ms, p95 {refused_s[int(len(refused_s) * 0.95)] * 1000:.0f} ms;"
        f" dispatch {len(dispatch)}, worst {dispatch_s[-1] * 1000:.0f} ms"
    )
    assert statistics.median(refused_s) < 0.05
    assert dispatch_s[-1] < 0.5
    head, _, body = turned_away[0][2].partition(b"\r\n\r\n")
    assert (
        b"Retry-After: 2" in head
        and b"default-src 'none'" in head
        and b"no-store" in head
        and b"nosniff" in head
    )
    assert "请过几秒再试" in body.decode()


def test_signed_in_people_cannot_take_the_place_of_dispatch(server: LiveServer, cookie: str) -> None:
    with ThreadPoolExecutor(12) as crowd:
        busy = [crowd.submit(ask, server, "/known?s=2", cookie) for _ in range(3 + WAITING)]
        time.sleep(1)
        status, seconds, _ = ask(server, "/dispatch/ping", cookie)
        too_many, quickly, answer = ask(server, "/slow", more="Accept: application/json\r\n")
        assert (status, too_many) == (200, 503)
        assert seconds < 0.5 and quickly < 0.2
        assert b"application/json" in answer and b'"code":"busy"' in answer
        assert {one.result()[0] for one in busy} == {200}


def test_clients_that_say_nothing_cost_nothing(server: LiveServer, cookie: str) -> None:
    host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
    silent = [socket.create_connection((host, port)) for _ in range(200)]
    dripping = [socket.create_connection((host, port)) for _ in range(6)]
    for one in dripping:
        one.sendall(b"GET /slow HTTP/1.1\r\n")
    time.sleep(0.3)
    answers = [ask(server, path, cookie) for path in ("/known", "/dispatch/ping", "/healthz") * 5]
    assert {status for status, _, _ in answers} == {200}
    assert max(seconds for _, seconds, _ in answers) < 0.5
    for one in (*silent, *dripping):
        one.close()
    deadline = time.monotonic() + 15
    while ask(server, "/slow?s=0")[0] != 200:
        assert time.monotonic() < deadline
