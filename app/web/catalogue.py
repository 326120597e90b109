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


# A sentence, or one about a thing and one about several: in Chinese they are the same.
Marked = str | tuple[str, str]


def sentences() -> dict[Marked, str]:
    """Every marked sentence of the program, with the file where it stands first."""
    found: dict[Marked, str] = {}
    for place, _line, message, _comments, _context in extract_from_dir(APP, METHODS, keywords=KEYWORDS):
        if isinstance(message, str) and message:
            found.setdefault(message, str(place))
        elif isinstance(message, tuple) and message[0]:
            found.setdefault((message[0], message[-1]), str(place))
    return found


def translated(catalogue: Catalog, one: Marked) -> str | tuple[str, ...]:
    """Its English, of one and of several where it counts something; empty when that is missing or not whole."""
    kept = catalogue.get(one)
    words = kept.string if kept else None
    if isinstance(one, str):
        return words if isinstance(words, str) else ""
    return tuple(words) if isinstance(words, tuple | list) and all(words) else ""


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
    for message, place in sorted(sentences().items(), key=lambda pair: (pair[1], str(pair[0]))):
        new.add(message, translated(old, message), locations=[(place, 0)])
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as place_:
        write_po(place_, new, omit_header=False, width=0, include_lineno=False)
    return [str(one) for one in sentences() if not translated(new, one)]


if __name__ == "__main__":
    missing = refresh()
    sys.stdout.write("".join(f"{one}\n" for one in missing))
