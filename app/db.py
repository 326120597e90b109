"""The database: engine, base class with named constraints, the one commit, and what a refused row means."""

import hashlib
import select
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, NamedTuple

import orjson
import psycopg
from sqlalchemy import Connection, Engine, MetaData, PoolProxiedConnection, create_engine, event, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.codes import code_prefix
from app.errors import N_, Conflict, DomainError, InvalidInput, NotAllowed, Unavailable

# 40001 serialization failure, 40P01 deadlock: the whole transaction may simply be tried again.
RETRYABLE = ("40001", "40P01")
DISK_FULL = ("53100",)
# 08: connection exceptions, 57P: the server stops or was told to end this connection.
CONNECTION_LOST = ("08", "57P")
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 4_000
# Whoever walks past may ask, but not for long.
PUBLIC_TIMEOUT_MS = 1_000
INSTANT = TIMESTAMP(timezone=True)


class Base(DeclarativeBase):
    """Every table of the program."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_ix",
            "uq": "%(table_name)s_%(column_0_N_name)s_is_unique",
            "ck": "%(table_name)s_%(constraint_name)s",
            "fk": "%(table_name)s_%(column_0_N_name)s_fk",
            "pk": "%(table_name)s_pk",
        }
    )


# Prefixes of area codes: what a transaction may see and change. ("",) is everywhere, () is nowhere.
Scope = tuple[str, ...]
EVERYWHERE: Scope = ("",)
_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
# Set by the edge while it answers a request that only looks.
_looking: ContextVar[bool] = ContextVar("looking", default=False)
# For the running transaction only.
SET_SCOPE = "SELECT set_config('wardmap.scope', %s, true)"
SET_SCOPE_AND_ACTOR = "SELECT set_config('wardmap.scope', %s, true), set_config('wardmap.actor', %s, true)"
SET_ACTOR = "SELECT set_config('wardmap.actor', %s, true)"


class Actor(NamedTuple):
    """Who changes something, for the journal: an account, from where, and what ties its lines together."""

    account_id: int | None = None
    source: str = "program"
    request: str = ""

    def __str__(self) -> str:
        return f"{self.account_id or ''} {self.source} {self.request}"


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)

# Name of a database constraint -> what to tell the person. Rooms add theirs with `explain`.
_EXPLANATIONS: dict[str, tuple[type[DomainError], str, str]] = {}
_writers: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
_readers: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
_visitors: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
READ_ONLY = " -c default_transaction_read_only=on"


def explain(constraint: str, kind: type[DomainError], code: str, sentence: str) -> None:
    """Say in words what a violation of this constraint means."""
    _EXPLANATIONS[constraint] = (kind, code, sentence)


def connect(
    url: str, pool_size: int = 8, time_zone: str = "Asia/Shanghai", *, public_url: str = ""
) -> Engine:
    """Make the engine for this process and use it from now on; `time_zone` decides what day it is.

    `public_url` is the address for `public_reading`. Disposing of the engine closes every connection.
    """
    engine = _engine(url, pool_size, time_zone)
    readers = _engine(url, pool_size, time_zone, READ_ONLY)
    briefly = f"{READ_ONLY} -c statement_timeout={PUBLIC_TIMEOUT_MS}"
    visitors = _engine(public_url or url, pool_size, time_zone, briefly)
    bind(engine, readers, visitors)
    for other in (readers, visitors):
        event.listen(engine, "engine_disposed", lambda _, other=other: other.dispose())
    return engine


def _engine(url: str, pool_size: int, time_zone: str, more: str = "", **options: Any) -> Engine:
    engine = create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_recycle=1800,
        # What a failed statement was given must not stand in a log.
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": 5,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
            f" -c idle_in_transaction_session_timeout=60000 -c timezone={time_zone} -c jit=off{more}",
        },
        **options,
    )
    event.listen(engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, record: Any, fairy: Any) -> None:
    """Take another connection when the server has closed this one: it says so before it is asked anything."""
    waiting = select.poll()
    if not connection.closed:
        waiting.register(connection.fileno(), select.POLLIN)
    if connection.closed or waiting.poll(0):
        raise DisconnectionError


def bind(
    target: Engine | Connection, readers: Engine | None = None, visitors: Engine | None = None, **options: Any
) -> None:
    """Point every later transaction at this engine, or at one connection (tests)."""
    _writers.configure(bind=target, **options)
    _readers.configure(bind=readers or target, **options)
    _visitors.configure(bind=visitors or readers or target, **options)


def in_scope(column: str) -> str:
    """A condition for a question of our own: whose rows it means. The first of three locks; policies are the second.

    Written as they are, and for their reason: the planner expects half of all rows to be in scope. An unset scope is an error.
    """
    return f"coalesce({column} LIKE ANY ((SELECT scope_patterns())::text[]), false)"


def in_sight(column: str) -> str:
    """The same for areas: those above the scope are seen too."""
    return f"({in_scope(column)} OR {column} = ANY ((SELECT scope_ancestors())::text[]))"


def scope_of(codes: Iterable[str]) -> Scope:
    """The scope of some 12-digit area codes; an empty one means everywhere."""
    prefixes = sorted(code_prefix(code) for code in codes)
    kept: list[str] = []
    for prefix in prefixes:
        if not any(prefix.startswith(wider) for wider in kept):
            kept.append(prefix)
    return tuple(kept)


@contextmanager
def acting_in(scope: Scope | None) -> Iterator[None]:
    """Within the block transactions see and change what lies in this scope; None is refused by the database."""
    before = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(before)


def act_in(scope: Scope | None) -> Token[Scope | None]:
    """From now on, in this thread: for the edge, which sets it at the start of every request and takes it back at its end."""
    return _scope.set(scope)


def act_as_before(token: Token[Scope | None]) -> None:
    """Take back what `act_in` gave this token for."""
    _scope.reset(token)


def act_as(actor: Actor) -> None:
    """From now on, in this thread: for the edge, with every request."""
    _actor.set(actor)


def acting_account() -> int | None:
    """The account in whose name this thread works, to be handed on to a job."""
    actor = _actor.get()
    return actor.account_id if actor else None


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Within the block transactions say that this is who changes something."""
    before = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(before)


