"""Signing in with a second factor in a real browser, under the real content policy, on a desk and on a phone."""

import re
import time

import pytest
from passlib.totp import TOTP

from tests.conftest import LiveServer, sign_in

SIZES = {"office": (1440, 900), "phone": (390, 844)}


def turn_off(page, server: LiveServer) -> None:
    page.goto(server.url + "/account")
    page.get_by_role("button", name="关闭").click()
    page.get_by_text("动态口令已关闭").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_setting_up_and_signing_in_with_a_second_factor(page, empty_server: LiveServer, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, empty_server, "/help")
    page.get_by_role("link", name="我的账号").click()
    page.get_by_role("link", name="打开动态口令").click()
    picture = page.get_by_role("img", name="二维码")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100"), (
        "the policy lets it be seen"
    )
    key = page.locator(".key-words").inner_text()
    assert re.fullmatch(r"([A-Z2-7]{4}-){7}[A-Z2-7]{4}", key)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("textbox", name="代码").fill(TOTP(key=key).generate().token)
    page.get_by_role("button", name="确认打开").click()
    codes = page.locator(".code-list code").all_inner_texts()
    assert len(codes) == 10
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="打印").click()
    assert page.title() == "printed"
    page.get_by_role("button", name="复制").click()
    page.get_by_role("link", name="已经保存好，继续").click()
    page.get_by_text("已打开").wait_for()

    sign_out(page, empty_server)
    sign_in_half(page, empty_server)
    # The code of the set-up is used; the one after it may come a little early.
    page.get_by_label("代码").fill(TOTP(key=key).generate(time.time() + 30).token)
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/plans")

    sign_out(page, empty_server)
    sign_in_half(page, empty_server)
    page.get_by_label("代码").fill(codes[3])
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/plans")
    turn_off(page, empty_server)


def sign_out(page, server: LiveServer) -> None:
    page.goto(server.url + "/account")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")


def sign_in_half(page, server: LiveServer) -> None:
    page.goto(server.url + "/plans")
    page.get_by_label("账号").fill(server.login)
    page.get_by_label("密码").fill(server.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/sign-in/code" in url)
