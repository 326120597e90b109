"""Where an import stands: every step is decided by one conditional statement, progress is told in transactions of its own."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app import db
from app.errors import N_, Conflict, DomainError, NotFound
from app.ground.models import GroundImport
from app.ground.queries.import_words import STATE_WORDS
from app.ground.rules import STEP_STARTS

Progress = Callable[[str, int, int], None]
PROGRESS_EVERY_S = 0.5
LONG_STATEMENT_MS = 15 * 60 * 1000
MINE = text(db.in_scope("ground_import.area_code"))

CANCELLED = N_("已取消，没有写入任何数据。")


class Cancelled(DomainError):
    """Somebody asked to stop; nothing was kept."""

    def __init__(self) -> None:
        super().__init__("import_cancelled", CANCELLED)


class Turn(NamedTuple):
    """A running step. Cancelled and asked for again it has another version: whoever runs the old one keeps nothing."""

    import_id: int
    running: str
    version: int

    def holds(self) -> Any:
        """The condition under which the step is still this one."""
        return (
            (GroundImport.id == self.import_id)
            & (GroundImport.state == self.running)
            & (GroundImport.version == self.version)
        )


def move(session: Session, import_id: int, step: str, to: str, **values: Any) -> None:
    """Let an import take a step, or raise when its state does not allow it: one statement decides."""
    changed = session.execute(
        update(GroundImport)
        .where(GroundImport.id == import_id, GroundImport.state.in_(STEP_STARTS[step]), MINE)
        .values(
            state=to,
            stage="",
            done=0,
            total=0,
            version=GroundImport.version + 1,
            **{"error": None, **values},
        )
        .returning(GroundImport.id)
    ).scalar()
    if changed is None:
        refuse_step(session, import_id)


def finish(session: Session, turn: Turn, to: str, **values: Any) -> None:
    """End a running step; raise when it was ended by somebody else meanwhile."""
    changed = session.execute(
        update(GroundImport)
        .where(turn.holds())
        .values(state=to, version=GroundImport.version + 1, updated_at=func.now(), **values)
        .returning(GroundImport.id)
    ).scalar()
    if changed is None:
        refuse_step(session, turn.import_id)


def refuse_step(session: Session, import_id: int) -> NoReturn:
    """Raise what explains why a step is not possible now."""
    state = session.scalar(select(GroundImport.state).where(GroundImport.id == import_id, MINE))
    if state is None:
        raise NotFound("import_missing", N_("没有这次导入。"))
    raise Conflict(
        "import_state",
        N_("这次导入现在的状态是“%(state_words)s”，不能做这一步。请刷新页面看最新情况。"),
        state=state,
        state_words=STATE_WORDS[state],
    )


def turn_of(import_id: int) -> Turn:
    """What the import is at right now, in a transaction of its own."""
    with db.reading() as session:
        row = session.execute(
            select(GroundImport.state, GroundImport.version).where(GroundImport.id == import_id)
        ).first()
    if row is None:
        raise NotFound("import_missing", N_("没有这次导入。"))
    return Turn(import_id, row.state, row.version)


def fail(turn: Turn, error: DomainError) -> None:
    """Write down how a running step ended badly. Says nothing when it was ended by somebody else."""
    with db.transaction() as session:
        session.execute(
            update(GroundImport)
            .where(turn.holds())
            .values(
                state="cancelled" if isinstance(error, Cancelled) else "failed",
                version=GroundImport.version + 1,
                error=as_json(error),
            )
        )


def as_json(error: DomainError) -> dict[str, Any]:
    """An error as it is kept with the import."""
    facts = {key: _plain(value) for key, value in error.facts.items()}
    return {"code": error.code, "sentence": error.sentence, "facts": facts}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def for_long_statements(session: Session) -> None:
    """Give this transaction the patience that a web request must not have."""
    session.execute(
        text(
            f"SET LOCAL statement_timeout = {LONG_STATEMENT_MS}; SET LOCAL lock_timeout = {LONG_STATEMENT_MS};"
            " SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '64MB'"
        )
    )


class Ticker:
    """Tells the database, at most twice a second, how far a step has come, and hears whether to stop."""

    def __init__(self, turn: Turn, on_progress: Progress | None = None) -> None:
        self.turn = turn
        self._on_progress = on_progress
        self._told_at = 0.0
        self._stage = ""
        self._stop = False

    def tell(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Note progress; raise Cancelled when somebody asked to stop or took the import away."""
        now = time.monotonic()
        if stage == self._stage and now - self._told_at < PROGRESS_EVERY_S:
            return
        self._stage, self._told_at = stage, now
        if self._on_progress:
            self._on_progress(stage, done, total)
        with db.transaction() as session:
            going_on = session.execute(
                update(GroundImport)
                .where(self.turn.holds())
                .values(stage=stage[:32], done=done, total=total, updated_at=func.now())
                .returning(GroundImport.id)
            ).scalar()
        if going_on is None:
            self._stop = True
            raise Cancelled

    def should_stop(self) -> bool:
        """Poll for a wish to stop without saying anything about progress."""
        now = time.monotonic()
        if not self._stop and now - self._told_at >= PROGRESS_EVERY_S:
            self._told_at = now
            with db.reading() as session:
                self._stop = session.scalar(select(GroundImport.id).where(self.turn.holds())) is None
        return self._stop


def ask_cancel(session: Session, import_id: int) -> None:
    """Stop an import. A step that runs on meanwhile finds out, and keeps nothing.

    Raises
    ------
    NotFound
        "import_missing".
    Conflict
        "import_state" when it is already published, undone, failed or cancelled.
    """
    move(session, import_id, "cancel", "cancelled", error=as_json(Cancelled()))
