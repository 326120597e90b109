"""What can be read in an answer: text out of HTML, JSON, workbooks, tiles and headers, as a person with tools would get it."""

import html
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def readable(body: bytes, headers: Any = ()) -> str:
    """The body unpacked and unescaped, and the headers."""
    said = "\n".join(f"{name}: {unquote(value)}" for name, value in headers)
    return f"{said}\n{_text_of(body)}"


def _text_of(body: bytes) -> str:
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(_text_of(packed.read(name)) for name in packed.namelist())
    try:
        plain = body.decode()
    except UnicodeDecodeError:
        return "\n".join(tile_texts(body))
    unescaped = ESCAPE.sub(lambda found: chr(int(found[1], 16)), plain)
    return (
        f"{plain}\n{unquote(html.unescape(unescaped))}"
        if plain != unescaped or "&" in plain or "%" in plain
        else plain
    )


def tile_texts(tile: bytes) -> list[str]:
    """Layer names, keys and text values of a vector tile; what is no tile is read as it lies there."""
    try:
        return [text for layer in _fields(tile, 3) for text in _layer_texts(layer)]
    except (ValueError, IndexError):
        return [tile.decode("utf-8", "replace"), tile.decode("latin-1")]


def tile_features(tile: bytes) -> int:
    """How many things a tile draws."""
    return sum(len(list(_fields(layer, 2))) for layer in _fields(tile, 3))


def _layer_texts(layer: bytes) -> Iterator[str]:
    for number in (1, 3):
        for text in _fields(layer, number):
            yield text.decode()
    for value in _fields(layer, 4):
        for text in _fields(value, 1):
            yield text.decode()


def _fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """The length-delimited fields of a protocol buffer that have this number."""
    at = 0
    while at < len(message):
        key, at = _whole(message, at)
        kind, number = key & 7, key >> 3
        if kind == 0:
            _, at = _whole(message, at)
        elif kind == 2:
            length, at = _whole(message, at)
            if at + length > len(message):
                raise ValueError("cut off")
            if number == wanted:
                yield message[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("no protocol buffer")


def _whole(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
