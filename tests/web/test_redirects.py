"""Where a redirect may lead: to a page that our own router knows, and nowhere else."""

from urllib.parse import urljoin, urlsplit

import pytest

from app.web.pages import own_path

HOSTILE = [
    "https://evil.example/", "HTTP://evil.example", "//evil.example", "///evil.example", "////evil.example", "///help", "//help",
    "//plans", "///plans?x=1", "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "/\t/evil.example",
    "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example", "/plans\r\nX-Evil: 1",
    "/plans\x00", "/\x0b/evil", "/\u3000/evil", "/\u2028/evil", "/\ud800", "javascript:alert(1)", "JaVaScRiPt://%0aalert(1)",
    "data:text/html,x", "vbscript:x", "evil.example", "plans", "?next=//evil", "#//evil", "", "/%2F%2Fevil.example",
    "/%5Cevil.example", "/%09/evil.example", "/plans/..//evil.example", "/assets/x/..//evil.example", "/assets/x/../../plans",
    "/assets/x/%2e%2e/%2e%2e/plans", "/plans/%2e%2e%2f%2fevil.example", "/plans@evil.example", "/@evil.example", "//[", "http://[::",
    "/" + "a" * 3000, "/plans?" + "x" * 3000, "/sign-out", "/language", "/no-such-page", "/plans/1/delete", "/%00", "/%ff%fe",
    "/．．/evil", "／／evil.example", "/plans/\u202ehtml", "ftp://localhost/plans", "http://localhost/plans", "//localhost/plans",
]  # fmt: skip
OWN = {
    "/": "/", "/plans": "/plans", "/plans?q=江东&page=2": "/plans?q=%E6%B1%9F%E4%B8%9C&page=2", "/plans/7": "/plans/7",
    "/?on=2026-07-21&area=329902001001": "/?on=2026-07-21&area=329902001001", "/imports/3": "/imports/3",
    "/sign-in?next=/plans": "/sign-in?next=/plans", "/plans?q=%E6%B1%9F": "/plans?q=%E6%B1%9F", "/plans#top": "/plans",
    "/plans?next=//evil.example": "/plans?next=//evil.example", "/plans?a=https://x": "/plans?a=https://x",
}  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE, ids=[f"{n}" for n in range(len(HOSTILE))])
def test_nothing_leads_away(app, client, target: str) -> None:
    with app.test_request_context():
        assert own_path(target) == "/"
    if not any(0xD800 <= ord(sign) <= 0xDFFF or sign == "\0" for sign in target):
        asked = client.post("/language", data={"language": "en", "next": target}).headers["Location"]
        shown = client.get("/sign-in", query_string={"next": target}).get_data(as_text=True)
        assert asked == "/"
        assert 'name="next" value="/"' in shown


@pytest.mark.parametrize(("target", "wanted"), OWN.items())
def test_our_own_pages_are_found_again(app, target: str, wanted: str) -> None:
    with app.test_request_context():
        assert own_path(target) == wanted
        assert urlsplit(urljoin("https://ward.example.cn/x", own_path(target))).netloc == "ward.example.cn"


def test_whoever_signs_in_is_led_by_the_same_rule(login_as) -> None:
    planner = login_as("planner")
    for target in HOSTILE[:24]:
        answer = planner.get("/sign-in", query_string={"next": target})
        assert (answer.status_code, answer.headers.get("Location")) in ((302, "/"), (422, None))
