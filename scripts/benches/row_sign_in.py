"""Signing in through the whole stack, against what two hashes at a time allow."""

import re
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg

from app.accounts.actions.passwords import hash_of
from scripts.benches.report import Row
from scripts.benches.server import LOGIN, PASSWORD, Server, ask
from scripts.benches.stage import Stage

NAMES = ("sign_in.rate",)
CLIENTS = 4
SHARE = 0.6
HASHES = 40


def measure(stage: Stage) -> list[Row]:
    """Sign-ins, each with the page before it, and bare hashes on as many threads as may hash."""
    server = stage.server
    stage.say("hashing, two at a time")
    bare = _hashes_per_second()
    stage.say("signing in")
    until = time.monotonic() + max(stage.seconds, 3)
    done, busy, lock = count(), count(), threading.Lock()
    times: list[float] = []

    def sign_in_over_and_over() -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            status = _sign_in(server)
            if status not in (303, 503):
                raise RuntimeError(f"signing in was answered with {status}")
            next(done if status == 303 else busy)
            with lock:
                times.append(time.monotonic() - began)

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for one in [pool.submit(sign_in_over_and_over) for _ in range(CLIENTS)]:
            one.result()
    rate = next(done) / (time.monotonic() - began)
    return [
        Row(
            name=NAMES[0],
            what="sign-ins a second, share of bare hashes two at a time",
            unit="",
            budget=SHARE,
            at_least=True,
            measured=rate / bare,
            note=f"{rate:.1f} sign-ins/s, {bare:.1f} hashes/s; p50 {_median_ms(times):.0f} ms with {CLIENTS} clients;"
            f" {next(busy)} turned away; {_attempts(stage)} counters kept",
            facts={"sign_ins_per_s": rate, "hashes_per_s": bare},
        )
    ]


def _sign_in(server: Server) -> int:
    """As a browser does it: the page, then the form."""
    page = ask(server.port, "GET", "/sign-in", {})
    found = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
    if found is None:
        raise RuntimeError("the sign-in page carries no form token")
    form = {"csrf_token": found[1].decode(), "login": LOGIN, "password": PASSWORD, "next": "/help"}
    headers = {
        "Cookie": page.headers["set-cookie"].split(";", 1)[0],
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"{server.url}/sign-in",
        "Origin": server.url,
    }
    return ask(server.port, "POST", "/sign-in", headers, urllib.parse.urlencode(form)).status


def _hashes_per_second() -> float:
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: hash_of(PASSWORD), range(HASHES)))
    return HASHES / (time.monotonic() - began)


def _median_ms(times: list[float]) -> float:
    return sorted(times)[len(times) // 2] * 1000


def _attempts(stage: Stage) -> int:
    with psycopg.connect(stage.town.superuser_conninfo) as connection:
        found = connection.execute("SELECT count(*) FROM attempt").fetchone()
    return int(found[0]) if found else 0
