"""A real PostGIS for every run, a savepoint for every test, and a real browser for the journeys."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app, db
from app.accounts.actions import add_account
from app.cluster import Facts, start_temporary
from app.config import Settings
from app.migrations import upgrade

CHECKOUT = Path(__file__).parent.parent
GEODATA = CHECKOUT / "geodata"
PASSWORD = "correct-horse-battery"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu", "--disable-dev-shm-usage",
]  # fmt: skip


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if os.environ.get("CI") and terminalreporter.stats.get("skipped"):
        terminalreporter.section("skipped tests count as failed in CI")
    counted = Counter[str]()
    for report in terminalreporter.stats.get("passed", ()):
        for name, count in report.user_properties:
            counted[f"{name} of {report.nodeid.split('::')[0]}"] += count
    for what, count in sorted(counted.items()):
        terminalreporter.write_line(f"{count:,} {what}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _everywhere() -> Iterator[None]:
    """Tests call actions as somebody at the machine itself would; requests narrow it down for themselves."""
    with db.acting_in(db.EVERYWHERE):
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Facts]:
    """A throw-away PostGIS cluster with one migrated database to copy from."""
    with start_temporary() as facts:
        upgrade(facts.url)
        yield facts


@pytest.fixture(scope="session")
def database_url(cluster: Facts) -> str:
    """The database of the savepoint tests."""
    return copy_database(cluster, cluster.database)


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url,
        home=tmp_path_factory.mktemp("home"),
        secret_key="a key that only these tests know, long enough",
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The production application."""
    return create_app(settings)


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    made = opened(settings.database_url)
    yield made
    made.dispose()


def opened(url: str) -> Engine:
    """The application's engine for a test that also writes rows past the application, everywhere."""
    made = db.connect(url)
    event.listen(made, "connect", everywhere)
    return made


def everywhere(connection: Any, record: Any = None) -> None:
    """What the program says in every transaction of its own, said once for a connection of a test."""
    connection.execute("SET wardmap.scope = '{%}'")
    connection.commit()


@pytest.fixture
def session(engine: Engine, app: Flask) -> Iterator[Session]:
    """Everything in this test, the application's own commits included, is taken back at its end."""
    with engine.connect() as connection:
        outer = connection.begin()
        db.bind(connection, join_transaction_mode="create_savepoint")
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
            yield made
        outer.rollback()


class Visitor:
    """A browser without a screen: keeps cookies and sends the form token as our pages do."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **given: Any) -> TestResponse:
        headers = {"Accept": "text/html", **given.pop("headers", {})}
        return self.client.get(path, headers=headers, **given)

    def post(self, path: str, **given: Any) -> TestResponse:
        return self.send("POST", path, **given)

    def send(self, method: str, path: str, **given: Any) -> TestResponse:
        headers = {"X-CSRFToken": self.token(), **given.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **given)

    def token(self) -> str:
        page = self.client.get("/no-such-page", headers={"Accept": "text/html"}).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, "every page carries a form token"
        return found.group(1)


@pytest.fixture
def client(app: Flask, session: Session) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def login_as(app: Flask, session: Session) -> Callable[[str], Visitor]:
    """Sign in with a new account of a role, through the real page."""

    def sign_in(role: str = "planner") -> Visitor:
        login = f"{role}-{uuid4().hex[:8]}"
        add_account(session, login, PASSWORD, role)
        session.commit()
        visitor = Visitor(app.test_client())
        answer = visitor.post("/sign-in", data={"login": login, "password": PASSWORD, "next": "/"})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return visitor

    return sign_in


def copy_database(cluster: Facts, template: str) -> str:
    """A fresh copy of a database of the cluster; nobody may be connected to the template."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.superuser_conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {cluster.role}")
        # As in an installation; rights on a database are not copied with it.
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {cluster.web_role}")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO {cluster.public_role}")
    return replace(cluster, database=name).url


