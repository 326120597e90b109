"""Ways to bring a file in, as the program does it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.geo import (
    Checked,
    Context,
    Finding,
    ImportOptions,
    KnownArea,
    Limits,
    check_file,
    inspect_file,
    receive,
)
from app.geo.inspect import Inspection
from app.geo.options import FINDINGS_FILE, ROWS_FILE

# Tests on real files are collected only where somebody says where the files are.
collect_ignore = [] if os.environ.get("WARDMAP_REAL_DATA") else ["test_real_files.py"]

QUICK = Limits(wall_s=60, repair_wall_s=0.5, repair_total_s=6)


@dataclass
class Brought:
    """A file that was received and looked at."""

    folder: Path
    inspection: Inspection

    def check(
        self, kind: str, context: Context | None = None, limits: Limits = QUICK, **options: Any
    ) -> tuple[Checked, list[dict[str, Any]], list[Finding]]:
        """Check a layer with the guessed columns, unless others are given."""
        name = options.pop("layer", self.inspection.layers[0].name)
        layer = self.inspection.layer(name)
        columns = options.pop("columns", layer.column_guesses[kind])
        checked = check_file(self.folder, ImportOptions(kind, name, columns, **options), context, limits)
        return checked, pq.read_table(self.folder / ROWS_FILE).to_pylist(), read_findings(self.folder)


@pytest.fixture
def bring(tmp_path: Path) -> Callable[..., Brought]:
    """Receive and inspect: ``bring(path, …)`` or ``bring(("name.zip", bytes), …)``."""
    taken = 0

    def bring_files(*files: Path | tuple[str, bytes], limits: Limits = QUICK) -> Brought:
        nonlocal taken
        taken += 1
        folder = tmp_path / f"job{taken}"
        uploads = [
            (item.name, io.BytesIO(item.read_bytes()))
            if isinstance(item, Path)
            else (item[0], io.BytesIO(item[1]))
            for item in files
        ]
        receive(folder, uploads, limits)
        return Brought(folder, inspect_file(folder, limits))

    return bring_files


def read_findings(folder: Path) -> list[Finding]:
    """The findings that a check wrote into its folder."""
    return [
        Finding(
            code=row["code"],
            severity=row["severity"],
            row=row["row"],
            facts=json.loads(row["facts"]),
            place=None if row["lon"] is None else (row["lon"], row["lat"]),
            name=row["name"],
        )
        for row in pq.read_table(folder / FINDINGS_FILE).to_pylist()
    ]


def known(code: str, name: str, shape: Any, parent_code: str | None = None) -> KnownArea:
    """A stored area."""
    return KnownArea(code, name, parent_code, shape.wkb)


def codes_of(findings: list[Finding], row: int | None = None) -> set[str]:
    """Finding codes, of all rows or of one."""
    return {finding.code for finding in findings if row is None or finding.row == row}
