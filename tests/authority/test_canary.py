"""A district whose every text holds a word of its own: nobody else ever gets to read one of them, and no log keeps it.

A real server, as it is installed; everything that the neighbours and people without an account can fetch is unpacked and read.
"""

import http.client
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import orjson
import psycopg
import pytest
from sqlalchemy.orm import Session

from app.accounts.actions import add_account
from app.cluster import Facts
from app.web.pages import STATIC
from tests.authority.asking import MISSING_AREA, body_of, nothing, things_of
from tests.authority.matrix import MATRIX, Entry
from tests.authority.papers import readable
from tests.authority.region import (
    COMMUNITY,
    FAR_COMMUNITY,
    FAR_STREET,
    HOME,
    IDENTITY,
    MOBILE,
    OTHER_DISTRICT,
    SECRETS,
    STREET,
    Region,
    build_region,
)  # fmt: skip
from tests.conftest import PASSWORD, LiveServer, copy_database, database_name, opened, running

FAR = (OTHER_DISTRICT, FAR_STREET, FAR_COMMUNITY)
CANARIES = tuple(SECRETS[code] for code in FAR)
CRAWLERS = {
    "district": HOME, "planner": STREET, "community": COMMUNITY, "auditor": HOME,
}  # fmt: skip
# As people write them; not inside longer numbers, codes or coordinates.
PERSONAL = (
    re.compile(r"(?<![\d.\w])1[3-9]\d{9}(?![\d\w])"),
    re.compile(r"(?<![\d.\w])\d{17}[\dXx](?![\d\w])"),
)
ACCEPTS = ("text/html", "application/json")
# How a community is called is on its door.
NAMES = re.compile(r"机密\d+号区划")


