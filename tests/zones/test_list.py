"""The list of communities and their plans through HTTP: drafts begun, copied, deleted, each once."""

import re
from datetime import date
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.zones.routes import index
from tests.zones.desk import JSON, Desk
from tests.zones.town import COMMUNITY, NEIGHBOUR, Town, build_town


@pytest.fixture
def town(session) -> Town:
    made = build_town(session)
    session.commit()
    return made


@pytest.fixture
def planner(login_as):
    return login_as("planner")


def test_the_list_shows_every_community_and_what_to_do(planner, town) -> None:
    page = planner.get("/plans").get_data(as_text=True)
    assert "沿江社区" in page
    assert "东门社区" in page
    assert "试划" in page
    assert "20 栋未划入" in page
    assert "还没有方案" in page
    found = planner.get(f"/plans?community={NEIGHBOUR}").get_data(as_text=True)
    assert "东门社区" in found
    assert "沿江社区" not in found
    assert "没有找到" in planner.get("/plans?q=没有这里").get_data(as_text=True)


def test_with_no_community_the_list_says_what_comes_first(planner) -> None:
    page = planner.get("/plans").get_data(as_text=True)
    assert 'href="/imports/new"' in page
    assert "还没有社区" in page


def form(page: str, action: str) -> dict[str, str]:
    """What the form with this address sends."""
    found = re.search(rf'<form method="post" action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    assert found, action
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found.group(1)))


def test_a_draft_is_begun_copied_and_deleted(session, planner, town) -> None:
    asked = form(planner.get(f"/plans?q={NEIGHBOUR}").get_data(as_text=True), "/plans")
    begun = planner.post("/plans", data=asked)
    assert begun.status_code == 303
    target = begun.headers["Location"]
    assert planner.post("/plans", data=asked).headers["Location"] == target, "a double click makes one draft"
    assert "东门社区" in planner.get(target).get_data(as_text=True)
    copied = planner.post(f"{target}/copy", data={"name": "第二稿", "key": uuid4()})
    assert "第二稿" in planner.get(copied.headers["Location"]).get_data(as_text=True)
    page = planner.get(f"/plans?q={NEIGHBOUR}").get_data(as_text=True)
    gone = planner.post(f"{target}/delete", data=form(page, f"{target}/delete"))
    assert gone.headers["Location"].endswith(f"/plans?community={NEIGHBOUR}")
    assert planner.get(target).status_code == 404


def test_every_form_that_makes_a_draft_has_a_key_of_its_own(session, planner, town) -> None:
    session.execute(text("UPDATE plan SET state = 'published', during = '[2026-01-01,)'"))
    session.commit()
    listed = planner.get("/plans").get_data(as_text=True)
    shown = planner.get(f"/plans/{town.plan.id}").get_data(as_text=True)
    keys = re.findall(r'name="key" value="([^"]+)"', listed + shown)
    assert len(set(keys)) == len(keys) == 4
    copied = [
        planner.post(f"/plans/{town.plan.id}/copy", data={"key": key}).headers["Location"]
        for key in (keys[-1], keys[-1], keys[0])
    ]
    assert copied[0] == copied[1] != copied[2]
    for path in ("/plans", f"/plans/{town.plan.id}/copy"):
        answer = planner.post(path, data={"community": COMMUNITY, "key": "x"}, headers=JSON)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "form_key_missing")


def test_a_draft_drawn_on_since_the_list_was_read_is_not_deleted(planner, town, login_as) -> None:
    target = f"/plans/{town.plan.id}"
    asked = form(planner.get("/plans").get_data(as_text=True), f"{target}/delete")
    Desk(login_as("planner"), town).zone()
    refused = planner.post(f"{target}/delete", data=asked)
    assert refused.status_code == 409
    assert "planner-" in refused.get_data(as_text=True)
    assert planner.post(f"{target}/delete").status_code == 409, "nor by a form that says nothing"
    assert planner.get(target).status_code == 200


@pytest.mark.parametrize(("language", "name"), [("zh", "11月5日 草稿"), ("en", "Draft Nov 5")])
def test_a_draft_is_named_after_the_day_as_the_reader_writes_it(
    app: Flask, monkeypatch, language: str, name: str
) -> None:
    monkeypatch.setattr(index, "today", lambda: date(2026, 11, 5))
    with app.test_request_context(headers={"Cookie": f"wardmap_language={language}"}):
        assert index.default_name() == name
