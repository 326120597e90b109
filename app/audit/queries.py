"""What can be asked of the journal. Everything stays in the asker's areas, by policy and by the condition here."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.codes import code_prefix
from app.errors import N_, NotFound

LINES_A_PAGE = 50
# Of a line with many rows, as many are shown in a list; its own page shows all.
ROWS_SHOWN = 10
MOST_SEEN = 200
# They hold the number of an account.
ACCOUNT_COLUMNS = (
    "account_id",
    "given_by",
    "ended_by",
    "invited_by",
    "created_by",
    "changed_by",
    "granted_by",
    "published_by",
)
MINE = "j.area_code LIKE ANY (scope_patterns())"
LINES = """
SELECT j.id, j.at, j.area_code, j.subject, j.action, j.rows, j.account_id, j.source, j.request, j.db_role,
  CASE WHEN jsonb_typeof(j.changes) = 'array' THEN jsonb_path_query_array(j.changes, '$[0 to {last}]') ELSE j.changes END AS changes
FROM journal j WHERE {where} ORDER BY j.id DESC LIMIT :most
"""
LINE = f"""
SELECT j.id, j.at, j.area_code, j.subject, j.action, j.rows, j.account_id, j.source, j.request, j.db_role, j.changes
FROM journal j WHERE j.id = :id AND {MINE}
"""
SEEN = f"""
SELECT l.subject, (seen.id)::bigint AS id, count(*) AS times, max(l.at) AS last_at, count(*) OVER () AS found
FROM (SELECT j.subject, j.at, j.changes FROM journal j WHERE j.account_id = :account AND j.action = 'look' AND {MINE} {{days}}) AS l
CROSS JOIN LATERAL jsonb_array_elements(l.changes -> 'ids') AS seen(id)
GROUP BY l.subject, seen.id ORDER BY max(l.at) DESC, seen.id LIMIT {MOST_SEEN}
"""
AREA_NAMES = """
SELECT DISTINCT ON (area_code) area_code, name FROM area_version WHERE area_code = ANY(:codes) ORDER BY area_code, lower(during) DESC
"""
ZONES = """
SELECT z.id, z.number, z.name, p.name AS plan FROM zone z JOIN plan p ON p.id = z.plan_id WHERE z.id = ANY(:ids)
"""
CHAINS = """
SELECT h.chain, h.number, h.hash, h.at, (SELECT sum(b.lines) FROM journal_block b WHERE b.chain = h.chain) AS lines
FROM journal_head h WHERE h.chain LIKE ANY (scope_patterns()) ORDER BY h.chain
"""
CHECKS = """
SELECT c.id, c.area_code, c.asked_at, c.finished_at, c.result, a.login FROM journal_check c LEFT JOIN account a ON a.id = c.asked_by
WHERE c.area_code LIKE ANY (scope_patterns()) ORDER BY c.id DESC LIMIT 20
"""


class Line(NamedTuple):
    """One line of the journal."""

    id: int
    at: datetime
    area_code: str
    subject: str
    action: str
    rows: int
    account_id: int | None
    source: str
    request: str
    db_role: str
    changes: Any


class Filter(NamedTuple):
    """What somebody wants to see; empty means everything."""

    account: str = ""
    area_code: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    request: str = ""
    looks: bool = False

    @property
    def is_empty(self) -> bool:
        return self._replace(looks=False) == Filter()


class Names(NamedTuple):
    """What the numbers in some lines are called now."""

    accounts: dict[int, str]
    areas: dict[str, str]
    zones: dict[int, tuple[int, str, str]]


class Seen(NamedTuple):
    """Whose data an account has seen, how often and when last."""

    subject: str
    id: int
    times: int
    last_at: datetime
    found: int


def lines(
    session: Session,
    asked: Filter,
    before: int | None = None,
    most: int = LINES_A_PAGE,
    shown: int = ROWS_SHOWN,
) -> list[Line]:
    """The newest lines older than `before`, one more than `most` when there are more."""
    conditions = [MINE, "j.action = 'look'" if asked.looks else "j.action <> 'look'"]
    bound: dict[str, Any] = {"most": most + 1}
    if before is not None:
        conditions.append("j.id < :before")
        bound["before"] = before
    if asked.account:
        conditions.append("j.account_id = (SELECT a.id FROM account a WHERE a.login = :account)")
        bound["account"] = asked.account
    if asked.area_code:
        conditions += ["j.chain LIKE :chain", "j.area_code LIKE :area"]
        prefix = code_prefix(asked.area_code)
        bound |= {"chain": f"{prefix[:9]}%", "area": f"{prefix}%"}
    for column in ("subject", "request"):
        if value := getattr(asked, column):
            conditions.append(f"j.{column} = :{column}")
            bound[column] = value
    conditions.append(_days(asked, bound))
    statement = LINES.format(where=" AND ".join(filter(None, conditions)), last=shown - 1)
    return [Line(*row) for row in session.execute(text(statement), bound)]


def _days(asked: Filter, bound: dict[str, Any]) -> str:
    conditions = []
    if asked.since:
        conditions.append("j.at >= CAST(:since AS date)")
        bound["since"] = asked.since
    if asked.until:
        conditions.append("j.at < CAST(:until AS date) + 1")
        bound["until"] = asked.until
    return " AND ".join(conditions)


def line(session: Session, line_id: int) -> Line:
    """One line with all its rows; raises NotFound when there is none in the asker's areas."""
    row = session.execute(text(LINE), {"id": line_id}).first()
    if row is None:
        raise NotFound("line_unknown", N_("没有这条操作记录。"))
    return Line(*row)


