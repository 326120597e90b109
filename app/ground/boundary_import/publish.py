"""Accepting a plan: everything of one import in one transaction, or nothing."""

from datetime import date
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.errors import N_, Conflict
from app.ground.boundary_import.plan import first_day, plan_import
from app.ground.boundary_import.publish_areas import publish_areas
from app.ground.boundary_import.publish_backdrop import publish_backdrop, publish_codes
from app.ground.boundary_import.publish_buildings import publish_buildings
from app.ground.boundary_import.receive import forget_files
from app.ground.boundary_import.states import finish
from app.ground.models import GroundImport

# One publisher at a time: codes are handed out and versions closed here. Any fixed number will do.
GROUND_LOCK = 7_211_950


def lock_ground(session: Session) -> None:
    """Wait until nobody else publishes or undoes; ends with the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(GROUND_LOCK)))


def publish(session: Session, import_id: int) -> dict[str, Any]:
    """Carry out the plan of an import that is in state "publishing".

    Parameters
    ----------
    session : Session
        One transaction. It is safe to run again: the state changes in the same transaction as the ground.
    import_id : int

    Returns
    -------
    dict
        The summary, made again when the ground had changed since the plan.

    Raises
    ------
    Conflict
        "import_state", or "staging_lost" when the checked rows are gone (after a crash of the database).
    """
    lock_ground(session)
    found = session.scalars(select(GroundImport).where(GroundImport.id == import_id)).one()
    summary = found.summary or {}
    _refuse_lost_rows(session, import_id, int(summary.get("rows", 0)))
    revision = session.scalar(text("SELECT number FROM revision WHERE subject = 'ground'"))
    if (
        summary.get("revision") != revision
        or summary.get("from_day") != first_day(session, found).isoformat()
    ):
        # The ground has changed since, or the day: which versions hold may be others now.
        summary = plan_import(session, found)
    carry_out(session, found, summary)
    forget_files(session, import_id)
    finish(
        session, import_id, "publishing", "published", stage="done", summary=summary, published_at=func.now()
    )
    return summary


def carry_out(session: Session, found: GroundImport, summary: dict[str, Any]) -> None:
    """Write what the plan says into the ground."""
    day = date.fromisoformat(summary["from_day"])
    match found.kind:
        case "building":
            publish_buildings(session, found.id, found.created_by, day)
        case "road" | "water":
            publish_backdrop(session, found.id, found.kind)
        case "codes":
            publish_codes(session, found.id)
        case _:
            publish_areas(session, found.id, found.kind or "", summary.get("parents_created", []), day)


def _refuse_lost_rows(session: Session, import_id: int, expected: int) -> None:
    staged = session.scalar(text("SELECT count(*) FROM import_row WHERE import_id = :id"), {"id": import_id})
    if staged != expected:
        raise Conflict("staging_lost", N_("检查结果已不完整（数据库曾经中断）。请重新检查一次，再确认导入。"))


def set_summary(session: Session, import_id: int, summary: dict[str, Any]) -> None:
    """Keep the plan's counts with the import."""
    session.execute(update(GroundImport).where(GroundImport.id == import_id).values(summary=summary))