@dataclass
class Crawler:
    """A browser that remembers cookies and reads everything."""

    server: LiveServer
    name: str = "anonymous"
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=60)

    def __enter__(self) -> "Crawler":
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.line.request(
            method,
            quote(path, safe="/?&=%:"),
            body or None,
            {"Cookie": sent, "X-CSRFToken": self.token, **headers},
        )
        answer = self.line.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept
        return answer.status, answer.getheaders(), content

    def get_token(self) -> None:
        _, _, page = self.ask("GET", "/no-such-page", Accept="text/html")
        found = re.search(rb'name="csrf_token" value="([^"]+)"', page)
        assert found
        self.token = found[1].decode()

    def sign_in(self, login: str) -> None:
        self.get_token()
        form = urlencode({"login": login, "password": PASSWORD, "next": "/help"}).encode()
        status, _, page = self.ask(
            "POST", "/sign-in", form, **{"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert status == 303, page.decode()
        self.get_token()

    def send(
        self, entry: Entry, names: dict[str, Any], accept: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        given = body_of(entry, names)
        headers = {"Accept": accept}
        content = b""
        if "json" in given:
            content, headers["Content-Type"] = orjson.dumps(given["json"]), "application/json"
        elif "data" in given:
            content, headers["Content-Type"] = (
                urlencode(given["data"]).encode(),
                "application/x-www-form-urlencoded",
            )
        return self.ask(entry.method, entry.path.format(**names), content, **headers)


@dataclass
class Installation:
    server: LiveServer
    region: Region
    home: Path
    conninfo: str
    database_log: Path


@pytest.fixture(scope="module")
def installed(cluster: Facts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    url = copy_database(cluster, cluster.database)
    owner = opened(url)
    with Session(owner) as writing:
        region = build_region(writing)
        for name, area in CRAWLERS.items():
            add_account(writing, f"street-{name}", PASSWORD, name, area)
        add_account(writing, "far-planner", PASSWORD, "planner", FAR_STREET)
        writing.commit()
    owner.dispose()
    home = tmp_path_factory.mktemp("canary")
    log = Path(cluster.database_folder).parent / "logs" / "database.log"
    with running(cluster, url, home) as server:
        yield Installation(server, region, home, cluster.as_superuser_in(database_name(url)), log)


def found_in(said: str, *, is_open: bool = False) -> list[str]:
    """Words of the other district, and what looks like a telephone or identity number."""
    said = NAMES.sub("", said) if is_open else said
    return [word for word in (*CANARIES, MOBILE, IDENTITY) if word in said] + [
        match[0] for pattern in PERSONAL for match in pattern.finditer(said)
    ]


def questions(entry: Entry, region: Region) -> Iterator[dict[str, Any]]:
    """Their things, one's own, and nothing. What changes something is only asked about theirs."""
    for code in (OTHER_DISTRICT, FAR_COMMUNITY, COMMUNITY):
        names = things_of(region, code)
        wanted = re.findall(r"{(\w+)}", entry.path)
        if all(names[one] is not None for one in wanted) and (entry.method == "GET" or code in FAR):
            yield names
    yield nothing(region)


def crawl(
    crawler: Crawler, region: Region, methods: str = "GET POST PATCH DELETE"
) -> Iterator[tuple[str, str]]:
    """Every address of the program: what was asked, and all that could be read in the answer."""
    for endpoint, entry in MATRIX.items():
        if entry.method not in methods or endpoint in ("accounts.sign_out", "accounts.check_sign_in"):
            continue
        for names in questions(entry, region):
            status, headers, body = crawler.send(entry, names, ACCEPTS[entry.method != "GET"])
            yield (
                f"{crawler.name}: {entry.method} {entry.path.format(**names)} {status}",
                readable(body, headers),
            )


def trouble(crawler: Crawler, region: Region) -> Iterator[tuple[str, str]]:
    """Error pages, redirects and addresses that somebody might try."""
    far = region.plans[FAR_COMMUNITY]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    asked: list[tuple[str, str, bytes, dict[str, str]]] = [
        ("GET", f"/sign-in?next=/plans/{far}", b"", {}), ("GET", f"/plans/{far}/", b"", {}), ("GET", f"//plans/{far}", b"", {}),
        ("PUT", f"/plans/{far}", b"", {}), ("DELETE", f"/ground/areas/{FAR_COMMUNITY}", b"", {}), ("OPTIONS", f"/plans/{far}", b"", {}),
        ("HEAD", f"/plans/{far}", b"", {}), ("POST", f"/plans/{far}/pick", b"{", {"Content-Type": "application/json"}),
        ("POST", f"/plans/{far}/name", b'{"name": "\\ud800"}', {"Content-Type": "application/json"}),
        ("POST", f"/plans/{far}/delete", b"seen_version=1", {**form, "X-CSRFToken": "wrong"}),
        ("POST", "/language", b"language=en&next=" + b"x" * 70_000, form), ("GET", f"/ground/search?q={CANARIES[2]}", b"", {}),
        ("GET", f"/ground/areas.geojson?level=community&within={FAR_STREET}", b"", {}), ("GET", "/open/nothing.json", b"", {}),
        ("GET", f"/plans?q={CANARIES[2]}", b"", {}), ("GET", f"/ground/areas/{MISSING_AREA}%00", b"", {}),
        *(("GET", f"/tiles/building/{z}/{x}/{y}.mvt", b"", {}) for z, x, y in ((14, 13590, 6656), (16, 54361, 26624), (12, 3397, 1664))),
    ]  # fmt: skip
    for accept in ACCEPTS:
        for method, path, body, headers in asked:
            status, told, content = crawler.ask(method, path, body, **{"Accept": accept, **headers})
            # What was asked is said back by a search; the word itself then tells nothing.
            said = (
                readable(content, told).replace(CANARIES[2], "")
                if CANARIES[2] in path
                else readable(content, told)
            )
            yield f"{crawler.name}: {method} {path} {status}", said


def test_nobody_else_reads_a_word_of_the_other_district(
    installed: Installation, record_property: Callable[[str, int], None]
) -> None:
    hits: list[str] = []
    documents = seen_own = 0
    for name in ("anonymous", *CRAWLERS):
        with Crawler(installed.server, name) as crawler:
            if name != "anonymous":
                crawler.sign_in(f"street-{name}")
            for what, said in (*crawl(crawler, installed.region), *trouble(crawler, installed.region)):
                documents += 1
                hits += [f"{what}: {word}" for word in found_in(said, is_open=" /open/" in what)]
                seen_own += SECRETS[COMMUNITY] in said
    record_property("documents", documents)
    assert not hits, "\n".join(hits[:20]) + f"\n… {len(hits)} in all"
    assert documents >= 400 and seen_own >= 50, "the crawl reads answers, not refusals only"


def test_the_crawl_would_see_the_words(installed: Installation) -> None:
    """Their own planner is told all of them, in pages, workbooks and tiles: what finds nothing elsewhere can find."""
    seen: dict[str, set[str]] = {}
    with Crawler(installed.server, "far-planner") as crawler:
        crawler.sign_in("far-planner")
        for what, said in crawl(crawler, installed.region, "GET"):
            for word in found_in(said):
                seen.setdefault(word, set()).add(what.split("?")[0])
    assert {SECRETS[FAR_COMMUNITY], SECRETS[FAR_STREET], MOBILE, IDENTITY} <= set(seen)
    where = " ".join(seen[SECRETS[FAR_COMMUNITY]])
    assert [
        sort for sort in (".xlsx", ".html", ".json", "/ground/areas/", "/plans/") if sort not in where
    ] == []


def test_files_of_the_program_hold_nothing_of_anybody(
    installed: Installation, record_property: Callable[[str, int], None]
) -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    for path in files:
        with Crawler(installed.server) as crawler:
            status, headers, body = crawler.ask("GET", f"/assets/x/{path.relative_to(STATIC).as_posix()}")
        assert status == 200 and not [
            word for word in (*CANARIES, MOBILE, IDENTITY) if word in readable(body, headers)
        ], path
    assert not [path for path in files if path.suffix == ".map"], "no source maps"
    record_property("documents", len(files))


def test_logs_keep_no_word_and_no_secret(installed: Installation) -> None:
    """After mistakes of their own planner, a page that breaks, and rows that the database refuses."""
    plan = installed.region.plans[FAR_COMMUNITY]
    broken = "INSERT INTO building (code, area_code, name) VALUES (%s, %s, %s)"
    with (
        Crawler(installed.server, "far-planner") as crawler,
        psycopg.connect(installed.conninfo, autocommit=True) as connection,
    ):
        crawler.sign_in("far-planner")
        for name in (f"{CANARIES[2]}方案", f"{CANARIES[2]}" * 60, f"{CANARIES[2]}\x00"):
            body = orjson.dumps({"key": uuid4().hex, "seen_version": 1, "name": name})
            crawler.ask("POST", f"/plans/{plan}/name", body, **{"Content-Type": "application/json"})
        for values in (
            ("1", FAR_COMMUNITY, CANARIES[2]),
            (f"{FAR_COMMUNITY}00001", FAR_COMMUNITY, CANARIES[2]),
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(broken, values)
        connection.execute("ALTER TABLE area_version RENAME COLUMN name TO called")
        status, _, page = crawler.ask("GET", f"/ground/search?q={CANARIES[2]}", Accept="text/html")
        connection.execute("ALTER TABLE area_version RENAME COLUMN called TO name")
    assert status == 500 and not found_in(page.decode())
    logs = {"web and worker": installed.home / "server.log", "database": installed.database_log}
    for which, log in logs.items():
        lines = log.read_text(errors="replace").splitlines()
        secrets = (
            *CANARIES,
            MOBILE,
            IDENTITY,
            PASSWORD,
            *(value for value in crawler.cookies.values() if len(value) > 20),
            crawler.token,
        )
        assert not [line for line in lines for secret in secrets if secret in line], which
        assert lines, f"the log of {which} was looked at"
    assert "defect" in logs["web and worker"].read_text(errors="replace")
