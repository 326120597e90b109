"""What people change leaves a line: who, when, what, before and after; secrets and shapes never whole."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import app.journal.tables  # noqa: F401  its tables are looked for below
from app import db
from app.accounts.actions import add_account, set_password
from app.audit.routes.words import SUBJECTS
from app.db import Base
from app.errors import InvalidInput
from app.journal import note_look
from app.migrations.journalling import KEPT, NOT_KEPT
from app.privacy import PERSONAL
from tests.authority.asking import Asker, targets
from tests.authority.matrix import MATRIX
from tests.authority.region import COMMUNITY, SIBLING, build_region
from tests.builders import build_area, build_building, cell, footprint_in
from tests.conftest import PASSWORD

APP = Path(__file__).parents[2] / "app"
SECRET = re.compile(r"hash|secret|token|totp|otp_|password|recovery|private_key")
NO_SECRET = {("ground_import", "sha256")}


def lines(session: Session, **given: Any) -> list[Any]:
    conditions = " AND ".join(f"{column} = :{column}" for column in given) or "true"
    return list(session.execute(text(f"SELECT * FROM journal WHERE {conditions} ORDER BY id"), given))


def last_id(session: Session) -> int:
    return int(session.scalar(text("SELECT coalesce(max(id), 0) FROM journal")))


def test_every_table_is_journalled_or_says_why_not() -> None:
    assert set(KEPT) - {"alembic_version"} | set(NOT_KEPT) == set(Base.metadata.tables)
    assert not set(KEPT) & set(NOT_KEPT)
    assert all(len(reason) > 6 for reason in NOT_KEPT.values())
    assert set(KEPT) == set(SUBJECTS) - {"shape"}, "each has a name that auditors understand"


def test_secrets_are_never_kept() -> None:
    for name, kept in KEPT.items():
        if name in Base.metadata.tables:
            columns = {one.name for one in Base.metadata.tables[name].columns}
            secrets = {
                one
                for one in columns
                if SECRET.search(one) and (name, one) not in NO_SECRET and not one.endswith("_md5")
            }
            # What has to be forgotten one day would stay here for ever.
            secrets |= {column for table, column in PERSONAL if table == name}
            assert secrets <= {*kept.hidden, *kept.hashed, *kept.ignored}, name
            assert {*kept.hidden, *kept.hashed, *kept.ignored, *kept.common} <= columns, name


def test_nothing_else_reads_the_journal() -> None:
    """What was true on a day is read from dated tables; the journal says who did what, and no page depends on it."""
    own = ("journal", "audit", "migrations")
    reads = re.compile(
        r"\b(?:FROM|JOIN|UPDATE|INTO)\s+journal(?:_block|_head)?\b"
        r"|app\.journal\.(?:tables|verify)|Journal(?:Line|Block|Head)"
    )
    found = [
        path.relative_to(APP).as_posix()
        for path in APP.rglob("*.py")
        if path.relative_to(APP).parts[0] not in own and reads.search(path.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == ["cli/journal.py", "cluster/journal_keeping.py"]


def contents(session: Session) -> dict[str, str]:
    """A sum over what is kept of every table."""
    sums = {}
    for table, kept in KEPT.items():
        left = "".join(f" - '{name}'" for name in kept.ignored)
        # Derived columns and their long texts need no look.
        shapes = "".join(f" - '{name}'" for name in ("shape_3857", "point", "label_point"))
        sums[table] = session.scalar(
            text(
                "SELECT md5(coalesce(string_agg(r, ',' ORDER BY r), ''))"
                f" FROM (SELECT (to_jsonb(t){left}{shapes})::text AS r FROM {table} t) AS x"
            )
        )
    return sums


def test_every_unsafe_address_leaves_lines(app: Any, session: Session) -> None:
    """Driven by the matrix: a new address is covered when it is in there."""
    region = build_region(session)
    visitor, account_id = signed_in(
        app, session, *[(role, "") for role in ("district", "auditor", "security", "system")]
    )
    connection = session.connection()
    asked = changing = 0
    for endpoint, entry in MATRIX.items():
        if entry.method == "GET" or entry.who is None:
            continue
        for code, names in targets(entry, region):
            if code not in ("", COMMUNITY):
                continue
            undone = connection.begin_nested()
            before, newest = contents(session), last_id(session)
            answer = visitor.ask(entry, names)
            asked += 1
            after = contents(session)
            changed = {table for table in KEPT if before[table] != after[table]}
            written = session.execute(
                text("SELECT * FROM journal WHERE id > :id AND action <> 'look'"), {"id": newest}
            ).all()
            assert changed == {one.subject for one in written}, endpoint
            if changed:
                changing += 1
                assert answer.status_code < 400, endpoint
                assert {one.account_id for one in written} == {account_id}, endpoint
                assert {one.request for one in written} == {answer.headers["X-Request-ID"]}, endpoint
                assert {one.source for one in written} == {"web"}
            undone.rollback()
    print(f"{asked} unsafe requests, {changing} of them changed kept rows, each in the journal")
    assert changing >= 8


def signed_in(app: Any, session: Session, *roles: tuple[str, str]) -> tuple[Asker, int]:
    login = f"who-{uuid4().hex[:8]}"
    account = add_account(session, login, PASSWORD, *roles[0])
    for role, area in roles[1:]:
        # Together: duties that exclude each other otherwise.
        session.execute(
            text(
                "INSERT INTO role_grant (account_id, role, area_code, together) VALUES (:account, :role, :area, true)"
            ),
            {"account": account.id, "role": role, "area": area},
        )
    session.commit()
    visitor = Asker(app, login)
    return visitor, account.id


def test_raw_bulk_sql_leaves_lines(session: Session) -> None:
    build_area(session, COMMUNITY, "江滨1社区", cell(0))
    session.execute(
        text("INSERT INTO plan (area_code, name) SELECT :code, 'p' || g FROM generate_series(1, 1200) g"),
        {"code": COMMUNITY},
    )
    (new,) = lines(session, subject="plan", action="insert")
    assert (
        new.rows == 1200
        and new.changes["last"] - new.changes["first"] == 1199
        and len(new.changes["sha256"]) == 64
    )
    session.execute(text("UPDATE plan SET name = name || 'x'"))
    changed = lines(session, subject="plan", action="update")
    assert [one.rows for one in changed] == [1000, 200]
    kept = [entry for one in changed for entry in one.changes]
    assert len(kept) == 1200 and all(
        entry["after"]["name"] == entry["before"]["name"] + "x" for entry in kept
    )
    assert kept[0].keys() == {"id", "is", "before", "after"} and kept[0]["before"].keys() == {"name"}
    session.execute(text("DELETE FROM plan"))
    gone = [entry for one in lines(session, subject="plan", action="delete") for entry in one.changes]
    assert (
        len(gone) == 1200
        and gone[0]["before"]["name"] == "p1x"
        and gone[0]["before"]["area_code"] == COMMUNITY
    )
    assert {one.source for one in lines(session, subject="plan")} <= {"sql", "program"}


def test_counting_a_version_up_is_no_change(session: Session) -> None:
    build_area(session, COMMUNITY, "江滨1社区", cell(0))
    session.execute(text("INSERT INTO plan (area_code, name) VALUES (:code, '一')"), {"code": COMMUNITY})
    newest = last_id(session)
    session.execute(text("UPDATE plan SET version = version + 1, changed_by = NULL"))
    session.execute(text("UPDATE plan SET name = name"))
    assert last_id(session) == newest


def test_shapes_are_kept_as_hash_and_box_and_passwords_not_at_all(session: Session) -> None:
    build_area(session, COMMUNITY, "江滨1社区", cell(0))
    building = build_building(session, f"{COMMUNITY}00001", footprint_in(cell(0), 1))
    session.execute(
        text("UPDATE building SET footprint = ST_Multi(ST_Translate(footprint, 0.00001, 0)) WHERE id = :id"),
        {"id": building},
    )
    (line,) = lines(session, subject="building", action="update")
    (entry,) = line.changes
    assert entry["after"].keys() == {"footprint"} and entry["after"]["footprint"].keys() == {"md5", "box"}
    assert (
        entry["after"]["footprint"]["md5"] != entry["before"]["footprint"]["md5"]
        and len(entry["after"]["footprint"]["box"]) == 4
    )
    add_account(session, "zhou", PASSWORD, "planner", COMMUNITY)
    set_password(session, "zhou", PASSWORD + "!")
    session.flush()
    everything = " ".join(str(one.changes) for one in lines(session))
    assert "argon2" not in everything and PASSWORD not in everything and "'password_hash': '…'" in everything
    (reset,) = lines(session, subject="account", action="update")
    assert reset.area_code == COMMUNITY, "found by the auditor of the area that the account has a role in"


def test_a_building_that_moves_is_in_the_books_of_both_areas(session: Session) -> None:
    for number, code in enumerate((COMMUNITY, SIBLING)):
        build_area(session, code, code, cell(number))
    build_building(session, f"{COMMUNITY}00001", footprint_in(cell(0), 1))
    session.execute(
        text("UPDATE building SET area_code = CAST(:to AS varchar), code = :to || '00001'"), {"to": SIBLING}
    )
    assert [one.area_code for one in lines(session, subject="building", action="update")] == [
        COMMUNITY,
        SIBLING,
    ]


def test_jobs_and_commands_name_themselves(session: Session) -> None:
    build_area(session, COMMUNITY, "江滨1社区", cell(0))
    session.commit()
    with db.acting_as(db.Actor(source="worker", request="import-7")), db.transaction() as writing:
        writing.execute(text("INSERT INTO plan (area_code, name) VALUES (:code, '一')"), {"code": COMMUNITY})
    (line,) = lines(session, subject="plan")
    assert (line.account_id, line.source, line.request) == (None, "worker", "import-7")


def test_looks_are_written_down_with_a_reason(session: Session) -> None:
    with db.acting_as(db.Actor(5, "web", "r1")), db.transaction() as writing:
        note_look(writing, "account", list(range(1, 2502)), ["phone"], "  防汛值班  ", COMMUNITY)
        with pytest.raises(InvalidInput) as refused:
            note_look(writing, "account", [1], ["phone"], " ", COMMUNITY)
        assert refused.value.code == "reason_missing"
    found = lines(session, action="look")
    assert [one.rows for one in found] == [1000, 1000, 501]
    assert found[0].changes == {"ids": list(range(1, 1001)), "fields": ["phone"], "reason": "防汛值班"}
    assert {(one.account_id, one.area_code, one.subject) for one in found} == {(5, COMMUNITY, "account")}
