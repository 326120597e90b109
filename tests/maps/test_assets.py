"""The vendored files: complete, described, small enough, and calling nobody."""

import gzip
import json
import re
from pathlib import Path

import pytest

from app.errors import Unavailable
from app.web import assets


@pytest.fixture(scope="module", autouse=True)
def current_assets() -> None:
    assets.ensure_assets()


def manifest() -> dict[str, dict[str, object]]:
    files: dict[str, dict[str, object]] = json.loads(assets.MANIFEST.read_text("utf-8"))["files"]
    return files


def test_a_second_run_changes_nothing() -> None:
    before = assets.MANIFEST.stat().st_mtime_ns
    assert assets.ensure_assets() is False
    assert assets.MANIFEST.stat().st_mtime_ns == before


def test_manifest_names_version_licence_and_digest() -> None:
    entries = manifest()
    assert {
        "leaflet/leaflet.js",
        "bootstrap/bootstrap.min.css",
        "pbf/index.js",
    } <= entries.keys()
    for name, entry in entries.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", str(entry["version"])), name
        assert entry["licence"], name
        assert str(entry["sha384"]).startswith("sha384-"), name
        assert (assets.VENDOR / name).with_name("LICENCE.txt").is_file() or entry[
            "package"
        ] == "@mapbox/point-geometry"


def test_every_shipped_script_and_style_is_asked_for_by_a_page_or_a_module() -> None:
    static = assets.HERE / "static"
    own = [path for path in static.rglob("*.js") if not path.is_relative_to(assets.VENDOR)]
    pages = [
        *own,
        *(assets.HERE / "templates").rglob("*.html"),
        assets.HERE.parent / "maps/figure.py",
        assets.HERE.parent / "maps/standalone.py",
    ]
    text = "\n".join(path.read_text("utf-8") for path in pages)
    shipped = [name for name, entry in manifest().items() if not entry["tests_only"]]
    assert not [name for name in shipped if f"vendor/{name}" not in text]


def test_page_assets_fit_the_budget() -> None:
    shipped = [assets.VENDOR / name for name, entry in manifest().items() if not entry["tests_only"]]
    own = [path for path in (assets.HERE / "static" / "map").iterdir() if path.suffix in (".js", ".css")]
    total = sum(len(gzip.compress(path.read_bytes())) for path in [*shipped, *own])
    assert total <= 400 * 1024


def test_a_damaged_copy_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = tmp_path / "vendor"
    monkeypatch.setattr(assets, "VENDOR", vendor)
    monkeypatch.setattr(assets, "MANIFEST", vendor / "manifest.json")
    wanted = assets._fingerprint()
    assets.copy_files(wanted)
    assert assets._is_current(wanted)
    (vendor / "pbf" / "index.js").write_text("broken", "utf-8")
    assert not assets._is_current(wanted)


@pytest.mark.parametrize(
    "css",
    [
        b'@font-face{src:url("https://fonts.example.org/a.woff2")}',
        b"a{background:url(//host/a.png)}",
        b"@import 'http://host/x.css';",
    ],
)
def test_a_style_sheet_that_calls_outside_is_refused(css: bytes) -> None:
    with pytest.raises(Unavailable, match="外部地址"):
        assets._own_form("x.css", css)


def test_pictures_we_do_not_ship_are_dropped_and_embedded_ones_stay() -> None:
    css = b"a{background:url(images/x.png)}b{background:url('data:image/svg+xml,x')}"
    assert assets._own_form("x.css", css) == b"a{background:none}b{background:url('data:image/svg+xml,x')}"


def test_lock_file_has_integrity_and_no_host() -> None:
    lock = json.loads((assets.HERE / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(str(entry["integrity"]).startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
