"""Plans and their zones: one in full, and all communities with what plans they have."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import in_scope, like_patterns, scoped_row
from app.errors import N_, NotFound

Bounds = tuple[float, float, float, float]
COMMUNITIES_A_PAGE = 60
# The day whose ground a plan is shown on: today, unless the plan is over or still to come; then its last or its first day.
GROUND_ON = """
coalesce(CASE WHEN isempty(p.during) THEN p.published_at::date
              WHEN {on} >= upper(p.during) THEN upper(p.during) - 1
              ELSE greatest(lower(p.during), {on}) END, {on})
"""
PLAN_AND_GROUND = f"""
SELECT p.area_code, p.version, (SELECT number FROM revision WHERE subject = 'ground'),
       {GROUND_ON.format(on="CAST(%(on)s AS date)")} FROM plan p WHERE p.id = %(plan)s AND {in_scope("p.area_code")}
"""


class PlanFacts(NamedTuple):
    """One plan with the names around it."""

    id: int
    name: str
    state: str
    area_code: str
    community: str
    street: str
    from_on: date | None
    to_on: date | None
    version: int
    created_at: datetime
    created_by: str
    published_at: datetime | None
    published_by: str
    # The day whose ground it is shown on.
    ground_on: date


class PlanHead(NamedTuple):
    """What a tile of a plan depends on."""

    area_code: str
    version: int
    # Of the ground under it.
    revision: int
    ground_on: date


class PlanInForce(NamedTuple):
    """Where to find the plan that holds on a day."""

    id: int
    name: str
    from_on: date


class ZoneLine(NamedTuple):
    """A zone with its sums; the box is around its buildings' points."""

    id: int
    number: int
    name: str
    colour: int
    locked: bool
    buildings: int
    households: int
    box: Bounds | None


class Sums(NamedTuple):
    """Everything in a community, and what of it is in no zone."""

    buildings: int
    households: int
    unassigned: int
    unassigned_households: int


class StepLine(NamedTuple):
    """A change that can be undone or done again."""

    id: int
    kind: str
    answer: dict[str, Any]
    made_at: datetime
    made_by: str


def plan_facts(session: Session, plan_id: int, on: date) -> PlanFacts:
    """One plan; NotFound when there is none."""
    row = session.execute(
        text(
            f"""SELECT p.id, p.name, p.state, p.area_code, coalesce(v.name, p.area_code), coalesce(s.name, ''),
                      lower(p.during), upper(p.during), p.version, p.created_at, coalesce(a.login, ''),
                      p.published_at, coalesce(w.login, ''), {GROUND_ON.format(on="CAST(:on AS date)")}
               FROM plan p JOIN area ON area.code = p.area_code
               LEFT JOIN area_version v ON v.area_code = p.area_code AND v.during @> CAST(:on AS date)
               LEFT JOIN area_version s ON s.area_code = area.parent_code AND s.during @> CAST(:on AS date)
               LEFT JOIN account a ON a.id = p.created_by LEFT JOIN account w ON w.id = p.published_by
               WHERE p.id = :plan AND {in_scope("p.area_code")}"""
        ),
        {"plan": plan_id, "on": on},
    ).first()
    if row is None:
        raise plan_unknown()
    return PlanFacts(*row)


def plan_head(asking: psycopg.Connection[Any], plan_id: int, on: date) -> PlanHead:
    """What every tile asks first, in one small question; NotFound when there is no such plan."""
    row = scoped_row(asking, PLAN_AND_GROUND, {"plan": plan_id, "on": on})
    if row is None:
        raise plan_unknown()
    return PlanHead(*row)


def plan_in_force(session: Session, area_code: str, on: date) -> PlanInForce | None:
    """The plan of a community that holds on a day."""
    row = session.execute(
        text(
            f"SELECT id, name, lower(during) FROM plan WHERE area_code = :area AND during @> CAST(:on AS date) AND {in_scope('area_code')}"
        ),
        {"area": area_code, "on": on},
    ).first()
    return PlanInForce(*row) if row else None


def last_published(session: Session, area_code: str) -> PlanInForce | None:
    """The plan that holds until further notice, now or from a later day on: every plan published makes it another one."""
    row = session.execute(
        text(
            f"SELECT id, name, lower(during) FROM plan WHERE area_code = :area AND upper_inf(during) AND {in_scope('area_code')}"
        ),
        {"area": area_code},
    ).first()
    return PlanInForce(*row) if row else None


def plan_unknown() -> NotFound:
    """What to say when there is no such plan."""
    return NotFound("plan_unknown", N_("没有这个方案，可能已被删除。"))


def zone_numbers(session: Session, plan_id: int) -> dict[int, int]:
    """Zone id -> number, for the zones of a plan."""
    rows = session.execute(text("SELECT id, number FROM zone WHERE plan_id = :plan"), {"plan": plan_id})
    return {row[0]: row[1] for row in rows}


def locked_zones(session: Session, plan_id: int) -> set[int]:
    """Ids of the zones of a plan that stay as they are."""
    return set(
        session.scalars(text("SELECT id FROM zone WHERE plan_id = :plan AND locked"), {"plan": plan_id})
    )


def zone_lines(session: Session, plan_id: int, on: date) -> list[ZoneLine]:
    """The zones of a plan in the order of their numbers."""
    rows = session.execute(
        text(
            """SELECT z.id, z.number, z.name, z.colour, z.locked, count(b.id), coalesce(sum(b.households), 0)::int,
                      min(ST_X(b.point)), min(ST_Y(b.point)), max(ST_X(b.point)), max(ST_Y(b.point))
               FROM zone z LEFT JOIN zone_building m ON m.zone_id = z.id
               LEFT JOIN building b ON b.id = m.building_id AND b.during @> CAST(:on AS date)
               WHERE z.plan_id = :plan GROUP BY z.id ORDER BY z.number"""
        ),
        {"plan": plan_id, "on": on},
    )
    return [ZoneLine._make((*row[:7], _box(row[7:]))) for row in rows]


