"""The installation under test: `wardmap up` on a given database, and a planner's cookie."""

import http.client
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import db
from app.accounts.actions import add_account
from app.config import CHECKOUT
from scripts.benches.databases import clean_environment

LOGIN, PASSWORD = "bench", "as-fast-as-it-is"
PATIENCE_S = 90


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """A running installation and a session in it."""

    port: int
    cookie: str
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> Answer:
        """One answer, as a signed-in browser gets it."""
        return ask(self.port, "GET", path, {"Cookie": self.cookie, **headers})


def ask(port: int, method: str, path: str, headers: Mapping[str, str], body: str = "") -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body=body or None, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(url: str, home: Path) -> Iterator[Server]:
    """Run `wardmap up` on a database for the length of a block."""
    home.mkdir(exist_ok=True)
    _add_planner(url)
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "up", "--no-browser", "--empty", "--port", str(port)]
    environment = clean_environment(DATABASE_URL=url.replace("+psycopg", ""), WARDMAP_HOME=str(home))
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
        try:
            _wait(port, process, home / "up.log")
            yield Server(port, _sign_in(port), process.pid)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _add_planner(url: str) -> None:
    engine = create_engine(db.driver_url(url))
    with Session(engine) as writing:
        add_account(writing, LOGIN, PASSWORD, "planner")
        writing.commit()
    engine.dispose()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(port, "GET", "/healthz", {}).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the web server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _sign_in(port: int) -> str:
    """Sign in through the page, as a person does, and keep the cookie."""
    page = ask(port, "GET", "/sign-in", {})
    token = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
    if token is None:
        raise RuntimeError("the sign-in page carries no form token")
    form = {"csrf_token": token[1].decode(), "login": LOGIN, "password": PASSWORD, "next": "/"}
    headers = {"Cookie": _cookie(page), "Content-Type": "application/x-www-form-urlencoded"}
    answer = ask(port, "POST", "/sign-in", headers, urllib.parse.urlencode(form))
    if answer.status != 303:
        raise RuntimeError(f"signing in was answered with {answer.status}")
    return _cookie(answer)


def _cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].split(";", 1)[0]
