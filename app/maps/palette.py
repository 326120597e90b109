"""Colours: twelve for zones, one for each kind of building, a ramp for classes; and who gets which zone colour.

The twelve fills were searched for the largest smallest distance (OKLab, seen normally and with red or green
blindness), from each other and from paper, water, grass and plain buildings. Strokes are the same hues, darkened.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from app.errors import N_, InvalidInput


@dataclass(frozen=True, slots=True)
class Swatch:
    """How one group is drawn: fill, a darker stroke, and a pattern for eyes that miss the hue."""

    fill: str
    stroke: str
    pattern: str


PATTERNS: Final = ("plain", "slash", "dots", "backslash", "cross", "level")

# Ordered so that zones numbered one after the other look different even before neighbours are considered.
ZONE_COLOURS: Final = (
    ("#8ab6fe", "#204c96"),
    ("#f2be6d", "#694908"),
    ("#97e09e", "#076120"),
    ("#cf81b3", "#7d2b64"),
    ("#d4ed94", "#475808"),
    ("#a095dd", "#51408b"),
    ("#f09f7b", "#81360a"),
    ("#92c4ad", "#235c46"),
    ("#c6c6fe", "#4b487f"),
    ("#aba242", "#585207"),
    ("#cca4d4", "#663e6e"),
    ("#c19383", "#704231"),
)

KIND_FILLS: Final[dict[str, tuple[str, str, str]]] = {
    "residential": ("#e9d8b8", "#8a7448", "plain"),
    "lane_house": ("#d8a98a", "#84502d", "slash"),
    "tower": ("#e3b55c", "#7c5a10", "plain"),
    "commercial": ("#e88f86", "#8e342b", "plain"),
    "office": ("#8ab6fe", "#204c96", "plain"),
    "school": ("#97e09e", "#076120", "dots"),
    "hospital": ("#f7b9cf", "#9a2c58", "cross"),
    "market": ("#f0a36a", "#81410a", "backslash"),
    "industrial": ("#b3aebc", "#55505f", "level"),
    "public": ("#b7a4e6", "#51408b", "plain"),
    "utility": ("#a9b6b4", "#4a5957", "cross"),
}

# Light to dark, one hue family, readable in grey print.
SEQUENTIAL: Final = (
    ("#fdf3c8", "#a08a3a"),
    ("#fbdc8f", "#94701f"),
    ("#f5b95f", "#86510f"),
    ("#e58f48", "#743a0b"),
    ("#c9623a", "#5f230c"),
    ("#9c3a30", "#45100c"),
    ("#6b1d2a", "#2c060d"),
)


def zone_swatch(colour: int) -> Swatch:
    """The swatch of a colour index; every colour has its own pattern beside it."""
    index = colour % len(ZONE_COLOURS)
    fill, stroke = ZONE_COLOURS[index]
    return Swatch(fill, stroke, PATTERNS[index % len(PATTERNS)])


def zone_swatches() -> list[dict[str, str]]:
    """All twelve, in the form that the browser modules read."""
    return [asdict(zone_swatch(index)) for index in range(len(ZONE_COLOURS))]


def colour_zones(adjacency: Sequence[Collection[int]], colours: int = len(ZONE_COLOURS)) -> list[int]:
    """A colour index for each zone such that neighbours differ.

    `adjacency[i]` holds the positions of the neighbours of zone i. The most constrained zone is coloured
    next (DSATUR); among free colours the least used wins, so that a page does not fill up with one colour.
    Should a zone have neighbours in every colour, it gets the one that fewest of them have.
    """
    if colours < 1:
        raise InvalidInput("colours_missing", N_("至少需要一种颜色。"))
    neighbours = _mutual(adjacency)
    chosen: dict[int, int] = {}
    used = [0] * colours
    waiting = set(range(len(neighbours)))
    while waiting:
        zone = max(waiting, key=lambda z: (_saturation(neighbours[z], chosen), len(neighbours[z]), -z))
        clashes = [0] * colours
        for other in neighbours[zone]:
            if other in chosen:
                clashes[chosen[other]] += 1
        colour = min(range(colours), key=lambda c: (clashes[c], used[c], c))
        chosen[zone] = colour
        used[colour] += 1
        waiting.discard(zone)
    return [chosen[zone] for zone in range(len(neighbours))]


def _mutual(adjacency: Sequence[Collection[int]]) -> list[set[int]]:
    mutual: list[set[int]] = [set() for _ in adjacency]
    for zone, others in enumerate(adjacency):
        for other in others:
            if not 0 <= other < len(mutual):
                raise InvalidInput(
                    "neighbour_unknown", N_("相邻关系里有不存在的责任区：%(zone)s。"), zone=other
                )
            if other != zone:
                mutual[zone].add(other)
                mutual[other].add(zone)
    return mutual


def _saturation(neighbours: set[int], chosen: dict[int, int]) -> int:
    return len({chosen[other] for other in neighbours if other in chosen})
