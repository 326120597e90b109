"""`scripts/bench` runs and yields the rows it promises. What it measures is not judged here: other programs run beside it."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benches import (
    row_browser,
    row_import,
    row_lasso,
    row_page_weight,
    row_rls,
    row_sign_in,
    row_tiles,
    row_unchanged,
)
from scripts.benches.__main__ import BENCHES
from scripts.benches.footprints import write_town
from scripts.benches.report import Row, plain, table

CHECKOUT = Path(__file__).parent.parent
MODULES = (
    row_import,
    row_tiles,
    row_unchanged,
    row_sign_in,
    row_rls,
    row_page_weight,
    row_browser,
    row_lasso,
)


def row(**more: object) -> Row:
    given = {"name": "a.b", "what": "something", "unit": "s", "budget": 1.0, "at_least": False, **more}
    return Row(**given)  # type: ignore[arg-type]


def test_a_quick_run_of_one_bench_prints_its_rows_as_json() -> None:
    command = [sys.executable, "-m", "scripts.benches", "--quick", "--only", "page_weight", "--json"]
    ran = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, env=dict(os.environ), check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    said = json.loads(ran.stdout)
    assert said["quick"] is True
    assert said["machine"]["cores"] >= 1
    assert said["town"]["buildings"] == 3000
    assert [one["name"] for one in said["rows"]] == list(row_page_weight.NAMES)
    for one in said["rows"]:
        assert one["unit"] == "KB"
        assert one["measured"] > 0
        assert one["ok"] is (one["measured"] <= one["budget"])


def test_every_bench_has_a_module_and_names_of_its_own() -> None:
    assert {module.__name__.rsplit(".", 1)[1] for module in MODULES} == set(BENCHES.values())
    names = [name for module in MODULES for name in module.NAMES]
    assert len(names) == len(set(names))


def test_a_row_knows_whether_its_promise_is_kept() -> None:
    assert row(measured=0.9).ok is True
    assert row(measured=1.1).ok is False
    assert row(measured=1.1, at_least=True).ok is True
    assert row().ok is None


def test_the_table_says_honestly_what_was_not_measured() -> None:
    text = table([row(measured=1234.5), row(note="no network")])
    assert "1,234 s" in text
    assert "NOT OK" in text
    assert "not measured" in text
    assert "no network" in text


@pytest.mark.parametrize(
    ("number", "words"), [(0.3456, "0.346"), (12.0, "12"), (150.4, "150"), (2500.0, "2,500")]
)
def test_numbers_have_the_digits_they_deserve(number: float, words: str) -> None:
    assert plain(number) == words


def test_the_town_has_the_wanted_size_and_all_of_it_lies_in_communities(tmp_path: Path) -> None:
    import geopandas as gpd

    town = write_town(tmp_path, 2500)
    buildings, communities = gpd.read_file(town.buildings), gpd.read_file(town.communities)
    assert len(buildings) == town.count == 2500
    assert communities.geometry.is_valid.all()
    inside = gpd.sjoin(
        buildings.set_geometry(buildings.representative_point()), communities, predicate="covered_by"
    )
    assert inside.index.nunique() == 2500
    assert inside.groupby(level=0).size().max() == 1
    assert buildings["name"].str.endswith("幢").all()


def test_page_weight_follows_links_styles_and_module_imports() -> None:
    files = {
        "/assets/v/a.css": b'@import url("b.css"); body { background: url(data:image/png;base64,AA==) }',
        "/assets/v/b.css": b"p { margin: 0 }",
        "/assets/v/a.js": b'import { x } from "./lib/c.js"; import "named"; const t = "from nowhere";',
        "/assets/v/lib/c.js": b'export const x = () => import("../d.js");',
        "/assets/v/d.js": b"export default 1;",
        "/assets/v/named.js": b"export {};",
    }
    page = (
        '<link rel="stylesheet" href="/assets/v/a.css"><a href="/plans">x</a>'
        '<script type="importmap" nonce="n">{"imports": {"named": "/assets/v/named.js"}}</script>'
        '<script type="module" src="/assets/v/a.js"></script>'
    )
    loaded = row_page_weight.loaded_by(page, files.__getitem__)
    assert set(loaded) == set(files)
    assert all(gzip.compress(body) for body in loaded.values())
