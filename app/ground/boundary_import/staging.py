"""Checked rows and findings on their way into the database: by COPY, in pieces, never all in memory as objects."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.geo.columns import FIELD_NAMES
from app.geo.options import FINDINGS_FILE, ROWS_FILE
from app.geo.shapes import points_from_numbers
from app.ground.boundary_import.receive import driver_cursor

BATCH_ROWS = 10_000
# Column of `import_row` -> names it may have in the checked rows, by kind of file.
SOURCES: dict[str, tuple[str, ...]] = {
    "row_no": ("row_no",),
    "refused": ("refused",),
    "code": ("code",),
    "source_key": ("source_key",),
    "name": ("name",),
    "address": ("address",),
    "kind": ("kind", "road_class", "water_kind", "class"),
    "floors": ("floors",),
    "units": ("units",),
    "households": ("households",),
    "built_year": ("built_year",),
    "parent_code": ("parent_code", "community_code"),
    "parent_name": ("parent_name", "community_name"),
}
# What the ground keeps of a text.
LONGEST = {"name": 100, "address": 200, "source_key": 64}
SHAPES = {"shape": "wkb", "shape_before": "wkb_before"}
# The database's GEOS may be older than ours and call a shape invalid that ours accepts: it has the last word, and has
# it here, where the row can be shown, rather than as a failed transaction.
LONG_TEXT = """
INSERT INTO import_finding (import_id, row_no, code, severity, facts)
VALUES (:id, :row_no, 'text_shortened', 'warn', CAST(:facts AS jsonb))
"""
MOST_NOTED = 1000
LONG_FIELDS = {"source_key": "code"}
REFUSED_BY_DATABASE = """
WITH refused AS (
  UPDATE import_row SET refused = true
  WHERE import_id = :id AND NOT refused AND shape IS NOT NULL AND NOT ST_IsValid(shape)
  RETURNING row_no, name, shape
)
INSERT INTO import_finding (import_id, row_no, code, severity, facts, place)
SELECT :id, row_no, 'shape_refused', 'refuse', jsonb_strip_nulls(jsonb_build_object(
    'reason', split_part(ST_IsValidReason(shape), '[', 1), 'row_name', name)), ST_PointN(ST_Points(shape), 1)
FROM refused
"""


def load_rows(session: Session, import_id: int, folder: Path) -> int:
    """Replace the staged rows and the findings of an import by those in a job folder.

    Parameters
    ----------
    session : Session
        One transaction with the plan that follows.
    import_id : int
    folder : Path
        Holds ``rows.parquet`` and ``findings.parquet``.

    Returns
    -------
    int
        Number of rows.

    Notes
    -----
    What was settled by hand stays settled when the same file is checked again.
    """
    bound = {"id": import_id}
    settled = session.execute(
        text(
            "SELECT row_no, settled_code FROM import_row WHERE import_id = :id AND settled_code IS NOT NULL"
        ),
        bound,
    ).all()
    session.execute(text("DELETE FROM import_row WHERE import_id = :id"), bound)
    session.execute(text("DELETE FROM import_finding WHERE import_id = :id"), bound)
    rows = _copy_rows(session, import_id, folder / ROWS_FILE)
    _copy_findings(session, import_id, folder / FINDINGS_FILE)
    session.execute(text(REFUSED_BY_DATABASE), bound)
    if settled:
        session.execute(
            text("UPDATE import_row SET settled_code = :code WHERE import_id = :id AND row_no = :row_no"),
            [{"id": import_id, "row_no": row_no, "code": code} for row_no, code in settled],
        )
    return rows


def _copy_rows(session: Session, import_id: int, path: Path) -> int:
    with pq.ParquetFile(path) as checked:
        present = set(checked.schema_arrow.names)
        chosen = {
            column: name
            for column, names in SOURCES.items()
            if (name := next((n for n in names if n in present), None))
        }
        columns = ["import_id", *SHAPES, *chosen]

        def pieces() -> Iterator[pa.RecordBatch]:
            for batch in checked.iter_batches(BATCH_ROWS):
                arrays = [pa.array(np.full(len(batch), import_id))]
                arrays += [_hex(batch.column(name)) for name in SHAPES.values()]
                arrays += [_text(batch.column(name), LONGEST.get(column)) for column, name in chosen.items()]
                yield pa.record_batch(arrays, names=columns)

        _copy(session, "import_row", columns, pieces())
        _note_long_texts(session, import_id, checked, chosen)
        return int(checked.metadata.num_rows)


def _note_long_texts(
    session: Session, import_id: int, checked: pq.ParquetFile, chosen: dict[str, str]
) -> None:
    """Say which texts are longer than what is kept of them."""
    noted = []
    for column, longest in LONGEST.items():
        if column not in chosen:
            continue
        for batch in checked.iter_batches(BATCH_ROWS, columns=["row_no", chosen[column]]):
            long = pc.greater(pc.utf8_length(batch.column(chosen[column])), longest)
            facts = orjson.dumps(
                {"field": FIELD_NAMES[LONG_FIELDS.get(column, column)], "longest": longest}
            ).decode()
            noted += [
                {"id": import_id, "row_no": row_no, "facts": facts}
                for row_no in batch.column("row_no").filter(pc.fill_null(long, False)).to_pylist()
            ]
    if noted:
        session.execute(text(LONG_TEXT), noted[:MOST_NOTED])


def _copy_findings(session: Session, import_id: int, path: Path) -> None:
    columns = ["import_id", "row_no", "code", "severity", "facts", "place"]

    def pieces() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path) as listed:
            for batch in listed.iter_batches(BATCH_ROWS):
                places = points_from_numbers(_numbers(batch, "lon"), _numbers(batch, "lat"))
                facts = [
                    _facts(*pair)
                    for pair in zip(batch["facts"].to_pylist(), batch["name"].to_pylist(), strict=True)
                ]
                yield pa.record_batch(
                    [
                        pa.array(np.full(len(batch), import_id)),
                        batch["row"],
                        batch["code"],
                        batch["severity"],
                        pa.array(facts, pa.string()),
                        _hex(pa.array(shapely.to_wkb(places), pa.binary())),
                    ],
                    names=columns,
                )

    _copy(session, "import_finding", columns, pieces())


def _facts(facts: str, name: str | None) -> str:
    """The facts with the name of the row, for lists that no longer have the row itself."""
    if name is None:
        return facts
    return orjson.dumps({**orjson.loads(facts), "row_name": name}).decode()


def _numbers(batch: pa.RecordBatch, name: str) -> Any:
    return batch[name].to_numpy(zero_copy_only=False).astype(float)


def _hex(wkb: pa.Array) -> pa.Array:
    """Hexadecimal WKB, as PostGIS reads it from a text COPY; the column brings its reference system along."""
    return pa.array([shape.hex() if shape is not None else None for shape in wkb.to_pylist()], pa.string())


def _text(cells: pa.Array, longest: int | None) -> pa.Array:
    """Text without the one character that PostgreSQL cannot store, cut to what is kept; anything else as it is."""
    if not pa.types.is_string(cells.type):
        return cells
    return pc.utf8_slice_codeunits(pc.replace_substring(cells, "\x00", ""), 0, longest)


def _copy(session: Session, table: str, columns: list[str], pieces: Iterator[pa.RecordBatch]) -> None:
    """COPY as CSV written by Arrow: a null is an empty cell, an empty text is quoted."""
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    with (
        driver_cursor(session) as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for piece in pieces:
            sink = io.BytesIO()
            pyarrow.csv.write_csv(pa.Table.from_batches([piece]), sink, options)
            copy.write(sink.getbuffer())
