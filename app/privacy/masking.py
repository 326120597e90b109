"""Names and numbers shown so that they help those who know them, and nobody else."""

import re

# Surnames of two characters; any other surname is one.
_DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "令狐",
        "宇文",
        "长孙",
        "慕容",
        "司徒",
        "司空",
        "夏侯",
        "轩辕",
        "端木",
        "百里",
        "呼延",
        "南宫",
        "西门",
        "独孤",
        "申屠",
        "钟离",
        "澹台",
    ]
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_MOBILE = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?(1[3-9][0-9])[- ]?([0-9]{4})[- ]?([0-9]{4})(?![0-9])")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])([1-9][0-9]{16}[0-9Xx])(?![0-9A-Za-z])")


def masked_phone(number: str) -> str:
    """`138****5678`; of a number of another shape only the last two digits."""
    digits = re.sub(r"[^0-9]", "", number)
    digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
    if len(digits) == 11 and digits[0] == "1":
        return f"{digits[:3]}****{digits[-4:]}"
    return "*" * max(len(digits) - 2, 2) + digits[-2:] if len(digits) > 4 else "****"


def masked_name(name: str) -> str:
    """The surname and a star for each further character: 张*, 欧阳**."""
    plain = name.strip()
    kept = 2 if len(plain) > 2 and plain[:2] in _DOUBLE_SURNAMES else 1
    return plain[:kept] + "*" * max(len(plain) - kept, 1) if plain else ""


def masked_login(login: str) -> str:
    """The first character, and nothing of how long the rest is."""
    return f"{login[:1]}***" if login else ""


def is_identity_number(text: str) -> bool:
    """Whether 18 characters carry the check digit of a resident identity number (GB 11643)."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9Xx]", text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == text[-1].upper()


def names_identity(column: str) -> bool:
    """Whether a column calls itself an identity number."""
    plain = re.sub(r"[\s_\-]", "", column).lower()
    return bool(re.search(r"身份证|证件号|公民身份|idcard|identityno|identitynumber|^sfz|^zjhm", plain))


def scrubbed(text: str) -> str:
    """Free text, such as a line of a log, without mobile and identity numbers."""
    text = _IDENTITY.sub(
        lambda found: "[identity number]" if is_identity_number(found[1]) else found[0], text
    )
    return _MOBILE.sub(lambda found: f"{found[1]}****{found[3]}", text)
