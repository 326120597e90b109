"""Where a person is led after signing in: to a path that our own router answers, or home."""

import pytest

from tests.accounts.visits import Person

FOREIGN = [
    "https://evil.example", "http://evil.example/plans", "//evil.example", "///evil.example", "////evil.example/plans",
    "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "/\t/evil.example", "/\n/evil.example",
    "/\r\nLocation: https://evil.example", "\thttps://evil.example", " https://evil.example", "https:evil.example", "https:/evil.example",
    "http:\\\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x",
    "file:///etc/passwd", "//evil.example\\@localhost", "https://localhost@evil.example", "//localhost.evil.example", "/%5cevil.example",
    "/%2f%2fevil.example", "/%09/evil.example", "/.evil.example", "/..//evil.example", "/plans//evil.example/../..", "evil.example",
    "?next=https://evil.example", "#https://evil.example", "/no-such-page", "/sign-out", "/plans\x00", "//[", "http://[::",
    "/\u2028/evil.example", "/\x85/evil.example", "mailto:a@evil.example", "ftp://evil.example",
]  # fmt: skip
OWN = ["/plans", "/plans?community=1", "/help#zones", "/", "/account", "/plans?x=//evil.example"]


@pytest.mark.parametrize("target", FOREIGN)
def test_foreign_ways_lead_home(app, session, target) -> None:
    zhou = Person(app, session)
    page = zhou.browser.get("/sign-in", query_string={"next": target}).get_data(as_text=True)
    assert 'name="next" value="/"' in page
    answer = zhou.give_password(target=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    answer = zhou.browser.post("/account/confirm", data={"password": zhou.password, "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("target", OWN)
def test_own_ways_are_kept(app, session, target) -> None:
    zhou = Person(app, session)
    assert zhou.give_password(target=target).headers["Location"] == target


def test_there_are_enough_of_them() -> None:
    assert len(set(FOREIGN)) >= 40
