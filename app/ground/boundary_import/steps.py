"""Asking for a step: the change of state and its job are one transaction, so neither exists without the other."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import acting_account
from app.errors import N_, Conflict
from app.ground.boundary_import.options import clean_options, layer_columns
from app.ground.boundary_import.states import MINE, move, refuse_step
from app.ground.boundary_import.wished_area import planned_area
from app.ground.models import GroundImport
from app.ground.rules import STEP_STARTS
from app.jobs import defer


def begin_inspect(session: Session, import_id: int) -> None:
    """Take an upload to "inspecting"; whoever calls this runs the step.

    Raises
    ------
    NotFound
        "import_missing".
    Conflict
        "import_state".
    """
    move(session, import_id, "inspect", "inspecting")


def ask_inspect(session: Session, import_id: int) -> None:
    """Have a worker find out what an upload is. Raises like `begin_inspect`."""
    begin_inspect(session, import_id)
    defer(
        session,
        "ground.inspect",
        lock=f"inspect-{_owner(session, import_id)}",
        import_id=import_id,
        by=acting_account(),
    )


def _owner(session: Session, import_id: int) -> int | None:
    """Whose file it is: files of one account are looked at one after another, so that others need not wait for them."""
    return session.scalar(select(GroundImport.created_by).where(GroundImport.id == import_id))


def begin_check(session: Session, import_id: int, options: dict[str, Any]) -> None:
    """Keep the choices and take an import to "checking"; whoever calls this runs the step.

    Parameters
    ----------
    session : Session
    import_id : int
    options : dict
        "kind" and any of layer, columns, encoding, crs, datum, swap_xy, repair, accept_large_repairs, into,
        name (what rows without a name are called), from_day (from which on it holds).

    Raises
    ------
    NotFound
        "import_missing".
    Conflict
        "import_state".
    InvalidInput
        "kind_unknown", "option_unknown", "given_name_wrong", "from_day_wrong", "name_missing", "parent_missing".
    """
    chosen = clean_options(options)
    if "new_area" in chosen:
        planned_area(session, **chosen["new_area"])  # what cannot be made is said now, not by the worker
    inspection = session.scalar(select(GroundImport.inspection).where(GroundImport.id == import_id, MINE))
    # The set of columns, by which the choice is remembered for the next file of the same make.
    chosen["column_names"] = layer_columns(inspection, chosen.get("layer"))
    move(session, import_id, "check", "checking", kind=chosen["kind"], options=chosen, summary=None)


def ask_check(session: Session, import_id: int, options: dict[str, Any]) -> None:
    """Have a worker check a file with these choices. Raises like `begin_check`."""
    begin_check(session, import_id, options)
    defer(
        session,
        "ground.check",
        lock=f"check-{_owner(session, import_id)}",
        import_id=import_id,
        by=acting_account(),
    )


def begin_publish(session: Session, import_id: int, version: int | None = None) -> None:
    """Accept a plan and take the import to "publishing"; whoever calls this runs the step.

    Parameters
    ----------
    session : Session
    import_id : int
    version : int, optional
        Version of the import that the person saw; another one means that the plan has changed since.

    Raises
    ------
    NotFound
        "import_missing".
    Conflict
        "import_state", "plan_changed".
    """
    if version is not None:
        seen = session.execute(
            select(GroundImport.state, GroundImport.version)
            .where(GroundImport.id == import_id, MINE)
            .with_for_update()
        ).first()
        if seen is None or seen.state not in STEP_STARTS["publish"]:
            refuse_step(session, import_id)
        if seen.version != version:
            raise Conflict(
                "plan_changed",
                N_("你看过之后，这次导入的计划又变了。请刷新页面，核对后再确认。"),
                now=seen.version,
            )
    move(session, import_id, "publish", "publishing")


def ask_publish(session: Session, import_id: int, version: int | None = None) -> None:
    """Have a worker carry a plan out. Raises like `begin_publish`."""
    begin_publish(session, import_id, version)
    defer(session, "ground.publish", lock="ground-publish", import_id=import_id, by=acting_account())
