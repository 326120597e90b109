"""One account, several areas: what it does belongs to the one it names."""

import io
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actions import add_account, grant_role
from tests.builders import build_area, cell
from tests.conftest import PASSWORD, Visitor
from tests.ground.wizard_visits import JSON


def test_who_answers_for_two_streets_says_for_which_a_file_is(app: Flask, session: Session) -> None:
    first, second = "329902001000", "329902002000"
    for code, name in ((first, "东街道"), (second, "西街道")):
        build_area(session, code, name, cell())
    account = add_account(session, "liu", PASSWORD, "planner", first)
    grant_role(session, account.id, "planner", second)
    session.commit()
    visitor = Visitor(app.test_client())
    visitor.post("/sign-in", data={"login": "liu", "password": PASSWORD})
    page = visitor.get("/imports/new").get_data(as_text=True)
    assert "东街道" in page and "西街道" in page

    def sent(**chosen: str) -> Any:
        form = {"key": str(uuid4()), "files": (io.BytesIO(b"{}"), "a.geojson"), **chosen}
        return visitor.post("/imports", data=form, headers=JSON, content_type="multipart/form-data")

    answer = sent(area=second)
    assert answer.status_code == 201
    owner = session.scalar(
        text("SELECT area_code FROM ground_import WHERE id = :id"), {"id": answer.json["id"]}
    )
    assert owner == second
    assert sent(area="329903001000").status_code == 422
