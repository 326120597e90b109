"""A first cut: centres spread over the ground, each with about its share, then mended so that every zone hangs together."""

import heapq
from collections.abc import Sequence

import numpy as np

from app.partition.graph import parts_of
from app.partition.search import BARE

# More zones than this are first divided by straight lines; what is inside is cut as usual.
ZONES_AT_ONCE = 48
ROUNDS = 30


def shares_of_parts(weights: Sequence[float], buildings: Sequence[int], count: int) -> list[int]:
    """How many zones each part of a community gets, when barriers divide it.

    Parameters
    ----------
    weights, buildings : sequence
        Of each part.
    count : int
        At least as many as there are parts, at most as many as there are buildings.

    Returns
    -------
    list of int
        At least 1 each, the sum is `count`; by highest averages (Sainte-Laguë), which favours neither large nor small parts.
    """
    zones = [1] * len(weights)
    for _ in range(count - len(weights)):
        open_parts = [n for n in range(len(weights)) if zones[n] < buildings[n]]
        most = max(open_parts, key=lambda n: (weights[n] / (zones[n] + 0.5), buildings[n] / zones[n], -n))
        zones[most] += 1
    return zones


def balanced_start(places: np.ndarray, shares: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Zones of about equal shares around centres; they need not hang together yet.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        Metres.
    shares : ndarray of shape (n,)
        Parts of the mean zone.
    count : int
        1 to n.
    seed : int
        For the centres to begin with.

    Returns
    -------
    ndarray of int, shape (n,)
        0 to count - 1, none empty.
    """
    zones = np.zeros(len(places), dtype=int)
    work = [(np.arange(len(places)), 0, count)]
    while work:
        chosen, first, wanted = work.pop()
        if wanted > ZONES_AT_ONCE:
            low, high = _halves(places[chosen], shares[chosen], wanted)
            work.append((chosen[low], first, wanted // 2))
            work.append((chosen[high], first + wanted // 2, wanted - wanted // 2))
        else:
            zones[chosen] = first + _around_centres(places[chosen], shares[chosen], wanted, seed + first)
    return zones


def _halves(places: np.ndarray, shares: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions on either side of a line across the longer way, by share; each side has enough buildings."""
    spread = places - places.mean(axis=0)
    longer = np.linalg.eigh(spread.T @ spread)[1][:, 1]
    # An axis has no direction of its own: the one that points east, or north, whatever the library returns.
    longer = longer if (longer[0], longer[1]) > (0.0, 0.0) else -longer
    order = np.argsort(np.round(spread @ longer, 6), kind="stable")
    low = count // 2
    filled = np.cumsum(shares[order])
    at = int(np.searchsorted(filled, filled[-1] * low / count))
    at = min(max(at, low), len(order) - (count - low))
    return order[:at], order[at:]


def _around_centres(places: np.ndarray, shares: np.ndarray, count: int, seed: int) -> np.ndarray:
    if count == 1:
        return np.zeros(len(places), dtype=int)
    bulk = shares + BARE * max(shares.sum(), 1e-9) / len(shares)
    centres = _spread_centres(places, bulk, count, np.random.default_rng(seed))
    mean = shares.sum() / count
    handicap = np.zeros(count)
    best, best_apart = np.zeros(len(places), dtype=int), np.inf
    for turn in range(ROUNDS):
        apart = ((places[:, None, :] - centres[None]) ** 2).sum(axis=2)
        zones = np.argmin(apart + handicap, axis=1)
        load = np.bincount(zones, weights=shares, minlength=count)
        worst = float(np.abs(load - mean).max())
        if turn >= ROUNDS // 3 and worst < best_apart:
            best, best_apart = zones, worst
        mass = np.bincount(zones, weights=bulk, minlength=count)
        held = mass > 0
        for axis in (0, 1):
            moved = np.bincount(zones, weights=bulk * places[:, axis], minlength=count)
            centres[held, axis] = moved[held] / mass[held]
        # A zone that is too full is made to seem further away, by parts of how far apart zones lie.
        step = float(np.mean(np.min(apart, axis=1))) * (1.2 - turn / ROUNDS)
        handicap += step * np.clip((load - mean) / max(mean, 1e-12), -1, 1)
    return _none_empty(places, best, count)


def _spread_centres(places: np.ndarray, bulk: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Centres as k-means++ chooses them: each new one likelier where there is none near."""
    chosen = [int(rng.choice(len(places), p=bulk / bulk.sum()))]
    apart = ((places - places[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        chance = apart * bulk
        if chance.sum() <= 0:
            left = np.setdiff1d(np.arange(len(places)), chosen)
            chosen.append(int(left[0]))
        else:
            chosen.append(int(rng.choice(len(places), p=chance / chance.sum())))
        apart = np.minimum(apart, ((places - places[chosen[-1]]) ** 2).sum(axis=1))
    return places[chosen].astype(float)


def _none_empty(places: np.ndarray, zones: np.ndarray, count: int) -> np.ndarray:
    """The same with a building for each empty zone, from the zones with most buildings."""
    zones = zones.copy()
    for empty in range(count):
        members = np.bincount(zones, minlength=count)
        if members[empty]:
            continue
        fullest = np.flatnonzero(zones == int(np.argmax(members)))
        centre = places[fullest].mean(axis=0)
        zones[fullest[int(np.argmax(((places[fullest] - centre) ** 2).sum(axis=1)))]] = empty
    return zones


def mended(
    places: np.ndarray,
    shares: np.ndarray,
    near: Sequence[Sequence[int]],
    zones: np.ndarray,
    movable: np.ndarray,
) -> np.ndarray:
    """Every zone in one piece: parts that are cut off, and buildings in none, go to the zone next to them.

    Parameters
    ----------
    places, shares : ndarray
        As elsewhere.
    near : sequence of sequence of int
        Neighbours.
    zones : ndarray of int
        -1 for buildings that have no zone yet.
    movable : ndarray of bool
        The others stay where they are, in pieces or not.

    Returns
    -------
    ndarray of int
        -1 is left only for what no zone can reach.
    """
    held = zones.tolist()
    for parts in parts_of(near, held).values():
        if len(parts) < 2:
            continue
        heaviest = max(
            parts, key=lambda part: (not movable[part].all(), float(shares[part].sum()), len(part))
        )
        for part in parts:
            if part is not heaviest and movable[part].all():
                for building in part:
                    held[building] = -1
    return _grown(places, shares, near, held)


def _grown(
    places: np.ndarray, shares: np.ndarray, near: Sequence[Sequence[int]], held: list[int]
) -> np.ndarray:
    count = max(held, default=-1) + 1
    load, centre = [0.0] * count, [(0.0, 0.0)] * count
    for zone in range(count):
        own = [n for n, one in enumerate(held) if one == zone]
        if own:
            load[zone] = float(shares[own].sum())
            centre[zone] = tuple(places[own].mean(axis=0).tolist())
    mean = max(sum(load) / max(count, 1), 1e-9)

    def pull(building: int, zone: int) -> float:
        east, north = places[building].tolist()
        far = (east - centre[zone][0]) ** 2 + (north - centre[zone][1]) ** 2
        return far * (0.25 + load[zone] / mean)

    queue = [
        (pull(building, held[other]), building, held[other])
        for building, zone in enumerate(held)
        if zone < 0
        for other in near[building]
        if held[other] >= 0
    ]
    heapq.heapify(queue)
    while queue:
        _far, building, zone = heapq.heappop(queue)
        if held[building] >= 0:
            continue
        held[building] = zone
        load[zone] += float(shares[building])
        for other in near[building]:
            if held[other] < 0:
                heapq.heappush(queue, (pull(other, zone), other, zone))
    return np.array(held, dtype=int)


def split_zone(shares: np.ndarray, near: Sequence[Sequence[int]], own: Sequence[int]) -> list[int]:
    """About half of a zone that hangs together, such that the rest does too.

    Parameters
    ----------
    shares : ndarray
        Of all buildings.
    near : sequence of sequence of int
        Neighbours.
    own : sequence of int
        The zone's buildings, two at least, in one piece.

    Returns
    -------
    list of int
        The buildings of the branch of a spanning tree that comes nearest to half.
    """
    inside = set(own)
    best: tuple[float, int, list[int]] | None = None
    roots = {own[0], own[-1], max(own, key=lambda one: float(shares[one]))}
    for root in sorted(roots):
        parent, order = {root: -1}, [root]
        for building in order:
            for other in near[building]:
                if other in inside and other not in parent:
                    parent[other] = building
                    order.append(other)
        weight = {one: float(shares[one]) + 1e-6 for one in order}
        for building in reversed(order[1:]):
            weight[parent[building]] += weight[building]
        half = weight[root] / 2
        branch = min(order[1:], key=lambda one: (abs(weight[one] - half), one))
        if best is None or abs(weight[branch] - half) < best[0]:
            best = (abs(weight[branch] - half), branch, _branch(branch, parent, order))
    if best is None:
        raise ValueError("a zone of one building cannot be split")
    return best[2]


def _branch(top: int, parent: dict[int, int], order: Sequence[int]) -> list[int]:
    found = {top}
    for building in order:
        if parent[building] in found:
            found.add(building)
    return sorted(found)
