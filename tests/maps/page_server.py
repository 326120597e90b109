"""A page server for the browser tests: our real parts in a bare page, under the strict policy, with real tiles."""

import mimetypes
import re
import secrets
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import folium

from app.maps.canvas import page_parts
from tests.maps.mvt import TileSet

STATIC = Path(__file__).parents[2] / "app" / "web" / "static"
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>test</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
{head}<style nonce="{nonce}">html,body{{margin:0;height:100%}}#box{{height:100%}}</style></head>
<body><div id="box">{body}</div>{script}</body></html>"""
TILE = re.compile(r"/tiles/(building|backdrop)/(\d+)/(\d+)/(\d+)\.mvt")

PICTURE = re.compile(r"/pictures/\d+/(\d+)/(\d+)\.png")


class PageServer:
    """Serves pages by name; each page is a function that makes a fresh map."""

    def __init__(self, tiles: dict[str, TileSet]) -> None:
        self.pages: dict[str, Callable[[], folium.Map]] = {}
        self.tiles = tiles
        self.json: dict[str, bytes] = {}
        self.pictures: Callable[[int, int], bytes] = lambda x, y: b""
        self.failures = 0  # this many tile requests are answered with 503 first
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answer, self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, name: str) -> tuple[str, str]:
        nonce = secrets.token_urlsafe(16)
        parts = page_parts(self.pages[name](), nonce)
        text = PAGE.format(head=parts.head, body=parts.body, script=parts.script, nonce=nonce)
        return text, POLICY.format(nonce=nonce)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, pages: PageServer, *args: Any) -> None:
        self.pages = pages
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        tile = TILE.fullmatch(path)
        if tile:
            self._tile(tile)
        elif picture := PICTURE.fullmatch(path):
            self._send(200, self.pages.pictures(int(picture[1]), int(picture[2])), "image/png")
        elif path.startswith("/static/") and ".." not in path:
            self._static(STATIC / path.removeprefix("/static/"))
        elif path in self.pages.json:
            self._send(200, self.pages.json[path], "application/geo+json")
        elif path.strip("/") in self.pages.pages:
            text, policy = self.pages.page(path.strip("/"))
            self._send(200, text.encode(), "text/html; charset=utf-8", policy)
        else:
            self._send(404, b"", "text/plain")

    def _tile(self, tile: re.Match[str]) -> None:
        if self.pages.failures > 0:
            self.pages.failures -= 1
            self._send(503, b"", "text/plain")
            return
        body = self.pages.tiles[tile[1]].tile(int(tile[2]), int(tile[3]), int(tile[4]))
        self._send(200, body, "application/vnd.mapbox-vector-tile")

    def _static(self, path: Path) -> None:
        if not path.is_file():
            self._send(404, b"", "text/plain")
            return
        self._send(200, path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")

    def _send(self, status: int, body: bytes, kind: str, policy: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Tests print nothing."""
