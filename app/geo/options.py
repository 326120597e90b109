"""What is asked of a check, what it may compare with, and what comes back. All of it crosses a process border as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from app.geo.columns import FIELD_NAMES, FIELDS, KINDS, NUMBERS
from app.geo.datum import DATUMS, Datum
from app.geo.findings import refusal

CONTEXT_FILE = "context.parquet"
ROWS_FILE = "rows.parquet"
FINDINGS_FILE = "findings.parquet"
WORLD = (-180.0, -90.0, 180.0, 90.0)
ROLES = ("parent", "sibling")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The choices of the import wizard.

    Attributes
    ----------
    kind : str
        ``district``, ``street``, ``community``, ``building``, ``road``, ``water`` or ``codes``.
    layer : str or None
        Name from the inspection; None takes the only or first layer.
    columns : dict
        Field of ``columns.FIELDS[kind]`` to column name.
    encoding : str or None
        None keeps what was recognised.
    crs : str or None
        ``EPSG:n`` or WKT; None uses what the file states, and refuses when it states nothing.
    datum : {'wgs84', 'gcj02', 'bd09'}
        Shift to undo after going to degrees.
    swap_xy : bool
        The file has latitude first.
    repair : bool
        Use the offered repairs that move the area by at most 1 %.
    accept_large_repairs : bool
        Use the larger ones too.
    given_name : str or None
        What rows without a name are called: a single one exactly so, several ``NAME 1``, ``NAME 2``, …; with it a column of
        names is not required.
    metric_srid : int
        EPSG number to measure in.
    box : tuple
        (west, south, east, north) every shape must lie in.
    """

    kind: str
    layer: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    crs: str | None = None
    datum: Datum = "wgs84"
    swap_xy: bool = False
    repair: bool = False
    accept_large_repairs: bool = False
    given_name: str | None = None
    metric_srid: int = 4549
    box: tuple[float, float, float, float] = WORLD

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}")
        if self.datum not in DATUMS:
            raise ValueError(f"unknown datum {self.datum!r}")
        unknown = set(self.columns) - set(FIELDS[self.kind])
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}")

    def as_json(self) -> dict[str, Any]:
        """The options as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        west, south, east, north = stored.get("box", WORLD)
        return cls(**{**stored, "box": (float(west), float(south), float(east), float(north))})


@dataclass(frozen=True, slots=True)
class KnownArea:
    """A stored area; ``wkb`` is its outline in EPSG:4326 or None."""

    code: str
    name: str
    parent_code: str | None = None
    wkb: bytes | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Stored ground to compare a file with.

    Attributes
    ----------
    parents : sequence of KnownArea
        Areas one level up (for buildings: the communities).
    siblings : sequence of KnownArea
        Stored areas of the same level.
    """

    parents: Sequence[KnownArea] = ()
    siblings: Sequence[KnownArea] = ()

    def write(self, folder: Path) -> None:
        """Store the context in a job folder."""
        listed = [
            (role, area)
            for role, areas in zip(ROLES, (self.parents, self.siblings), strict=True)
            for area in areas
        ]
        table = pa.table(
            {
                "role": pa.array([role for role, _ in listed], pa.string()),
                "code": pa.array([area.code for _, area in listed], pa.string()),
                "name": pa.array([area.name for _, area in listed], pa.string()),
                "parent_code": pa.array([area.parent_code for _, area in listed], pa.string()),
                "wkb": pa.array([area.wkb for _, area in listed], pa.binary()),
            }
        )
        pq.write_table(table, folder / CONTEXT_FILE)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read back what ``write`` stored; nothing stored is an empty context."""
        path = folder / CONTEXT_FILE
        if not path.exists():
            return cls()
        found: dict[str, list[KnownArea]] = {role: [] for role in ROLES}
        for row in pq.read_table(path).to_pylist():
            found[row.pop("role")].append(KnownArea(**row))
        return cls(found["parent"], found["sibling"])


@dataclass(frozen=True, slots=True)
class Checked:
    """Summary of a check; the rows and findings are in the job folder."""

    kind: str
    rows: int
    refused: int
    repaired: int
    codes: dict[str, int]
    severities: dict[str, int]
    bounds_wgs84: tuple[float, float, float, float] | None
    crs: dict[str, Any] | None
    datum: str
    encoding: str
    datum_verdict: dict[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        bounds = stored["bounds_wgs84"]
        return cls(**{**stored, "bounds_wgs84": tuple(bounds) if bounds else None})


def row_schema(kind: str) -> pa.Schema:
    """Columns of ``rows.parquet`` for a kind.

    Parameters
    ----------
    kind : str
        One of ``columns.KINDS``.

    Notes
    -----
    ``row_no`` is the line of a table's sheet, the record of a shapefile, else the place among the rows; unique and growing.
    ``wkb`` is EPSG:4326, two-dimensional, multi (points stay points); ``wkb_before`` is set where a repair changed or would
    change the shape. ``source_key`` is what the code column said when that is no code of ours.
    """
    fields = [
        pa.field("row_no", pa.int32(), nullable=False),
        pa.field("wkb", pa.binary()),
        pa.field("wkb_before", pa.binary()),
        pa.field("refused", pa.bool_(), nullable=False),
        pa.field("source_key", pa.string()),
    ]
    own = [name for name in FIELDS[kind] if name not in ("lon", "lat")]
    fields += [pa.field(name, pa.int32() if name in NUMBERS else pa.string()) for name in own]
    return pa.schema(fields)


def require_columns(
    kind: str, columns: dict[str, str], present: Sequence[str], required: Sequence[str]
) -> None:
    """Refuse a mapping that names missing columns or leaves out required fields.

    Parameters
    ----------
    kind : str
        One of ``columns.KINDS``.
    columns : dict
        Field to column name.
    present : sequence of str
        Columns of the layer.
    required : sequence of str
        Fields that must be mapped.

    Raises
    ------
    InvalidInput
        ``column_unknown`` or ``column_required``.
    """
    for name in columns.values():
        if name not in present:
            raise refusal("column_unknown", column=name)
    for item in required:
        if item not in columns:
            raise refusal("column_required", field=FIELD_NAMES[item])
