"""The third lock: pages for everybody read as a role that sees public views, and nothing else by any way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import create_app, db
from app.cluster import Facts
from app.config import Settings
from app.db import Base
from app.migrations.rights import PUBLIC_VIEWS
from app.web.pages import public
from tests.authority.region import COMMUNITIES, SECRETS, build_region
from tests.conftest import copy_database, database_name, opened

OTHERS = ("alembic_version", "procrastinate_jobs", "procrastinate_events", "procrastinate_workers")
COMMANDS = {
    "select": "SELECT * FROM {table}",
    "count": "SELECT count(*) FROM {table}",
    "insert": "INSERT INTO {table} DEFAULT VALUES",
    "update": "UPDATE {table} SET {column} = {column}",
    "delete": "DELETE FROM {table}",
    "lock": "LOCK TABLE {table}",
    "truncate": "TRUNCATE {table}",
}
SCOPES = {"unset": None, "everywhere": "{%}", "one office": "{329902001%}"}


@pytest.fixture(scope="module")
def region(cluster: Facts) -> Facts:
    """A committed region in a database of its own."""
    url = copy_database(cluster, cluster.database)
    owner = opened(url)
    with db.acting_in(db.EVERYWHERE), Session(owner) as writing:
        build_region(writing)
    owner.dispose()
    return replace(cluster, database=database_name(url))


@pytest.fixture(scope="module")
def visitor(region: Facts) -> Iterator[Engine]:
    engine = create_engine(region.public_url)
    yield engine
    engine.dispose()


def plain_column(connection: Connection, table: str) -> str:
    asked = text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0 AND attidentity = ''"
        " AND attgenerated = '' AND NOT attisdropped ORDER BY attnum LIMIT 1"
    )
    return str(connection.scalar(asked, {"t": table}))


@pytest.mark.parametrize("scope", SCOPES)
def test_direct_sql_is_refused_on_every_table_for_every_command(visitor: Engine, scope: str) -> None:
    """Whatever scope it claims: it has no rights, so no policy is even asked."""
    checks, answered, tables = 0, [], [*sorted(Base.metadata.tables), *OTHERS]
    with visitor.connect() as connection:
        for table in tables:
            connection.rollback()
            column = plain_column(connection, table)
            for name, command in COMMANDS.items():
                connection.rollback()
                if SCOPES[scope] is not None:
                    connection.execute(
                        text("SELECT set_config('wardmap.scope', :scope, true)"), {"scope": SCOPES[scope]}
                    )
                checks += 1
                try:
                    connection.exec_driver_sql(command.format(table=table, column=column))
                    answered.append(f"{name} {table}")
                except DBAPIError as refused:
                    if refused.orig.sqlstate != "42501":
                        answered.append(f"{name} {table}: {refused.orig}")
    print(f"{checks} statements as the public role")
    assert not answered
    assert checks == len(tables) * len(COMMANDS) >= 200


def test_only_the_views_answer(visitor: Engine) -> None:
    with visitor.connect() as connection:
        connection.execute(text("SELECT set_config('wardmap.scope', '{%}', true)"))
        for view, columns in PUBLIC_VIEWS.items():
            row = connection.execute(text(f"SELECT * FROM {view}")).first()
            assert row is not None and tuple(row._fields) == columns
            connection.rollback()
            for change in (f"DELETE FROM {view}", f"UPDATE {view} SET {columns[0]} = 'x'"):
                with pytest.raises(DBAPIError) as refused:
                    connection.execute(text(change))
                assert refused.value.orig.sqlstate in ("42501", "55000")
                connection.rollback()


def test_a_view_has_no_rows_without_saying_whose(visitor: Engine) -> None:
    with visitor.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("SELECT * FROM open_area"))


@pytest.mark.parametrize(
    "order",
    [
        "SET ROLE wardmap", "SET ROLE wardmap_web", "SET SESSION AUTHORIZATION wardmap", "CREATE TABLE own (x int)",
        "CREATE TEMP TABLE own (x int)", "CREATE VIEW own AS SELECT * FROM open_area", "ALTER VIEW open_area OWNER TO wardmap_public",
        "CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT pg_read_file('/etc/passwd')",
        "COPY open_area TO PROGRAM 'cat'", "SELECT lo_import('/etc/passwd')", "GRANT SELECT ON plan TO wardmap_public",
    ],
)  # fmt: skip
def test_it_makes_nothing_and_becomes_nobody_else(visitor: Engine, order: str) -> None:
    with visitor.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text(order))
    assert refused.value.orig.sqlstate == "42501"


def test_the_barrier_holds_against_a_question_that_looks_at_rows(visitor: Engine) -> None:
    """A cheap condition that reports what it sees is tried on today's rows only, not on all versions."""
    with visitor.connect() as connection:
        connection.execute(text("SELECT set_config('wardmap.scope', '{%}', true)"))
        plan = connection.execute(
            text("EXPLAIN SELECT * FROM open_area WHERE CAST(name AS text) || '' <> 'x'")
        ).scalars()
        assert any("Subquery Scan on open_area" in line for line in plan)


