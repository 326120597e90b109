"""Reading back what a check wrote into its job folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.geo.findings import Finding
from app.geo.options import FINDINGS_FILE, ROWS_FILE

BATCH_ROWS = 10_000


def read_rows(folder: Path, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Batches of the checked rows, in file order.

    Parameters
    ----------
    folder : Path
        Job folder of a finished check.
    batch_rows : int
        Most rows in a batch.

    Yields
    ------
    pyarrow.RecordBatch
        Columns of ``options.row_schema``; shapes as WKB in EPSG:4326.
    """
    with pq.ParquetFile(folder / ROWS_FILE) as stored:
        yield from stored.iter_batches(batch_rows)


def read_findings(
    folder: Path,
    code: str | None = None,
    severity: str | None = None,
    start: int = 0,
    limit: int | None = None,
) -> list[Finding]:
    """Findings of a check, optionally of one code or severity, a page at a time.

    Parameters
    ----------
    folder : Path
        Job folder of a finished check.
    code, severity : str, optional
        Only these.
    start, limit : int, optional
        Which of the remaining ones.

    Returns
    -------
    list of Finding
        In the order they were made; places are (lon, lat) in EPSG:4326.
    """
    table = pq.read_table(folder / FINDINGS_FILE)
    if code is not None:
        table = table.filter(pc.field("code") == code)
    if severity is not None:
        table = table.filter(pc.field("severity") == severity)
    return [
        Finding(
            code=row["code"],
            severity=row["severity"],
            row=row["row"],
            facts=json.loads(row["facts"]),
            place=None if row["lon"] is None else (row["lon"], row["lat"]),
            name=row["name"],
        )
        for row in table.slice(start, limit).to_pylist()
    ]