def scope_key() -> str:
    """Tells the answers of one scope from those of another, for what browsers keep."""
    scope = _scope.get()
    return "" if scope is None else hashlib.sha256(",".join(scope).encode()).hexdigest()[:8]


@event.listens_for(_readers, "after_begin")
def _tell_scope(session: Session, transaction: Any, connection: Connection) -> None:
    """For this transaction only: unset, every policy ends in an error."""
    scope = _scope.get()
    if scope is not None:
        connection.exec_driver_sql(SET_SCOPE, (_patterns(scope),))


@event.listens_for(_visitors, "after_begin")
def _tell_everywhere(session: Session, transaction: Any, connection: Connection) -> None:
    """Public views are of every area. What holds here is that the role may read nothing else."""
    connection.exec_driver_sql(SET_SCOPE, (_patterns(EVERYWHERE),))


@event.listens_for(_writers, "after_begin")
def _tell_scope_and_actor(session: Session, transaction: Any, connection: Connection) -> None:
    """The same, and who it is, for the journal."""
    scope, actor = _scope.get(), str(_actor.get() or Actor())
    if scope is None:
        connection.exec_driver_sql(SET_ACTOR, (actor,))
    else:
        connection.exec_driver_sql(SET_SCOPE_AND_ACTOR, (_patterns(scope), actor))


def _patterns(scope: Scope) -> str:
    return "{" + ",".join(f"{prefix}%" for prefix in scope) + "}"


