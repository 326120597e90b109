"""Cleaning what people typed: widths, blanks, numbers, division codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# Full-width punctuation belongs in Chinese text; only digits, letters and blanks are narrowed.
NARROWED = {wide: narrow for wide, narrow in FULL_WIDTH.items() if chr(narrow).isalnum() or narrow == 0x20}
WIDE = re.compile("[\uff01-\uff5e\u3000]")
CHINESE_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
NOTHING = frozenset({"", "-", "--", "—", "/", "无", "null", "none", "nan", "n/a", "<null>"})
MAX_TEXT = 500


def tidy(text: str) -> str | None:
    """Composed characters, narrow digits and letters, single blanks, no control signs; None for nothing."""
    clean = text
    # Most cells are clean already; the slow steps run only for those that are not.
    if not clean.isascii():
        clean = unicodedata.normalize("NFC", clean)
        if WIDE.search(clean):
            clean = clean.translate(NARROWED)
    if not clean.isprintable():
        clean = "".join(sign if sign.isprintable() else " " for sign in clean)
    clean = " ".join(clean.split())[:MAX_TEXT]
    return None if clean.lower() in NOTHING else clean


def tidy_code(text: str) -> str | None:
    """A code as typed: narrow, without blanks, quotes and a trailing ``.0``."""
    if text.isascii() and text.isdigit():
        return text[:MAX_TEXT]
    narrow = unicodedata.normalize("NFKC", text).strip().strip("'\"`").replace(" ", "")
    clean = re.sub(r"\.0+$", "", narrow)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", clean):
        clean = str(int(float(clean)))
    return None if clean.lower() in NOTHING else clean[:MAX_TEXT]


def read_number(text: str) -> int | None:
    """A whole number from ``6``, ``６层``, ``6.0``, ``共12户`` or ``十二``; None when there is none or several.

    Examples
    --------
    >>> read_number("６层"), read_number("十二"), read_number("1-3")
    (6, 12, None)
    """
    narrow = unicodedata.normalize("NFKC", text).strip().lower()
    plain = re.sub(r"^(共|约|计)|(层|户|套|个|单元|年|栋|幢|f|楼)+$", "", narrow).replace(",", "").strip()
    if re.fullmatch(r"[+-]?\d{1,9}(\.0*)?", plain):
        return int(float(plain))
    if re.fullmatch(r"\d{4}-\d\d?(-\d\d?)?([ t].*)?", plain):
        return int(plain[:4])  # a date where a year is wanted
    if re.fullmatch(r"[零〇一二两三四五六七八九十]{1,4}", plain):
        return _chinese_number(plain)
    return None


def _chinese_number(text: str) -> int | None:
    if "十" not in text:
        return int("".join(str(CHINESE_DIGITS[sign]) for sign in text))
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return None
    return (CHINESE_DIGITS[tens] if tens else 1) * 10 + (CHINESE_DIGITS[ones] if ones else 0)


def division_code(text: str | None) -> str | None:
    """A 12-digit division code; six and nine digits are filled with zeros, anything else is None."""
    if text is None or not re.fullmatch(r"\d{6}|\d{9}|\d{12}", text) or int(text[:2]) < 11:
        return None
    return text.ljust(12, "0")


def listed_code(text: str | None) -> str | None:
    """A code of an official list, where provinces have two digits and cities four."""
    if text is None or not re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", text) or int(text[:2]) < 11:
        return None
    return text.ljust(12, "0")


def building_code(text: str | None) -> str | None:
    """A 17-digit building code: community code and five digits; anything else is None."""
    return text if text is not None and re.fullmatch(r"[1-9]\d{16}", text) else None


def map_distinct(column: pa.Array, rule: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Apply a rule once per distinct value of a text column; null stays null."""
    encoded = column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    results = [rule(value) if value is not None else None for value in encoded.dictionary.to_pylist()]
    return pc.take(pa.array(results, kind), encoded.indices)
