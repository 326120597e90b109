"""Accepting a plan: everything of one import in one transaction, or nothing."""

from datetime import date
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.errors import N_, Conflict
from app.ground.boundary_import.plan import first_day, plan_import
from app.ground.boundary_import.publish_areas import make_parents, publish_areas
from app.ground.boundary_import.publish_backdrop import publish_backdrop, publish_codes
from app.ground.boundary_import.publish_buildings import publish_buildings
from app.ground.boundary_import.receive import forget_files
from app.ground.boundary_import.states import Turn, as_json, finish
from app.ground.models import GroundImport

# One publisher at a time: codes are handed out and versions closed here. Any fixed number will do.
GROUND_LOCK = 7_211_950
# Who accepts a plan agrees to this much; rows that have become the same meanwhile need no new agreement.
AGREED = ("create", "change", "refused")


def lock_ground(session: Session) -> None:
    """Wait until nobody else publishes or undoes; ends with the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(GROUND_LOCK)))


def publish(session: Session, turn: Turn) -> None:
    """Carry out the plan of an import that is in state "publishing".

    When the ground has changed since the plan was made, it is made again; if that gives anything else than what was
    accepted, nothing is written and the import waits for another look.

    Parameters
    ----------
    session : Session
        One transaction. It is safe to run again: the state changes in the same transaction as the ground.
    turn : Turn

    Raises
    ------
    Conflict
        "import_state", or "staging_lost" when the checked rows are gone (after a crash of the database).
    """
    lock_ground(session)
    found = session.scalars(select(GroundImport).where(GroundImport.id == turn.import_id)).one()
    accepted = found.summary or {}
    _refuse_lost_rows(session, found.id, int(accepted.get("rows", 0)))
    revision = session.scalar(text("SELECT number FROM revision WHERE subject = 'ground'"))
    summary = accepted
    if (accepted.get("revision"), accepted.get("from_day")) != (
        revision,
        first_day(session, found).isoformat(),
    ):
        # What the check of the file said stays; only the plan is made again.
        summary = accepted | plan_import(session, found)
        if _goes_beyond(accepted, summary):
            finish(session, turn, "checked", stage="done", summary=summary, error=as_json(_plan_changed()))
            return
    carry_out(session, found, summary)
    forget_files(session, found.id)
    finish(session, turn, "published", stage="done", summary=summary, published_at=func.now())


def _goes_beyond(accepted: dict[str, Any], summary: dict[str, Any]) -> bool:
    """Whether a plan that was made again would do anything that nobody has agreed to."""
    more = any(summary.get(verdict, 0) > accepted.get(verdict, 0) for verdict in AGREED)
    return more or summary.get("parents_created") != accepted.get("parents_created")


def _plan_changed() -> Conflict:
    return Conflict(
        "plan_changed",
        N_("你确认之后，别人改动了辖区数据，这次导入的结果和你看到的不同了。请核对后再确认一次。"),
    )


def carry_out(session: Session, found: GroundImport, summary: dict[str, Any]) -> None:
    """Write what the plan says into the ground."""
    day = date.fromisoformat(summary["from_day"])
    make_parents(session, found.id, summary.get("parents_created", []), day)
    match found.kind:
        case "building":
            publish_buildings(session, found.id, found.created_by, day)
        case "road" | "water":
            publish_backdrop(session, found.id, found.kind)
        case "codes":
            publish_codes(session, found.id)
        case _:
            publish_areas(session, found.id, found.kind or "", day)


def _refuse_lost_rows(session: Session, import_id: int, expected: int) -> None:
    staged = session.scalar(text("SELECT count(*) FROM import_row WHERE import_id = :id"), {"id": import_id})
    if staged != expected:
        raise Conflict("staging_lost", N_("检查结果已不完整（数据库曾经中断）。请重新检查一次，再确认导入。"))
