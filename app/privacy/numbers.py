"""Numbers that belong to one person: mobile telephones and identity numbers, however they were typed."""

import re
import unicodedata
from datetime import date

# Invisible signs may stand between digits: a number hidden with them is still a number.
_HIDDEN = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
_GAP = rf"{_HIDDEN}[ \-\u2010-\u2015\u00a0\u3000\uff0d·]?{_HIDDEN}"
# Decimals of a coordinate are none either.
_BEFORE, _AFTER = r"(?<!\d)(?<!\d\.)", r"(?!\d)"
_CHINA = r"(?:(?:[+＋]|[0０][0０])[8８][6６]" + _GAP + ")?"
MOBILE = re.compile(_BEFORE + _CHINA + r"[1１]" + _GAP + r"[3-9３-９]" + (_GAP + r"\d") * 9 + _AFTER)
IDENTITY = re.compile(_BEFORE + r"\d" + (_GAP + r"\d") * 16 + _GAP + r"[\dXxＸｘ]" + r"(?![\dXxＸｘ])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_SIGNS = "10X98765432"
EARLIEST_YEAR, LATEST_YEAR = 1880, 2100


def plain_digits(text: str) -> str:
    """The digits (and X) of a number in ASCII, without blanks, dashes and hidden signs."""
    narrow = unicodedata.normalize("NFKC", text).upper()
    return "".join(
        str(unicodedata.digit(sign)) if sign.isdecimal() else sign
        for sign in narrow
        if sign.isdecimal() or sign == "X"
    )


def is_mobile_number(text: str) -> bool:
    """Whether the whole text is a mainland mobile number."""
    return MOBILE.fullmatch(text.strip()) is not None


def is_identity_number(text: str) -> bool:
    """Whether the whole text is an 18-digit identity number with a right check sign."""
    return IDENTITY.fullmatch(text.strip()) is not None and has_right_check_sign(plain_digits(text))


def has_right_check_sign(digits: str) -> bool:
    """Whether 17 digits and a check sign fit each other (GB 11643)."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits[:17], strict=True))
    return digits[17] == CHECK_SIGNS[total % 11]


def has_birthday(digits: str) -> bool:
    """Whether digits 7 to 14 are a day on which somebody may have been born."""
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    return EARLIEST_YEAR <= born.year <= LATEST_YEAR


def looks_like_identity(text: str) -> bool:
    """Whether a run of 18 signs is an identity number, mistyped ones included: its check sign or its birthday is right."""
    digits = plain_digits(text)
    return len(digits) == 18 and (has_right_check_sign(digits) or has_birthday(digits))
