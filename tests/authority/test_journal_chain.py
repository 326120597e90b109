"""The journal is whole or says where it is not: altered, deleted, inserted, cut off; and many writers keep it whole."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine

from app import db
from app.cluster import Facts
from app.cluster.journal_keeping import keep_journal
from app.journal.verify import Verdict, verify
from app.migrations import upgrade
from app.migrations.journalling import unjournalled
from tests.conftest import copy_database, database_name

STREET, OTHER = "329902001000", "329902002000"
AREAS = f"""
INSERT INTO area (code, level, parent_code) VALUES ('329902000000', 'district', NULL), ('{STREET}', 'street', '329902000000'),
  ('{OTHER}', 'street', '329902000000'), ('329902001001', 'community', '{STREET}'), ('329902002001', 'community', '{OTHER}')
"""


@pytest.fixture
def facts(cluster: Facts) -> Iterator[Facts]:
    """A database of its own, its journal kept as in an installation."""
    made = replace(cluster, database=database_name(copy_database(cluster, cluster.database)))
    keep_journal(made.superuser_conninfo)
    with psycopg.connect(made.superuser_conninfo, autocommit=True) as connection:
        connection.execute("SET wardmap.scope = '{%}'")
        connection.execute(AREAS)
        for number in range(6):
            community = f"32990200{1 + number % 2}001"
            connection.execute(
                "INSERT INTO plan (area_code, name) VALUES (%s, %s)", (community, f"方案{number}")
            )
        connection.execute("UPDATE plan SET name = name || '改'")
    yield made


def checked(facts: Facts, **given: Any) -> Verdict:
    engine = db.connect(facts.url)
    try:
        with db.acting_in(db.EVERYWHERE), db.reading() as session:
            return verify(session, **given)
    finally:
        engine.dispose()


def tamper(facts: Facts, *orders: str) -> None:
    with psycopg.connect(facts.superuser_conninfo) as connection:
        connection.execute("SET session_replication_role = replica")
        for order in orders:
            connection.execute(order)


def test_a_whole_journal_is_whole(facts: Facts) -> None:
    found = checked(facts)
    assert found.whole and found.chains == 3 and found.blocks >= 11 and found.lines >= 13
    assert checked(facts, prefixes=("329902001",)).chains == 1
    assert checked(facts, seals=found.seals).whole


LINE = f"(SELECT id FROM journal WHERE chain = '{STREET}' AND subject = 'plan' ORDER BY id OFFSET 1 LIMIT 1)"


@pytest.mark.parametrize(
    "column",
    [
        "changes = '[]'",
        "account_id = 99",
        "at = at - interval '1 s'",
        "area_code = ''",
        "action = 'delete'",
        "rows = 9",
        "source = 'x'",
    ],
)
def test_an_altered_line_is_found_and_named(facts: Facts, column: str) -> None:
    (line,) = ask(facts, f"SELECT {LINE}")
    tamper(facts, f"UPDATE journal SET {column} WHERE id = {line}")
    found = checked(facts)
    assert not found.whole and found.breaks[0].chain == STREET
    assert line in {one.line for one in found.breaks}
    assert str(line) in " ".join(map(str, found.breaks))
    assert checked(facts, prefixes=("329902002",)).whole


def test_an_altered_line_with_a_fitting_digest_breaks_its_block(facts: Facts) -> None:
    (line,) = ask(facts, f"SELECT {LINE}")
    tamper(facts, f"UPDATE journal SET digest = sha256('x') WHERE id = {line}")
    assert {one.what for one in checked(facts).breaks} == {"line_altered"}


def test_a_deleted_line_is_found_and_named(facts: Facts) -> None:
    (line,) = ask(facts, f"SELECT {LINE}")
    tamper(facts, f"DELETE FROM journal WHERE id = {line}")
    first = checked(facts).breaks[0]
    assert (first.what, first.chain, first.line) == ("line_missing", STREET, line)


def test_an_inserted_line_is_found_and_named(facts: Facts) -> None:
    tamper(
        facts,
        "INSERT INTO journal (chain, area_code, subject, action, rows, changes, source, request, db_role, at, txid, digest)"
        f" SELECT chain, area_code, subject, action, rows, changes, source, request, db_role, at, txid + 1000, digest"
        f" FROM journal WHERE id = {LINE}",
    )
    (line,) = ask(facts, "SELECT max(id) FROM journal")
    assert [(one.what, one.line) for one in checked(facts).breaks] == [("line_added", line)]


def test_a_deleted_block_is_found(facts: Facts) -> None:
    tamper(facts, f"DELETE FROM journal_block WHERE chain = '{STREET}' AND number = 2")
    found = checked(facts)
    assert (found.breaks[0].what, found.breaks[0].block) == ("block_missing", 2)


def test_a_tail_that_was_cut_off_is_found(facts: Facts) -> None:
    cut = f"chain = '{STREET}' AND number > 2"
    lines = (
        f"DELETE FROM journal j USING journal_block b WHERE b.chain = '{STREET}' AND b.number > 2"
        " AND j.chain = b.chain AND j.txid = b.txid"
    )
    seals = checked(facts).seals
    tamper(facts, lines, f"DELETE FROM journal_block WHERE {cut}")
    found = checked(facts)
    assert [(one.what, one.chain, one.block) for one in found.breaks] == [("cut_off", STREET, 2)]
    # Even the head was made to fit: only what was written down outside knows.
    tamper(
        facts,
        "UPDATE journal_head h SET number = 2, hash = b.hash FROM journal_block b WHERE b.chain = h.chain AND b.number = 2"
        f" AND h.chain = '{STREET}'",
    )
    assert checked(facts).whole
    assert [(one.what, one.chain) for one in checked(facts, seals=seals).breaks] == [("seal_broken", STREET)]


# What somebody with all rights over the database would do to hide a change.
REDIGEST = """
UPDATE journal SET digest = sha256(convert_to(concat_ws(E'\\x1f', id, chain, area_code, subject, action, rows, changes::text,
  coalesce(account_id::text, ''), source, request, db_role, (extract(epoch FROM at) * 1000000)::bigint, txid), 'UTF8')) WHERE id = {}
