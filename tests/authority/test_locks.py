"""The database's own locks: what direct SQL may see and change in each scope, and that nothing is left unguarded."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import db
from app.cluster import Facts
from app.errors import NotAllowed
from tests.authority.region import COMMUNITY, FAR_COMMUNITY, HOME, STREET, build_region
from tests.conftest import copy_database, database_name, opened

GUARDED = {
    "building": "area_code", "plan": "area_code", "zone": "area_code", "zone_building": "area_code",
    "plan_step": "area_code", "ground_import": "area_code", "area": "code", "area_version": "area_code",
}  # fmt: skip
PIECES = ("import_row", "import_finding")
PREFIXES = {"district": "329902", "street": "329902001", "community": "329902001001", "nobody": "999999"}


@pytest.fixture(scope="module")
def web(cluster: Facts) -> Any:
    """A committed region, seen through the role of web pages."""
    url = copy_database(cluster, cluster.database)
    owner = opened(url)
    with db.acting_in(db.EVERYWHERE), Session(owner) as writing:
        build_region(writing)
    owner.dispose()
    engine = create_engine(replace(cluster, database=database_name(url)).web_url, pool_size=2, max_overflow=0)
    yield engine
    engine.dispose()


def within(connection: Any, prefix: str) -> None:
    connection.execute(text("SELECT set_config('wardmap.scope', :scope, true)"), {"scope": f"{{{prefix}%}}"})


@pytest.mark.parametrize("scope", PREFIXES)
@pytest.mark.parametrize("table", [*GUARDED, *PIECES])
def test_direct_sql_stays_within_its_scope(web: Any, table: str, scope: str) -> None:
    prefix = PREFIXES[scope]
    owner = GUARDED.get(table, "(SELECT area_code FROM ground_import i WHERE i.id = import_id)")
    with web.begin() as connection:
        within(connection, prefix)
        seen = connection.scalars(text(f"SELECT {owner} FROM {table}")).all()
        above = {prefix[:6] + "000000", prefix[:9] + "000"} if table in ("area", "area_version") else set()
        assert all(code.startswith(prefix) or code in above for code in seen)
        assert bool(seen) == (scope != "nobody" or bool(above & set(seen)))
        for change in (f"UPDATE {table} SET {column_of(table)} = {column_of(table)}", f"DELETE FROM {table}"):
            undone = connection.begin_nested()
            try:
                changed = connection.execute(text(f"{change} RETURNING {owner}")).scalars().all()
                assert all(code is None or code.startswith(prefix) for code in changed)
            except DBAPIError as refused:
                assert refused.orig.sqlstate == "23503", refused  # something refers to it
            undone.rollback()
        connection.rollback()


def column_of(table: str) -> str:
    named = {"area": "is_local", "ground_import": "stage", "plan_step": "kind", "import_finding": "code"}
    return {**named, "zone_building": "zone_id"}.get(table, "name")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO plan (area_code, name) VALUES ('329903001001', 'x')",
        "INSERT INTO area (code, level, parent_code) VALUES ('329903001009', 'community', '329903001000')",
        "INSERT INTO ground_import (key, file_name, area_code) VALUES (gen_random_uuid(), 'x', '329903001000')",
        "INSERT INTO building (code, area_code) VALUES ('32990300100100099', '329903001001')",
        "INSERT INTO division_code (code, name) VALUES ('329903001000', 'x')",
        "UPDATE plan SET area_code = '329903001001'",
    ],
)
def test_no_row_is_put_into_another_area(web: Any, statement: str) -> None:
    with pytest.raises(DBAPIError) as refused, web.begin() as connection:
        within(connection, "329902001")
        connection.execute(text(statement))
    assert refused.value.orig.sqlstate in ("42501", "23503"), refused.value
    assert isinstance(db.explained(refused.value), NotAllowed) or refused.value.orig.sqlstate == "23503"


@pytest.mark.parametrize("table", GUARDED)
def test_without_a_scope_every_question_is_an_error(web: Any, table: str) -> None:
    for scope in (None, ""):
        with pytest.raises(DBAPIError), web.begin() as connection:
            if scope is not None:
                connection.execute(text("SELECT set_config('wardmap.scope', '', true)"))
            connection.execute(text(f"SELECT count(*) FROM {table}"))


def test_the_web_role_owns_nothing_and_cannot_switch_the_guard_off(web: Any) -> None:
    orders = (
        "ALTER TABLE plan DISABLE ROW LEVEL SECURITY", "DROP TABLE plan", "SET ROLE wardmap", "TRUNCATE plan",
        "CREATE TABLE own (x int)",
    )  # fmt: skip
    for order in orders:
        with pytest.raises(DBAPIError), web.begin() as connection:
            connection.execute(text(order))


def test_scopes_of_codes() -> None:
    assert db.scope_of([HOME]) == ("329902",)
    assert db.scope_of([STREET, COMMUNITY, FAR_COMMUNITY]) == ("329902001", "329903001001")
    assert db.scope_of(["320100000000", "320000000000"]) == ("32",)
    assert db.scope_of(["441900000000"]) == ("4419",)
    assert db.scope_of(["", HOME]) == ("",)
    assert db.scope_of([]) == ()
