"""Findings as they are collected: cheap to add, named and counted at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from app.geo.findings import Finding, Severity

SCHEMA = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("row", pa.int32()),
        pa.field("name", pa.string()),
        pa.field("facts", pa.string(), nullable=False),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
    ]
)


class FindingLog:
    """Findings of one check, in the order they were made.

    While they are collected, ``Finding.row`` is the row's place among all rows; the table names it as its file does.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._row_nos: npt.NDArray[np.int64] | None = None

    def number_rows(self, row_nos: npt.NDArray[np.int64]) -> None:
        """Say where each row stands in its file; known once all rows are read."""
        self._row_nos = row_nos

    def row_no(self, index: int) -> int:
        """What people call the row at a 0-based index."""
        return index + 1 if self._row_nos is None else int(self._row_nos[index])

    def add(
        self,
        code: str,
        severity: Severity,
        index: int | None = None,
        place: tuple[float, float] | None = None,
        **facts: Any,
    ) -> None:
        """Note something about the row at a 0-based index, or about the file."""
        row = None if index is None else int(index) + 1
        self.findings.append(Finding(code, severity, row, facts, place))

    def add_rows(self, code: str, severity: Severity, indices: Any, **facts: Any) -> None:
        """Note the same about many rows."""
        self.findings += [Finding(code, severity, int(index) + 1, facts) for index in indices]

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many findings per code and per severity."""
        codes = Counter(finding.code for finding in self.findings)
        return dict(codes), dict(Counter(finding.severity for finding in self.findings))

    def table(self, names: Sequence[str | None], shapes: Any) -> pa.Table:
        """All findings with the names and places of their rows."""
        places = _places(self.findings, shapes)
        return pa.table(
            {
                "code": pa.array([finding.code for finding in self.findings], pa.string()),
                "severity": pa.array([finding.severity for finding in self.findings], pa.string()),
                "row": pa.array(
                    [self.row_no(finding.row - 1) if finding.row else None for finding in self.findings],
                    pa.int32(),
                ),
                "name": pa.array(
                    [names[finding.row - 1] if finding.row else None for finding in self.findings],
                    pa.string(),
                ),
                "facts": pa.array(
                    [json.dumps(finding.facts, ensure_ascii=False) for finding in self.findings], pa.string()
                ),
                "lon": pa.array([place[0] if place else None for place in places], pa.float64()),
                "lat": pa.array([place[1] if place else None for place in places], pa.float64()),
            },
            schema=SCHEMA,
        )


def _places(findings: Sequence[Finding], shapes: Any) -> list[tuple[float, float] | None]:
    """The stated place, else the middle of the row's box."""
    rows = np.array([finding.row or 0 for finding in findings], dtype=np.int64) - 1
    boxes = (
        shapely.bounds(np.where(rows >= 0, shapes[rows], None))
        if len(findings) and len(shapes)
        else np.zeros((0, 4))
    )
    places: list[tuple[float, float] | None] = []
    for number, finding in enumerate(findings):
        place = finding.place
        if place is None and number < len(boxes) and np.isfinite(boxes[number]).all():
            west, south, east, north = boxes[number].tolist()
            place = ((west + east) / 2, (south + north) / 2)
        places.append((round(place[0], 7), round(place[1], 7)) if place else None)
    return places
