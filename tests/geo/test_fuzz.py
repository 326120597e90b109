"""Damaged files of the usual formats: only our own refusals ever come out of the code that reads them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from tests.geo.test_formats import TABLE, frame, shapefile_zip, sheet

CHILD = Path(__file__).with_name("fuzz_child.py")
FOLDED = "\r\n".join("\t".join("" if cell is None else str(cell) for cell in row) for row in TABLE)


def few() -> gpd.GeoDataFrame:
    """Enough rows to damage, few enough to read in a wink."""
    return frame().head(6)


def sound(name: str, folder: Path) -> bytes:
    """A small valid file."""
    match name.rsplit(".", 1)[1]:
        case "geojson":
            return str(few().to_json()).encode()
        case "zip":
            return shapefile_zip(few(), folder, "GB18030")
        case "csv":
            return FOLDED.replace("\t", ",").encode("gb18030")
        case "txt":
            return FOLDED.encode("utf-16")
        case _:
            return sheet(TABLE)


@pytest.mark.parametrize(
    ("name", "count"), [("a.geojson", 90), ("a.zip", 50), ("a.csv", 50), ("a.txt", 20), ("a.xlsx", 50)]
)
def test_damaged_files_are_read_or_refused(name: str, count: int, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(sound(name, tmp_path))
    said = subprocess.run(
        [sys.executable, "-P", str(CHILD), str(tmp_path), name, str(count)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-2000:]
    *odd, tally = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    assert odd == [], "\n".join(f"{one['number']}: {one['outcome']}" for one in odd[:3])
    assert tally["read"] and tally["refused"], "the damage must neither always nor never show"
