"""OpenStreetMap extracts: what belongs to which subject, and how often the file is gone through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from app.geo.container import Contents, Member
from app.geo.layers import OgrLayer
from app.geo.limits import Limits
from app.geo.opening import companions, open_layers, read_together
from app.geo.osm import VIEWS
from tests.geo.conftest import Brought

# One object a line: odd values, capitals, objects of two subjects and of none.
WAYS = (
    {"building": "yes"},
    {"building": "no"},
    {"building": "NO"},
    {"building": "Yes", "natural": "Water"},
    {"building": "house", "boundary": "administrative"},
    {"boundary": "Administrative"},
    {"boundary": "political", "landuse": "forest"},
    {"natural": "wood", "landuse": "RESERVOIR"},
    {"landuse": "basin"},
    {"landuse": "meadow"},
)
LINES = (
    {"highway": "primary"},
    {"railway": "rail"},
    {"highway": "no"},
    {"highway": "service", "waterway": "drain"},
    {"waterway": "Canal"},
    {"waterway": "dam"},
    {"man_made": "embankment"},
)
EXPECTED = {"buildings": 3, "administrative_areas": 2, "water_areas": 3, "roads": 4, "waterways": 2}


def extract() -> bytes:
    """The objects above in a row, each a square or a line of its own."""
    nodes, ways = [], []
    for number, tags in enumerate((*WAYS, *LINES)):
        corners = [(0, 0), (0, 1), (1, 1), (1, 0)] if number < len(WAYS) else [(0, 0), (1, 1)]
        first = number * 10 + 1
        nodes += [
            f'<node id="{first + n}" lat="{32 + y / 1000}" lon="{118.7 + (number * 2 + x) / 1000}"/>'
            for n, (x, y) in enumerate(corners)
        ]
        refs = [first + n for n in range(len(corners))] + ([first] if len(corners) == 4 else [])
        listed = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        listed += "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        ways.append(f'<way id="{number + 1}">{listed}</way>')
    return f'<?xml version="1.0"?><osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>'.encode()


def test_one_reading_for_several_subjects_picks_the_same_rows_as_one_for_each(
    bring: Callable[..., Brought],
) -> None:
    brought = bring(("a.osm", extract()))
    assert {layer.name: layer.features for layer in brought.inspection.layers} == EXPECTED
    for layer in brought.inspection.layers:
        _, rows, _ = brought.check(str(layer.kind_guess), layer=layer.name, columns={}, given_name="无名")
        assert len(rows) == layer.features, layer.name


def test_an_extract_is_gone_through_once_for_each_gdal_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    keys = {key for view in VIEWS.values() for key in (*view.keys, *view.values)}

    def batches(self: OgrLayer) -> Iterator[tuple[pa.RecordBatch, str]]:
        opened.append(str(self._query["sql"]).split('"')[1])
        columns: dict[str, Any] = {key: pa.array(["x"]) for key in sorted(keys)}
        yield pa.record_batch({**columns, "shape": pa.array([None], pa.binary())}), "shape"

    monkeypatch.setattr(OgrLayer, "batches", batches)
    layers = open_layers(Contents("osm", (Member(Path("a"), "a"),)))
    groups = {tuple(layer.name for layer in companions(layers, layer)) for layer in layers}
    assert sorted(groups) == [
        ("address_points",),
        ("buildings", "administrative_areas", "water_areas"),
        ("roads", "waterways"),
    ]
    assert len(list(read_together(companions(layers, layers[0])))) == 1
    assert opened == ["multipolygons"]


def test_the_first_look_reads_companions_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.geo import inspect

    asked: list[list[str]] = []

    def read(layers: list[Any]) -> Iterator[tuple[int, Any]]:
        asked.append([layer.name for layer in layers])
        return iter(())

    monkeypatch.setattr(inspect, "read_together", read)
    monkeypatch.setattr(inspect, "_sketch_layer", lambda layer, tally, near, findings: layer.name)
    contents = Contents("osm", (Member(Path("a"), "a"), Member(Path("b"), "b")))
    found = inspect.inspect_contents(contents, Limits(), lambda *_: None)
    assert len(found.layers) == 2 * len(VIEWS)
    assert len(asked) == 6, "three readings of each of two files"
