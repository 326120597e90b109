"""The order in which zones are numbered."""

import math
from collections.abc import Sequence


def reading_order(places: Sequence[tuple[float, float]]) -> list[int]:
    """Positions in the order of numbering: bands from north to south, in each band from west to east.

    Parameters
    ----------
    places : sequence of (x, y)
        One place for each zone: east and north, in degrees or metres.

    Returns
    -------
    list of int
        Positions in `places`; the first one gets number 1.

    Notes
    -----
    As the published grid codes number (Beijing DB11, Xi'an DB6101/T 3185-2024). There are about as many
    bands as the square root of the number of zones; a band begins at its northernmost zone.
    """
    if not places:
        return []
    norths = [y for _, y in places]
    bands = max(1, round(math.sqrt(len(places))))
    height = (max(norths) - min(norths)) / bands
    ordered: list[int] = []
    band: list[int] = []
    for position in sorted(range(len(places)), key=lambda i: (-places[i][1], places[i][0])):
        if band and norths[band[0]] - norths[position] > height:
            ordered += sorted(band, key=lambda i: places[i][0])
            band = []
        band.append(position)
    return ordered + sorted(band, key=lambda i: places[i][0])
