"""A headless Chromium without a graphics card, signed in, as the journeys of the tests use it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.benches.server import Server

ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu", "--disable-dev-shm-usage",
]  # fmt: skip
VIEW = {"width": 1280, "height": 800}


@contextmanager
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def signed_in_page(browser: Browser, server: Server, script: str = "") -> Iterator[Page]:
    """A page of a browser that has never been here: nothing is kept from the page before."""
    name, _, value = server.cookie.partition("=")
    context = browser.new_context(viewport=VIEW)  # type: ignore[arg-type]
    context.add_cookies([{"name": name, "value": value, "url": server.url}])
    if script:
        context.add_init_script(script)
    try:
        yield context.new_page()
    finally:
        context.close()


def ask(page: Page, script: str, argument: Any = None) -> Any:
    """What a script in the page answers."""
    return page.evaluate(script, argument)
