"""Which zone of a new plan is which zone of the former one, even when it was cut anew."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID


class Stay(NamedTuple):
    """Where a building was and is: a zone of the former plan, one of the new plan, None for neither."""

    former: int | None
    zone: int | None
    households: int


def successors(
    zones: Mapping[int, UUID], former: Mapping[int, UUID], stays: Iterable[Stay]
) -> dict[int, int]:
    """For each zone of a plan the zone of the former plan that it carries on.

    A zone with the identity of a former zone carries that one on, whatever its buildings. Any other zone carries on the
    former zone that most of its own households come from, provided that it holds more than half of that zone's households
    and nobody carries it on already. Where a former zone has no households, buildings count instead. So each former zone is
    carried on at most once, and a zone divided into equal halves ends.

    Parameters
    ----------
    zones : mapping of int to UUID
        Id and identity of the new plan's zones.
    former : mapping of int to UUID
        Id and identity of the former plan's zones.
    stays : iterable of Stay
        One for each building of either plan.

    Returns
    -------
    dict of int to int
        Zone id -> former zone id; zones that carry nothing on are missing.
    """
    by_identity = {identity: zone for zone, identity in former.items()}
    heirs = {zone: by_identity[identity] for zone, identity in zones.items() if identity in by_identity}
    taken = set(heirs.values())
    # Households, then buildings: a zone of shops and offices has an heir too.
    whole: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    shared: dict[int, dict[int, tuple[int, int]]] = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for one in stays:
        if one.former is None:
            continue
        whole[one.former] = _plus(whole[one.former], one.households)
        if one.zone is not None:
            shared[one.zone][one.former] = _plus(shared[one.zone][one.former], one.households)
    for zone in sorted(zones.keys() - heirs.keys()):
        sources = shared.get(zone)
        if not sources:
            continue
        most = max(sources, key=lambda source: (sources[source], -source))
        unit = 0 if whole[most][0] else 1
        if most not in taken and 2 * sources[most][unit] > whole[most][unit]:
            heirs[zone] = most
    return heirs


def _plus(sums: tuple[int, int], households: int) -> tuple[int, int]:
    return sums[0] + households, sums[1] + 1