"""
RECHAIN = """
DO $$ DECLARE b journal_block; before bytea := ''; BEGIN
  FOR b IN SELECT * FROM journal_block WHERE chain = '{0}' ORDER BY number LOOP
    before := sha256(before || convert_to(concat_ws(E'\\x1f', b.chain, b.number, b.txid, (extract(epoch FROM b.at) * 1000000)::bigint,
      b.first_id, b.last_id, b.lines), 'UTF8') || (SELECT string_agg(digest, '' ORDER BY id) FROM journal j
      WHERE j.chain = b.chain AND j.txid = b.txid));
    UPDATE journal_block SET hash = before WHERE chain = b.chain AND number = b.number;
  END LOOP;
  UPDATE journal_head SET hash = before WHERE chain = '{0}';
END $$
"""


def test_a_chain_that_was_computed_anew_does_not_fit_the_seal(facts: Facts) -> None:
    seals = checked(facts).seals
    (line,) = ask(facts, f"SELECT {LINE}")
    tamper(
        facts,
        f"UPDATE journal SET changes = '[]' WHERE id = {line}",
        REDIGEST.format(line),
        RECHAIN.format(STREET),
    )
    assert checked(facts).whole
    assert [(one.what, one.chain) for one in checked(facts, seals=seals).breaks] == [("seal_broken", STREET)]


def test_sixteen_writers_in_one_area_keep_the_chain_whole(facts: Facts) -> None:
    troubles: list[BaseException] = []

    def write(number: int) -> None:
        try:
            with psycopg.connect(facts.web_conninfo, autocommit=True) as connection:
                connection.execute("SET wardmap.scope = '{%}'")
                for turn in range(10):
                    with connection.transaction(force_rollback=turn % 5 == 4):
                        # Both streets, in either order: whoever locks crosswise would be stopped by the database.
                        places = ["329902001001", "329902002001"]
                        for place in places if number % 2 else reversed(places):
                            connection.execute(
                                "INSERT INTO plan (area_code, name) VALUES (%s, %s)",
                                (place, f"{number}-{turn}"),
                            )
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not troubles
    found = checked(facts)
    assert found.whole
    assert ask(facts, "SELECT count(*) FROM journal WHERE subject = 'plan' AND action = 'insert'") == (
        6 + 16 * 8 * 2,
    )


ORDERS = (
    "UPDATE {0} SET {1} = {1}",
    "DELETE FROM {0}",
    "TRUNCATE {0}",
    "ALTER TABLE {0} DISABLE TRIGGER ALL",
    "DROP TABLE {0}",
)


@pytest.mark.parametrize("who", ["web_conninfo", "conninfo"])
@pytest.mark.parametrize("table", ["journal", "journal_block", "journal_head"])
def test_nobody_changes_what_is_written(facts: Facts, who: str, table: str) -> None:
    refused = 0
    for order in ORDERS:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            psycopg.connect(getattr(facts, who)) as connection,
        ):
            connection.execute(order.format(table, "number" if table != "journal" else "rows"))
        refused += 1
    assert refused == len(ORDERS)
    more = (
        "INSERT INTO journal (subject, action, rows, changes) VALUES ('plan', 'update', 1, '[]')", "SET ROLE wardmap_journal",
        "DROP FUNCTION journal_bind() CASCADE", "ALTER SCHEMA public OWNER TO wardmap", "DROP SCHEMA public CASCADE",
        "CREATE OR REPLACE FUNCTION journal_complete() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    )  # fmt: skip
    for order in more:
        with pytest.raises(psycopg.Error) as error, psycopg.connect(getattr(facts, who)) as connection:
            connection.execute(order)
        assert error.value.sqlstate == "42501", order


def test_where_there_is_no_role_of_its_own_triggers_refuse(cluster: Facts) -> None:
    made = replace(cluster, database=database_name(copy_database(cluster, cluster.database)))
    with psycopg.connect(made.conninfo, autocommit=True) as connection:
        connection.execute("INSERT INTO account (login, password_hash) VALUES ('ling', 'x')")
        for table in ("journal", "journal_block"):
            for order in ORDERS[:3]:
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"):
                    connection.execute(order.format(table, "number" if table != "journal" else "rows"))


@pytest.mark.parametrize(
    "order",
    [
        "TRUNCATE plan CASCADE",
        "ALTER TABLE plan DISABLE TRIGGER journal_update",
        "DROP TRIGGER journal_update ON plan",
        "SET session_replication_role = replica",
    ],
)
def test_the_web_role_cannot_switch_journalling_off(facts: Facts, order: str) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(facts.web_conninfo) as connection,
    ):
        connection.execute(order)


def ask(facts: Facts, question: str) -> tuple[Any, ...]:
    with psycopg.connect(facts.superuser_conninfo) as connection:
        answer = connection.execute(question).fetchone()
    assert answer is not None
    return answer


def test_a_database_with_a_trigger_switched_off_is_not_served(cluster: Facts) -> None:
    from app.migrations.lint import refuse_unguarded

    engine = create_engine(copy_database(cluster, cluster.database))
    with engine.connect() as connection:
        refuse_unguarded(connection)
        for defect in (
            "ALTER TABLE plan DISABLE TRIGGER journal_update",
            "DROP TRIGGER journal_insert ON building",
            "ALTER TABLE zone ADD COLUMN colour_of_night text",
            "ALTER TABLE zone DISABLE TRIGGER USER",
            "ALTER TABLE journal DISABLE TRIGGER journal_is_bound",
            "DROP TRIGGER journal_only_grows ON journal",
        ):
            undone = connection.begin_nested()
            connection.exec_driver_sql(defect)
            with pytest.raises(Exception, match="操作记录被关掉"):
                refuse_unguarded(connection)
            undone.rollback()
    engine.dispose()


def test_triggers_that_were_switched_off_come_back_and_it_is_said(
    facts: Facts, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(facts.conninfo) as connection:
        connection.execute("ALTER TABLE plan DISABLE TRIGGER journal_update")
        connection.execute("DROP TRIGGER journal_delete ON zone")
    upgrade(facts.url, facts.superuser_conninfo)
    assert "journal triggers of plan, zone were missing or switched off" in caplog.text
    caplog.clear()
    upgrade(facts.url, facts.superuser_conninfo)
    assert not caplog.text
    assert ask(facts, "SELECT tableowner FROM pg_tables WHERE tablename = 'journal'") == ("wardmap_journal",)


def test_what_the_owner_does_to_tables_past_the_program_is_on_record(facts: Facts) -> None:
    with psycopg.connect(facts.conninfo) as owner:
        owner.execute("SELECT set_config('wardmap.scope', '{%}', false)")
        owner.execute("ALTER TABLE plan DISABLE TRIGGER USER")
        owner.execute("UPDATE plan SET name = 'quietly' WHERE name = '方案0改'")
        owner.execute("ALTER TABLE plan ENABLE TRIGGER USER")
        owner.execute("DROP TRIGGER journal_update ON zone")
    with psycopg.connect(facts.superuser_conninfo) as connection:
        lines = connection.execute(
            "SELECT action, db_role, changes -> 0 ->> 'is', changes -> 0 ->> 'id' FROM journal WHERE subject = 'shape' ORDER BY id"
        ).fetchall()
        assert lines == [
            ("update", facts.role, "ALTER TABLE", "public.plan"), ("update", facts.role, "ALTER TABLE", "public.plan"),
            ("delete", facts.role, "DROP TRIGGER", "journal_update on public.zone"),
        ]  # fmt: skip
    with (
        psycopg.connect(facts.conninfo) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        owner.execute("ALTER EVENT TRIGGER journal_shape_changed DISABLE")


def test_a_table_that_is_not_recorded_is_named(facts: Facts) -> None:
    with psycopg.connect(facts.conninfo) as owner:
        owner.execute("ALTER TABLE role_grant DISABLE TRIGGER USER")
    engine = db.connect(facts.url)
    with db.acting_in(db.EVERYWHERE), db.reading() as session:
        silent = unjournalled(session.connection())
        found = verify(session, not_recorded=silent)
    engine.dispose()
    assert [str(one) for one in found.breaks] == ["表 role_grant 的改动现在没有在记录：触发器被停用或改动了"]


@pytest.mark.parametrize(
    "orders",
    [
        [f"DELETE FROM {table}" for table in ("journal", "journal_block", "journal_head")],
        [
            f"DELETE FROM {table} WHERE chain = '{STREET}'"
            for table in ("journal", "journal_block", "journal_head")
        ],
    ],
)
def test_what_an_earlier_check_has_seen_is_missed(facts: Facts, orders: list[str]) -> None:
    earlier = checked(facts)
    assert earlier.whole and earlier.seals
    with psycopg.connect(facts.superuser_conninfo) as connection:
        connection.execute(
            "INSERT INTO journal_check (area_code, finished_at, result) VALUES ('', now(), %s)",
            [Jsonb(earlier.as_json())],
        )
    tamper(facts, *orders)
    found = checked(facts)
    assert {one.what for one in found.breaks} == {"earlier_gone"}
    assert STREET in {one.chain for one in found.breaks}
