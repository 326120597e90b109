"""Buildings change zones one at a time until nothing gets better: even, compact, in one piece, along the barriers."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from app.partition.graph import Graph

# What a zone beyond the tolerance costs, squared and in parts of the mean.
OVER: Final = 400.0
# A building without households counts this part of an average one when distances are judged.
BARE: Final = 0.15
DECIMALS: Final = 9


class Aim(NamedTuple):
    """What is worth how much. Distances count 1 for the mean square of a first cut.

    Parameters
    ----------
    slack : float
        Deviation from the mean that costs next to nothing.
    even : float
        Cost of the deviation below that, squared.
    compact : float
        Cost of distance from the zone's centre, squared.
    across : float
        Cost of each pair of neighbours in one zone with a soft barrier between them.
    stay : float
        Cost of a building that leaves its present zone, for each mean zone of weight.
    """

    slack: float
    even: float = 2.0
    compact: float = 1.0
    across: float = 0.02
    stay: float = 0.0


class Search:
    """A cut that is being improved. All weights are parts of the mean zone, so that their unit does not matter."""

    def __init__(
        self,
        places: np.ndarray,
        weights: np.ndarray,
        graph: Graph,
        zones: np.ndarray,
        count: int,
        movable: np.ndarray,
        home: np.ndarray | None = None,
        mean: float | None = None,
    ) -> None:
        self.count = count
        self.zone: list[int] = zones.tolist()
        shares = shared(weights, count, mean)
        self.share: list[float] = shares.tolist()
        bulk = np.round(shares + BARE * shares.sum() / max(1, len(shares)), DECIMALS)
        self.bulk: list[float] = bulk.tolist()
        unit = _unit(places, bulk, zones)
        local = (places - places.mean(axis=0)) / unit
        self.x: list[float] = local[:, 0].tolist()
        self.y: list[float] = local[:, 1].tolist()
        self.movable: list[bool] = movable.tolist()
        self.home: list[int] = (home if home is not None else np.full(len(places), -1)).tolist()
        self.near = graph.neighbours()
        self.over: list[list[int]] = [[] for _ in self.zone]
        for one, other in graph.edges[graph.across].tolist():
            self.over[one].append(other)
            self.over[other].append(one)
        self.load, self.mass = [0.0] * count, [0.0] * count
        self.east, self.north = [0.0] * count, [0.0] * count
        self.own: list[set[int]] = [set() for _ in range(count)]
        for building, zone in enumerate(self.zone):
            if zone >= 0:
                self._enter(building, zone)

    def _enter(self, building: int, zone: int, sign: int = 1) -> None:
        bulk = self.bulk[building] * sign
        self.load[zone] += self.share[building] * sign
        self.mass[zone] += bulk
        self.east[zone] += bulk * self.x[building]
        self.north[zone] += bulk * self.y[building]
        if sign > 0:
            self.own[zone].add(building)
        else:
            self.own[zone].discard(building)

    def move(self, building: int, to: int) -> None:
        """Put a building into another zone."""
        if self.zone[building] >= 0:
            self._enter(building, self.zone[building], -1)
        self._enter(building, to)
        self.zone[building] = to

    def gain(self, building: int, to: int, aim: Aim) -> float:
        """By how much the cost falls when a building goes to another zone; it is in one now."""
        here = self.zone[building]
        share, bulk = self.share[building], self.bulk[building]
        before = uneven(self.load[here], aim) + uneven(self.load[to], aim)
        after = uneven(self.load[here] - share, aim) + uneven(self.load[to] + share, aim)
        won = before - after
        x, y, mass_here, mass_to = self.x[building], self.y[building], self.mass[here], self.mass[to]
        if mass_here > bulk:
            apart = (x - self.east[here] / mass_here) ** 2 + (y - self.north[here] / mass_here) ** 2
            won += aim.compact * bulk * mass_here / (mass_here - bulk) * apart
        if mass_to > 0:
            apart = (x - self.east[to] / mass_to) ** 2 + (y - self.north[to] / mass_to) ** 2
            won -= aim.compact * bulk * mass_to / (mass_to + bulk) * apart
        if aim.across and self.over[building]:
            zones = [self.zone[other] for other in self.over[building]]
            won += aim.across * (zones.count(here) - zones.count(to))
        if aim.stay and self.home[building] >= 0:
            home = self.home[building]
            won -= aim.stay * (share + 0.002) * ((to != home) - (here != home))
        return won

    def can_leave(self, building: int) -> bool:
        """Whether its zone stays in one piece, and not empty, without a building."""
        zone = self.zone[building]
        own = [other for other in self.near[building] if self.zone[other] == zone]
        if len(own) < 2:
            # Alone in its zone, at its edge, or a part of it that is cut off.
            return len(self.own[zone]) > 1
        wanted = set(own[1:])
        seen, queue = {building, own[0]}, [own[0]]
        while queue and wanted:
            for other in self.near[queue.pop()]:
                if other not in seen and self.zone[other] == zone:
                    seen.add(other)
                    wanted.discard(other)
                    queue.append(other)
        return not wanted

    def around(self, building: int) -> list[int]:
        """The other zones next to a building."""
        here = self.zone[building]
        found: list[int] = []
        for other in self.near[building]:
            zone = self.zone[other]
            if zone not in (here, -1) and zone not in found:
                found.append(zone)
        return found

    def anneal(self, aim: Aim, rounds: int, seed: int, warmth: float, open_to: Sequence[bool]) -> None:
        """Wander: worse moves are taken now and then, ever more rarely. `open_to`: zones that may take and give."""
        rng = np.random.default_rng(seed)
        edge = np.flatnonzero(np.array(self.movable))
        if not len(edge) or self.count < 2:
            return
        last = warmth / 100
        for turn in range(rounds):
            heat = warmth * (last / warmth) ** (turn / max(1, rounds - 1))
            order = rng.permutation(edge).tolist()
            picks = rng.random(len(order)).tolist()
            lots = (-np.log(rng.random(len(order)) + 1e-300) * heat).tolist()
            for building, pick, lot in zip(order, picks, lots, strict=True):
                near = self.near[building]
                if not near:
                    continue
                to = self.zone[near[int(pick * len(near))]]
                here = self.zone[building]
                if to in (here, -1) or not (open_to[to] and open_to[here]):
                    continue
                if self.gain(building, to, aim) > -lot and self.can_leave(building):
                    self.move(building, to)

    def descend(self, aim: Aim, open_to: Sequence[bool], exchanges: int = 60) -> None:
        """Take every move that makes it better until there is none; exchanges too, so many rounds of them at most."""
        while True:
            while self._single_moves(aim, open_to):
                pass
            if exchanges <= 0 or not self._exchanges(aim, open_to):
                return
            exchanges -= 1

    def _single_moves(self, aim: Aim, open_to: Sequence[bool]) -> int:
        moved = 0
        for building in range(len(self.zone)):
            if not self.movable[building] or not open_to[self.zone[building]]:
                continue
            ways = [(self.gain(building, to, aim), -to) for to in self.around(building) if open_to[to]]
            if not ways:
                continue
            won, to = max(ways)
            if won > 1e-9 and self.can_leave(building):
                self.move(building, -to)
                moved += 1
        return moved

    def _exchanges(self, aim: Aim, open_to: Sequence[bool]) -> int:
        """Zones beyond the slack: one building goes to a neighbour and another one follows, comes back or goes on."""
        moved = 0
        for zone in sorted(range(self.count), key=lambda one: -abs(self.load[one] - 1)):
            if abs(self.load[zone] - 1) <= aim.slack:
                break
            if open_to[zone] and self._second_moves(zone, aim, open_to):
                moved += 1
        return moved

    def _second_moves(self, zone: int, aim: Aim, open_to: Sequence[bool]) -> bool:
        """One pair of moves, the first to or from a zone, that together make it better."""
        for building in self._border(zone, open_to):
            here = self.zone[building]
            for to in [zone] if here != zone else [one for one in self.around(building) if open_to[one]]:
                first = self.gain(building, to, aim)
                if first < -60 or not self.can_leave(building):
                    continue
                self.move(building, to)
                if self._best_second({here, to}, building, first, aim, open_to):
                    return True
                self.move(building, here)
        return False

    def _best_second(
        self, touched: set[int], fixed: int, first: float, aim: Aim, open_to: Sequence[bool]
    ) -> bool:
        best, way = 1e-9 - first, (-1, -1)
        for zone in sorted(touched):
            for other in self._border(zone, open_to):
                if other == fixed:
                    continue
                here = self.zone[other]
                for to in [zone] if here != zone else [one for one in self.around(other) if open_to[one]]:
                    won = self.gain(other, to, aim)
                    if won > best and self.can_leave(other):
                        best, way = won, (other, to)
        if way[0] < 0:
            return False
        self.move(*way)
        return True

    def _border(self, zone: int, open_to: Sequence[bool]) -> list[int]:
        """Movable buildings of a zone next to others, and those of others next to it."""
        found: set[int] = set()
        for building in self.own[zone]:
            for other in self.near[building]:
                if self.zone[other] not in (zone, -1):
                    found.update((building, other))
        return sorted(one for one in found if self.movable[one] and open_to[self.zone[one]])

    def cost(self, aim: Aim) -> float:
        """What the cut costs; to compare cuts of one task."""
        total = sum(uneven(load, aim) for load in self.load)
        centre = [
            (east / mass, north / mass) if mass else (0.0, 0.0)
            for east, north, mass in zip(self.east, self.north, self.mass, strict=True)
        ]
        for building, zone in enumerate(self.zone):
            if zone < 0:
                continue
            east, north = centre[zone]
            total += aim.compact * self.bulk[building] * (
                (self.x[building] - east) ** 2 + (self.y[building] - north) ** 2
            )  # fmt: skip
            total += aim.across * sum(self.zone[other] == zone for other in self.over[building]) / 2
        return total


def uneven(load: float, aim: Aim) -> float:
    """What the deviation of one zone costs; its mean is 1."""
    apart = abs(load - 1.0)
    beyond = apart - aim.slack
    return aim.even * apart * apart + (OVER * beyond * beyond if beyond > 0 else 0.0)


def shared(weights: np.ndarray, count: int, mean: float | None = None) -> np.ndarray:
    """Weights as parts of the mean zone; when all are nothing, every building counts the same."""
    heavy = weights if weights.sum() > 0 else np.ones(len(weights))
    # Rounded, so that a town counted in dozens is cut like one counted in ones.
    parts: np.ndarray = np.round(heavy / (mean if mean else heavy.sum() / count), DECIMALS)
    return parts


def _unit(places: np.ndarray, bulk: np.ndarray, zones: np.ndarray) -> float:
    """Root of the mean square distance from the centres of a first cut, in metres."""
    held = zones >= 0
    labels, mass = zones[held], bulk[held]
    size = int(labels.max()) + 1 if len(labels) else 1
    total = np.bincount(labels, weights=mass, minlength=size)
    spread = 0.0
    for axis in (0, 1):
        values = places[held, axis]
        centre = np.bincount(labels, weights=mass * values, minlength=size) / np.maximum(total, 1e-12)
        spread += float((mass * (values - centre[labels]) ** 2).sum())
    unit = math.sqrt(spread / max(float(mass.sum()), 1e-12))
    return unit if unit > 1e-6 else 1.0
