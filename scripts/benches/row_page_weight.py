"""What the map page weighs: its HTML, and everything it loads, gzipped."""

import gzip
import re
from collections.abc import Callable
from urllib.parse import urljoin

import orjson

from scripts.benches.report import Row
from scripts.benches.stage import Stage

NAMES = ("page_weight.html", "page_weight.assets")
KIB = 1024
PAGE_LINKS = re.compile(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="(/assets/[^"]+)"')
IMPORT_MAP = re.compile(r'<script type="importmap"[^>]*>(.*?)</script>', re.DOTALL)
INLINE_MODULES = re.compile(r'<script type="module"[^>]*>(.*?)</script>', re.DOTALL)
JS_IMPORTS = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"'\n]+)["']""")
CSS_LINKS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")

Fetch = Callable[[str], bytes]


def measure(stage: Stage) -> list[Row]:
    """The map page of the town, as a signed-in planner gets it."""
    page = stage.server.get("/")
    if page.status != 200:
        raise RuntimeError(f"the map page was answered with {page.status}")
    assets = loaded_by(page.body.decode(), lambda path: _fetched(stage, path))
    weights = {path: len(gzip.compress(body, 6)) / KIB for path, body in assets.items()}
    heaviest = sorted(weights, key=lambda path: -weights[path])[:3]
    listed = ", ".join(f"{path.split('/', 3)[3]} {weights[path]:.0f}" for path in heaviest)
    sent = (
        "gzip"
        if stage.server.get(next(iter(assets)), **{"Accept-Encoding": "gzip"}).headers.get("content-encoding")
        else "plain"
    )
    return [
        Row(
            name=NAMES[0],
            what="map page, HTML not compressed",
            unit="KB",
            budget=60,
            at_least=False,
            measured=len(page.body) / KIB,
        ),
        Row(
            name=NAMES[1],
            what="map page, all its scripts and styles gzipped",
            unit="KB",
            budget=400,
            at_least=False,
            measured=sum(weights.values()),
            note=f"{len(weights)} files, heaviest {listed} KB; this server sends them {sent}",
            facts={path: round(weight, 1) for path, weight in sorted(weights.items())},
        ),
    ]


def loaded_by(page: str, fetch: Fetch) -> dict[str, bytes]:
    """Everything of our own that the page and its modules name, each once."""
    found = IMPORT_MAP.search(page)
    names: dict[str, str] = orjson.loads(found[1])["imports"] if found else {}
    waiting = PAGE_LINKS.findall(page)
    for script in INLINE_MODULES.findall(page):
        waiting += [names.get(name, name) for name in JS_IMPORTS.findall(script)]
    loaded: dict[str, bytes] = {}
    while waiting:
        path = waiting.pop()
        if path in loaded or not path.startswith("/assets/"):
            continue
        loaded[path] = fetch(path)
        waiting += _named_in(path, loaded[path].decode(errors="replace"), names)
    return loaded


def _named_in(path: str, body: str, names: dict[str, str]) -> list[str]:
    if path.endswith(".css"):
        return [urljoin(path, link) for link in CSS_LINKS.findall(body) if not link.startswith("data:")]
    if path.endswith(".js"):
        # A bare word in a comment or a text is not in the import map and leads nowhere.
        return [
            names[name] if name in names else urljoin(path, name)
            for name in JS_IMPORTS.findall(body)
            if name in names or name.startswith((".", "/"))
        ]
    return []


def _fetched(stage: Stage, path: str) -> bytes:
    answer = stage.server.get(path)
    if answer.status != 200:
        raise RuntimeError(f"the map page names {path}, which is answered with {answer.status}")
    return answer.body
