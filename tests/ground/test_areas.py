"""Areas made by hand: for towns without a boundary file."""

import pytest
from sqlalchemy import text

from app.errors import Conflict, InvalidInput
from app.ground import actions
from tests.builders import build_town


def test_a_community_brings_its_parents_along(session) -> None:
    code = actions.add_area(session, "community", "河湾社区", parent_name="河湾街道")
    rows = session.execute(text("SELECT code, level, parent_code, is_local FROM area ORDER BY code")).all()
    assert [row.level for row in rows] == ["district", "street", "community"]
    assert all(row.is_local for row in rows)
    assert rows[2].code == code
    assert rows[2].parent_code == rows[1].code


def test_given_codes_must_fit(session) -> None:
    build_town(session)
    street = "329902001000"
    assert (
        actions.add_area(session, "community", "新社区", parent_code=street, code="329902001009")
        == "329902001009"
    )
    for wrong in ("32990200100", "329902002001", "329902001000", "abc"):
        with pytest.raises(InvalidInput) as refused:
            actions.add_area(session, "community", "另一社区", parent_code=street, code=wrong)
        assert refused.value.code == "code_unfit"
    with pytest.raises(Conflict) as taken:
        actions.add_area(session, "community", "另一社区", parent_code=street, code="329902001001")
    assert taken.value.code == "code_taken"
    with pytest.raises(Conflict) as taken:
        actions.add_area(session, "community", "左岸社区", parent_code=street)
    assert taken.value.code == "name_taken"
    with pytest.raises(InvalidInput):
        actions.add_area(session, "street", "街", parent_code=street)


def test_only_what_nothing_depends_on_can_be_removed(session) -> None:
    build_town(session)
    with pytest.raises(Conflict) as used:
        actions.remove_area(session, "329902001001")
    assert used.value.code == "area_in_use"
    code = actions.add_area(session, "community", "空社区", parent_code="329902001000")
    actions.remove_area(session, code)
    assert not session.scalar(text("SELECT count(*) FROM area WHERE code = :code"), {"code": code})


def test_the_form_makes_it_and_says_what_is_wrong(login_as, session) -> None:
    planner = login_as("planner")
    assert "新建区划" in planner.get("/ground/areas/new").get_data(as_text=True)
    wrong = planner.post("/ground/areas", data={"level": "community", "name": "河湾社区"})
    assert wrong.status_code == 422
    assert "请选择上级" in wrong.get_data(as_text=True)
    made = planner.post(
        "/ground/areas", data={"level": "community", "name": "河湾社区", "parent_name": "河湾街道"}
    )
    assert made.status_code == 303
    code = made.headers["Location"].rpartition("=")[2]
    shown = planner.get(f"/ground/areas/{code}").json
    assert shown["name"] == "河湾社区"
    assert shown["may_remove"] is True
    assert planner.post(f"/ground/areas/{code}/delete").json == {"removed": code}


def test_community_officers_look_only(login_as) -> None:
    officer = login_as("community")
    assert officer.get("/ground/areas/new").status_code == 403
    assert officer.post("/ground/areas", data={"level": "district", "name": "区"}).status_code == 403
