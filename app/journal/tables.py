"""What exists: lines, the blocks that chain them, the head of each chain, and checks that were asked for.

Only triggers and functions of the database write the first three; nobody changes or deletes a line.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, LargeBinary, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import INSTANT, Base

ACTIONS = ("insert", "update", "delete", "look")


class JournalLine(Base):
    """What one statement did to rows of one table in one area, or who looked at what."""

    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # Of the street (or district, or whole installation): lines of one chain are proved together.
    chain: Mapped[str] = mapped_column(String(12))
    area_code: Mapped[str] = mapped_column(String(12), server_default="")
    subject: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(8))
    rows: Mapped[int] = mapped_column(Integer)
    # A list of {id, is, before, after}; for many new rows a summary; for a look {ids, fields, reason}.
    changes: Mapped[Any] = mapped_column(JSONB)
    # No key to `account`: what is written here outlives what it names.
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(16))
    request: Mapped[str] = mapped_column(String(64))
    db_role: Mapped[str] = mapped_column(String(63))
    # When the transaction began; with the number of the transaction it says what was done together.
    at: Mapped[datetime] = mapped_column(INSTANT)
    txid: Mapped[int] = mapped_column(BigInteger, index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint(f"action IN ({', '.join(map(repr, ACTIONS))})", name="action_is_known"),
        Index("journal_chain_ix", "chain", "id"),
        Index("journal_account_id_ix", "account_id", "id"),
        Index("journal_look_ix", "account_id", "at", postgresql_where=text("action = 'look'")),
        # Where looks are many, changes are found past them.
        Index("journal_change_ix", "id", postgresql_where=text("action <> 'look'")),
        Index("journal_request_ix", "request", postgresql_where=text("request <> ''")),
        # Lines come in the order of time: some pages of this index serve for millions of them.
        Index("journal_at_ix", "at", postgresql_using="brin"),
    )


class JournalBlock(Base):
    """The lines that one transaction added to one chain, bound to everything before them by a hash."""

    __tablename__ = "journal_block"

    chain: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    txid: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(INSTANT)
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[int] = mapped_column(Integer)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class JournalHead(Base):
    """The last block of a chain: says that nothing was cut off, and makes writers of one chain take turns."""

    __tablename__ = "journal_head"

    chain: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    txid: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(INSTANT)
    last_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class JournalCheck(Base):
    """A check of the chains of an area, asked for by somebody or by the clock, and what it found."""

    __tablename__ = "journal_check"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    area_code: Mapped[str] = mapped_column(String(12), server_default="", index=True)
    asked_by: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(INSTANT)
    # JSON of what `verify` gives back.
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (CheckConstraint("area_code ~ '^([0-9]{12})?$'", name="area_code_has_12_digits"),)
