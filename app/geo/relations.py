"""Rows against what is stored: areas beside areas, and whether everything is shifted by a web map's datum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from app.geo.columns import AREA_KINDS
from app.geo.crs import project
from app.geo.datum import DATUM_NAMES, DatumVerdict, suspect_by_boundary, suspect_by_ground
from app.geo.findings import Severity
from app.geo.findings_log import FindingLog
from app.geo.names import plain_area_name
from app.geo.options import Context, ImportOptions, KnownArea
from app.geo.polygons import OUTSIDE_SHARE, WHOLE_LAYER, Patch, best_parents, gaps, overlaps, share_outside

Shapes = npt.NDArray[np.object_]
Progress = Callable[..., None]
# About 200 m: the sagitta of such an edge is far below a millimetre.
LONGEST_EDGE_DEGREES = 0.002
MOST_GAPS = 200


def outlines(areas: Sequence[KnownArea]) -> Shapes:
    """Stored outlines as shapes; None where there is none."""
    return np.asarray(shapely.from_wkb(np.array([area.wkb for area in areas], dtype=object)), dtype=object)


class AreaCheck:
    """Checks among the areas of one file, their parents and their stored neighbours, in square metres."""

    def __init__(
        self, fields: dict[str, pa.Array], context: Context, options: ImportOptions, log: FindingLog
    ) -> None:
        self.names = [name or "" for name in fields["name"].to_pylist()]
        self.codes = fields["code"].to_pylist()
        self.parent_codes = fields["parent_code"].to_pylist()
        self.parent_names = fields["parent_name"].to_pylist()
        self.context = context
        self.metric = f"EPSG:{options.metric_srid}"
        self.log = log

    def run(self, shapes: Shapes, progress: Progress) -> None:
        """Note overlaps, what lies outside the parent, gaps and slivers.

        Parameters
        ----------
        shapes : array of valid multipolygons in EPSG:4326
            None where the row is refused.
        """
        metric = self._measured(shapes)

        def on_row(row: int) -> None:
            progress("relations", row, len(metric), row=self.log.row_no(row))

        for patch in overlaps(metric, on_row=on_row):
            self._overlap(patch, self.names[patch.second or 0])
        remaining = self._not_replaced(metric)
        stored = self._measured(outlines(remaining))
        for patch in overlaps(metric, stored, on_row):
            self._overlap(patch, remaining[patch.second or 0].name)
        parents = self._measured(outlines(self.context.parents))
        held_by = self._parents_of(metric, parents)
        for row in np.flatnonzero(held_by >= 0).tolist():
            on_row(row)
            share = share_outside(metric[row], parents[held_by[row]])
            if share > OUTSIDE_SHARE:
                name = self.context.parents[held_by[row]].name
                self.log.add("outside_parent", "warn", row, parent=name, share_percent=round(share * 100, 2))
        self._gaps(metric, stored, parents, held_by)

    def _overlap(self, patch: Patch, other: str) -> None:
        code = "sliver" if patch.is_sliver else "overlap_sibling"
        severity: Severity = "note" if patch.is_sliver else "warn"
        where = self._degrees(patch.at)
        self.log.add(code, severity, patch.first, where, other=other, area_m2=round(patch.area_m2, 1))

    def _not_replaced(self, metric: Shapes) -> list[KnownArea]:
        """Stored areas that stand beside what this file brings. A refused row replaces nothing."""
        standing = np.flatnonzero(~shapely.is_missing(metric)).tolist()
        codes = {self.codes[row] for row in standing}
        names = {plain_area_name(self.names[row]) for row in standing}
        return [
            area
            for area in self.context.siblings
            if area.wkb and area.code not in codes and plain_area_name(area.name) not in names
        ]

    def _parents_of(self, metric: Shapes, parents: Shapes) -> npt.NDArray[np.int64]:
        """Index of each row's parent: by code, then by name, then by a point on it."""
        by_code = {area.code: index for index, area in enumerate(self.context.parents) if area.wkb}
        by_name = {
            plain_area_name(area.name): index for index, area in enumerate(self.context.parents) if area.wkb
        }
        found = best_parents(metric, parents)
        for row, shape in enumerate(metric):
            if shape is None:
                continue
            named = self.parent_names[row]
            stated = by_code.get(
                self.parent_codes[row] or "", by_name.get(plain_area_name(named)) if named else None
            )
            found[row] = found[row] if stated is None else stated
        return found

    def _gaps(self, metric: Shapes, stored: Shapes, parents: Shapes, held_by: npt.NDArray[np.int64]) -> None:
        used = sorted(set(held_by[held_by >= 0].tolist()))
        found: list[tuple[str, Patch]] = []
        # A town stores thousands of areas, a parent holds a few dozen: only those are worth a union.
        tree = shapely.STRtree(stored)
        for index in used:
            near = tree.query(parents[index], predicate="intersects")
            children = np.concatenate([metric[held_by == index], stored[near]])
            found += [(self.context.parents[index].name, patch) for patch in gaps(children, parents[index])]
        if not used:
            found = [(WHOLE_LAYER, patch) for patch in gaps(metric, None)]
        for parent, patch in sorted(found, key=lambda pair: -pair[1].area_m2)[:MOST_GAPS]:
            where = self._degrees(patch.at)
            severity: Severity = "note" if patch.is_sliver else "warn"
            self.log.add(
                "gap_in_parent", severity, None, where, parent=parent, area_m2=round(patch.area_m2, 1)
            )

    def _measured(self, shapes: Shapes) -> Shapes:
        """In metres, with long edges divided: neighbours whose edges have different corners would drift apart else."""
        return project(shapely.segmentize(shapes, LONGEST_EDGE_DEGREES), "EPSG:4326", self.metric)

    def _degrees(self, at: tuple[float, float]) -> tuple[float, float]:
        point = project(np.array([shapely.Point(at)], dtype=object), self.metric, "EPSG:4326")[0]
        return (float(point.x), float(point.y))


