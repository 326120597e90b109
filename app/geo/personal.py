"""Columns about people in a file about buildings: said, not kept. Whoever lives or answers somewhere comes in elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.privacy import is_mobile_number, scrub
from app.privacy.numbers import IDENTITY, MOBILE, has_birthday, has_right_check_sign, plain_digits

# Compared with headings after `columns.plain_name`.
HEADINGS = (
    ("identity", r"身份证|证件号|公民身份|^sfz|idcard|idnumber|^idno$|citizenid|护照|passport"),
    ("telephone", r"手机|电话|联系方式|微信|mobile|phone|^tel\d?$|^lxdh|^sjh|wechat|^qq$|email|邮箱"),
    (
        "person",
        r"姓名|户主|业主|房主|联系人|居民名|住户名|负责人|楼栋长|网格员|出生|生日|性别|民族|birth|gender|^xm$|^hzxm|^lxr$|^xb$",
    ),
)
# Headings of codes: some of them have as many digits as a telephone number.
CODE = re.compile(r"id$|code|编号|编码|代码|^bm|^bh|^dm|key|fid|序号")
LOOKED_AT = 500
MOSTLY = 0.5


def personal_kind(plain_heading: str, values: Iterable[str]) -> str | None:
    """What a column says about people, by its heading and some of its values; None for nothing.

    Parameters
    ----------
    plain_heading : str
        After ``columns.plain_name``.
    values : iterable of str
        Some distinct values.

    Returns
    -------
    str or None
        One of ``identity``, ``telephone`` and ``person``.
    """
    for kind, pattern in HEADINGS:
        if re.search(pattern, plain_heading):
            return kind
    seen = [value for _, value in zip(range(LOOKED_AT), values, strict=False)]
    if _are_identities(seen):
        return "identity"
    if CODE.search(plain_heading):
        return None
    mobiles = sum(1 for value in seen if is_mobile_number(value))
    return "telephone" if seen and mobiles >= MOSTLY * len(seen) else None


def _are_identities(values: list[str]) -> bool:
    """Two that are certain, or half of all that may be: numbers are mistyped, and made up in lists for practice."""
    found = [
        plain_digits(match.group())
        for value in values
        if len(value) >= 18 and (match := IDENTITY.search(value))
    ]
    # By chance one number of a thousand holds a birthday where it ought to be, and one of eleven the right check sign.
    born = [digits for digits in found if len(digits) == 18 and has_birthday(digits)]
    return bool(born) and (len(born) >= MOSTLY * len(values) or sum(map(has_right_check_sign, born)) >= 2)


def shown(plain_heading: str, samples: Iterable[str]) -> list[str]:
    """Samples of a column for people to recognise it by, without numbers of persons."""
    if CODE.search(plain_heading):
        return [sample if MOBILE.fullmatch(sample) else scrub(sample) for sample in samples]
    return [scrub(sample) for sample in samples]
