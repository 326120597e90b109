"""Addresses that belong to nobody's ground: the frame of every page."""

from tests.authority.matrix.entry import ANYBODY, Entry

ACCOUNTS: dict[str, Entry] = {
    "web.health": Entry(ANYBODY, "GET", "/healthz"),
    "web.favicon": Entry(ANYBODY, "GET", "/favicon.ico", also=(301,)),
    "web.static_file": Entry(ANYBODY, "GET", "/assets/x/app.css"),
    "web.choose_language": Entry(ANYBODY, "POST", "/language", form={"language": "en", "next": "/"}, also=(303,)),
}  # fmt: skip
