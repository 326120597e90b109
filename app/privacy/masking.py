"""Masks: as much as is needed to recognise what one knows already, and no more."""

import re
import unicodedata

from app.privacy.numbers import IDENTITY, MOBILE, looks_like_identity, plain_digits

STAR = "*"
# Surnames of two characters that are met; every other Chinese name begins with one of one.
COMPOUND_SURNAMES = frozenset(
    word
    for line in (
        "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 夏侯 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 令狐 宇文",
        "长孙 長孫 东方 東方 南宫 南宮 端木 百里 独孤 獨孤 司空 轩辕 軒轅 钟离 鍾離 闻人 聞人",
        "申屠 太史 淳于 单于 單于 公羊 澹台 濮阳 濮陽 完颜 完顏 拓跋 呼延 东郭 東郭 西门 西門",
        "万俟 第五 赫连 赫連 鲜于 鮮于 闾丘 閭丘 仲孙 仲孫 亓官 司寇 公冶 宗政 公西 漆雕 乐正",
        "樂正 壤驷 公良 夹谷 谷梁 梁丘 左丘 东门 南门 纳兰 納蘭",
    )
    for word in line.split()
)
IN_PLACE_OF = {"mobile": "〔手机号〕", "identity": "〔身份证号〕"}


def visible(text: str) -> str:
    """Composed, without signs that change direction, hide or break a line: a mask must not be undone by them."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        sign
        for sign in composed
        if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )


def mask_telephone(text: str) -> str:
    """138****5678 of a mobile number; of anything else that has digits the last two."""
    digits = plain_digits(text).replace("X", "")
    if MOBILE.fullmatch(visible(text).strip()):
        return f"{digits[-11:-8]}****{digits[-4:]}"
    # A short one would be told by any of its digits.
    return STAR * 4 + (digits[-2:] if len(digits) >= 7 else "")


def mask_name(text: str) -> str:
    """张* of 张三 and of 张小三, 欧阳* of 欧阳修; the number of signs is not told. Empty stays empty."""
    name = "".join(visible(text).split())
    if not name:
        return ""
    shown = name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[:1]
    # A mark that belongs to the letter before it means nothing alone.
    return ("" if unicodedata.category(shown[0]).startswith("M") else shown) + STAR


def mask_login(text: str) -> str:
    """The first sign of a login; of a telephone number used as one, the usual mask."""
    login = "".join(visible(text).split())
    if MOBILE.fullmatch(login):
        return mask_telephone(login)
    return login[:1] + STAR * 3 if login else ""


def scrub(text: str) -> str:
    """Free text without mobile and identity numbers."""
    if not any(sign.isdecimal() for sign in text):
        return text
    without = IDENTITY.sub(_identity_or_not, text)
    return MOBILE.sub(IN_PLACE_OF["mobile"], without)


def _identity_or_not(found: re.Match[str]) -> str:
    return IN_PLACE_OF["identity"] if looks_like_identity(found.group()) else found.group()
