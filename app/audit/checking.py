"""Checks as background jobs: asked for on the page, and every night."""

import logging

from sqlalchemy import func, select, update

from app import db
from app.audit.actions import CHECK_JOB, ask_watched_checks
from app.jobs import every, task
from app.journal.tables import JournalCheck
from app.journal.verify import verify
from app.migrations.journalling import unjournalled

log = logging.getLogger("wardmap.audit")


@task(CHECK_JOB)
def check_job(check_id: int) -> None:
    """Compute the chains of one area anew and write down what was found; safe to run again."""
    with db.acting_in(db.EVERYWHERE), db.reading() as session:
        area_code = session.scalar(select(JournalCheck.area_code).where(JournalCheck.id == check_id))
    if area_code is None:
        return
    with db.acting_in(db.scope_of([area_code])):
        with db.reading() as session:
            silent = () if area_code else unjournalled(session.connection())
            found = verify(session, db.scope_of([area_code]), not_recorded=silent)
        if not found.whole:
            log.error("the journal of %r is not whole: %s", area_code, "; ".join(map(str, found.breaks)))
        with db.transaction() as session:
            session.execute(
                update(JournalCheck)
                .where(JournalCheck.id == check_id)
                .values(finished_at=func.now(), result=found.as_json())
            )


@every("43 2 * * *", "journal.check_all")
def check_all() -> None:
    with db.acting_in(db.EVERYWHERE), db.transaction() as session:
        ask_watched_checks(session)
