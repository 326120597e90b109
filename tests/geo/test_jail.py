"""Whatever a file does to the child, the caller gets a sentence."""

from __future__ import annotations

import io
import json
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import shapely

from app.errors import InvalidInput
from app.geo import ImportCancelled, ImportOptions, Limits, check_file, inspect_file, jail, receive
from app.geo.limits import MEBIBYTE
from app.geo.repair import make_valid_each
from tests.geo.conftest import QUICK, Brought, codes_of


def star(corners: int, lon: float = 118.75, lat: float = 32.05) -> list[list[float]]:
    """A ring whose every edge crosses almost every other."""
    step = next(size for size in range(corners // 2, 0, -1) if math.gcd(size, corners) == 1)
    turn = 2 * math.pi * step / corners
    ring = [[lon + 0.01 * math.cos(turn * n), lat + 0.01 * math.sin(turn * n)] for n in range(corners)]
    return [*ring, ring[0]]


def square(lon: float, lat: float = 32.0, size: float = 0.001) -> list[list[float]]:
    """A harmless ring."""
    return [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]


def collection(*rings: list[list[float]]) -> bytes:
    """Named polygons as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"n{number}"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for number, ring in enumerate(rings)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_stars_are_given_up_and_the_others_go_on(bring: Callable[..., Brought]) -> None:
    rings = []
    for corners in (101, 301, 501, 2001, 20001):
        rings += [star(corners), square(118.6 + corners / 100_000)]
    checked, rows, findings = bring(("stars.geojson", collection(*rings))).check("building", repair=True)
    good = [row["row_no"] for row in rows if not row["refused"]]
    assert set(good) >= {2, 4, 6, 8, 10}
    assert codes_of(findings, 9) == {"vertices_beyond_table"}
    assert codes_of(findings, 7) == {"geometry_too_complex"}
    assert checked.refused == len(rows) - len(good)


def test_a_hanging_repair_ends(tmp_path: Path) -> None:
    shapes = [shapely.Polygon(star(2001)), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)])]
    asked: list[int] = []
    made = make_valid_each(shapes, Limits(repair_wall_s=0.3, repair_total_s=20), asked.append)
    assert made[0] is None
    assert made[1].is_valid
    assert asked == [0, 1]


def test_before_and_after(bring: Callable[..., Brought]) -> None:
    bow = [[118.7, 32.1], [118.71, 32.11], [118.71, 32.1], [118.7, 32.11], [118.7, 32.1]]
    spike = [*square(118.6)[:-1], [118.6, 32.0005], [118.5999, 32.0005], [118.6, 32.0005], [118.6, 32.0]]
    brought = bring(("a.geojson", collection(bow, spike, square(118.5))))
    checked, rows, findings = brought.check("building")
    assert [row["refused"] for row in rows] == [True, True, False]
    assert codes_of(findings) == {"geometry_invalid"}
    assert shapely.from_wkb(rows[0]["wkb"]).is_valid and not shapely.from_wkb(rows[0]["wkb_before"]).is_valid
    assert findings[0].place == pytest.approx((118.705, 32.105))
    checked, rows, findings = brought.check("building", repair=True)
    assert (checked.repaired, [row["refused"] for row in rows]) == (1, [True, False, False])
    assert codes_of(findings, 2) == {"geometry_repaired"}
    checked, rows, _ = brought.check("building", repair=True, accept_large_repairs=True)
    assert (checked.repaired, checked.refused) == (2, 0)


def start(folder: Path, content: bytes) -> Path:
    """A received upload."""
    receive(folder, [("a.geojson", io.BytesIO(content))], Limits())
    return folder


def test_cancel(tmp_path: Path) -> None:
    folder = start(tmp_path, collection(*[star(401)] * 40))
    began = time.monotonic()
    with pytest.raises(ImportCancelled):
        check_file(
            folder, ImportOptions("building"), limits=QUICK, cancelled=lambda: time.monotonic() - began > 1
        )
    assert not _children()


def test_wall_clock(tmp_path: Path) -> None:
    folder = start(tmp_path, collection(*[star(401)] * 40))
    with pytest.raises(InvalidInput) as caught:
        check_file(
            folder, ImportOptions("building"), limits=Limits(wall_s=3, repair_wall_s=60, repair_total_s=60)
        )
    # The row that was being worked on when the time was up; on a quick machine the first is done by then.
    assert caught.value.code == "row_too_complex"
    assert f"第 {caught.value.facts['row']} 行" in str(caught.value)
    assert not _children()


def test_processor_time(tmp_path: Path) -> None:
    folder = start(tmp_path, collection(*[square(118 + n / 100_000) for n in range(60_000)]))
    with pytest.raises(InvalidInput) as caught:
        inspect_file(folder, Limits(cpu_s=1))
    assert caught.value.code == "file_too_slow"


def test_memory(tmp_path: Path) -> None:
    folder = start(tmp_path, collection(*[square(118 + n / 100_000) for n in range(40_000)]))
    with pytest.raises(InvalidInput) as caught:
        inspect_file(folder, Limits(memory_bytes=200 * MEBIBYTE))
    assert caught.value.code in ("memory_exceeded", "file_unreadable")


def test_the_child_knows_nothing_of_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    seen: list[str] = []

    def look(stage: str, done: int, total: int) -> None:
        for pid in _children():
            with suppress(OSError):  # it may have ended by now
                seen.append(Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace"))

    inspect_file(start(tmp_path, collection(square(118.7))), QUICK, look)
    assert seen and not any("secret" in environment for environment in seen)


def test_only_one_driver(tmp_path: Path) -> None:
    """The child that reads GeoJSON cannot open anything else, whatever it is handed."""
    import subprocess
    import sys

    script = (
        "import sys; from pathlib import Path; from app.geo.cage import allow_driver; "
        "allow_driver('GeoJSON', Path(sys.argv[1])); import pyogrio; print(sorted(pyogrio.list_drivers()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "['GeoJSON']"


FORGETFUL_DOOR = """
import importlib.util, sys, types
from pathlib import Path
spec = importlib.util.spec_from_file_location("door", {door!r})
door = importlib.util.module_from_spec(spec)
spec.loader.exec_module(door)
sys.modules["app"] = types.ModuleType("app")
sys.modules["app"].__path__ = [str(door.PACKAGE)]
from app.geo import cage
cage.DRIVERS.remove("KML")
door.os._exit(door.enter(Path(sys.argv[1])))
"""


def test_a_driver_nobody_knew_costs_a_second_start_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetful = tmp_path / "door.py"
    forgetful.write_text(FORGETFUL_DOOR.format(door=str(jail.DOOR)))
    monkeypatch.setattr(jail, "DOOR", forgetful)
    stages: list[str] = []
    began = time.monotonic()
    found = inspect_file(
        start(tmp_path / "job", collection(square(118.7))),
        QUICK,
        lambda stage, done, total: stages.append(stage),
    )
    assert found.layers[0].features == 1
    assert stages[:2] == ["unpack", "unpack"] and "read" in stages, "it must be heard after its second start"
    assert time.monotonic() - began < QUICK.wall_s / 2


def test_progress_moves_forward(tmp_path: Path) -> None:
    stages: list[str] = []
    inspect_file(
        start(tmp_path, collection(square(118.7))), QUICK, lambda stage, done, total: stages.append(stage)
    )
    assert stages[0] == "unpack" and "read" in stages
    check_file(
        tmp_path,
        ImportOptions("building"),
        limits=QUICK,
        progress=lambda stage, done, total: stages.append(stage),
    )
    assert stages[-1] == "write"


def test_nothing_outside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    inspect_file(start(folder, collection(square(118.7))), QUICK)
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


def _children() -> list[int]:
    """Living processes this one started."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields: Any = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z" and b"jail_door" in command:
            found.append(int(entry.name))
    return found
