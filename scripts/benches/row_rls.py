"""What row-level security costs: the program's own statements as the web role with policies, against a superuser without.

Tile, lasso, list and count, prepared, in turn; and how many town pages a second the whole stack answers.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
from shapely import box
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from app import db
from app.cluster import Facts
from app.db import Base
from app.ground.queries.areas import area_tree
from app.migrations.rights import OPEN_TABLES
from app.zones.queries.buildings import BuildingFilter, listed_buildings, picked_by_lasso
from app.zones.queries.plans import plan_facts
from scripts.benches.loads import Ask, Rate, best_of
from scripts.benches.planner import largest_community
from scripts.benches.report import Row
from scripts.benches.row_tiles import tiles_of
from scripts.benches.stage import Stage
from scripts.benches.tile_sql import for_everybody, tile_statement

KINDS = {
    "tile": "building tiles at z16",
    "box": "a lasso in a community: pick by box and point",
    "list": "a page of a community's buildings",
    "count": "buildings and households of every area",
}
NAMES = (*(f"rls.{kind}" for kind in KINDS), "rls.page")
BUDGET = 1.3
# Most of a town page is counting the whole town.
PAGES_A_SECOND = 10
CLIENTS = 8
Statement = tuple[str, Any]


def measure(stage: Stage) -> list[Row]:
    """Each kind of question, and the town page over the same rows."""
    asked = _statements(stage.town)
    rounds = 2 if stage.quick else 12
    rows = []
    for kind, statements in asked.items():
        stage.say(f"row-level security: {kind}")
        free, guarded = _best(stage.town, statements, rounds)
        both = f"{guarded * 1000:.2f} ms a statement with them, {free * 1000:.2f} ms without"
        rows.append(
            Row(
                name=f"rls.{kind}",
                what=f"{KINDS[kind]}, time with scope and policies to time without",
                unit="x",
                budget=BUDGET,
                at_least=False,
                measured=guarded / free,
                note=f"{both}; {len(statements)} statements, best of {rounds} rounds",
                facts={"with_s": guarded, "without_s": free},
            )
        )
    return [*rows, _pages(stage)]


def _pages(stage: Stage) -> Row:
    """With the policies, and with all of them switched off for as long as it takes."""
    server = stage.server

    def pages() -> Rate:
        ask = [Ask("/")]
        return best_of(
            [stage.load(server.port, server.cookie, ask, clients=CLIENTS) for _ in range(stage.repeats)]
        )

    stage.say("town pages")
    after = pages()
    stage.say("town pages without policies")
    _switch(stage.town, "DISABLE")
    before = pages()
    _switch(stage.town, "ENABLE")
    return Row(
        name="rls.page",
        what="town pages a second through the whole stack",
        unit="/s",
        budget=PAGES_A_SECOND,
        at_least=True,
        measured=after.per_second,
        note=f"{before.per_second:.1f} without policies; p50 {after.p50_ms:.1f} ms, p99 {after.p99_ms:.1f} ms,"
        f" {after.cpu_ms:.1f} ms of processor time a page; {CLIENTS} clients",
        facts={"without_per_s": before.per_second},
    )


def _switch(facts: Facts, to: str) -> None:
    with psycopg.connect(facts.superuser_conninfo) as connection:
        for table in sorted(set(Base.metadata.tables) - set(OPEN_TABLES)):
            connection.execute(f"ALTER TABLE {table} {to} ROW LEVEL SECURITY")


def _best(facts: Facts, statements: Sequence[Statement], rounds: int) -> tuple[float, float]:
    """Seconds a statement takes without and with scope and policies: the best round of each, taken in turn."""
    asked = {
        "without": [(for_everybody(statement), values) for statement, values in statements],
        "with": statements,
    }
    taken: dict[str, list[float]] = {"without": [], "with": []}
    scope = f"-c wardmap.scope={{{largest_community(facts)[:4]}%}} -c jit=off"
    with (
        psycopg.connect(facts.superuser_conninfo, options="-c jit=off") as free,
        psycopg.connect(facts.web_conninfo, options=scope) as guarded,
    ):
        for number in range(rounds + 1):
            for side, connection in (("without", free), ("with", guarded)):
                spent = _run(connection, asked[side])
                if number:  # the first round prepares and fills the caches
                    taken[side].append(spent)
    return min(taken["without"]) / len(statements), min(taken["with"]) / len(statements)


def _run(connection: psycopg.Connection[Any], statements: Sequence[Statement]) -> float:
    began = time.perf_counter()
    for statement, values in statements:
        connection.execute(statement, values, prepare=True, binary=True).fetchall()
    return time.perf_counter() - began


def _statements(facts: Facts) -> dict[str, list[Statement]]:
    """What the program sends for each kind, with its values."""
    today, code = date.today(), largest_community(facts)  # noqa: DTZ011 - any day the town is there
    engine = create_engine(facts.url)
    tiles = [(tile_statement(engine, tile), None) for tile in tiles_of(facts, 16)[:50]]
    with db.acting_in(db.EVERYWHERE), engine.connect() as connection, Session(connection) as session:
        session.execute(text(db.SET_SCOPE.replace("%s", "'{%}'")))
        plan_id = session.execute(
            text("INSERT INTO plan (area_code, name) VALUES (:code, :name) RETURNING id"),
            {"code": code, "name": uuid4().hex[:8]},
        ).scalar_one()
        extent = session.execute(
            text(
                "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
                " FROM (SELECT ST_Extent(point) AS e FROM building WHERE area_code = :code) AS whole"
            ),
            {"code": code},
        ).one()
        plan = plan_facts(session, plan_id, today)
        calls: dict[str, Callable[[], object]] = {
            "box": lambda: [
                picked_by_lasso(session, plan_id, code, lasso, today) for lasso in _boxes(*extent)
            ],
            "list": lambda: [
                listed_buildings(session, plan, BuildingFilter(), today, page) for page in range(1, 6)
            ],
            "count": lambda: area_tree(session, today),
        }
        found = {kind: _sent(engine, call) for kind, call in calls.items()}
        session.rollback()
    engine.dispose()
    return {"tile": tiles, **found}


def _boxes(west: float, south: float, east: float, north: float) -> list[bytes]:
    """Twenty-five parts of the community, as a hand would draw them."""
    wide, high = (east - west) / 5, (north - south) / 5
    return [
        box(west + x * wide, south + y * high, west + (x + 1) * wide, south + (y + 1) * high).wkb
        for x in range(5)
        for y in range(5)
    ]


def _sent(engine: Engine, call: Callable[[], object]) -> list[Statement]:
    with _noting(engine) as sent:
        call()
    return sent


@contextmanager
def _noting(engine: Engine) -> Any:
    sent: list[Statement] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if "set_config" not in statement:
            sent.append((statement, dict(values)))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
