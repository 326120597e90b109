"""Cuts each community's buildings into contiguous responsibility zones of about 400 households."""

import math
from collections import Counter

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPoint, Point

from .areas import Community, band_order
from .footprints import Building

AIM, LEAST, MOST = 400, 300, 500
FARTHEST_LINK_M = 210.0
_DIGITS = "零一二三四五六七八九"


def number_zones(
    communities: list[Community], buildings: list[Building]
) -> dict[str, list[dict[str, object]]]:
    plan: dict[str, list[dict[str, object]]] = {}
    for community in communities:
        mine = [b for b in buildings if b.community == community.code]
        total = sum(b.households for b in mine)
        pieces = _cut(list(range(len(mine))), max(1, round(total / AIM)), mine, _neighbours(mine))
        groups = [[mine[i] for i in sorted(piece)] for piece in pieces]
        groups.sort(key=_place)
        plan[community.code] = [
            {"number": n, "name": f"第{chinese(n)}责任区", "buildings": [b.code for b in group]}
            for n, group in enumerate(groups, 1)
        ]
    return plan


def _place(group: list[Building]) -> tuple[int, float]:
    middle = shapely.union_all([b.shape for b in group]).centroid
    return band_order(middle.x, middle.y, 170)


def chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + ("" if ones == 0 else _DIGITS[ones])


def _neighbours(buildings: list[Building]) -> list[set[int]]:
    """Buildings whose surroundings touch (Delaunay), without the long links across parks and water."""
    spots = [b.shape.point_on_surface() for b in buildings]
    at = {(p.x, p.y): i for i, p in enumerate(spots)}
    near: list[set[int]] = [set() for _ in buildings]
    for link in shapely.delaunay_triangles(MultiPoint(spots), only_edges=True).geoms:
        a, b = (at[c] for c in link.coords)
        near[a].add(b)
        near[b].add(a)
    for i, links in enumerate(near):
        for j in list(links):
            if (
                len(links) > 1
                and len(near[j]) > 1
                and buildings[i].shape.distance(buildings[j].shape) > FARTHEST_LINK_M
            ):
                links.discard(j)
                near[j].discard(i)
    _rejoin(spots, near)
    return near


def _rejoin(spots: list[Point], near: list[set[int]]) -> None:
    """Adds the shortest link between islands until all hang together."""
    while True:
        first = _reach(0, set(range(len(near))), near)
        rest = [i for i in range(len(near)) if i not in first]
        if not rest:
            return
        _, a, b = min((spots[i].distance(spots[j]), i, j) for i in first for j in rest)
        near[a].add(b)
        near[b].add(a)


def _reach(start: int, allowed: set[int], near: list[set[int]]) -> set[int]:
    seen, frontier = {start}, [start]
    while frontier:
        for j in near[frontier.pop()]:
            if j in allowed and j not in seen:
                seen.add(j)
                frontier.append(j)
    return seen


def _cut(piece: list[int], count: int, buildings: list[Building], near: list[set[int]]) -> list[list[int]]:
    """Halves by households again and again, along the direction that keeps both halves whole and estates together."""
    if count == 1:
        return [piece]
    left = count // 2
    spots = shapely.get_coordinates(shapely.centroid([buildings[i].shape for i in piece]))
    best: tuple[float, list[int], list[int]] | None = None
    for step in range(24):
        for share in (left, count - left):
            halves = _sweep(piece, spots @ _heading(math.pi * step / 24), share / count, buildings, near)
            if halves is not None:
                score = _harm(halves, share, count, buildings)
                if best is None or score < best[0] - 1e-9:
                    best, chosen = (score, *halves), share
    assert best is not None, "no straight cut leaves both halves whole"
    return _cut(best[1], chosen, buildings, near) + _cut(best[2], count - chosen, buildings, near)


def _heading(angle: float) -> npt.NDArray[np.float64]:
    return np.array([math.cos(angle), math.sin(angle)])


def _sweep(
    piece: list[int],
    along: npt.NDArray[np.float64],
    share: float,
    buildings: list[Building],
    near: list[set[int]],
) -> tuple[list[int], list[int]] | None:
    order = [piece[k] for k in np.argsort(along, kind="stable")]
    weights = np.cumsum([buildings[i].households for i in order])
    at = int(np.argmin(np.abs(weights - weights[-1] * share))) + 1
    first, second = _mend(set(order[:at]), set(order[at:]), near)
    if not first or not second:
        return None
    return sorted(first), sorted(second)


def _mend(first: set[int], second: set[int], near: list[set[int]]) -> tuple[set[int], set[int]]:
    """Crumbs cut off from their half join the other one."""
    for _ in range(4):
        loose_first, loose_second = _crumbs(first, near), _crumbs(second, near)
        if not loose_first and not loose_second:
            return first, second
        first, second = (first - loose_first) | loose_second, (second - loose_second) | loose_first
    return set(), set()


def _crumbs(half: set[int], near: list[set[int]]) -> set[int]:
    """Everything that does not hang together with the largest piece."""
    pieces, left = [], set(half)
    while left:
        piece = _reach(min(left), left, near)
        pieces.append(piece)
        left -= piece
    pieces.sort(key=lambda p: (-len(p), min(p)))
    return set().union(*pieces[1:])


def _harm(halves: tuple[list[int], list[int]], share: int, count: int, buildings: list[Building]) -> float:
    weights = [sum(buildings[i].households for i in half) for half in halves]
    per_zone = (weights[0] / share, weights[1] / (count - share))
    mean = sum(weights) / count
    imbalance = max(abs(p - mean) for p in per_zone) / mean
    blocks = [Counter(buildings[i].block for i in half) for half in halves]
    split = sum(min(blocks[0][b], blocks[1][b]) for b in blocks[0] if b in blocks[1])
    outside = sum(max(0.0, LEAST - p) + max(0.0, p - MOST) for p in per_zone) / mean
    return imbalance * 2.0 + outside * 6.0 + split / 40
