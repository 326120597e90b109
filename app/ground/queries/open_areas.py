"""What everybody may know of the ground, read from public views."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class OpenArea(NamedTuple):
    """An area as it is called today."""

    code: str
    name: str


def open_communities(session: Session) -> list[OpenArea]:
    """Today's communities in code order; asked within `db.public_reading`."""
    rows = session.execute(text("SELECT code, name FROM open_area WHERE level = 'community' ORDER BY code"))
    return [OpenArea(*row) for row in rows]
