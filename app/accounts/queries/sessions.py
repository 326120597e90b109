"""Where an account is signed in."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

OPEN_SESSIONS = """
SELECT left(encode(token_hash, 'hex'), 16) AS key, device, network, created_at, seen_at, second_factor, token_hash = :own AS is_own
FROM browser_session WHERE account_id = :account_id AND expires_at > now() ORDER BY is_own DESC, seen_at DESC
"""


class OpenSession(NamedTuple):
    """One browser that is signed in, as a page shows it; `key` finds it among those of its account."""

    key: str
    device: str
    network: str
    created_at: datetime
    seen_at: datetime
    second_factor: bool
    is_own: bool


def open_sessions(session: Session, account_id: int, own: bytes = b"") -> list[OpenSession]:
    """The browsers that are signed in to an account; `own` is the token hash of the one that asks."""
    rows = session.execute(text(OPEN_SESSIONS), {"account_id": account_id, "own": own})
    return [OpenSession(*row) for row in rows]
