"""What a drawn building is, and how shapes are found a place on free ground."""

import random
from dataclasses import dataclass, field

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from .shapes import long_axis_deg, moved, polygons, rectangle, turned

STEEPEST_DEG = 21.0


@dataclass
class Building:
    shape: Polygon
    kind: str
    floors: int
    built_year: int
    units: int = 0
    households: int = 0
    title: str = ""
    estate: str = ""
    street_address: str = ""
    code: str = ""
    community: str = ""
    block: int = -1


@dataclass
class Filling:
    """All that stands or grows in one block."""

    buildings: list[Building] = field(default_factory=list)
    greens: list[tuple[str, str, Polygon]] = field(default_factory=list)
    ponds: list[tuple[str, Polygon]] = field(default_factory=list)
    lanes: list[tuple[str, str, shapely.LineString]] = field(default_factory=list)


def southward_deg(ground: BaseGeometry) -> float:
    """How far rows turn from due east-west to follow a block, never far from facing south."""
    axis = long_axis_deg(ground) % 90
    turn = axis - 90 if axis > 45 else axis
    return max(-STEEPEST_DEG, min(STEEPEST_DEG, turn))


class Ground:
    """Free ground seen level with its rows: placed shapes come back in the district's own directions."""

    def __init__(self, ground: Polygon, angle_deg: float) -> None:
        self.angle_deg = angle_deg
        self.about = (ground.centroid.x, ground.centroid.y)
        self.free: BaseGeometry = turned(ground, -angle_deg, self.about)
        self.left = self.bottom = self.right = self.top = 0.0
        self._prepare()

    def _prepare(self) -> None:
        shapely.prepare(self.free)
        if not self.free.is_empty:
            self.left, self.bottom, self.right, self.top = self.free.bounds

    def holds(self, shape: BaseGeometry) -> bool:
        return bool(self.free.contains(shape))

    def back(self, shape: BaseGeometry) -> BaseGeometry:
        return turned(shape, self.angle_deg, self.about)

    def take(self, shape: BaseGeometry, gap_m: float) -> None:
        """Removes a placed shape and the distance kept around it."""
        self.free = self.free.difference(shape.buffer(gap_m, join_style="mitre"))
        self._prepare()

    def place(self, shape: Polygon, gap_m: float, corner: str = "sw", step_m: float = 5.0) -> Polygon | None:
        """The first spot, seen from a corner, where the shape fits; it is then taken."""
        if self.free.is_empty:
            return None
        west, south, east, north = shape.bounds
        xs = _steps(self.left, self.right - (east - west), step_m, "e" in corner)
        ys = _steps(self.bottom, self.top - (north - south), step_m, "n" in corner)
        level = moved(shape, -west, -south)
        # Along diagonals from the corner, so that both directions fill evenly.
        for i, j in sorted(
            ((i, j) for i in range(len(xs)) for j in range(len(ys))), key=lambda ij: (sum(ij), ij)
        ):
            candidate = moved(level, xs[i], ys[j])
            if self.holds(candidate):
                self.take(candidate, gap_m)
                return self.back(candidate)
        return None


def _steps(low: float, high: float, step_m: float, downwards: bool) -> list[float]:
    count = int((high - low) / step_m) + 1 if high >= low else 0
    found = [low + i * step_m for i in range(count)]
    return [low + high - v for v in found] if downwards else found


def halves(piece: Polygon, rng: random.Random, slack: float = 0.12, gap_m: float = 0.0) -> list[Polygon]:
    """Cuts a lot across its long side; `gap_m` is left open between the parts."""
    angle = long_axis_deg(piece)
    about = (piece.centroid.x, piece.centroid.y)
    level = turned(piece, -angle, about)
    west, south, east, north = level.bounds
    at = west + (east - west) * (0.5 + rng.uniform(-slack, slack))
    left = level.intersection(rectangle(west - 1, south - 1, at - west + 1 - gap_m / 2, north - south + 2))
    right = level.intersection(rectangle(at + gap_m / 2, south - 1, east - at + 1, north - south + 2))
    return [turned(p, angle, about) for side in (left, right) for p in polygons(side, 12)]
