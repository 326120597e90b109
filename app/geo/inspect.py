"""First look at a file: what it is, which layers and columns it has, where it would lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from app.errors import InvalidInput
from app.geo.chunks import Chunk, Layer
from app.geo.columns import KINDS, ColumnSketch, guess_columns, guess_kind, plain_name
from app.geo.container import Contents
from app.geo.crs import (
    Bounds,
    CrsLabel,
    bounds_to_wgs84,
    describe_crs,
    looks_swapped,
    missing_crs_candidates,
    transformer,
)
from app.geo.encoding import previews
from app.geo.findings import Finding, refusal
from app.geo.limits import Limits
from app.geo.opening import companions, open_layers, read_together
from app.geo.personal import personal_kind, shown

Progress = Callable[[str, int, int], None]
DISTINCT_CAP = 10_000
SAMPLES = 5
# Column names only the boundary files of Amap's DataV service have; those are GCJ-02 whatever they say.
SHIFTED_SCHEMA = {"adcode", "acroutes", "childrenNum", "subFeatureIndex", "childrennum", "subfeatureindex"}


@dataclass(slots=True)
class LayerSketch:
    """What one layer of a file looks like; JSON-able. Boxes are (min x, min y, max x, max y)."""

    name: str
    features: int
    geometry_types: dict[str, int]
    crs: dict[str, Any]
    bounds: Bounds | None
    bounds_wgs84: Bounds | None
    crs_candidates: list[dict[str, Any]]
    columns: list[ColumnSketch]
    encoding: dict[str, Any]
    kind_guess: str | None
    column_guesses: dict[str, dict[str, str]]

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read back what ``asdict`` wrote."""
        boxes = {name: tuple(stored[name]) if stored[name] else None for name in ("bounds", "bounds_wgs84")}
        return cls(**{**stored, **boxes, "columns": [ColumnSketch(**column) for column in stored["columns"]]})


@dataclass(slots=True)
class Inspection:
    """The result of the first look; ``as_json`` is what crosses the process border."""

    kind: str
    driver: str | None
    layers: list[LayerSketch] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The inspection as a JSON object."""
        return {
            "kind": self.kind,
            "driver": self.driver,
            "layers": [asdict(layer) for layer in self.layers],
            "findings": [finding.as_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        layers = [LayerSketch.from_json(layer) for layer in stored["layers"]]
        return cls(
            stored["kind"], stored["driver"], layers, [Finding.from_json(item) for item in stored["findings"]]
        )

    def layer(self, name: str) -> LayerSketch:
        """The layer of a name.

        Raises
        ------
        InvalidInput
            ``layer_unknown``.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise refusal("layer_unknown", layer=name)


@dataclass(slots=True)
class _Column:
    """Running tallies of one column."""

    filled: int = 0
    numeric: int = 0
    whole: int = 0
    samples: list[str] = field(default_factory=list)
    distinct: set[str] = field(default_factory=set)

    def add(self, cells: pa.Array) -> None:
        present = cells.drop_null()
        self.filled += len(present)
        self.numeric += int(pc.sum(pc.match_substring_regex(present, r"^[+-]?\d+(\.\d+)?$")).as_py() or 0)
        self.whole += int(pc.sum(pc.match_substring_regex(present, r"^\d+$")).as_py() or 0)
        if len(self.distinct) < DISTINCT_CAP:
            fresh = pc.unique(present).slice(0, DISTINCT_CAP).to_pylist()
            self.samples += [text[:80] for text in fresh if text not in self.distinct][
                : SAMPLES - len(self.samples)
            ]
            self.distinct.update(fresh)

    def sketch(self, name: str, rows: int) -> ColumnSketch:
        kind = "text"
        if self.filled and self.numeric == self.filled:
            kind = "integer" if self.whole == self.filled else "real"
        share = round(self.filled / rows, 4) if rows else 0.0
        heading = plain_name(name)
        personal = personal_kind(heading, self.distinct) if self.filled else None
        samples = [] if personal else shown(heading, self.samples)
        return ColumnSketch(
            name, kind, samples, share, min(len(self.distinct), DISTINCT_CAP), personal=personal
        )


@dataclass(slots=True)
class _Tally:
    """Running facts of one layer."""

    rows: int = 0
    types: dict[str, int] = field(default_factory=dict)
    low: np.ndarray[Any, Any] = field(default_factory=lambda: np.full(2, np.inf))
    high: np.ndarray[Any, Any] = field(default_factory=lambda: np.full(2, -np.inf))
    columns: dict[str, _Column] = field(default_factory=dict)

    def add(self, chunk: Chunk) -> None:
        self.rows += len(chunk)
        present = chunk.shapes[~shapely.is_missing(chunk.shapes)]
        ids, counts = np.unique(shapely.get_type_id(present), return_counts=True)
        for number, count in zip(ids.tolist(), counts.tolist(), strict=True):
            name = TYPE_NAMES.get(number, "Curve")
            self.types[name] = self.types.get(name, 0) + count
        points = shapely.get_coordinates(present)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            self.low = np.minimum(self.low, points.min(axis=0))
            self.high = np.maximum(self.high, points.max(axis=0))
        for name, cells in chunk.columns.items():
            self.columns.setdefault(name, _Column()).add(cells)

    def add_points(self, layer: Layer, guesses: dict[str, str]) -> None:
        """The box of a table whose columns name longitude and latitude."""
        if "lon" not in guesses or "lat" not in guesses:
            return
        for chunk in layer.chunks():
            axes = []
            for item in ("lon", "lat"):
                cells = chunk.columns[guesses[item]]
                good = pc.match_substring_regex(cells, r"^[+-]?\d+(\.\d+)?$")
                axes.append(pc.cast(pc.if_else(good, cells, pa.scalar(None, pa.string())), pa.float64()))
            points = np.column_stack([axis.to_numpy(zero_copy_only=False) for axis in axes])
            points = points[np.isfinite(points).all(axis=1)]
            if len(points):
                self.low = np.minimum(self.low, points.min(axis=0))
                self.high = np.maximum(self.high, points.max(axis=0))

    @property
    def bounds(self) -> Bounds | None:
        if not np.isfinite(self.low).all():
            return None
        return (float(self.low[0]), float(self.low[1]), float(self.high[0]), float(self.high[1]))