def driver_url(url: str) -> str:
    """Accept the usual spellings of a PostgreSQL address; psycopg 3 is the driver."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def look_only(looking: bool) -> None:
    """From now on, in this thread: whether a transaction that could write is a defect. For the edge, around every view."""
    _looking.set(looking)


@contextmanager
def transaction() -> Iterator[Session]:
    """All or nothing: commits when the block ends well, explains what the database refused."""
    if _looking.get():
        raise RuntimeError("a request that only looks has asked for a transaction that could write")
    session = _writers()
    try:
        yield session
        session.commit()
    except DBAPIError as error:
        session.rollback()
        raise explained(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def reading() -> Iterator[Session]:
    """For questions only: a statement that writes is refused by the database. Each sees what is committed when it begins."""
    with _read_only(_readers()) as session:
        yield session


@contextmanager
def public_reading() -> Iterator[Session]:
    """For answers that everybody gets: as a role that may read public views and nothing else, whoever has signed in."""
    with _read_only(_visitors()) as session:
        yield session


@contextmanager
def _read_only(session: Session) -> Iterator[Session]:
    try:
        if isinstance(session.bind, Connection):
            session.execute(text("SET TRANSACTION READ ONLY"))
        yield session
    except DBAPIError as error:
        raise explained(error) from error
    finally:
        # What was read stays usable after the block; a rollback before would expire it.
        session.close()


@contextmanager
def glance() -> Iterator[psycopg.Connection[Any]]:
    """For what every request asks: the driver itself and no transaction, because there the ORM would cost more than the answer."""
    bound = _readers.kw["bind"]
    if isinstance(bound, Connection):
        yield _driver(bound.connection)
        return
    try:
        pooled = bound.raw_connection()
    except psycopg.OperationalError as error:
        raise explained(error) from error
    driver = _driver(pooled)
    driver.autocommit = True
    try:
        yield driver
        driver.autocommit = False
    except psycopg.Error as error:
        # It may be gone, or in a state of its own: the next question takes another.
        pooled.invalidate()
        raise explained(error) from error
    finally:
        pooled.close()


def straight(session: Session) -> psycopg.Connection[Any]:
    """The driver's own connection, in the session's transaction."""
    return _driver(session.connection().connection)


def _driver(pooled: PoolProxiedConnection) -> psycopg.Connection[Any]:
    driver = pooled.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("psycopg is the only driver")
    return driver


def scoped_row(
    driver: psycopg.Connection[Any], question: str, parameters: Any, *, binary: bool = False
) -> tuple[Any, ...] | None:
    """One row of those in scope, in one round trip: what a pipeline sends together is one transaction."""
    scope = _scope.get()
    with driver.pipeline():
        if scope is not None:
            driver.execute(SET_SCOPE, (_patterns(scope),))
        answer = driver.execute(question, parameters, binary=binary)
    return answer.fetchone()


def like_patterns(words: str) -> dict[str, str]:
    """Up to four words as LIKE patterns under the names w0, w1 …, for text that holds each; no sign in them is special."""
    plain = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words.split()[:4])
    return {f"w{n}": f"%{word}%" for n, word in enumerate(plain)}


def explained(error: DBAPIError | psycopg.Error) -> Exception:
    """The domain error behind a database error, or the error itself when it is a defect."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    diagnosis = getattr(cause, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if isinstance(error, IntegrityError) and name in _EXPLANATIONS:
        kind, code, sentence = _EXPLANATIONS[name]
        return kind(code, sentence)
    state = getattr(cause, "sqlstate", None) or ""
    if state in DISK_FULL:
        return Unavailable("disk_full", N_("数据库所在的磁盘已满，刚才的操作没有保存。请清理磁盘后重试。"))
    if state in RETRYABLE or state == "55P03":
        return Conflict("busy", N_("别人正在改同一处，刚才的操作没有保存。请稍后重试。"))
    if state == "42501" and "row-level security" in str(cause):
        return NotAllowed("outside_scope", N_("这里不是你的辖区，不能改动。"))
    if state == "57014":
        return Unavailable("too_slow", N_("这一步用时过长，已停止，没有保存任何改动。请缩小范围后重试。"))
    if state in {"22P05", "22021"}:
        return InvalidInput("text_unusable", N_("文字里有数据库不能保存的字符。"))
    if isinstance(cause, psycopg.DataError) and not state:
        # Refused by the driver before it was sent: a NUL, or half of a character.
        return InvalidInput("text_unusable", N_("文字里有数据库不能保存的字符。"))
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(cause, psycopg.OperationalError) and (
        lost or not state or state.startswith(CONNECTION_LOST)
    ):
        return Unavailable("database_away", N_("暂时连不上数据库，请稍后重试。"))
    return error
