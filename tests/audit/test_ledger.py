"""The auditor's pages: sentences, own area only, filters, export, looks, checks."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import db
from app.accounts.actions import add_account, grant_role, revoke_role, set_password
from app.audit.actions import ask_check, ask_watched_checks
from app.audit.checking import check_job
from app.journal import note_look
from tests.authority.region import COMMUNITY, FAR_COMMUNITY, HOME, STREET, build_region
from tests.conftest import PASSWORD, Visitor

JSON = {"Accept": "application/json"}


def auditor_of(app: Any, session: Session, area: str) -> Visitor:
    login = f"shen-{uuid4().hex[:6]}"
    add_account(session, login, PASSWORD, "auditor", area)
    session.commit()
    visitor = Visitor(app.test_client())
    assert (
        visitor.post("/sign-in", data={"login": login, "password": PASSWORD, "next": "/"}).status_code == 303
    )
    visitor.login = login  # type: ignore[attr-defined]
    return visitor


def page(visitor: Visitor, path: str = "/journal") -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.fixture
def worked(app: Any, session: Session) -> int:
    """A region in which Zhang San has been at work; returns the account's id."""
    region = build_region(session)
    who = add_account(session, "zhangsan", PASSWORD, "planner", STREET)
    session.commit()
    plan, zone = region.plans[COMMUNITY], region.zones[COMMUNITY]
    with db.acting_as(db.Actor(who.id, "web", "feedbeef00000001")), db.transaction() as writing:
        writing.execute(text("UPDATE plan SET name = '一' WHERE id = :id"), {"id": plan})
        writing.execute(text("UPDATE plan SET name = '二' WHERE id = :id"), {"id": plan})
        writing.execute(text("UPDATE zone SET name = '江堤片' WHERE id = :id"), {"id": zone})
        writing.execute(text("DELETE FROM zone_building WHERE plan_id = :id"), {"id": plan})
        writing.execute(
            text(
                "INSERT INTO zone_building SELECT :plan, id, :zone, area_code FROM building WHERE area_code = :code"
            ),
            {"plan": plan, "zone": zone, "code": COMMUNITY},
        )
        writing.execute(
            text("UPDATE building SET floors = 7, households = 40 WHERE area_code = :code"),
            {"code": COMMUNITY},
        )
    # The transaction of the test goes on; the next one of the program would begin with another actor.
    session.execute(text("SELECT set_config('wardmap.actor', '', true)"))
    return who.id


def test_lines_read_like_sentences(app: Any, session: Session, worked: int) -> None:
    body = page(auditor_of(app, session, STREET))
    for sentence in (
        "zhangsan 在机密2号区划把方案“一”改名为“二”",
        "zhangsan 在机密2号区划把责任区“机密2号责任区”改名为“江堤片”",
        "zhangsan 在机密2号区划把 1 栋楼移出方案“二”的责任区 1 江堤片",
        "zhangsan 在机密2号区划把 3 栋楼划入方案“二”的责任区 1 江堤片",
        "zhangsan 在机密2号区划修改了 3 条楼栋（层数、户数）",
    ):
        assert sentence in body, sentence
    assert "feedbeef00000001" in body
    english = auditor_of(app, session, STREET)
    english.client.set_cookie("wardmap_language", "en")
    assert "zhangsan" in page(english)


def test_what_happens_to_accounts_reads_like_a_sentence(app: Any, session: Session) -> None:
    build_region(session)
    account = add_account(session, "wang", PASSWORD, "community", COMMUNITY)
    grant_role(session, account.id, "dispatcher", STREET)
    session.flush()
    for grant in session.scalars(text("SELECT id FROM role_grant WHERE role = 'dispatcher'")).all():
        revoke_role(session, grant)
    set_password(session, "wang", PASSWORD + "!")
    session.execute(text("UPDATE account SET disabled_at = now() WHERE login = 'wang'"))
    session.execute(text("UPDATE account SET disabled_at = NULL WHERE login = 'wang'"))
    body = page(auditor_of(app, session, STREET))
    for sentence in (
        "授予账号“wang”在机密2号区划的角色“社区工作者”", "结束了账号“wang”在机密1号区划的角色“调度员”", "重设了账号“wang”的密码",
        "停用了账号“wang”", "重新启用了账号“wang”",
    ):  # fmt: skip
        assert sentence in body, sentence


