"""Numbers of zones: codes, order, household bands, names that only repeat the number."""

from collections.abc import Collection, Sequence
from typing import Final, Literal

from app.errors import N_, InvalidInput

# On map tiles and legends: a building of this community that is in no zone yet.
UNASSIGNED_GROUP: Final = 1000
MAX_ZONES: Final = 999

# Households of a zone: the published grid size, and where a plan is no longer a plan.
BAND: Final = (300, 500)
LIMITS: Final = (100, 700)
Band = Literal["empty", "far_below", "below", "within", "above", "far_above"]

_DIGITS: Final = "零一二三四五六七八九"


def zone_code(area_code: str, number: int) -> str:
    """The 15-digit code of a zone.

    Parameters
    ----------
    area_code : str
        12-digit code of the community.
    number : int
        1 to 999, unique in its plan.

    Returns
    -------
    str
        The community's code and three digits.
    """
    return f"{area_code}{number:03d}"


def household_band(households: int) -> Band:
    """How a zone's size stands to the 300-500 households of a grid.

    Parameters
    ----------
    households : int
        Households in all buildings of the zone.

    Returns
    -------
    Band
        "within" from 300 to 500; "below" and "above" deserve a look; "far_below" (under 100) and
        "far_above" (over 700) are errors; "empty" has none at all.
    """
    if households == 0:
        return "empty"
    if households < BAND[0]:
        return "far_below" if households < LIMITS[0] else "below"
    if households > BAND[1]:
        return "far_above" if households > LIMITS[1] else "above"
    return "within"


def largest_deviation(households: Sequence[int]) -> float | None:
    """How far the least even zone is from the mean.

    Parameters
    ----------
    households : sequence of int
        Households of each zone.

    Returns
    -------
    float or None
        max |h - mean| / mean, 0 for equal zones; None when there is nothing to compare.
    """
    total = sum(households)
    if len(households) < 2 or total == 0:
        return None
    mean = total / len(households)
    return max(abs(h - mean) for h in households) / mean


def free_number(taken: Collection[int]) -> int:
    """The number for one more zone.

    Parameters
    ----------
    taken : collection of int
        Numbers already used in the plan.

    Returns
    -------
    int
        One more than the largest, or the first gap when 999 is used.

    Raises
    ------
    InvalidInput
        "zones_full" when all 999 are used.
    """
    following = max(taken, default=0) + 1
    if following <= MAX_ZONES:
        return following
    gap = next((n for n in range(1, MAX_ZONES + 1) if n not in taken), None)
    if gap is None:
        raise InvalidInput("zones_full", N_("一个方案最多 %(most)s 个责任区。"), most=MAX_ZONES)
    return gap


def free_colour(used: Sequence[int], colours: int) -> int:
    """The colour for one more zone.

    Parameters
    ----------
    used : sequence of int
        Colour indices of the zones there are.
    colours : int
        How many colours the palette has.

    Returns
    -------
    int
        The least used index, the first of equals.
    """
    counts = [0] * colours
    for index in used:
        counts[index % colours] += 1
    return counts.index(min(counts))


def neighbours(
    boxes: Sequence[tuple[float, float, float, float] | None], reach_deg: float = 0.0004
) -> list[set[int]]:
    """Which zones may touch, judged by the boxes around their buildings.

    Parameters
    ----------
    boxes : sequence of (west, south, east, north) or None
        Degrees; None for a zone without buildings.
    reach_deg : float
        Boxes nearer than this count as touching; 0.0004 degrees is about 40 m.

    Returns
    -------
    list of set of int
        For each zone the positions of the others near it. More than truly touch, never fewer: good enough
        for choosing colours.
    """
    found: list[set[int]] = [set() for _ in boxes]
    for i, one in enumerate(boxes):
        for j in range(i):
            other = boxes[j]
            if one is None or other is None:
                continue
            apart_x = max(one[0], other[0]) - min(one[2], other[2])
            apart_y = max(one[1], other[1]) - min(one[3], other[3])
            if apart_x <= reach_deg and apart_y <= reach_deg:
                found[i].add(j)
                found[j].add(i)
    return found


def own_name(number: int, name: str) -> str:
    """A zone's name, or nothing when it only repeats the number.

    Parameters
    ----------
    number : int
        The zone's number.
    name : str
        As given, for example “第三责任区” or “滨江片”.

    Returns
    -------
    str
        Empty for “第三责任区” with number 3: such a name is shown from the number, so that it stays true
        when zones are numbered anew.
    """
    trimmed = "".join(name.split())
    plain = {
        f"第{n}{kind}" for n in (str(number), chinese_number(number)) for kind in ("责任区", "网格", "片区")
    }
    return "" if trimmed in plain else name.strip()


def chinese_number(number: int) -> str:
    """A whole number from 0 to 999 in Chinese characters.

    Parameters
    ----------
    number : int
        0 to 999.

    Returns
    -------
    str
        “十二” for 12, “一百零三” for 103.
    """
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return "十" + (_DIGITS[number % 10] if number % 10 else "")
    tens, ones = divmod(number % 100, 10)
    tail = (_DIGITS[tens] + "十" if tens else "") + (_DIGITS[ones] if ones else "")
    if number < 100:
        return tail
    return _DIGITS[number // 100] + "百" + ("零" if tail and not tens else "") + tail