TYPE_NAMES = {
    0: "Point",
    1: "LineString",
    2: "LinearRing",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}


def inspect_contents(
    contents: Contents, limits: Limits, progress: Progress, near: tuple[float, float] | None = None
) -> Inspection:
    """Look at an upload; runs in the child process only.

    Parameters
    ----------
    contents : Contents
        The unpacked upload.
    near : tuple of float, optional
        (lon, lat) where the office works, to order candidates for a missing reference system.
    """
    found = Inspection(contents.kind, contents.driver, findings=list(contents.findings))
    layers = open_layers(contents)
    tallies: dict[int, _Tally] = {}
    for layer in layers:
        if id(layer) not in tallies:
            tallies |= _tally(companions(layers, layer), limits, progress)
        sketch = _sketch_layer(layer, tallies.pop(id(layer)), near, found.findings)
        if sketch is not None:
            found.layers.append(sketch)
    if not found.layers:
        raise refusal("layer_empty", layer=layers[0].name if layers else contents.kind)
    return found


def _tally(layers: list[Layer], limits: Limits, progress: Progress) -> dict[int, _Tally]:
    """The facts of layers that are read together, by their identity."""
    for layer in layers:
        limits.refuse_rows(layer.features, layer.has_shapes)
    tallies = [_Tally() for _ in layers]
    for number, chunk in read_together(layers):
        layer, tally = layers[number], tallies[number]
        tally.add(chunk)
        limits.refuse_rows(tally.rows, layer.has_shapes)
        progress("read", tally.rows, max(layer.features, tally.rows))
    return {id(layer): tally for layer, tally in zip(layers, tallies, strict=True)}


def _sketch_layer(
    layer: Layer, tally: _Tally, near: tuple[float, float] | None, findings: list[Finding]
) -> LayerSketch | None:
    if not tally.rows:
        if layer.features >= 0:  # an empty view of an extract is no news
            findings.append(Finding("layer_empty", "refuse", facts={"layer": layer.name}))
        return None
    columns = {name: column.sketch(name, tally.rows) for name, column in tally.columns.items()}
    guesses = {one: guess_columns(one, columns.values()) for one in KINDS}
    if not layer.has_shapes:
        tally.add_points(layer, guesses["building"])
    crs, bounds_wgs84, candidates = _place(layer, tally.bounds, near, findings)
    kind = getattr(layer, "kind", None) or guess_kind(layer.name, tally.types, columns)
    for item, name in guesses.get(kind or "building", {}).items():
        columns[name].guess = item
    _note_schema(columns, findings)
    personal = [name for name, sketch in columns.items() if sketch.personal]
    if personal:
        findings.append(Finding("column_personal", "warn", facts={"columns": "、".join(personal)}))
    hidden = [value for name in personal for value in tally.columns[name].distinct]
    return LayerSketch(
        name=layer.name,
        features=tally.rows,
        geometry_types=tally.types,
        crs=crs,
        bounds=tally.bounds,
        bounds_wgs84=bounds_wgs84,
        crs_candidates=candidates,
        columns=list(columns.values()),
        encoding={
            "used": layer.guess.encoding,
            "evidence": layer.guess.evidence,
            "previews": previews(layer.raw_texts(), layer.guess.encoding, hidden),
        },
        kind_guess=kind,
        column_guesses=guesses,
    )


def _place(
    layer: Layer, bounds: Bounds | None, near: tuple[float, float] | None, findings: list[Finding]
) -> tuple[dict[str, Any], Bounds | None, list[dict[str, Any]]]:
    """The stated reference system and its box, or the candidates for a missing one."""
    stated = layer.crs
    if stated is None and not layer.has_shapes and bounds and max(map(abs, bounds)) <= 180:
        stated = "EPSG:4326"  # columns named longitude and latitude have said it
    label = _described(stated, findings) if stated is not None else None
    if label is not None:
        placed = bounds_to_wgs84(bounds, label.code or label.wkt) if bounds else None
        if bounds and label.geographic and looks_swapped(bounds):
            findings.append(Finding("axis_swapped", "warn"))
        return {**label.as_json(), "missing": False}, placed, []
    missing = {"code": None, "name": None, "unit": None, "geographic": None, "wkt": None, "missing": True}
    if bounds is None:
        return missing, None, []
    if stated is None:
        findings.append(Finding("crs_missing", "warn"))
    if looks_swapped(bounds):
        findings.append(Finding("axis_swapped", "warn"))
    return missing, None, [asdict(candidate) for candidate in missing_crs_candidates(bounds, near)]


def _described(stated: str, findings: list[Finding]) -> CrsLabel | None:
    """What the file states; CAD programs write local systems that nobody can place, and those count as missing."""
    try:
        label = describe_crs(stated)
        transformer(label.code or label.wkt, "EPSG:4326")
        return label
    except InvalidInput as fault:
        findings.append(Finding(fault.code, "warn", facts=fault.facts))
        return None


def _note_schema(columns: dict[str, ColumnSketch], findings: list[Finding]) -> None:
    telling = sorted(SHIFTED_SCHEMA & set(columns))
    if len(telling) >= 2 and "adcode" in telling:
        findings.append(Finding("datum_schema", "warn", facts={"columns": "、".join(telling)}))
