"""From an invitation to the day it is taken back: an office screen for the administrator, a phone for the planner."""

from collections.abc import Iterator
from typing import Any

import pytest
from passlib.totp import TOTP
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import db
from app.accounts.actions import add_account
from app.cluster import Facts
from tests.conftest import PASSWORD, LiveServer, copy_database, database_name, running, sign_in

OFFICE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
OWN, OTHER = "329901001000", "329901002000"
NEW = "three quiet herons wade"


@pytest.fixture(scope="module")
def strict_server(cluster: Facts, sample_database: str, tmp_path_factory: Any) -> Iterator[LiveServer]:
    """The sample town with a security administrator, where planners must have a second factor."""
    url = copy_database(cluster, database_name(sample_database))
    own = create_engine(db.driver_url(url))
    with Session(own) as writing:
        add_account(writing, "keeper", PASSWORD, "security")
        writing.execute(text("SELECT set_config('wardmap.scope', '{%}', true)"))
        for street in (OWN, OTHER):
            writing.execute(
                text(
                    "INSERT INTO plan (area_code, name) SELECT min(code), 'a plan' FROM area WHERE parent_code = :street"
                ),
                {"street": street},
            )
        writing.commit()
    own.dispose()
    home = tmp_path_factory.mktemp("strict-home")
    with running(cluster, url, home, WARDMAP_SECOND_FACTOR_ROLES="planner") as server:
        yield LiveServer(server.url, url, "keeper", PASSWORD)


def plan_of(server: LiveServer, street: str) -> int:
    own = create_engine(db.driver_url(server.database_url))
    with Session(own) as asking:
        asking.execute(text("SELECT set_config('wardmap.scope', '{%}', true)"))
        found = asking.scalar(
            text("SELECT min(id) FROM plan WHERE area_code LIKE :within"), {"within": f"{street[:9]}%"}
        )
    own.dispose()
    return int(found)


def invite_planner(page: Any) -> str:
    page.get_by_role("link", name="邀请新账号").click()
    page.get_by_label("账号名").fill("zhou.min")
    page.locator(".role-card", has_text="规划员").click()
    area = page.get_by_role("combobox", name="辖区")
    area.fill(OWN)
    page.locator(".area-list li", has_text=OWN).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert area.input_value().endswith(OWN)
    page.get_by_role("button", name="邀请").click()
    page.get_by_text("链接只显示这一次").wait_for()
    assert page.locator(".slip img").evaluate("one => one.complete && one.naturalWidth > 100")
    return str(page.locator(".slip-link").inner_text())


def set_up_second_factor(phone: Any) -> None:
    phone.wait_for_url(lambda url: "/account/second-factor" in url)
    key = phone.locator(".key-words").inner_text().replace("-", "")
    phone.get_by_label("代码").fill(str(TOTP(key=key).generate().token))
    phone.get_by_role("button", name="打开").click()
    phone.get_by_role("heading", name="恢复代码").wait_for()
    assert phone.locator(".code-list li").count() == 10
    phone.get_by_role("link", name="已经保存好，继续").click()


def test_from_invitation_to_revoking(page, browser, strict_server: LiveServer) -> None:
    page.set_viewport_size(OFFICE)
    sign_in(page, strict_server, "/accounts")
    link = invite_planner(page)
    telephone = browser.new_context(viewport=PHONE, locale="zh-CN")
    phone = telephone.new_page()
    phone.goto(link)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.get_by_label("设一个密码").fill(NEW)
    phone.get_by_label("再输一次").fill(NEW)
    phone.get_by_role("button", name="设好并登录").click()
    set_up_second_factor(phone)

    own, other = (f"{strict_server.url}/plans/{plan_of(strict_server, street)}" for street in (OWN, OTHER))
    assert phone.goto(own).status == 200
    assert phone.goto(other).status == 404
    assert phone.goto(f"{strict_server.url}/plans/999999").status == 404
    assert phone.goto(f"{strict_server.url}/accounts").status == 403
    assert phone.goto(link).status == 404, "the link is used up"

    page.get_by_role("link", name="看这个账号").click()
    page.get_by_text("可以登录").wait_for()
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销").wait_for()
    page.get_by_role("heading", name="以前的角色").wait_for()
    assert phone.goto(own).status == 403, "at the next click"
    page.get_by_text("停用账号").click()
    page.get_by_role("button", name="停用", exact=True).click()
    page.get_by_text("账号已停用，所有登录已结束").wait_for()
    phone.goto(own)
    assert "/sign-in" in phone.url
    telephone.close()
