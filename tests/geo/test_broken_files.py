"""Every file of geodata/broken does what its expected.toml promises."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from app.errors import InvalidInput
from app.geo import Context, KnownArea
from tests.geo.conftest import Brought

GEODATA = Path(__file__).resolve().parents[2] / "geodata"
BROKEN = GEODATA / "broken"
CASES = tomllib.loads((BROKEN / "expected.toml").read_text(encoding="utf-8"))["files"]


def stored(name: str) -> list[KnownArea]:
    """The areas of a sample file as stored ground."""
    features = json.loads((GEODATA / name).read_text(encoding="utf-8"))["features"]
    return [
        KnownArea(
            feature["properties"]["code"],
            feature["properties"]["name"],
            feature["properties"].get("parent_code"),
            shapely.from_geojson(json.dumps(feature["geometry"])).wkb,
        )
        for feature in features
    ]


def context_for(case: dict[str, Any]) -> Context:
    """What is stored when the case begins."""
    if case["kind"] == "building" and "communities.geojson" in case.get("needs", []):
        return Context(parents=stored("communities.geojson"))
    return (
        Context(parents=stored("streets.geojson"))
        if "streets.geojson" in case.get("needs", [])
        else Context()
    )


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_broken_file(case: dict[str, Any], bring: Callable[..., Brought]) -> None:
    path = BROKEN / case["file"]
    if case["outcome"] == "refused_file":
        with pytest.raises(InvalidInput) as caught:
            bring(path).check(case["kind"])
        assert caught.value.code in case["codes"]
        return
    _, rows, findings = bring(path).check(case["kind"], context_for(case))
    found = {finding.code for finding in findings}
    assert set(case["codes"]) <= found
    if "rows" in case:
        assert {finding.row for finding in findings if finding.code in case["codes"]} >= set(case["rows"])
    if case["outcome"] == "accepted":
        assert not [finding for finding in findings if finding.severity == "refuse"]
        assert set(case.get("names", [])) <= {row["name"] for row in rows}
    if case["outcome"] == "repairable":
        row = rows[case["rows"][0] - 1]
        assert row["wkb"] and row["wkb_before"]
        assert shapely.from_wkb(row["wkb"]).is_valid
