"""An auditor's day: read what a colleague did, look behind a line, prove that the record is whole."""

import re
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import db
from app.accounts.actions import add_account
from tests.conftest import PASSWORD, LiveServer, sign_in


def test_what_a_planner_did_is_read_and_proved_by_an_auditor(
    page: Any, live_server: LiveServer, new_context: Any
) -> None:
    engine = create_engine(db.driver_url(live_server.database_url))
    with Session(engine) as writing:
        add_account(writing, "shen", PASSWORD, "auditor")
        writing.commit()
    engine.dispose()
    sign_in(page, live_server, "/plans")
    page.get_by_role("button", name=re.compile("^新建草稿")).first.click()
    page.wait_for_url(re.compile(r"/plans/\d+$"))

    desk = new_context().new_page()
    sign_in(desk, LiveServer(live_server.url, live_server.database_url, "shen", PASSWORD))
    desk.wait_for_url("**/journal")
    line = desk.locator(".ledger li", has_text=re.compile(r"planner 在\S+新增了方案")).first
    line.locator("summary").click()
    expect(line.locator(".before-after")).to_contain_text("草稿")
    expect(line.locator(".ledger-foot .code")).to_have_text(re.compile("^[0-9a-f]{16}$"))
    line.locator(".ledger-foot .code").click()
    assert desk.locator(".ledger li").count() >= 1

    desk.get_by_role("link", name="核验").click()
    desk.get_by_role("button", name="现在核验").click()
    expect(desk.locator(".badge-state.is-good").first).to_have_text("完整", timeout=30_000)
    expect(desk.locator(".seal-table .code").first).to_have_text(
        re.compile("^[0-9]{12}:[0-9]+:[0-9a-f]{16}$")
    )
    desk.get_by_role("button", name="English").click()
    expect(desk.locator("html")).to_have_attribute("lang", "en")
    desk.context.close()