def test_an_auditor_sees_the_own_area_only(app: Any, session: Session, worked: int) -> None:
    far = auditor_of(app, session, "329903001000")
    for path in ("/journal", "/journal/looks", "/journal/checks"):
        body = page(far, path)
        assert "zhangsan" not in body and "机密2号" not in body
    line = session.scalar(text("SELECT max(id) FROM journal WHERE area_code = :code"), {"code": COMMUNITY})
    missing = far.get("/journal/lines/999999999", headers=JSON)
    foreign = far.get(f"/journal/lines/{line}", headers=JSON)
    assert (
        (foreign.status_code, foreign.get_data())
        == (missing.status_code, missing.get_data())
        == (404, missing.get_data())
    )
    for area in (COMMUNITY, STREET, HOME, ""):
        own = auditor_of(app, session, area)
        assert own.get(f"/journal/lines/{line}").status_code == 200
        assert "改名为“二”" in page(own)
    sheet = exported(far)
    assert not [row for row in sheet if "zhangsan" in str(row)]


def test_filters(app: Any, session: Session, worked: int) -> None:
    auditor = auditor_of(app, session, HOME)

    def count(query: str) -> int:
        return page(auditor, f"/journal?{query}").count("<summary>")

    assert count("account=zhangsan") == 6
    assert count("account=zhangsan&subject=plan") == 2
    assert count("account=zhangsan&subject=plan&area=" + COMMUNITY) == 2
    assert count("account=zhangsan&area=" + FAR_COMMUNITY) == 0
    assert count("request=feedbeef00000001") == 6
    assert count("account=zhangsan&since=2020-01-01&until=2099-01-01") == 6
    assert count("account=zhangsan&until=2020-01-01") == 0
    assert "没有符合的记录" in page(auditor, "/journal?account=nobody")
    for bad in ("area=1", "since=x", "before=x", "account=" + "x" * 65):
        assert auditor.get(f"/journal?{bad}").status_code == 422, bad


def test_pages_follow_each_other_without_a_gap(app: Any, session: Session, worked: int) -> None:
    session.execute(text("UPDATE plan SET name = name || '改'"))
    for number in range(60):
        session.execute(
            text("UPDATE plan SET name = :name WHERE area_code = :code"),
            {"name": f"名{number:02}", "code": COMMUNITY},
        )
    session.commit()
    auditor = auditor_of(app, session, STREET)
    first = page(auditor, "/journal?subject=plan")
    assert first.count("<summary>") == 50
    older = first.split("before=")[1].split('"')[0]
    second = page(auditor, f"/journal?subject=plan&before={older}")
    numbers = [n for n in range(60) if f"改名为“名{n:02}”" in first]
    assert [n for n in range(60) if f"改名为“名{n:02}”" in second] == [
        n for n in range(60) if n not in numbers
    ]


def test_a_long_line_has_a_page_of_its_own(app: Any, session: Session, worked: int) -> None:
    session.execute(
        text("INSERT INTO plan (area_code, name) SELECT :code, 'p' || g FROM generate_series(1, 40) g"),
        {"code": COMMUNITY},
    )
    session.commit()
    auditor = auditor_of(app, session, STREET)
    body = page(auditor)
    assert "另有 30 条没有列出" in body and "新增了 40 条方案" in body
    line = session.scalar(text("SELECT max(id) FROM journal WHERE subject = 'plan'"))
    assert page(auditor, f"/journal/lines/{line}").count('rowgroup"') == 40


def exported(visitor: Visitor, **form: str) -> list[tuple[Any, ...]]:
    answer = visitor.post("/journal/export", data={"reason": "季度审计", **form})
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.get_data()), read_only=True)
    return [row for row in book.worksheets[0].iter_rows(values_only=True)]


def test_an_export_is_itself_written_down(app: Any, session: Session, worked: int) -> None:
    auditor = auditor_of(app, session, STREET)
    assert auditor.post("/journal/export", data={"reason": " "}, headers=JSON).status_code == 422
    session.execute(text("UPDATE plan SET name = '=1+1' WHERE area_code = :code"), {"code": COMMUNITY})
    rows = exported(auditor, account="zhangsan")
    assert len(rows) == 7 and all("zhangsan" in row[3] for row in rows[1:])
    assert any("=1+1" in str(row[3]) for row in exported(auditor))
    assert any("account" not in str(row) for row in rows)
    body = page(auditor, "/journal/looks")
    assert f"{auditor.login} 查看了 1 个账号的账号名，理由：季度审计" in body  # type: ignore[attr-defined]


