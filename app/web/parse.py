"""What a browser sends becomes a typed value, or InvalidInput that names the field."""

import json
import re
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from app.errors import N_, InvalidInput

MAX_DEPTH = 32


def area_code(value: str | None) -> str:
    if not value or not re.fullmatch(r"[0-9]{12}", value):
        raise InvalidInput(
            "code_malformed", N_("区划编码应为 12 位数字，收到的是“%(value)s”。"), value=(value or "")[:40]
        )
    return value


def day(value: str | None, default: date) -> date:
    """A date such as 2026-07-21; the default when none was given."""
    if not value:
        return default
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidInput(
            "date_unusable", N_("日期应写成 2026-07-21 这样，收到的是“%(value)s”。"), value=value[:40]
        ) from None


def whole(value: str | None, name: str, default: int, least: int = 0, most: int = 2**31 - 1) -> int:
    if value is None or value == "":
        return default
    if not re.fullmatch(r"-?[0-9]{1,18}", value) or not least <= int(value) <= most:
        raise InvalidInput(
            "number_unusable",
            N_("“%(name)s”应为 %(least)s 到 %(most)s 之间的整数。"),
            name=name,
            least=least,
            most=most,
        )
    return int(value)


KEY_HEADER = "Idempotency-Key"
# They turn the line round or hide in it, so that a name reads like another.
TURNING = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def plain_text(value: Any, name: str, longest: int) -> str:
    """Text without control characters or halves of characters, trimmed."""
    if not isinstance(value, str):
        raise InvalidInput("text_unusable", N_("“%(name)s”应为文字。"), name=name)
    cleaned = value.strip()
    broken = any(
        (ord(ch) < 32 and ch not in "\t\n") or 0xD800 <= ord(ch) <= 0xDFFF or ch in TURNING for ch in cleaned
    )
    if broken or len(cleaned) > longest:
        raise InvalidInput(
            "text_unusable",
            N_("“%(name)s”最多 %(longest)s 个字，而且不能有控制字符。"),
            name=name,
            longest=longest,
        )
    return cleaned


def form_key() -> UUID:
    """The key that a form or a header carries, so that sending it twice takes effect once."""
    sent = request.form.get("key") or request.headers.get(KEY_HEADER, "").strip('"')
    try:
        return UUID(sent)
    except ValueError:
        raise InvalidInput("form_key_missing", N_("表单不完整，请刷新页面后再试。")) from None


def json_object() -> dict[str, Any]:
    """The request's JSON object, sent as such. orjson refuses NaN, infinity, and lone surrogates."""
    if request.mimetype != "application/json":
        # Other kinds can be sent by a form of any site.
        raise UnsupportedMediaType
    sent = request.get_data(cache=True)
    try:
        body = orjson.loads(sent or b"null")
    except orjson.JSONDecodeError:
        raise _unusable_json() from None
    if not isinstance(body, dict) or _depth(body) > MAX_DEPTH:
        raise _unusable_json()
    # Shallow by now, so that this slower reader cannot run out of stack. Of a member sent twice, readers differ in which they take.
    json.loads(sent, object_pairs_hook=_members)
    return body


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs) or any("\0" in name for name in members):
        raise _unusable_json()
    if any(isinstance(value, str) and "\0" in value for value in members.values()):
        raise _unusable_json()
    return members


def _unusable_json() -> InvalidInput:
    return InvalidInput("json_unusable", N_("发来的内容不是有效的 JSON。"))


def whole_list(value: Any, name: str, most: int) -> list[int]:
    """A list of row numbers as sent in JSON."""
    if (
        not isinstance(value, list)
        or len(value) > most
        or not all(type(one) is int and 0 < one < 2**63 for one in value)
    ):
        raise InvalidInput(
            "list_unusable", N_("“%(name)s”应为最多 %(most)s 个编号的列表。"), name=name, most=most
        )
    return value


def _depth(value: Any) -> int:
    deepest, layer = 0, [value]
    while layer and deepest <= MAX_DEPTH:
        deepest += 1
        layer = [
            inner
            for outer in layer
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest
