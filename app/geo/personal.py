"""Columns about people in a file about buildings: said, not kept. Whoever lives or answers somewhere comes in elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.geo.columns import known_headings
from app.privacy import is_mobile_number, scrub
from app.privacy.masking import COMPOUND_SURNAMES
from app.privacy.numbers import IDENTITY, MOBILE, has_birthday, has_right_check_sign, plain_digits

# Compared with headings after `columns.plain_name`.
HEADINGS = (
    (
        "identity",
        r"身份证|证件号|公民身份|^sfz|idcard|idnumber|^idno$|citizenid|护照|passport|银行卡|卡号|车牌|plateno",
    ),
    ("telephone", r"手机|电话|联系方式|微信|mobile|phone|^tel\d?$|^lxdh|^sjh|wechat|^qq$|email|邮箱|contact"),
    (
        "person",
        r"姓名|户主|业主|房主|房东|屋主|产权人|所有人|使用人|居住人|承租|租户|租客|住户名|居民名|联系人|联络人|负责人|责任人|楼长|楼栋长|网格员"
        r"|出生|生日|性别|民族|birth|gender|tenant|resident|owner|^xm$|^hzxm|^lxr$|^xb$",
    ),
)
# Numbers that programs give out; some have as many digits as a telephone number.
MACHINE = re.compile(r"osm|fid$|^gid$|objectid|uuid|^id$")
LOOKED_AT = 500
MOSTLY = 0.5
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")
LANDLINE = re.compile(r"0\d{2,3}[- ]?\d{7,8}|\d{3,4}-\d{7,8}")
PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}"
)
CARD = re.compile(r"\d{16,19}")
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵"
    "孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍翁隋"
)
# A word that ends like this is a place, a thing or a sort, however it begins.
NO_NAME_ENDS = frozenset(
    "楼幢栋号院村里路街区社园苑城庄湾桥巷弄坊寺庙塔河湖港闸坝站厂店场馆校所局处室部队会堂亭阁宫门口洲岛岸滩埠圩屯堡寨镇乡县市省房屋道渠沟塘渡"
    "色层型类级式性质用等有无是否度数元墙顶宅业地厦行铺"
)


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
    if MACHINE.search(plain_heading):
        return None
    for kind, is_one in (("telephone", _reaches_somebody), ("identity", _belongs_to_somebody)):
        if seen and sum(map(is_one, seen)) >= MOSTLY * len(seen):
            return kind
    # Of a column whose heading says that it holds names of houses, names are taken for such.
    names = 0 if plain_heading in known_headings() else sum(map(_is_like_a_name, seen))
    return "person" if names > 1 and names > MOSTLY * len(seen) else None


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


def _reaches_somebody(value: str) -> bool:
    plain = value.strip()
    return bool(is_mobile_number(plain) or EMAIL.fullmatch(plain) or LANDLINE.fullmatch(plain))


def _belongs_to_somebody(value: str) -> bool:
    plain = value.strip().upper()
    return bool(PLATE.fullmatch(plain)) or bool(CARD.fullmatch(plain) and _has_right_check_digit(plain))


def _has_right_check_digit(digits: str) -> bool:
    """Of a bank card (ISO/IEC 7812-1)."""
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def _is_like_a_name(value: str) -> bool:
    plain = value.strip()
    surname = 2 if plain[:2] in COMPOUND_SURNAMES else 1
    return (
        surname < len(plain) <= surname + 2
        and (surname == 2 or plain[0] in SURNAMES)
        and plain[-1] not in NO_NAME_ENDS
        and all("\u4e00" <= sign <= "\u9fff" for sign in plain)
    )


def shown(plain_heading: str, samples: Iterable[str]) -> list[str]:
    """Samples of a column for people to recognise it by, without numbers of persons."""
    if MACHINE.search(plain_heading):
        return [sample if MOBILE.fullmatch(sample) else scrub(sample) for sample in samples]
    return [scrub(sample) for sample in samples]
