"""The English catalogue against the sentences in the code: `python -m app.web.catalogue` brings it up to date."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

APP = Path(__file__).parent.parent
ENGLISH = Path(__file__).parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [
    ("**/node_modules/**", "ignore"),
    ("migrations/versions/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
]
DATE = datetime(2026, 11, 23, tzinfo=UTC)
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "N_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "_setting": (2,),
}  # fmt: skip


def sentences() -> dict[str, str]:
    """Every marked sentence of the program, with the file where it stands first."""
    found: dict[str, str] = {}
    for place, _line, message, _comments, _context in extract_from_dir(APP, METHODS, keywords=KEYWORDS):
        if isinstance(message, str) and message:
            found.setdefault(message, str(place))
    return found


def english() -> Catalog:
    """The catalogue as it is kept."""
    with ENGLISH.open("rb") as kept:
        return read_po(kept, locale="en", domain="messages")


def refresh() -> list[str]:
    """Add what is new with an empty translation, drop what is gone; returns what still has to be translated."""
    old = english() if ENGLISH.exists() else Catalog()
    # Fixed dates: the file changes when a sentence does, not with every run.
    new = Catalog(
        locale="en", domain="messages", header_comment="# English for the Chinese sentences of Wardmap.",
        creation_date=DATE, revision_date=DATE, last_translator="", language_team="", fuzzy=False,
    )  # fmt: skip
    for message, place in sorted(sentences().items(), key=lambda pair: (pair[1], pair[0])):
        kept = old.get(message)
        new.add(message, str(kept.string) if kept and kept.string else "", locations=[(place, 0)])
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as place_:
        write_po(place_, new, omit_header=False, width=0, include_lineno=False)
    return [str(message.id) for message in new if message.id and not message.string]


if __name__ == "__main__":
    missing = refresh()
    sys.stdout.write("".join(f"{one}\n" for one in missing))
