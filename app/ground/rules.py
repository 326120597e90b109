"""Pure decisions about the ground: which code belongs where, and which step an import may take next."""

from collections.abc import Iterable

LEVELS = ("district", "street", "community")
# Leading digits that identify an area of each level; the rest of its 12 digits are zeros.
SIGNIFICANT_DIGITS = {"district": 6, "street": 9, "community": 12}
# Where locally made numbers are looked for, in this order: far from the segments that official lists use
# (streets 001-599, committees and villages 001-499, merged grids from 601 up).
LOCAL_SEGMENTS = (range(701, 1000), range(501, 601), range(601, 701))
# No province has this number, so a local district cannot meet an official one.
LOCAL_PROVINCE = "99"
# Dongguan, Zhongshan, Danzhou, Jiayuguan: streets directly below the city.
CITIES_WITHOUT_DISTRICTS = ("441900", "442000", "460400", "620200")

# step -> states from which it may start
STEP_STARTS: dict[str, tuple[str, ...]] = {
    "inspect": ("uploaded", "inspected", "failed", "cancelled"),
    "check": ("uploaded", "inspected", "checked", "failed", "cancelled"),
    "settle": ("checked",),
    "publish": ("checked",),
    "undo": ("published",),
    "cancel": ("uploaded", "inspecting", "inspected", "checking", "checked", "publishing"),
}


def level_of(code: str) -> str | None:
    """Level of an area code, read from its zeros.

    Parameters
    ----------
    code : str
        12 digits.

    Returns
    -------
    {'district', 'street', 'community'} or None
        None when it is not a code of any of these levels (a province, a city, other characters).

    Examples
    --------
    >>> level_of("320106000000"), level_of("320106001000"), level_of("320106001002"), level_of("320100000000")
    ('district', 'street', 'community', None)
    """
    if not is_12_digits(code) or (code[4:6] == "00" and code[:6] not in CITIES_WITHOUT_DISTRICTS):
        return None
    if code[6:] == "000000":
        return "district"
    if code[6:9] == "000":
        return None
    return "street" if code[9:] == "000" else "community"


def is_12_digits(code: str) -> bool:
    """Whether a text has the shape of a division code: 12 ASCII digits.

    Parameters
    ----------
    code : str

    Returns
    -------
    bool
    """
    return len(code) == 12 and code.isascii() and code.isdigit()


def parent_of(code: str) -> str | None:
    """Code of the area above, or None above a district.

    Parameters
    ----------
    code : str
        12-digit area code.

    Returns
    -------
    str or None

    Examples
    --------
    >>> parent_of("320106001002"), parent_of("320106001000"), parent_of("320106000000")
    ('320106001000', '320106000000', None)
    """
    level = level_of(code)
    if level == "community":
        return code[:9] + "000"
    return code[:6] + "000000" if level == "street" else None


def parent_level(level: str) -> str | None:
    """Level above, or None above a district.

    Parameters
    ----------
    level : str
        'district', 'street' or 'community'.

    Returns
    -------
    str or None
    """
    return {"community": "street", "street": "district"}.get(level)


def is_child_code(code: str, parent: str) -> bool:
    """Whether an area code lies one level below another.

    Parameters
    ----------
    code, parent : str
        12-digit area codes.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_child_code("320106001002", "320106001000"), is_child_code("320106001002", "320106000000")
    (True, False)
    """
    return parent_of(code) == parent


def next_local_codes(level: str, parent_code: str | None, taken: Iterable[str], count: int) -> list[str]:
    """New codes in the official shape for areas that have no official one.

    Parameters
    ----------
    level : {'district', 'street', 'community'}
    parent_code : str or None
        Area above; None for a district.
    taken : iterable of str
        Codes that exist or are known to be official.
    count : int
        How many are needed.

    Returns
    -------
    list of str
        `count` codes, or fewer when the numbers of this parent are used up.
    """
    used = set(taken)
    codes: list[str] = []
    for code in _local_candidates(level, parent_code):
        if len(codes) == count:
            break
        if code not in used:
            codes.append(code)
    return codes


def _local_candidates(level: str, parent_code: str | None) -> Iterable[str]:
    if level == "district" or parent_code is None:
        # The 3rd and 4th digit are a city, which is never 00; so is the district within it.
        yield from (
            f"{LOCAL_PROVINCE}{city:02d}{district:02d}000000"
            for city in range(1, 100)
            for district in range(1, 100)
        )
        return
    head, tail = (parent_code[:6], "000") if level == "street" else (parent_code[:9], "")
    for segment in LOCAL_SEGMENTS:
        yield from (f"{head}{number:03d}{tail}" for number in segment)


def widen_code(given: str, level: str) -> str | None:
    """A code as offices write it, brought to 12 digits of the wanted level, or None.

    Short forms leave the trailing zeros out: 320106 is a district, 320106001 a street.

    Parameters
    ----------
    given : str
    level : {'district', 'street', 'community'}

    Returns
    -------
    str or None
    """
    digits = given.strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) == SIGNIFICANT_DIGITS[level]:
        digits = digits.ljust(12, "0")
    return digits if level_of(digits) == level else None
