"""The steps of an import, each safe to run again after it was cut off: a step ends with one conditional change of state."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import db
from app.config import Settings
from app.errors import N_, Conflict, DomainError, Unavailable
from app.geo.intake import check_file, inspect_file
from app.geo.jail import ImportCancelled
from app.geo.limits import MEBIBYTE, Limits
from app.ground.boundary_import.context import near_point, stored_context
from app.ground.boundary_import.options import geo_options
from app.ground.boundary_import.plan import plan_import
from app.ground.boundary_import.publish import publish
from app.ground.boundary_import.receive import job_folder
from app.ground.boundary_import.staging import load_rows
from app.ground.boundary_import.states import (
    Cancelled,
    Progress,
    Ticker,
    fail,
    finish,
    for_long_statements,
    turn_of,
)
from app.ground.models import GroundImport

# First half of an advisory lock's number; the second is the import.
STAGING_LOCK = 72_119
# Libraries reserve address space that they never touch; the kernel's limit counts it.
RESERVED_MB = 1024
LOOK_S = 60.0


def run_inspect(import_id: int, settings: Settings, on_progress: Progress | None = None) -> str:
    """Find out what an uploaded file is. Returns the state reached."""

    def work(ticker: Ticker) -> None:
        limits = look_limits(settings)
        with job_folder(import_id, limits, settings.home) as folder:
            with db.reading() as session:
                near = near_point(session)
            inspection = inspect_file(folder, limits, ticker.tell, ticker.should_stop, near)
        with db.transaction() as session:
            finish(session, ticker.turn, "inspected", stage="done", inspection=inspection.as_json())

    return _step(import_id, "inspecting", on_progress, work)


def run_check(import_id: int, settings: Settings, on_progress: Progress | None = None) -> str:
    """Check every row with the chosen options, and plan what would become of it. Returns the state reached."""

    def work(ticker: Ticker) -> None:
        limits = intake_limits(settings)
        with job_folder(import_id, limits, settings.home) as folder:
            with db.reading() as session:
                found = _load(session, import_id)
                options = geo_options(found, settings)
                context = stored_context(session, found)
            checked = check_file(folder, options, context, limits, ticker.tell, ticker.should_stop)
            ticker.tell("stage")
            with db.transaction() as session:
                for_long_statements(session)
                # A second worker on the same import waits here, and then finds that the step is over.
                lock_import(session, import_id)
                load_rows(session, import_id, folder)
                ticker.tell("plan")
                found = _load(session, import_id)
                summary = plan_import(session, found) | {"check": checked.as_json()}
                ticker.tell("done")
                finish(session, ticker.turn, "checked", stage="done", summary=summary)

    return _step(import_id, "checking", on_progress, work)


def run_publish(import_id: int, settings: Settings, on_progress: Progress | None = None) -> str:
    """Carry out the plan. Returns the state reached."""

    def work(ticker: Ticker) -> None:
        ticker.tell("publish")
        with db.transaction() as session:
            for_long_statements(session)
            publish(session, ticker.turn)

    return _step(import_id, "publishing", on_progress, work)


def _step(import_id: int, running: str, on_progress: Progress | None, work: Callable[[Ticker], None]) -> str:
    """Run one step if it is this import's turn, and write down how it failed."""
    turn = turn_of(import_id)
    if turn.running != running:
        return turn.running
    try:
        work(Ticker(turn, on_progress))
    except ImportCancelled:
        fail(turn, Cancelled())
    except Unavailable:
        # The database went away, or its disk is full: the queue tries the step again.
        raise
    except DomainError as error:
        # "import_state": somebody else ended this step first, and nothing of ours was kept.
        if error.code != "import_state":
            fail(turn, error)
    except Exception:
        fail(turn, Conflict("step_broken", BROKEN))
        raise
    return turn_of(import_id).running


def give_up(import_id: int, running: str) -> None:
    """End a step whose workers died over it again and again."""
    turn = turn_of(import_id)
    if turn.running == running:
        fail(turn, Conflict("step_broken", BROKEN))


BROKEN = N_("程序在这一步出了错，没有写入任何数据。请把这份文件和时间告诉维护人员。")


def lock_import(session: Session, import_id: int) -> None:
    """Hold this import until the end of the transaction; progress can still be told in others."""
    session.execute(select(func.pg_advisory_xact_lock(STAGING_LOCK, import_id)))


def intake_limits(settings: Settings) -> Limits:
    """What one file may ask of this machine, from the settings."""
    return Limits(
        max_bytes=settings.max_upload_mb * MEBIBYTE,
        max_unpacked_bytes=settings.max_unpacked_mb * MEBIBYTE,
        max_features=settings.max_features,
        max_vertices_feature=settings.max_vertices,
        wall_s=float(settings.import_wall_s),
        cpu_s=float(settings.import_wall_s),
        memory_bytes=(settings.import_memory_mb + RESERVED_MB) * MEBIBYTE,
    )


def look_limits(settings: Settings) -> Limits:
    """What a first look may ask: much less time than a check, for whoever uploaded waits for it."""
    limits = intake_limits(settings)
    return replace(limits, wall_s=min(LOOK_S, limits.wall_s), cpu_s=min(LOOK_S, limits.cpu_s))


def _load(session: Session, import_id: int) -> GroundImport:
    return session.scalars(select(GroundImport).where(GroundImport.id == import_id)).one()
