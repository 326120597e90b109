"""The questions the program asks about a file, each answered by a jailed child process."""

from __future__ import annotations

from pathlib import Path

from app.geo.inspect import Inspection
from app.geo.jail import Cancelled, Progress, ignore_progress, never_cancelled, run_job
from app.geo.limits import Limits
from app.geo.options import Checked, Context, ImportOptions


def inspect_file(
    folder: Path,
    limits: Limits | None = None,
    progress: Progress = ignore_progress,
    cancelled: Cancelled = never_cancelled,
    near: tuple[float, float] | None = None,
) -> Inspection:
    """Say what an upload is: layers, columns, encoding, reference system, where it would lie.

    Parameters
    ----------
    folder : Path
        Job folder filled by ``container.receive``.
    limits : Limits, optional
    progress : callable (stage, done, total)
    cancelled : callable () -> bool
    near : tuple of float, optional
        (lon, lat) where the office works; orders the candidates for a missing reference system.

    Raises
    ------
    InvalidInput
        The file as a whole cannot be used.
    ImportCancelled
        ``cancelled`` answered True.
    """
    limits = limits or Limits()
    return Inspection.from_json(run_job(folder, "inspect", {"near": near}, limits, progress, cancelled))


def check_file(
    folder: Path,
    options: ImportOptions,
    context: Context | None = None,
    limits: Limits | None = None,
    progress: Progress = ignore_progress,
    cancelled: Cancelled = never_cancelled,
) -> Checked:
    """Read one layer with the user's choices, check every row, and write the outcome beside the upload.

    Writes ``rows.parquet`` and ``findings.parquet`` (see ``options.row_schema``) into the folder. The same folder may be
    checked again with other options.

    Parameters
    ----------
    folder : Path
        Job folder filled by ``container.receive``.
    options : ImportOptions
        The choices of the wizard.
    context : Context, optional
        Stored ground to compare with.

    Raises
    ------
    InvalidInput
        The file as a whole cannot be used with these choices.
    ImportCancelled
        ``cancelled`` answered True.
    """
    (context or Context()).write(folder)
    limits = limits or Limits()
    return Checked.from_json(
        run_job(folder, "check", {"options": options.as_json()}, limits, progress, cancelled)
    )


def read_rows(
    folder: Path, limits: Limits, most_rows: int, most_columns: int = 20
) -> list[tuple[int, list[str]]]:
    """The rows of a workbook's first sheet, or of a CSV file, as they were written.

    Parameters
    ----------
    folder : Path
        Job folder filled by ``container.receive``.
    limits : Limits
    most_rows, most_columns : int
        One row more than the first is read, so that the caller sees that there are too many.

    Returns
    -------
    list of (int, list of str)
        Each row with its line in the file.

    Raises
    ------
    InvalidInput
        The file cannot be used.
    """
    asked = {"most_rows": most_rows, "most_columns": most_columns}
    rows = run_job(folder, "rows", asked, limits)["rows"]
    return [(int(line), [str(cell) for cell in cells]) for line, cells in rows]
