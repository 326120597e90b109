"""What an auditor can ask for: a check of the chains. Takes a session, never commits."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import jobs

CHECK_JOB = "journal.check"
# While one is under way, nobody needs another.
BEGIN = """
INSERT INTO journal_check (area_code, asked_by)
SELECT CAST(:area AS varchar), CAST(:by AS bigint) WHERE NOT EXISTS (
  SELECT FROM journal_check WHERE area_code = :area AND finished_at IS NULL AND asked_at > now() - interval '15 minutes')
RETURNING id
"""
WATCHED = "SELECT '' UNION SELECT area_code FROM role_grant WHERE role = 'auditor' AND during @> now()"


def ask_check(session: Session, area_codes: Iterable[str], by: int | None) -> int:
    """Let a background job compute the chains of these areas anew.

    Parameters
    ----------
    session : Session
        An open transaction.
    area_codes : iterable of str
        Streets, districts or "" for everything.
    by : int or None
        Account of who asks; None for the clock.

    Returns
    -------
    int
        How many checks were begun; areas that are being checked already are left alone.
    """
    begun = 0
    for area_code in dict.fromkeys(area_codes):
        check_id = session.scalar(text(BEGIN), {"area": area_code, "by": by})
        if check_id is not None:
            jobs.defer(session, CHECK_JOB, lock="journal", check_id=check_id)
            begun += 1
    return begun


def ask_watched_checks(session: Session) -> None:
    """The same for everything and for the areas of all auditors.

    Parameters
    ----------
    session : Session
        An open transaction.
    """
    ask_check(session, session.scalars(text(WATCHED)).all(), None)
