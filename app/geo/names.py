"""Community and street names as people write them, matched to official ones."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

# Longest first: a shorter ending must not leave a stump of a longer one.
ENDINGS = (
    "社区居民委员会",
    "村民委员会",
    "居民委员会",
    "街道办事处",
    "社区居委会",
    "社区村委会",
    "办事处",
    "村委会",
    "居委会",
    "街道办",
    "街道",
    "街办",
    "社区",
)
PREFIX = re.compile(r"^.{2,8}?(?:市|区|县)(?=.{2,}(?:街道|镇|乡))")


@dataclass(frozen=True, slots=True)
class NameMatch:
    """Result of looking one name up: ``how`` is ``exact``, ``normalised``, ``ambiguous`` or ``none``."""

    how: str
    code: str | None
    candidates: tuple[tuple[str, str], ...] = ()


def plain_area_name(name: str) -> str:
    """A name without its administrative ending, blanks and brackets.

    Examples
    --------
    >>> plain_area_name("鼓楼区 江东街道办事处"), plain_area_name("清凉门社区居民委员会"), plain_area_name("新村")
    ('江东', '清凉门', '新村')
    """
    half = unicodedata.normalize("NFKC", name)
    half = re.sub(r"\(.*?\)|[\s·・\-]", "", half)
    half = PREFIX.sub("", half)
    for ending in ENDINGS:
        if half.endswith(ending) and len(half) > len(ending):
            return half[: -len(ending)]
    return half


class NameBook:
    """Official names to look up in.

    Parameters
    ----------
    entries : iterable of (code, name, parent_code)
    """

    def __init__(self, entries: Iterable[tuple[str, str, str | None]]) -> None:
        self._exact: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
        self._plain: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
        for entry in entries:
            self._exact[entry[1]].append(entry)
            self._plain[plain_area_name(entry[1])].append(entry)

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, name: str, parent_code: str | None = None) -> NameMatch:
        """Look a name up, exactly first, then without its ending; a parent narrows namesakes down."""
        for how, found in (
            ("exact", self._exact.get(name)),
            ("normalised", self._plain.get(plain_area_name(name))),
        ):
            if not found:
                continue
            narrowed = (
                [entry for entry in found if entry[2] == parent_code] or found
                if len(found) > 1 and parent_code
                else found
            )
            if len(narrowed) == 1:
                return NameMatch(how, narrowed[0][0])
            return NameMatch("ambiguous", None, tuple((code, official) for code, official, _ in narrowed))
        return NameMatch("none", None)
