"""What libraries complain about, in words for people who do not know them."""

from __future__ import annotations

import re

from app.errors import N_

DAMAGED = N_("内容有损坏或不符合格式")
ENDED = N_("读取时程序意外中止，内容多半有损坏")
# First match wins; what no line knows is only called damaged, for a library's English helps nobody here.
KNOWN = (
    (r"field larger than", N_("有一个单元格长得不合常理，多半是引号没有成对")),
    (r"unexpected end|truncat|end of file|\beof\b|too short|too small", N_("后面的内容缺失")),
    (r"password|encrypt", N_("文件加了密码")),
    (r"sql|database|malformed|no such table", N_("内部的数据表有损坏")),
    (r"utf-?8|codec|decod|encoding", N_("文字编码有误")),
    (r"not recogni[sz]ed|unsupported|not supported|unknown format", N_("格式不受支持")),
    (r"projection|spatial ref|\bcrs\b|\bsrs\b", N_("坐标系的说明有误")),
    (r"geometr|\bwkb\b|\bring\b", N_("图形数据有损坏")),
)
CUT_SHORT = re.compile(r"unexpected end|truncat", re.IGNORECASE)


def plain_reason(error: BaseException) -> str:
    """A Chinese reason for a library's complaint; never the library's own text."""
    words = str(error)
    for pattern, reason in KNOWN:
        if re.search(pattern, words, re.IGNORECASE):
            return reason
    return DAMAGED


def is_cut_short(error: BaseException) -> bool:
    """Whether the library says that the file ends too early."""
    return CUT_SHORT.search(str(error)) is not None
