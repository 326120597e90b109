"""Is the journal whole: every line, block and chain is computed anew, in constant memory."""

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app import db
from app.errors import N_, InvalidInput

# Hexadecimal digits of a hash that an office writes down; 64 bits cannot be met on purpose.
SEAL_DIGITS = 16
# A line holds up to a thousand changed rows.
LINES_A_TIME = 200
LONG_MS = 60 * 60 * 1000
MOST_BREAKS = 20
NOWHERE = "0" * 12
MICROSECONDS = "(extract(epoch FROM {0}) * 1000000)::bigint"
HEADS = "SELECT chain, number, hash FROM journal_head WHERE %s OR chain LIKE ANY(%s) ORDER BY chain"
BLOCKS = f"""
SELECT b.number, b.txid, {MICROSECONDS.format("b.at")}, b.first_id, b.last_id, b.lines, b.hash,
  j.id, j.area_code, j.subject, j.action, j.rows, j.changes::text, j.account_id, j.source, j.request, j.db_role, j.digest
FROM journal_block b
LEFT JOIN journal j ON j.chain = b.chain AND j.txid = b.txid AND j.at = b.at AND j.id BETWEEN b.first_id AND b.last_id
WHERE b.chain = %(chain)s
  AND (%(since)s::date IS NULL OR b.at >= %(since)s::date) AND (%(until)s::date IS NULL OR b.at < %(until)s::date + 1)
ORDER BY b.number, j.id
"""
BEFORE = "SELECT hash FROM journal_block WHERE chain = %s AND number = %s"
# Put in past the triggers: such a line is in no block.
UNBOUND = """
SELECT j.id, j.chain FROM journal j WHERE NOT EXISTS (
  SELECT FROM journal_block b
  WHERE b.chain = j.chain AND b.txid = j.txid AND b.at = j.at AND j.id BETWEEN b.first_id AND b.last_id)
AND (%s OR j.chain LIKE ANY(%s)) AND (%s::date IS NULL OR j.at >= %s::date) AND (%s::date IS NULL OR j.at < %s::date + 1)
ORDER BY j.id LIMIT 20
"""
MISSING = """
SELECT n FROM generate_series(%s::bigint, %s::bigint) AS n WHERE NOT EXISTS (SELECT FROM journal j WHERE j.id = n) ORDER BY n LIMIT 1
"""
# Of each chain the seal of the last check that found it whole.
EARLIER = """
SELECT DISTINCT ON (split_part(seal, ':', 1)) seal
FROM journal_check c, jsonb_array_elements_text(c.result -> 'seals') AS seal
WHERE c.finished_at IS NOT NULL AND (c.result ->> 'whole')::boolean
  AND (%s OR replace(split_part(seal, ':', 1), '000000000000', '') LIKE ANY(%s))
ORDER BY split_part(seal, ':', 1), c.id DESC
"""
WORDS = {
    "line_altered": N_("第 %(line)s 行的内容被改过"),
    "line_missing": N_("第 %(line)s 行不见了（或被移到别处）"),
    "line_added": N_("第 %(line)s 行不是由程序写入的"),
    "block_altered": N_("第 %(block)s 段的校验值不符：其中有行被改过"),
    "block_missing": N_("第 %(block)s 段不见了"),
    "cut_off": N_("第 %(block)s 段以后的内容被截掉了"),
    "earlier_gone": N_("第 %(block)s 段和以前核验时不一样，或已经不在"),
    "not_recorded": N_("表 %(table)s 的改动现在没有在记录：触发器被停用或改动了"),
    "seal_broken": N_("与封条不符：第 %(block)s 段不是抄下来的那样"),
}


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold."""

    what: str
    chain: str
    block: int | None = None
    line: int | None = None
    table: str = ""

    def __str__(self) -> str:
        return WORDS[self.what] % {"line": self.line, "block": self.block, "table": self.table}


@dataclass
class Verdict:
    """What a check looked at and found."""

    chains: int = 0
    blocks: int = 0
    lines: int = 0
    seconds: float = 0.0
    breaks: list[Break] = field(default_factory=list)
    seals: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.breaks

    @property
    def lines_a_second(self) -> int:
        return round(self.lines / self.seconds) if self.seconds else 0

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "whole": self.whole}


def verify(
    session: Session,
    prefixes: db.Scope = db.EVERYWHERE,
    since: date | None = None,
    until: date | None = None,
    seals: Iterable[str] = (),
    not_recorded: Iterable[str] = (),
    on_progress: Callable[[Verdict], None] | None = None,
) -> Verdict:
    """Compute everything anew.

    Parameters
    ----------
    session : Session
        Fresh and for reading: it sees one state of the journal from the first to the last line.
    prefixes : tuple of str
        Scope of the chains to look at; a chain is a street's, a district's, or (everywhere only) nobody's.
    since, until : date, optional
        Only what was begun on these days; both belong to it.
    seals : iterable of str
        What was written down earlier, as `chain:block:digits`; what earlier checks have found is compared in any case.
    not_recorded : iterable of str
        Tables whose triggers are missing, switched off or altered; only the whole installation is told.
    on_progress : callable, optional
        Hears of every finished chain.

    Returns
    -------
    Verdict
        With at most twenty breaks, the first of each chain foremost, and the seals of now.

    Raises
    ------
    InvalidInput
        "seal_unusable".
    """
    wanted = [_seal(one) for one in seals]
    driver = _steady(session)
    found, began = Verdict(), time.perf_counter()
    everything, patterns = "" in prefixes, [f"{prefix}%" for prefix in prefixes]
    heads = driver.execute(HEADS, (everything, patterns)).fetchall()
    for chain, number, head in heads:
        _verify_chain(driver, chain, number, head, since, until, found)
        found.seals.append(f"{chain or NOWHERE}:{number}:{head.hex()[:SEAL_DIGITS]}")
        if on_progress:
            on_progress(found)
    days = (since, since, until, until)
    for line, chain in driver.execute(UNBOUND, (everything, patterns, *days)).fetchall():
        _note(found, Break("line_added", chain, line=line))
    earlier = [_seal(one) for (one,) in driver.execute(EARLIER, (everything, patterns)).fetchall()]
    for what, several in (("seal_broken", wanted), ("earlier_gone", earlier)):
        for chain, number, digits in several:
            kept = driver.execute(BEFORE, (chain, number)).fetchone()
            if kept is None or not kept[0].hex().startswith(digits):
                _note(found, Break(what, chain, number))
    for table in not_recorded:
        _note(found, Break("not_recorded", "", table=table))
    found.seconds = time.perf_counter() - began
    return found


def _steady(session: Session) -> psycopg.Connection[Any]:
    if not isinstance(session.get_bind(), Connection):
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    session.execute(text(f"SET LOCAL statement_timeout = {LONG_MS}"))
    return db.straight(session)


def _seal(written: str) -> tuple[str, int, str]:
    parts = re.fullmatch(
        rf"\s*([0-9]{{12}}):([0-9]{{1,18}}):([0-9a-f]{{{SEAL_DIGITS},64}})\s*", written.lower()
    )
    if not parts:
        raise InvalidInput(
            "seal_unusable",
            N_("封条应写成“区划代码:段号:16 位校验值”，收到的是“%(value)s”。"),
            value=written[:80],
        )
    chain, number, digits = parts.groups()
    return ("" if chain == NOWHERE else chain), int(number), digits


def _verify_chain(
    driver: psycopg.Connection[Any],
    chain: str,
    last: int,
    head: bytes,
    since: date | None,
    until: date | None,
    found: Verdict,
) -> None:
    found.chains += 1
    block: _Block | None = None
    with driver.cursor(name="journal_blocks") as cursor:
        cursor.itersize = LINES_A_TIME
        cursor.execute(BLOCKS, {"chain": chain, "since": since, "until": until})
        for row in cursor:
            if block is None or row[0] != block.number:
                if block is not None:
                    block.close(driver, found)
                block = _follow(driver, chain, block, row, found, from_start=since is None)
            if row[7] is not None:
                block.take(row[7:], found)
    if block is not None:
        block.close(driver, found)
    ended = (block.number, block.kept) if block else (0, b"")
    if until is None and ended != (last, head) and (block or since is None):
        _note(found, Break("cut_off" if ended[0] < last else "block_altered", chain, ended[0]))


def _follow(
    driver: psycopg.Connection[Any],
    chain: str,
    former: "_Block | None",
    row: tuple[Any, ...],
    found: Verdict,
    *,
    from_start: bool,
) -> "_Block":
    """Begin the block of this row behind the former one; when that is not the one before it, behind what is kept of that."""
    before = former.kept if former else b""
    expected = former.number + 1 if former else 1
    if row[0] != expected:
        if former or from_start:
            _note(found, Break("block_missing", chain, expected))
        kept = driver.execute(BEFORE, (chain, row[0] - 1)).fetchone()
        before = kept[0] if kept else b""
    return _Block(chain, before, row)


class _Block:
    """One block while its lines pass by; no line is kept."""

    def __init__(self, chain: str, before: bytes, row: tuple[Any, ...]) -> None:
        self.chain = chain
        self.number, self.txid, self.at, self.first, self.last, self.count, self.kept = row[:7]
        facts = _text(chain, self.number, self.txid, self.at, self.first, self.last, self.count)
        self._sum = hashlib.sha256(before + facts)
        self._lines = 0
        self._is_whole = True

    def take(self, line: tuple[Any, ...], found: Verdict) -> None:
        found.lines += 1
        self._lines += 1
        self._sum.update(line[-1])
        if line_digest(self.chain, self.at, self.txid, line) != line[-1]:
            self._complain(found, "line_altered", line[0])

    def close(self, driver: psycopg.Connection[Any], found: Verdict) -> None:
        found.blocks += 1
        if self._lines < self.count:
            gap = driver.execute(MISSING, (self.first, self.last)).fetchone()
            # Where every number is still there, one was given another time or chain; it is found below, in no block.
            self._complain(found, "line_missing" if gap else "block_altered", gap[0] if gap else None)
        if self._is_whole and self._sum.digest() != self.kept:
            self._complain(found, "block_altered", None)

    def _complain(self, found: Verdict, what: str, line: int | None) -> None:
        self._is_whole = False
        _note(found, Break(what, self.chain, self.number, line))


def line_digest(chain: str, at: int, txid: int, line: tuple[Any, ...]) -> bytes:
    """The same as `journal_complete` in the database."""
    number, area, subject, action, rows, changes, account, source, request, role, _ = line
    kept = _text(
        number, chain, area, subject, action, rows, changes, account, source, request, role, at, txid
    )
    return hashlib.sha256(kept).digest()


def _text(*parts: Any) -> bytes:
    return "\x1f".join("" if part is None else str(part) for part in parts).encode()


def _note(found: Verdict, one: Break) -> None:
    if len(found.breaks) < MOST_BREAKS:
        found.breaks.append(one)
