"""After its time nothing is left but stubs, and what was done still stands."""

from dataclasses import replace
from uuid import uuid4

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actions import add_account, disable_account, forget_account, grant_role
from app.cli.retention import forget_outlived
from app.config import Settings
from app.db import Base
from app.errors import Conflict, NotFound
from tests.builders import build_town
from tests.conftest import PASSWORD


def grown_old(session: Session) -> int:
    """A disabled account that once made a plan and brought in a file, 400 days ago; its id."""
    build_town(session)
    account = add_account(session, "zhou-canary", PASSWORD, "planner")
    add_account(session, "still-here", PASSWORD, "security")
    disable_account(session, "zhou-canary")
    for statement in (
        "UPDATE account SET disabled_at = now() - interval '400 days' WHERE id = :a",
        "INSERT INTO browser_session (token_hash, account_id, contents, expires_at) VALUES ('x', NULL, '{}', now() - interval '400 days')",
        "INSERT INTO known_device (token_hash, account_id, expires_at) VALUES ('y', :a, now() - interval '200 days')",
        "INSERT INTO former_password (account_id, password_hash) VALUES (:a, 'old')",
        "INSERT INTO recovery_code (account_id, code_hash) VALUES (:a, 'code')",
        "INSERT INTO attempt (key, count, last_at, free_at) VALUES ('k', 3, now() - interval '400 days', now() - interval '400 days')",
        "INSERT INTO plan (area_code, name, created_by) VALUES ('329902001001', '旧方案', :a)",
    ):
        session.execute(text(statement), {"a": account.id})
    session.execute(
        text(
            "INSERT INTO ground_import (key, file_name, state, kind, area_code, options, summary, inspection, created_by, published_at,"
            " created_at, updated_at) VALUES (:key, 'a.csv', 'published', 'road', '', '{\"kind\": \"road\"}', '{\"rows\": 1}',"
            ' \'{"layers": [{"columns": [{"samples": ["13800000000"]}]}]}\', :a, now() - interval \'400 days\','
            " now() - interval '400 days', now() - interval '400 days')"
        ),
        {"key": uuid4(), "a": account.id},
    )
    session.commit()
    return account.id


def test_after_400_days_only_stubs_are_left(session: Session, settings: Settings) -> None:
    account_id = grown_old(session)
    counts = forget_outlived(settings)
    assert all(counts.values()), counts
    login, hashed = session.execute(
        text("SELECT login, password_hash FROM account WHERE id = :a"), {"a": account_id}
    ).one()
    assert (login, hashed) == (f"former-{account_id}", "-")
    for table in ("known_device", "former_password", "recovery_code", "attempt", "browser_session"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    assert session.scalar(text("SELECT count(*) FROM ground_import WHERE inspection IS NOT NULL")) == 0
    assert session.scalar(text("SELECT created_by FROM plan WHERE name = '旧方案'")) == account_id
    assert (
        session.scalar(text("SELECT count(*) FROM ground_import WHERE created_by = :a"), {"a": account_id})
        == 1
    )
    assert not any(forget_outlived(settings).values()), "a second run finds nothing"
    for table in Base.metadata.tables:
        told = text(f"SELECT count(*) FROM {table} AS row WHERE row::text LIKE '%zhou-canary%'")
        assert session.scalar(told) == 0, f"{table} still says who it was"


def test_a_dry_run_counts_and_changes_nothing(session: Session, settings: Settings) -> None:
    account_id = grown_old(session)
    assert all(forget_outlived(settings, dry_run=True).values())
    assert session.scalar(text("SELECT login FROM account WHERE id = :a"), {"a": account_id}) == "zhou-canary"


def test_what_is_young_stays(session: Session, settings: Settings) -> None:
    add_account(session, "li", PASSWORD, "planner")
    disable_account(session, "li")
    session.commit()
    assert not any(forget_outlived(settings).values())
    assert not any(forget_outlived(replace(settings, retention_account_days=1)).values())


def test_the_last_who_can_hand_out_roles_is_not_forgotten(session: Session) -> None:
    account = add_account(session, "only", PASSWORD, "security")
    session.flush()
    with pytest.raises(Conflict) as refused:
        forget_account(session, "only")
    assert refused.value.code == "last_security"
    add_account(session, "another", PASSWORD, "security")
    assert forget_account(session, "only") == f"former-{account.id}"
    with pytest.raises(NotFound):
        forget_account(session, "only")


def test_one_person_gets_everything_but_secrets(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    from app.cli import person

    account_id = grown_old(session)
    grant_role(session, account_id, "community", "329902001001")
    session.commit()
    # The rows of this test are not committed: the command looks at them through the test's own connection.
    monkeypatch.setattr(person, "connected", lambda: nullcontext(settings))
    answer = CliRunner().invoke(person.person, ["export", "zhou-canary"])
    assert answer.exit_code == 0, answer.output
    held = orjson.loads(answer.output)
    assert held["账号"][0]["login"] == "zhou-canary"
    assert [plan["name"] for plan in held["建立的方案"]] == ["旧方案"]
    assert len(held["角色"]) == 2 and len(held["导入的文件"]) == 1
    for secret in ("argon2", "password_hash", "token", "totp_key"):
        assert secret not in answer.output
