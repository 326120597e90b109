"""With policies on, maps and lassos still find their rows by index, and policies are asked once a statement."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest
from shapely import box
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from app import db
from app.cluster import Facts
from app.ground.queries.tiles import TileAddress, backdrop_tile, building_tile
from app.zones.queries.buildings import picked_by_lasso, plan_tile
from tests.builders import SOUTH, WEST, build_area, cell
from tests.conftest import copy_database, database_name, opened

STREET, COMMUNITY = "329902001000", "329902001001"
ON = date(2026, 11, 25)
TILE = TileAddress(16, 54358, 26624)
LASSO = box(WEST, SOUTH, WEST + 0.001, SOUTH + 0.001).wkb
FILL = """
INSERT INTO building (code, area_code, footprint, name, floors, households, during)
SELECT :code || lpad(n::text, 5, '0'), :code,
       ST_Multi(ST_MakeEnvelope(x, y, x + 0.0001, y + 0.0001, 4326)), n || '幢', 6, 36, '[2026-01-01,)'
FROM (SELECT n, :west + (n % 200) * 0.0004 AS x, :south + (n / 200) * 0.0004 AS y FROM generate_series(1, 20000) n) AS placed
"""


@pytest.fixture(scope="module")
def town(cluster: Facts) -> Iterator[tuple[Engine, str]]:
    """20,000 buildings of one community, seen through the role of web pages."""
    url = copy_database(cluster, cluster.database)
    owner = opened(url)
    with db.acting_in(db.EVERYWHERE), Session(owner) as writing:
        build_area(writing, COMMUNITY, boundary=cell())
        writing.execute(text(FILL), {"code": COMMUNITY, "west": WEST, "south": SOUTH})
        writing.execute(text("INSERT INTO plan (area_code, name) VALUES (:code, '一')"), {"code": COMMUNITY})
        writing.commit()
        writing.connection().connection.driver_connection.autocommit = True  # type: ignore[union-attr]
        writing.execute(text("ANALYZE building"))
    owner.dispose()
    name = database_name(url)
    engine = create_engine(replace(cluster, database=name).web_url)
    yield engine, cluster.as_superuser_in(name)
    engine.dispose()


class Explaining:
    """A connection of the web role within one street, which explains every statement before it runs it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.plans: list[str] = []

    def pipeline(self) -> Any:
        return nullcontext()

    def execute(self, statement: str, given: Any = None, *, binary: bool = False) -> Any:
        if not statement.startswith("SELECT set_config"):
            self.plans.append(
                "\n".join(row[0] for row in self.connection.execute(f"EXPLAIN {statement}", given))
            )
        return self.connection.execute(statement, given, binary=binary)


@contextmanager
def asked(engine: Engine) -> Iterator[tuple[Session, Explaining]]:
    def explain(connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
        if statement.lstrip().startswith(("SELECT count", "SELECT b.")):
            asking.plans.append(
                "\n".join(row[0] for row in asking.connection.execute(f"EXPLAIN {statement}", given))
            )

    with engine.connect() as connection, Session(connection) as session, db.acting_in(("329902001",)):
        session.execute(text(db.SET_SCOPE.replace("%s", "'{329902001%}'")))
        asking = Explaining(db.straight(session))
        event.listen(engine, "before_cursor_execute", explain)
        try:
            yield session, asking
        finally:
            event.remove(engine, "before_cursor_execute", explain)


SEARCHES: dict[str, tuple[Callable[[Session, Any], Any], str]] = {
    "building tile": (
        lambda session, asking: building_tile(asking, TILE, "kind", ON),
        "building_shape_3857_ix",
    ),
    "plan tile": (
        lambda session, asking: plan_tile(asking, 1, COMMUNITY, TILE, ON),
        "building_shape_3857_ix",
    ),
    "lasso": (lambda session, asking: picked_by_lasso(session, 1, COMMUNITY, LASSO, ON), "building_point_ix"),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_uses_its_spatial_index(town: tuple[Engine, str], name: str) -> None:
    search, index = SEARCHES[name]
    with asked(town[0]) as (session, asking):
        assert search(session, asking)
        assert len(asking.plans) == 1
        assert index in asking.plans[0], asking.plans[0]
        assert "Seq Scan on building" not in asking.plans[0]


def test_policies_ask_for_the_scope_once_a_statement(town: tuple[Engine, str]) -> None:
    with asked(town[0]) as (session, asking):
        assert session.scalar(text("SELECT count(*) FROM building")) == 20_000
        assert "InitPlan" in asking.plans[0]
        assert "current_setting" not in asking.plans[0].split("InitPlan")[0]


def test_the_planner_expects_a_fair_share_of_rows_in_scope(town: tuple[Engine, str]) -> None:
    """Expecting next to none, it would loop over them."""
    with asked(town[0]) as (session, asking):
        session.scalar(text("SELECT count(*) FROM building"))
        expected = [int(rows) for rows in re.findall(r"Scan.* on building .*rows=(\d+)", asking.plans[0])]
        assert expected and max(expected) >= 20_000 // 4


def test_the_planner_knows_that_rows_of_today_are_many(town: tuple[Engine, str]) -> None:
    """It may look at what it knows of dates only if their difference cannot leak; else it expects one row in two hundred."""
    with asked(town[0]) as (session, asking):
        session.scalar(text("SELECT count(*) FROM building WHERE during @> CAST(:on AS date)"), {"on": ON})
        expected = [int(rows) for rows in re.findall(r"Scan.* on building .*rows=(\d+)", asking.plans[0])]
        assert expected and max(expected) >= 20_000 // 4


def test_without_the_superusers_word_no_index_is_used(town: tuple[Engine, str]) -> None:
    """Shows that the tests above can fail, and why the private cluster says it."""
    engine, superuser = town
    search, index = SEARCHES["building tile"]
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        try:
            with asked(engine) as (session, asking):
                search(session, asking)
                assert index not in asking.plans[0]
        finally:
            connection.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")


def test_the_backdrop_is_seen_by_all_and_found_by_index(town: tuple[Engine, str]) -> None:
    with asked(town[0]) as (session, asking):
        session.execute(text("SET LOCAL enable_seqscan = off"))  # there is none of it here
        backdrop_tile(asking, TILE)  # type: ignore[arg-type]
        for theme in ("road", "water", "green"):
            assert f"{theme}_shape_3857_ix" in asking.plans[0], asking.plans[0]
