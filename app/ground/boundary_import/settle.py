"""Deciding by hand to which community the rows belong that fall nowhere or twice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.db import in_scope
from app.errors import N_, InvalidInput
from app.ground.boundary_import.plan import plan_import
from app.ground.boundary_import.states import MINE, refuse_step
from app.ground.models import GroundImport


def settle_rows(session: Session, import_id: int, rows: Sequence[int], community_code: str | None) -> int:
    """Give rows a community by hand, or take that back, and plan again.

    Parameters
    ----------
    session : Session
    import_id : int
        A building import in state "checked".
    rows : sequence of int
        Row numbers of the file.
    community_code : str or None
        None takes an earlier choice back.

    Returns
    -------
    int
        Number of rows that were set.

    Raises
    ------
    NotFound
        "import_missing".
    Conflict
        "import_state".
    InvalidInput
        "community_unknown".
    """
    # Locks the import, so that it cannot be published half settled.
    found = session.scalars(
        select(GroundImport).where(GroundImport.id == import_id, MINE).with_for_update()
    ).first()
    if found is None or found.state != "checked" or found.kind != "building":
        refuse_step(session, import_id)
    known = session.scalar(
        text(
            f"SELECT EXISTS (SELECT FROM area WHERE code = :code AND level = 'community' AND {in_scope('code')})"
        ),
        {"code": community_code},
    )
    if community_code is not None and not known:
        raise InvalidInput(
            "community_unknown", N_("没有编码为 %(code)s 的社区。请从列表中选择。"), code=community_code
        )
    changed = session.execute(
        text(
            "UPDATE import_row SET settled_code = :code WHERE import_id = :id AND row_no = ANY(:rows) AND NOT refused"
            " RETURNING row_no"
        ),
        {"id": import_id, "code": community_code, "rows": list(rows)},
    ).all()
    summary = _planned_again(session, found, [row_no for (row_no,) in changed])
    session.execute(
        update(GroundImport)
        .where(GroundImport.id == import_id)
        .values(summary=summary, version=GroundImport.version + 1, updated_at=func.now())
    )
    return len(changed)


def _planned_again(session: Session, found: GroundImport, rows: list[int]) -> dict[str, Any]:
    """The summary after these rows were planned again; when the ground has changed, after all of them were."""
    before = found.summary or {}
    revision = session.scalar(text("SELECT number FROM revision WHERE subject = 'ground'"))
    if before.get("revision") != revision:
        return before | plan_import(session, found)
    after = before | plan_import(session, found, rows)
    numbers = before.get("last_numbers", {})
    after["last_numbers"] = numbers | {
        code: max(number, numbers.get(code, 0)) for code, number in after["last_numbers"].items()
    }
    return after