def suspect_datum(
    shapes: Shapes, fields: dict[str, pa.Array], context: Context, options: ImportOptions, log: FindingLog
) -> DatumVerdict | None:
    """Compare the file with stored ground as it is, as GCJ-02 and as BD-09, and say so when a shift fits better."""
    present = shapes[~shapely.is_missing(shapes)]
    stored = [area for area in (*context.siblings, *context.parents) if area.wkb]
    if options.datum != "wgs84" or not stored or not len(present):
        return None
    verdict = None
    if options.kind in AREA_KINDS:
        vertices = shapely.get_coordinates(present)
        verdict = suspect_by_boundary(vertices, outlines(_same_places(fields, context) or stored))
    if verdict is None:
        ground = outlines([area for area in (context.parents or context.siblings) if area.wkb])
        points = shapely.get_coordinates(shapely.centroid(shapely.envelope(present)))
        verdict = suspect_by_ground(points, ground)
    if verdict is not None and verdict.suspected:
        _note_datum(verdict, log)
    return verdict


def _same_places(fields: dict[str, pa.Array], context: Context) -> list[KnownArea]:
    """Stored areas this file seems to be another drawing of."""
    codes = set(fields["code"].to_pylist())
    names = {plain_area_name(name) for name in fields["name"].to_pylist() if name}
    return [
        area
        for area in context.siblings
        if area.wkb and (area.code in codes or plain_area_name(area.name) in names)
    ]


def _note_datum(verdict: DatumVerdict, log: FindingLog) -> None:
    best = DATUM_NAMES[verdict.best]
    as_is, at_best = verdict.scores["wgs84"], verdict.scores[verdict.best]
    if verdict.measure == "share":
        log.add(
            "datum_suspected",
            "warn",
            best=best,
            datum=verdict.best,
            share_as_is=round(as_is * 100, 1),
            share_best=round(at_best * 100, 1),
        )
    else:
        log.add(
            "datum_distance",
            "warn",
            best=best,
            datum=verdict.best,
            distance_as_is_m=round(as_is),
            distance_best_m=round(at_best),
        )


def verdict_json(verdict: DatumVerdict | None) -> dict[str, Any] | None:
    """A verdict as a JSON object."""
    return asdict(verdict) if verdict else None
