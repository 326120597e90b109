"""The page of whoever runs the installation: warnings that fit, secrets that stay secret, nobody's name."""

from dataclasses import fields, replace

import pytest
from sqlalchemy import text

from app import create_app, db
from app.accounts.actions import add_account
from app.config import Settings
from app.system.rules import State, shown_settings, warnings
from tests.builders import build_town
from tests.conftest import PASSWORD, Visitor

WELL = State(workers=1, failed_jobs=0, free_share=0.5, finds_by_index=True)
FINE = Settings(base_url="https://ward.example.gov.cn", secure_cookies=True)


@pytest.fixture
def visitor(app, session) -> Visitor:
    build_town(session)
    add_account(session, "wang", PASSWORD, "system")
    session.commit()
    visitor = Visitor(app.test_client())
    assert visitor.post("/sign-in", data={"login": "wang", "password": PASSWORD}).status_code == 303
    return visitor


def test_it_is_the_first_page_of_whoever_runs_the_system(visitor) -> None:
    assert visitor.get("/").location == "/system"


def test_it_says_how_things_are(visitor, session) -> None:
    page = visitor.get("/system").get_data(as_text=True)
    assert "没有后台任务进程在运行" in page, "no worker runs in this test"
    assert session.scalar(text("SELECT version_num FROM alembic_version")) in page
    session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    session.execute(
        text(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'x', 'failed')"
        )
    )
    session.commit()
    page = visitor.get("/system").get_data(as_text=True)
    assert "没有后台任务进程在运行" not in page
    assert "有后台任务失败了" in page and "1 个失败" in page


def test_it_shows_no_secret_and_nobody(app, settings, engine, visitor) -> None:
    page = visitor.get("/system").get_data(as_text=True)
    assert settings.secret_key not in page
    for url in (settings.database_url, settings.database_web_url):
        password = url.split("@")[0].rpartition(":")[2]
        assert not password or password not in page
    for name in ("临江", "planner"):
        assert name not in page
    db.bind(engine)


def test_every_setting_is_listed_with_what_it_means() -> None:
    own = replace(
        FINE, secret_key="x" * 40, database_url="postgresql://ward:hush@10.0.0.5/ward", language="en"
    )
    lines = {line.name: line for line in shown_settings(own, ["WARDMAP_LANGUAGE"])}
    assert len(lines) == len(fields(Settings)) and all(line.meaning for line in lines.values())
    assert lines["WARDMAP_SECRET_KEY"].value == "已设置"
    assert lines["DATABASE_URL"].value == "ward@10.0.0.5/ward"
    assert lines["WARDMAP_LANGUAGE"].is_own and not lines["WARDMAP_TIME_ZONE"].is_own
    assert lines["WARDMAP_BOX"].value == "-180,-90,180,90"
    assert "hush" not in str(lines)


@pytest.mark.parametrize(
    ("settings", "state", "words"),
    [
        (FINE, WELL._replace(workers=0), "后台任务进程"),
        (FINE, WELL._replace(failed_jobs=2), "失败"),
        (FINE, WELL._replace(free_share=0.05), "硬盘"),
        (FINE, WELL._replace(finds_by_index=False), "空间索引"),
        (replace(FINE, plain_http=True), WELL, "HTTPS"),
        (replace(FINE, base_url=""), WELL, "WARDMAP_BASE_URL"),
    ],
)
def test_warnings(settings, state, words) -> None:
    assert list(warnings(FINE, WELL)) == []
    [said] = warnings(settings, state)
    assert words in said


def test_links_are_written_under_the_address_that_was_set(app, settings, engine, session) -> None:
    add_account(session, "guan", PASSWORD, "security")
    session.commit()
    named = create_app(replace(settings, base_url="http://ward.example.gov.cn/"))
    db.bind(session.connection(), join_transaction_mode="create_savepoint")
    visitor = Visitor(named.test_client())
    headers = {"Origin": "http://ward.example.gov.cn"}
    assert (
        visitor.post("/sign-in", data={"login": "guan", "password": PASSWORD}, headers=headers).status_code
        == 303
    )
    form = {"login": "new-one", "role": "auditor", "area": ""}
    page = visitor.post("/accounts/invite", data=form, headers=headers).get_data(as_text=True)
    assert "http://ward.example.gov.cn/welcome/" in page
    assert "localhost" not in page