def test_whose_data_an_account_has_seen(app: Any, session: Session, worked: int) -> None:
    auditor = auditor_of(app, session, STREET)
    assert "还没有人查看过" in page(auditor, "/journal/looks")
    with db.acting_as(db.Actor(worked, "web", "r1")), db.transaction() as writing:
        for _ in range(2):
            note_look(writing, "account", [worked, 71], ["login"], "防汛值班", COMMUNITY)
        note_look(writing, "account", [72], ["login"], "别处", FAR_COMMUNITY)
    body = page(auditor, "/journal/looks?account=zhangsan")
    assert "zhangsan 看过谁的资料" in body and "共 2 位" in body and "2 次" in body and "#71" in body
    assert "#72" not in body and "别处" not in body
    assert "还没有" not in body
    assert "没有符合的记录" in page(auditor, "/journal/looks?account=zhangsan&until=2020-01-01")


def test_a_check_is_asked_for_and_answered(app: Any, session: Session, worked: int) -> None:
    auditor = auditor_of(app, session, STREET)
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert auditor.post("/journal/checks").status_code == 303
    assert auditor.post("/journal/checks").status_code == 303
    (check,) = session.execute(text("SELECT id, area_code FROM journal_check")).all()
    assert check.area_code == STREET
    assert "正在核验" in page(auditor, "/journal/checks")
    jobs = session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'wardmap:journal.check'")
    ).all()
    assert [job.args for job in jobs] == [{"check_id": check.id}]
    check_job(check.id)
    body = page(auditor, "/journal/checks")
    assert "完整" in body and f"{STREET}:" in body
    assert "机密1号" not in page(auditor_of(app, session, "329903001000"), "/journal/checks")


def test_a_broken_chain_is_shown(app: Any, session: Session, worked: int) -> None:
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    line = session.scalar(text("SELECT min(id) FROM journal WHERE chain = :chain"), {"chain": STREET})
    session.execute(text("ALTER TABLE journal DISABLE TRIGGER USER"))
    session.execute(text("UPDATE journal SET changes = '[]' WHERE id = :id"), {"id": line})
    session.execute(text("ALTER TABLE journal ENABLE TRIGGER USER"))
    assert ask_check(session, [STREET], None) == 1
    session.commit()
    check_job(session.scalar(text("SELECT max(id) FROM journal_check")))
    body = page(auditor_of(app, session, STREET), "/journal/checks")
    assert "不完整" in body and f"第 {line} 行的内容被改过" in body


def test_every_night_the_areas_of_auditors_are_checked(app: Any, session: Session) -> None:
    auditor_of(app, session, STREET)
    auditor_of(app, session, STREET)
    ask_watched_checks(session)
    assert set(session.scalars(text("SELECT area_code FROM journal_check"))) == {"", STREET}


def test_a_community_auditor_is_told_who_can_check(app: Any, session: Session, worked: int) -> None:
    auditor = auditor_of(app, session, COMMUNITY)
    assert "请街道或区的审计员核验" in page(auditor, "/journal/checks")
    auditor.post("/journal/checks")
    assert session.scalar(text("SELECT count(*) FROM journal_check")) == 0


def test_an_auditor_has_only_these_pages(app: Any, session: Session) -> None:
    auditor = auditor_of(app, session, STREET)
    assert auditor.get("/").headers["Location"] == "/journal"
    assert 'href="/journal"' in page(auditor) and 'href="/plans"' not in page(auditor)


def test_every_answer_names_its_request_and_a_defect_is_logged_under_it(
    app: Any, client: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = client.get("/sign-in"), client.get("/no-such-page")
    assert (
        len(first.headers["X-Request-ID"]) == 16
        and first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    )

    def fail() -> None:
        raise RuntimeError("a defect")

    monkeypatch.setitem(app.view_functions, "accounts.sign_in", fail)
    fail.guard = "public"  # type: ignore[attr-defined]
    answer = client.get("/sign-in")
    number = answer.headers["X-Request-ID"]
    assert answer.status_code == 500 and number in answer.get_data(as_text=True)
    assert any(number in record.getMessage() for record in caplog.records)