def seen_by(session: Session, account: str, since: date | None, until: date | None) -> list[Seen]:
    """Whose data this account has seen between two days, the latest first; each says how many there are in all."""
    account_id = session.scalar(text("SELECT id FROM account WHERE login = :login"), {"login": account})
    bound: dict[str, Any] = {"account": account_id}
    days = _days(Filter(since=since, until=until), bound)
    statement = SEEN.format(days=f"AND {days}" if days else "")
    return [Seen(*row) for row in session.execute(text(statement), bound)]


def names(session: Session, found: Sequence[Line], accounts: Iterable[int] = ()) -> Names:
    """What accounts, areas and zones in these lines are called now."""
    wanted = (
        {one.account_id for one in found}
        | set(accounts)
        | {who for one in found for who in _accounts_in(one)}
    )
    zones = {int(zone) for one in found for zone in zones_in(one)}
    codes = {code for one in found for code in (one.area_code, *_codes_in(one)) if code}
    return Names(
        {
            row.id: row.login
            for row in session.execute(
                text("SELECT id, login FROM account WHERE id = ANY(:ids)"),
                {"ids": [one for one in wanted if one]},
            )
        },
        area_names(session, codes),
        {
            row.id: (row.number, row.name, row.plan)
            for row in session.execute(text(ZONES), {"ids": list(zones)})
        },
    )


def area_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """What areas are called now, as far as the asker may know."""
    return {row.area_code: row.name for row in session.execute(text(AREA_NAMES), {"codes": list(codes)})}


def zones_in(found: Line) -> list[int]:
    """The zones that a line about buildings in zones names."""
    if found.subject != "zone_building":
        return []
    if isinstance(found.changes, dict):
        return [found.changes["zone_id"]] if found.changes.get("zone_id") else []
    sides = [one.get("after") or one.get("before") or {} for one in found.changes]
    return sorted({side["zone_id"] for side in sides if side.get("zone_id")})


def account_of(subject: str, row: dict[str, Any]) -> int | None:
    """The account that a changed row is about; lines keep its number and never its login."""
    if subject == "account":
        return int(row["id"])
    number = str(row.get("is")).partition(" ")[0] if subject in ("role_grant", "invitation") else ""
    return int(number) if number.isdecimal() else None


def _accounts_in(found: Line) -> list[int]:
    rows = found.changes if isinstance(found.changes, list) else []
    about = [account_of(found.subject, row) for row in rows]
    named = [side.get(column) for side in _sides(found) for column in ACCOUNT_COLUMNS]
    return [one for one in (*about, *named) if one]


def _codes_in(found: Line) -> list[str]:
    return [code for side in _sides(found) if isinstance(code := side.get("area_code"), str)]


def _sides(found: Line) -> list[dict[str, Any]]:
    rows = found.changes if isinstance(found.changes, list) else []
    return [row.get(side) or {} for row in rows for side in ("before", "after")]


def areas_to_choose(session: Session) -> list[tuple[str, str]]:
    """Districts and streets of the asker, with their names, for the filter."""
    rows = session.execute(
        text(
            "SELECT DISTINCT ON (a.code) a.code, v.name FROM area a JOIN area_version v ON v.area_code = a.code"
            " WHERE a.code LIKE ANY (scope_patterns()) ORDER BY a.code, lower(v.during) DESC LIMIT 2000"
        )
    )
    return [(row.code, row.name) for row in rows]


def chains(session: Session) -> list[Any]:
    """The chains that lie wholly in the asker's areas."""
    return list(session.execute(text(CHAINS)))


def checks(session: Session) -> list[Any]:
    """The latest checks of the asker's areas."""
    return list(session.execute(text(CHECKS)))
