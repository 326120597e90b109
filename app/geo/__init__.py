"""Geometry without a database: files in, checked rows out; reference systems; areas; the lasso.

Bringing in a file (everything below runs the dangerous part in a killable child process)::

    from app.geo import Limits, receive, inspect_file, check_file, ImportOptions, Context, KnownArea

    receive(folder, [(upload.filename, upload.stream)], Limits())          # bytes stored under our own names
    inspection = inspect_file(folder, near=(118.75, 32.05))                # layers, columns, encoding, place
    layer = inspection.layers[0]
    options = ImportOptions("building", layer.name, layer.column_guesses["building"], crs="EPSG:4549")
    checked = check_file(folder, options, Context(parents=communities))    # counts; rows.parquet, findings.parquet

The outcome lies in the folder as Parquet (``options.row_schema``, ``findings_log.SCHEMA``). Faults of a whole file are
``InvalidInput``; faults of rows are findings, worded by ``SENTENCES`` with their ``facts``.

A shape from a request: ``strict_json(body)``, ``polygon_from_json(obj)``. Reference systems: ``crs``. GCJ-02 and BD-09: ``datum``.
"""

from app.geo.container import receive
from app.geo.findings import SENTENCES, Finding
from app.geo.geojson import polygon_from_json, strict_json
from app.geo.intake import check_file, inspect_file
from app.geo.jail import ImportCancelled
from app.geo.limits import Limits
from app.geo.options import Checked, Context, ImportOptions, KnownArea, row_schema

__all__ = [
    "SENTENCES",
    "Checked",
    "Context",
    "Finding",
    "ImportCancelled",
    "ImportOptions",
    "KnownArea",
    "Limits",
    "check_file",
    "inspect_file",
    "polygon_from_json",
    "receive",
    "row_schema",
    "strict_json",
]
