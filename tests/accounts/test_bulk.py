"""Many invited at once: read where it can do no harm, checked row by row, and done whole or not at all."""

import csv
import io
import re
import zipfile
from base64 import b64decode
from typing import Any
from uuid import uuid4

import openpyxl
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import actions
from app.accounts.rules import SIGNED_IN, Reach, checked_rows, list_rows
from app.errors import InvalidInput
from tests.accounts.visits import Person
from tests.authority.region import COMMUNITY, FAR_COMMUNITY, HOME, SECRETS, STREET, build_region
from tests.conftest import Visitor

HEAD = ["账号", "角色", "辖区"]
GOOD = [
    ["zhou.min", "规划员", STREET], ["Wu.Lei", "community", f"{SECRETS[COMMUNITY]}区划"],
    ["san-1", "志愿者", f"{SECRETS[COMMUNITY]}区划 {COMMUNITY}"],
]  # fmt: skip


@pytest.fixture
def district(app: Any, session: Session) -> Visitor:
    build_region(session)
    return Person(app, session, "district", HOME).sign_in()


def sheet(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def lines(rows: list[list[str]], encoding: str = "gb18030") -> bytes:
    body = io.StringIO()
    csv.writer(body).writerows(rows)
    return body.getvalue().encode(encoding)


def upload(visitor: Visitor, body: bytes, name: str = "名单.csv") -> Any:
    sent = {"list": (io.BytesIO(body), name)}
    return visitor.post("/accounts/bulk/check", data=sent, content_type="multipart/form-data")


def form_in(answer: Any) -> dict[str, str]:
    page = answer.get_data(as_text=True)
    found = dict(re.findall(r'name="(key|rows)" value="([^"]*)"', page))
    return {name: value.replace("&#34;", '"').replace("&#39;", "'") for name, value in found.items()}


def logins(session: Session) -> set[str]:
    return set(
        session.scalars(text("SELECT a.login FROM account a JOIN invitation i ON i.account_id = a.id"))
    )


@pytest.mark.parametrize(("body", "name"), [
    (lines([HEAD, *GOOD]), "名单.csv"), (lines([["社区名单"], HEAD, *GOOD], "utf-8"), "名单.csv"),
    (sheet([HEAD, *GOOD[:2], ["san.1", "志愿者", COMMUNITY]]), "名单.xlsx"),
])  # fmt: skip
def test_a_list_becomes_accounts_with_links(app, session, district, body, name) -> None:
    answer = upload(district, body, name)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert logins(session) == set(), "looking at it changes nothing"
    made = district.post("/accounts/bulk", data=form_in(answer))
    page = made.get_data(as_text=True)
    assert made.status_code == 200 and len(logins(session)) == 3 and page.count('class="slip"') == 3
    book = openpyxl.load_workbook(io.BytesIO(b64decode(re.search(r"base64,([^\"]+)\" download", page)[1])))
    rows = list(book.active.iter_rows(min_row=2))
    assert all(cell.data_type == "s" and cell.hyperlink is None for row in rows for cell in row), (
        "text, never a formula"
    )
    guest = Visitor(app.test_client())
    link = rows[0][2].value.removeprefix("http://localhost")
    assert (
        guest.post(
            link, data={"new": "three quiet herons wade", "again": "three quiet herons wade"}
        ).status_code
        == 303
    )


def test_the_same_list_takes_effect_once(session, district) -> None:
    form = form_in(upload(district, lines([HEAD, *GOOD])))
    assert district.post("/accounts/bulk", data=form).status_code == 200
    again = district.post("/accounts/bulk", data=form)
    assert again.status_code == 409 and "这份名单已经邀请过了" in again.get_data(as_text=True)
    assert session.scalar(text("SELECT count(*) FROM invitation")) == 3


def test_every_row_is_judged_by_itself(session, district) -> None:
    actions.invite(session, "there", "planner", STREET)
    session.commit()
    rows = [
        HEAD, ["fine", "规划员", STREET], ["two words", "规划员", STREET], ["a", "规划员", STREET], ["there", "规划员", STREET],
        ["fine", "志愿者", COMMUNITY], ["emperor", "皇帝", STREET], ["nowhere", "规划员", ""], ["far", "规划员", FAR_COMMUNITY],
        ["everywhere", "规划员", "全部辖区"], ["boss", "安全管理员", STREET], [], ["no role", "", STREET],
    ]  # fmt: skip
    answer = upload(district, lines(rows))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and page.count("row-wrong") == 10 and "全部邀请" not in page
    assert 'data-label="行">13</td>' in page, "the line in the file, blank lines counted"
    assert "第 2 行已经是这个账号" in page and SECRETS[FAR_COMMUNITY] not in page
    form = form_in(answer)
    assert district.post("/accounts/bulk", data=form).status_code == 422, (
        "nor by sending the form all the same"
    )
    assert logins(session) == {"there"}


def test_all_or_nothing_when_the_list_has_changed_meanwhile(session, district) -> None:
    form = form_in(upload(district, lines([HEAD, *GOOD])))
    actions.invite(session, "wu.lei", "planner", STREET)
    session.commit()
    answer = district.post("/accounts/bulk", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "一个也没有邀请" in page and page.count("row-wrong") == 1
    assert logins(session) == {"wu.lei"}


def test_what_is_sent_in_place_of_the_preview_is_checked_again(session, district) -> None:
    def send(rows: Any) -> Any:
        return district.post("/accounts/bulk", data={"key": str(uuid4()), "rows": rows})

    for rows in (
        "",
        "[]",
        "{}",
        "[1]",
        '[[2,"a"]]',
        "null",
        orjson.dumps([[2, "x" * 201, "planner", STREET]]).decode(),
    ):
        assert send(rows).status_code == 422, rows
    assert (
        send(orjson.dumps([[n, f"u{n}", "planner", STREET] for n in range(501)]).decode()).status_code == 422
    )
    assert send(orjson.dumps([[2, "boss", "security", ""]]).decode()).status_code == 422
    assert send(orjson.dumps([[2, "far", "planner", FAR_COMMUNITY]]).decode()).status_code == 422
    assert logins(session) == set()


def bomb() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", " " * 60_000_000)
    return body.getvalue()


@pytest.mark.parametrize(("body", "name"), [
    (b"", "a.csv"), (b"\x00" * 900, "a.csv"), (bomb(), "a.xlsx"), (b"PK\x03\x04 cut", "a.xlsx"),
    (b'{"type":"FeatureCollection","features":[]}', "a.geojson"),
    (lines([["名称", "编码"], ["x", "y"]]), "a.csv"), (lines([HEAD]), "a.csv"),
    (lines([HEAD, *([["u", "规划员", STREET]] * 501)]), "a.csv"),
    (lines([HEAD, *([["u" * 60, "规划员", STREET]] * 15_000)]), "a.csv"),
])  # fmt: skip
def test_bad_files_are_refused_with_a_sentence(district, body, name) -> None:
    answer = upload(district, body, name)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert 'class="alert alert-danger"' in answer.get_data(as_text=True)


def test_the_template_comes_back_filled_in(session, district) -> None:
    answer = district.get("/accounts/bulk/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    offered = [row[0].value for row in book["辖区"].iter_rows(min_row=2)]
    assert offered and all(code.startswith(HOME[:6]) for code in offered)
    assert "安全管理员" not in str(book["名单"].data_validations.dataValidation[0].formula1)
    book["名单"].append(["zhou.min", "规划员", STREET])
    body = io.BytesIO()
    book.save(body)
    assert upload(district, body.getvalue(), "批量邀请.xlsx").status_code == 200


def test_lists_by_the_rule_alone() -> None:
    rows = list_rows(
        [(3, ["Login", "ROLE", "区划代码", "备注"]), (4, ["xu", "auditor", ""]), (6, ["yu", "planner", "b"])]
    )
    checked = checked_rows(rows, (Reach(SIGNED_IN, ""),), {"1": "a", "2": "b", "3": "b"}, [])
    assert checked[0].wanted == ("xu", "auditor", "")
    assert checked[1].problem is not None and checked[1].problem.code == "area_ambiguous"
    with pytest.raises(InvalidInput):
        list_rows([(1, ["账号", "辖区"]), (2, ["x", "y"])])
