"""A file from the disk to the ground in one go: what the command line and the sample town do."""

import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import db
from app.config import Settings
from app.errors import N_, DomainError, InvalidInput
from app.geo.columns import known_name
from app.geo.limits import MEBIBYTE
from app.ground.boundary_import.receive import receive
from app.ground.boundary_import.run import run_check, run_inspect, run_publish
from app.ground.boundary_import.states import Progress, ask_cancel
from app.ground.boundary_import.steps import begin_check, begin_inspect, begin_publish
from app.ground.models import GroundImport
from app.ground.queries.imports import remembered_mapping
from app.ground.rules import LEVELS

PUBLISH_TRIES = 3
DATUM_DOUBTS = ("datum_suspected", "datum_distance", "datum_schema")


@dataclass(slots=True)
class Wishes:
    """What the caller knows about the file; what is left out is guessed or read from the file."""

    kind: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    swap_xy: bool = False
    repair: bool = False
    accept_large_repairs: bool = False
    into: str | None = None
    # What rows without a name are called.
    name: str | None = None
    # From which day on it holds, as 2026-07-21.
    from_day: str | None = None


def bring_in(
    paths: Sequence[Path],
    wishes: Wishes,
    settings: Settings,
    *,
    dry_run: bool = False,
    is_known: bool = False,
    on_progress: Progress | None = None,
) -> GroundImport:
    """Receive, inspect, check and, unless it is a dry run, publish files from the disk.

    Parameters
    ----------
    paths : sequence of Path
        One file, or the loose parts of a shapefile.
    wishes : Wishes
    settings : Settings
    dry_run : bool
        Stop after the plan; the plan is thrown away.
    is_known : bool
        The wishes say everything; the file need not be looked at first.
    on_progress : callable (stage, done, total), optional

    Returns
    -------
    GroundImport
        As it stood at the end: "published", "failed" with its error, or "checked" after a dry run, when no row could be
        written, and when the datum is in doubt and was not said; what was only checked is cancelled afterwards.

    Raises
    ------
    DomainError
        Before a step begins: the file cannot be read, or a wish makes no sense.
    """
    import_id = receive_files(paths, settings)
    try:
        if is_known or _look(import_id, settings, on_progress):
            with db.transaction() as session:
                begin_check(session, import_id, chosen_options(load(import_id), wishes))
            state = run_check(import_id, settings, on_progress)
            planned = load(import_id)
            certain = wishes.datum is not None or not doubtful_datum(planned)
            if not dry_run and certain and _is_worth_writing(planned.summary or {}):
                # The ground may change under the plan; here nobody has looked at it, so the new one is as good.
                for _ in range(PUBLISH_TRIES):
                    if state != "checked":
                        break
                    with db.transaction() as session:
                        begin_publish(session, import_id)
                    state = run_publish(import_id, settings, on_progress)
    except BaseException:
        # Interrupted at the keyboard, or a wish that makes no sense: leave nothing half done.
        _drop(import_id)
        raise
    found = load(import_id)
    if found.state == "checked":
        _drop(import_id)
    return found


def _look(import_id: int, settings: Settings, on_progress: Progress | None) -> bool:
    with db.transaction() as session:
        begin_inspect(session, import_id)
    return run_inspect(import_id, settings, on_progress) == "inspected"


def doubtful_datum(found: GroundImport) -> bool:
    """Whether the file looks shifted; then somebody has to say which datum it has."""
    seen = set((found.summary or {}).get("findings", {}))
    seen |= {finding["code"] for finding in (found.inspection or {}).get("findings", [])}
    return not seen.isdisjoint(DATUM_DOUBTS)


def _is_worth_writing(summary: dict[str, Any]) -> bool:
    """Whether any row would go in, or is in already."""
    return any(summary.get(verdict) for verdict in ("create", "change", "same"))


def receive_files(paths: Sequence[Path], settings: Settings) -> int:
    """Store files from the disk. Raises InvalidInput "file_missing" when one cannot be read."""
    with ExitStack() as opened, db.transaction() as session:
        streams = []
        for path in paths:
            try:
                streams.append((path.name, opened.enter_context(path.open("rb"))))
            except OSError as error:
                raise InvalidInput(
                    "file_missing", N_("打不开文件“%(name)s”。请检查路径和权限。"), name=str(path)
                ) from error
        return receive(session, streams, key=uuid.uuid4(), max_bytes=settings.max_upload_mb * MEBIBYTE)


def chosen_options(found: GroundImport, wishes: Wishes) -> dict[str, Any]:
    """Options of a check: the wishes, then what was chosen for such a file before, then guesses.

    Raises
    ------
    InvalidInput
        "layer_unsure" when there are several layers and none looks like the wanted kind.
    """
    layer = _chosen_layer((found.inspection or {}).get("layers", []), wishes)
    kind = wishes.kind or (layer["kind_guess"] if layer else None)
    columns = dict(layer["column_guesses"].get(kind, {})) if layer and kind else {}
    if layer and kind:
        with db.reading() as session:
            remembered = remembered_mapping(session, kind, [column["name"] for column in layer["columns"]])
        columns = remembered if remembered is not None else columns
        # A column serves one field: a wish takes it from the field that was guessed.
        columns = {
            item: name for item, name in columns.items() if name not in wishes.columns.values()
        } | wishes.columns
    if wishes.name and not wishes.columns.get("name") and not known_name(columns.get("name", "")):
        # A column that only might hold names gives way to the name that was said.
        columns.pop("name", None)
    elif kind in LEVELS and "name" not in columns and "code" in columns:
        # The official list knows what a code is called.
        columns["name"] = columns["code"]
    return {
        "kind": kind,
        "layer": wishes.layer or (layer["name"] if layer else None),
        "columns": columns or wishes.columns,
        "encoding": wishes.encoding,
        "crs": wishes.crs,
        "datum": wishes.datum,
        "swap_xy": wishes.swap_xy,
        "repair": wishes.repair,
        "accept_large_repairs": wishes.accept_large_repairs,
        "into": wishes.into,
        "name": wishes.name,
        "from_day": wishes.from_day,
    }


def _chosen_layer(layers: list[dict[str, Any]], wishes: Wishes) -> dict[str, Any] | None:
    """The layer that was named, else the one that looks like the wanted kind; never one that looks like another."""
    if wishes.layer:
        return next((layer for layer in layers if layer["name"] == wishes.layer), None)
    fitting = [layer for layer in layers if wishes.kind is None or layer["kind_guess"] == wishes.kind]
    if fitting or len(layers) < 2:
        return next(iter(fitting or layers), None)
    raise InvalidInput(
        "layer_unsure",
        N_("文件里有几个图层（%(names)s），没有一个像是要找的内容。请写明图层。"),
        names="、".join(layer["name"] for layer in layers[:8]),
    )


def load(import_id: int) -> GroundImport:
    """An import as it stands, detached."""
    with db.reading() as session:
        found = session.scalars(select(GroundImport).where(GroundImport.id == import_id)).one()
        session.expunge(found)
        return found


def _drop(import_id: int) -> None:
    """Cancel what is not finished; a finished step stays as it is."""
    try:
        with db.transaction() as session:
            ask_cancel(session, import_id)
    except DomainError:
        return
