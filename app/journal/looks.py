"""Looks at unmasked personal data: who, whose, which fields, and why."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import N_, InvalidInput

MOST_A_LINE = 1000
LONGEST_REASON = 200


def note_look(
    session: Session,
    subject: str,
    ids: Sequence[int],
    fields: Sequence[str],
    reason: str,
    area_code: str = "",
) -> None:
    """Write down a look before anything is shown; call it in a transaction that commits first.

    Parameters
    ----------
    session : Session
        An open transaction. Who looks is what the edge has said (`db.acting_as`).
    subject : str
        Table of those looked at, for example "account".
    ids : sequence of int
        Whose rows; an export notes all of them in one call.
    fields : sequence of str
        Names of the columns that are shown unmasked.
    reason : str
        Why, in the words of who looks or of the page that shows it.
    area_code : str
        Whose rows they are; empty for nobody's.

    Raises
    ------
    InvalidInput
        "reason_missing" when no reason is given.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise InvalidInput("reason_missing", N_("请写明查看的理由，它会记入操作记录。"))
    for start in range(0, len(ids), MOST_A_LINE):
        session.execute(
            text("SELECT journal_note_look(:subject, :area, :ids, :fields, :reason)"),
            {
                "subject": subject,
                "area": area_code,
                "ids": list(ids[start : start + MOST_A_LINE]),
                "fields": list(fields),
                "reason": reason,
            },
        )