def _box(corners: Sequence[float | None]) -> Bounds | None:
    west, south, east, north = corners
    return (
        None if west is None or south is None or east is None or north is None else (west, south, east, north)
    )


def plan_sums(session: Session, plan_id: int, area_code: str, on: date) -> Sums:
    """Buildings and households of the community, and how many are in no zone of the plan."""
    row = session.execute(
        text(
            """SELECT count(*), coalesce(sum(b.households), 0)::int,
                      count(*) FILTER (WHERE m.zone_id IS NULL),
                      coalesce(sum(b.households) FILTER (WHERE m.zone_id IS NULL), 0)::int
               FROM building b LEFT JOIN zone_building m ON m.plan_id = :plan AND m.building_id = b.id
               WHERE b.area_code = :area AND b.during @> CAST(:on AS date)"""
        ),
        {"plan": plan_id, "area": area_code, "on": on},
    ).one()
    return Sums(*row)


def open_steps(session: Session, plan_id: int) -> tuple[StepLine | None, StepLine | None]:
    """The step that can be undone, and the one that can be done again.

    A step undone can be done again until a newer step is made: then its id lies below an active one.
    """
    rows = session.execute(
        text(
            """WITH step AS (SELECT * FROM plan_step WHERE plan_id = :plan),
               last AS (SELECT max(id) AS id FROM step WHERE undone_at IS NULL)
               SELECT step.undone_at IS NULL, step.id, step.kind, step.answer - 'ids', step.made_at,
                      coalesce(a.login, '')
               FROM step LEFT JOIN account a ON a.id = step.made_by, last
               WHERE step.id = last.id
                  OR step.id = (SELECT min(id) FROM step WHERE undone_at IS NOT NULL AND id > coalesce(last.id, 0))"""
        ),
        {"plan": plan_id},
    ).all()
    undo = next((StepLine(*row[1:]) for row in rows if row[0]), None)
    redo = next((StepLine(*row[1:]) for row in rows if not row[0]), None)
    return undo, redo


# --- all communities ---------------------------------------------------------------------------


class CommunityLine(NamedTuple):
    """A community in the list of plans."""

    code: str
    name: str
    street: str
    buildings: int
    households: int


class PlanLine(NamedTuple):
    """A plan in the list of plans, with how far it has come."""

    id: int
    area_code: str
    name: str
    state: str
    version: int
    from_on: date | None
    to_on: date | None
    zones: int
    assigned: int
    households: int
    changed_at: datetime
    in_force: bool


def communities(
    session: Session, words: str, on: date, page: int = 1, lines: int = COMMUNITIES_A_PAGE
) -> tuple[list[CommunityLine], int]:
    """A page of communities whose own or whose street's name or code holds the words, and how many do."""
    wanted = like_patterns(words)
    parts = [f" AND (v.name ILIKE :{word} OR s.name ILIKE :{word} OR a.code LIKE :{word})" for word in wanted]
    rows = session.execute(
        text(
            f"""WITH shown AS (
                  SELECT a.code, v.name, coalesce(s.name, '') AS street, count(*) OVER () AS found
                  FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> CAST(:on AS date)
                  LEFT JOIN area_version s ON s.area_code = a.parent_code AND s.during @> CAST(:on AS date)
                  WHERE a.level = 'community' AND {in_scope("a.code")} {"".join(parts)} ORDER BY a.code LIMIT :lines OFFSET :skipped)
                SELECT shown.code, name, street, coalesce(c.buildings, 0), coalesce(c.households, 0)::int, found
                FROM shown LEFT JOIN LATERAL (
                  SELECT count(*) AS buildings, sum(households) AS households FROM building
                  WHERE area_code = shown.code AND during @> CAST(:on AS date)) c ON true
                ORDER BY shown.code"""
        ),
        {**wanted, "on": on, "lines": lines, "skipped": (page - 1) * lines},
    ).all()
    return [CommunityLine(*row[:5]) for row in rows], rows[0][5] if rows else 0


def plans_of(session: Session, area_codes: list[str], on: date) -> dict[str, list[PlanLine]]:
    """Plans of these communities: the one in force first, then drafts, the last changed first."""
    rows = session.execute(
        text(
            f"""SELECT p.id, p.area_code, p.name, p.state, p.version, lower(p.during), upper(p.during),
                      (SELECT count(*) FROM zone WHERE plan_id = p.id), c.assigned, c.households,
                      coalesce((SELECT max(greatest(made_at, undone_at)) FROM plan_step WHERE plan_id = p.id),
                               p.created_at) AS changed_at,
                      coalesce(p.during @> CAST(:on AS date), false) AS in_force
               FROM plan p LEFT JOIN LATERAL (
                 SELECT count(*) AS assigned, coalesce(sum(b.households), 0)::int AS households
                 FROM zone_building m JOIN building b ON b.id = m.building_id AND b.during @> CAST(:on AS date)
                 WHERE m.plan_id = p.id) c ON true
               WHERE p.area_code = ANY(:codes) AND {in_scope("p.area_code")}
               ORDER BY in_force DESC, p.state, changed_at DESC, p.id DESC"""
        ),
        {"codes": area_codes, "on": on},
    )
    plans: dict[str, list[PlanLine]] = {}
    for row in rows:
        plans.setdefault(row[1], []).append(PlanLine(*row))
    return plans