@dataclass(frozen=True)
class LiveServer:
    """A running installation: web processes, a worker, and a planner who can sign in."""

    url: str
    database_url: str
    login: str
    password: str


@pytest.fixture(scope="session")
def sample_database(cluster: Facts, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the sample town, as it is after the first start; to be copied, not changed."""
    from app.cli.sample import load_sample

    url = copy_database(cluster, cluster.database)
    load_sample(Settings(database_url=url, home=tmp_path_factory.mktemp("sample-home")))
    return url


@pytest.fixture(scope="module")
def live_server(
    cluster: Facts, sample_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """The sample town behind real web processes and a worker, on a database of its own."""
    url = copy_database(cluster, database_name(sample_database))
    with running(cluster, url, tmp_path_factory.mktemp("live-home")) as server:
        yield server


@pytest.fixture(scope="module")
def empty_server(cluster: Facts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The same without any ground, as after `./scripts/start --empty`."""
    url = copy_database(cluster, cluster.database)
    with running(cluster, url, tmp_path_factory.mktemp("empty-home")) as server:
        yield server


def database_name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


@contextmanager
def running(
    cluster: Facts,
    url: str,
    home: Path,
    application: str = "app.wsgi:application",
    threads: int = 8,
    **more: str,
) -> Iterator[LiveServer]:
    """gunicorn and a worker on a database, stopped at the end whatever happens."""
    own = create_engine(db.driver_url(url))
    with Session(own) as writing:
        add_account(writing, "planner", PASSWORD, "district")
        writing.commit()
    own.dispose()
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WARDMAP_")},
        "DATABASE_URL": url,
        # As in an installation: pages work as a role that owns nothing.
        "DATABASE_WEB_URL": replace(cluster, database=database_name(url)).web_url,
        "DATABASE_PUBLIC_URL": replace(cluster, database=database_name(url)).public_url,
        "WARDMAP_HOME": str(home),
        "PYTHONPATH": str(CHECKOUT),
        **more,
    }
    web = [
        sys.executable, "-m", "gunicorn", "-c", "python:app.cli.serving", "--bind", f"127.0.0.1:{port}",
        "--workers", "1", "--threads", str(threads), application,
    ]  # fmt: skip
    log = (home / "server.log").open("wb")
    started = [
        subprocess.Popen(
            command, env=environment, cwd=CHECKOUT, stdout=log, stderr=log, start_new_session=True
        )
        for command in (web, [sys.executable, "-m", "app.cli", "worker"])
    ]
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(f"{address}/healthz", started, home / "server.log")
        yield LiveServer(address, url, "planner", PASSWORD)
    finally:
        for process in started:
            with_group(process, signal.SIGTERM)
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                with_group(process, signal.SIGKILL)
                process.wait(10)
        log.close()


def with_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def wait_until_healthy(address: str, processes: list[subprocess.Popen[bytes]], log: Path) -> None:
    for _ in range(300):
        if any(process.poll() is not None for process in processes):
            break
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return {**browser_type_launch_args, "executable_path": chromium, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def page(page: Any) -> Iterator[Any]:
    """A browser page that fails its test on a console error, a script error or a request to another origin."""
    troubles: list[str] = []
    origins: set[str] = set()

    def seen(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss"):
            origins.add(f"{parts.scheme}://{parts.netloc}")

    page.on("console", lambda line: line.type == "error" and troubles.append(line.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", seen)
    page.expected_troubles = []
    yield page
    unexpected = [one for one in troubles if not any(known in one for known in page.expected_troubles)]
    assert not unexpected, unexpected
    assert all(origin.startswith("http://127.0.0.1:") for origin in origins), origins


def sign_in(page: Any, server: LiveServer, path: str = "/") -> None:
    """Sign in as a person does, and arrive at `path`."""
    page.goto(server.url + path)
    page.get_by_label("账号").fill(server.login)
    page.get_by_label("密码").fill(server.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
