"""Which characters the bytes of a table mean."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import N_
from app.geo.dbf import LANGUAGE_BYTES
from app.privacy import scrub

OFFERED = ("utf-8", "gb18030")
# Names people write into a .cpg file, to codecs Python knows.
CODE_PAGES = {
    "936": "gb18030",
    "54936": "gb18030",
    "65001": "utf-8",
    "950": "cp950",
    "932": "cp932",
    "949": "cp949",
    "1252": "cp1252",
    "28591": "latin-1",
    "88591": "latin-1",
}
EVIDENCE = {
    "chosen": N_("由你选择"),
    "cpg": N_(".cpg 文件的声明"),
    "language_byte": N_("DBF 文件头的语言标记"),
    "utf8": N_("全部内容是合法的 UTF-8"),
    "gb18030": N_("全部内容是合法的 GB18030"),
    "bom": N_("文件开头的标记"),
    "format": N_("此格式规定使用 UTF-8"),
    "ascii": N_("只有英文和数字"),
    "fallback": N_("没有一种编码完全读得通，请核对预览"),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding and the reason for it (a key of ``EVIDENCE``)."""

    encoding: str
    evidence: str


def codec_named(name: str) -> str | None:
    """The Python codec for a name such as ``GBK``, ``CP936``, ``UTF8`` or ``ANSI 936``; None when unknown."""
    plain = name.strip().strip("\ufeff\"'").lower()
    digits = re.sub(r"\D", "", plain)
    if digits in CODE_PAGES and not plain.startswith(("utf", "big")):
        return CODE_PAGES[digits]
    try:
        known = codecs.lookup(plain).name
    except (LookupError, ValueError):
        return None
    # GB18030 contains GBK and GB2312, and reads what sloppy writers put beside them.
    return "gb18030" if known in ("gbk", "gb2312", "hz") else known


def fits(raw: bytes, encoding: str) -> bool:
    """Whether every byte sequence is legal in an encoding; a character cut at the end of a line is forgiven."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return all(_fits_line(line, encoding) for line in set(raw.split(b"\n")))
    return True


def _fits_line(line: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(line, final=False)
    except UnicodeDecodeError:
        return False
    return True


def guess_dbf(raw: bytes, language_byte: int, cpg: str | None) -> Guess:
    """Encoding of a shapefile's texts: ``.cpg``, language byte, strict UTF-8, GB18030, in that order.

    A declaration that the bytes contradict is passed over.

    Parameters
    ----------
    raw : bytes
        Names and texts of the table, line by line.
    language_byte : int
        Byte 29 of the ``.dbf``.
    cpg : str or None
        Content of the ``.cpg`` file.
    """
    if raw.isascii():
        return Guess("utf-8", "ascii")
    declared = (
        (codec_named(cpg) if cpg else None, "cpg"),
        (LANGUAGE_BYTES.get(language_byte), "language_byte"),
    )
    for encoding, evidence in declared:
        if encoding and fits(raw, encoding):
            return Guess(encoding, evidence)
    return guess_text(raw)


def guess_text(raw: bytes) -> Guess:
    """Encoding of a text file: its mark, strict UTF-8, GB18030."""
    if raw.startswith(codecs.BOM_UTF8):
        return Guess("utf-8-sig", "bom")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Guess("utf-16", "bom")
    for encoding in OFFERED:
        if fits(raw, encoding):
            return Guess(encoding, "utf8" if encoding == "utf-8" else encoding)
    return Guess("gb18030", "fallback")


def previews(
    raw_texts: list[bytes], used: str, hidden: Iterable[str] = (), limit: int = 8
) -> dict[str, list[str]]:
    """The same bytes under every encoding worth offering, so that a person can choose by eye.

    Without NULs: damaged tables have them, and the database that keeps the first look takes none. Without what is ``hidden``.
    """
    telling = [text for text in dict.fromkeys(raw_texts) if text and not text.isascii()][:limit]
    # A single sign would be found inside other words; the longest first, for one value may be part of another.
    values = sorted((value for value in hidden if len(value) > 1), key=len, reverse=True)
    telling = [_without(text, values, used) for text in telling]
    # With its mark or without, UTF-8 reads the same.
    encodings = dict.fromkeys(
        (used, *(one for one in OFFERED if one.removesuffix("-sig") != used.removesuffix("-sig")))
    )
    if not telling:
        return {}
    return {
        name: [scrub(text.decode(name, "replace").replace("\x00", "")) for text in telling]
        for name in encodings
    }


def _without(text: bytes, values: list[str], encoding: str) -> bytes:
    """The bytes of a text in which each of these values is a star."""
    whole = less = text.decode(encoding, "replace")
    for value in values:
        less = less.replace(value, "*")
    return text if less == whole else less.encode(encoding, "replace")