@pytest.fixture(scope="module")
def pages(region: Facts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application as it is installed: three roles, and two addresses for everybody that try more than they may."""
    before = [dict(maker.kw) for maker in (db._writers, db._readers, db._visitors)]
    made = create_app(
        Settings(
            database_url=region.url,
            database_web_url=region.web_url,
            database_public_url=region.public_url,
            home=tmp_path_factory.mktemp("home"),
            secret_key="a key that only these tests know, long enough",
        )
    )
    tables = ("building", "plan", "area_version", "ground_import", "import_row")

    @public
    def try_as_a_page_does(table: str, way: str) -> Any:
        question = f"SELECT count(*) FROM {tables[tables.index(table)]}"
        if way == "glance":
            with db.glance() as asking:
                row = db.scoped_row(asking, question, ())
            return str(row)
        ways = {"reading": db.reading, "transaction": db.transaction, "public": db.public_reading}
        with ways[way]() as session:
            return str(session.scalar(text(question)))

    made.add_url_rule("/open/try/<table>/<way>", "try", try_as_a_page_does)
    made.tables = tables  # type: ignore[attr-defined]
    yield made
    engines = {maker.kw["bind"] for maker in (db._writers, db._readers, db._visitors)}
    for maker, kept in zip((db._writers, db._readers, db._visitors), before, strict=True):
        maker.configure(**kept)
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("way", ["reading", "transaction", "public", "glance"])
def test_a_page_for_everybody_reaches_no_tenants_row(pages: Flask, way: str) -> None:
    for table in pages.tables:  # type: ignore[attr-defined]
        answer = pages.test_client().get(f"/open/try/{table}/{way}")
        assert answer.status_code in (403, 500, 503), (table, answer.get_data(as_text=True))


def test_communities_are_listed_for_everybody_and_kept_by_caches(pages: Flask) -> None:
    visitor = pages.test_client()
    visitor.set_cookie("wardmap", "whatever-a-browser-sends")
    answer = visitor.get("/open/areas.json")
    assert answer.status_code == 200
    assert answer.json == {
        "communities": [{"code": code, "name": f"{SECRETS[code]}区划"} for code in sorted(COMMUNITIES)]
    }
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    again = visitor.get("/open/areas.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and not again.data


def test_pages_for_everybody_ask_as_the_public_role(pages: Flask) -> None:
    with db.public_reading() as session:
        assert session.scalar(text("SELECT current_user")) == "wardmap_public"
        assert session.scalar(text("SHOW transaction_read_only")) == "on"
        assert session.scalar(text("SHOW statement_timeout")) == "1s"
    with db.reading() as session:
        assert session.scalar(text("SELECT current_user")) == "wardmap_web"
