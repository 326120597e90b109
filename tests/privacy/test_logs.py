"""Whatever goes wrong, no log of web, worker or database says whose data it was."""

import re
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import uuid4

import psycopg
import pytest

from app.cluster import Facts
from app.privacy.logs import quiet
from tests.conftest import PASSWORD, LiveServer, copy_database, database_name, running

CANARY = f"canary{uuid4().hex[:8]}"
MOBILE = "13912345678"


class Browser:
    """Real requests to a real server."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def ask(self, path: str, form: dict[str, str] | None = None, body: bytes = b"", kind: str = "") -> int:
        headers = {"Accept": "text/html"} | ({"Content-Type": kind} if kind else {})
        data = urlencode(form).encode() if form else body or None
        try:
            with self.opener.open(Request(self.server.url + path, data, headers), timeout=30) as answer:
                self.page = answer.read().decode("utf-8", "replace")
                return int(answer.status)
        except HTTPError as refused:
            self.page = refused.read().decode("utf-8", "replace")
            return refused.code

    def token(self) -> str:
        self.ask("/no-such-page")
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        assert found
        return found[1]

    def post(self, path: str, **form: str) -> int:
        return self.ask(path, {"csrf_token": self.token(), **form})

    def upload(self, name: str, content: bytes) -> int:
        edge = uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in (("csrf_token", self.token()), ("key", str(uuid4())))
        ]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = "".join(parts).encode() + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self.ask("/imports", body=body, kind=f"multipart/form-data; boundary={edge}")


def refused(conninfo: str, statement: str, *values: str) -> None:
    with psycopg.connect(conninfo) as connection, pytest.raises(psycopg.Error):
        connection.execute("SET wardmap.scope = '{%}'")
        connection.execute(statement, values)


def test_no_log_says_whose_data_it_was(cluster: Facts, tmp_path: Path) -> None:
    url = copy_database(cluster, cluster.database)
    database = database_name(url)
    owner = cluster.as_superuser_in(database)
    with running(cluster, url, tmp_path) as server:
        browser = Browser(server)
        assert browser.post("/sign-in", login=CANARY, password=f"wrong-{CANARY}") == 422
        assert browser.post("/sign-in", login=server.login, password=PASSWORD) == 200
        # The database refuses rows that hold the word.
        add = "INSERT INTO account (login, password_hash) VALUES (%s, 'x')"
        with psycopg.connect(owner) as connection:
            connection.execute(add, [CANARY])
        refused(owner, add, CANARY)
        refused(owner, "INSERT INTO plan (area_code, name, state) VALUES ('1', %s, 'odd')", CANARY)
        refused(owner, f"SELECT '{CANARY}'::int")
        # A job that fails over a file, then a page that fails over a question.
        with psycopg.connect(owner) as connection:
            connection.execute("ALTER TABLE import_row RENAME TO import_row_away")
        assert browser.upload(f"{CANARY}.csv", f"名称,电话\n{CANARY},{MOBILE}\n".encode()) == 200
        with psycopg.connect(owner) as connection:
            connection.execute("ALTER TABLE area_version RENAME TO area_version_away")
        assert browser.ask(f"/ground/search?q={CANARY}") == 500
        wait_for(tmp_path / "server.log", "defect")
        token = next(iter(browser.opener.handlers), None)
        cookies = [
            cookie.value
            for handler in browser.opener.handlers
            for cookie in getattr(handler, "cookiejar", [])
        ]
        assert token is not None and cookies
    logs = {
        "web and worker": (tmp_path / "server.log").read_text(errors="replace"),
        "database": (Path(cluster.database_folder).parent / "logs" / "database.log").read_text(
            errors="replace"
        ),
    }
    assert "defect" in logs["web and worker"]
    for name, log in logs.items():
        for secret in (CANARY, MOBILE, PASSWORD, *(value for value in cookies if value and len(value) > 20)):
            lines = [line for line in log.splitlines() if secret in line]
            assert not lines, (name, lines[:3])


def wait_for(log: Path, word: str) -> None:
    deadline = time.monotonic() + 20
    while word not in log.read_text(errors="replace") and time.monotonic() < deadline:
        time.sleep(0.2)


@pytest.mark.parametrize(
    "line",
    [
        'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "x"\nDETAIL:  Key (login)=(zhou) already exists.',
        "Failing row contains (zhou, 1, 2).",
        "[parameters: {'login': 'zhou'}]",
        "ERROR something\nCONTEXT:  COPY account, line 1: zhou",
        'invalid input syntax for type integer: "zhou"',
        'value "zhou" is out of range for type integer',
    ],
)
def test_what_the_database_adds_is_left_out(line: str) -> None:
    assert "zhou" not in quiet(line)
    assert quiet("call 13912345678 now") == "call 〔手机号〕 now"
