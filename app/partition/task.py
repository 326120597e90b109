"""What is to be cut, what came of it, and what is to be said about it."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import numpy as np

from app.errors import N_, InvalidInput
from app.partition.graph import Graph

Profile = Literal["balanced", "equal", "compact"]
PROFILES: Final[tuple[Profile, ...]] = ("balanced", "equal", "compact")
# How much change of a plan that people know is worth: as little as possible, some, or whatever makes it better.
Change = Literal["least", "some", "free"]
CHANGES: Final[tuple[Change, ...]] = ("least", "some", "free")
MOST_ZONES: Final = 999


class Task(NamedTuple):
    """What is to be cut.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        East and north of the buildings, metres on a plane.
    weights : ndarray of shape (n,)
        What is to be shared out evenly: households, or any other number from 0 on.
    graph : Graph
        Who is whose neighbour.
    present : ndarray of int, shape (n,)
        The zone of each building now: 0, 1, …; -1 for none.
    locked : frozenset of int
        Zones that stay as they are.
    tolerance : float
        How far a zone may be from the mean; 0.1 is 10 %.
    seed : int
        The same seed, the same zones.
    """

    places: np.ndarray
    weights: np.ndarray
    graph: Graph
    present: np.ndarray
    locked: frozenset[int] = frozenset()
    tolerance: float = 0.1
    seed: int = 0


class Note(NamedTuple):
    """Why a wish could not be met: a code word, the building or zone it is about (or -1), and numbers for the sentence."""

    code: str
    building: int = -1
    zone: int = -1
    facts: Mapping[str, float] = {}


class Cut(NamedTuple):
    """Zones: `zones` (n,) from 0 on, where numbers below `kept` are the zones there were. `removed`: former zones that are no more."""

    zones: np.ndarray
    total: int
    kept: int
    removed: frozenset[int]
    notes: tuple[Note, ...]


def zone_count(weights: np.ndarray, size: float) -> int:
    """How many zones of about a size there should be.

    Parameters
    ----------
    weights : ndarray
        Of all buildings.
    size : float
        Wanted for each zone, over 0.

    Returns
    -------
    int
        At least 1, at most as many as there are buildings.

    Raises
    ------
    InvalidInput
        "size_unusable".
    """
    if not size > 0:
        raise InvalidInput("size_unusable", N_("每个责任区的规模应大于 0。"))
    return max(1, min(round(float(weights.sum()) / size), len(weights), MOST_ZONES))


def checked(task: Task, count: int) -> None:
    """Refuse what nobody can cut.

    Raises
    ------
    InvalidInput
        "nothing_to_cut", "zones_too_many", "count_unusable", "weights_unusable", "zones_locked".
    """
    buildings = len(task.places)
    if not buildings:
        raise InvalidInput("nothing_to_cut", N_("这个社区还没有能划分的楼栋。请先导入楼栋。"))
    if not 1 <= count <= MOST_ZONES:
        raise InvalidInput("count_unusable", N_("责任区个数应为 1 到 %(most)s。"), most=MOST_ZONES)
    if count > buildings:
        raise InvalidInput(
            "zones_too_many", N_("只有 %(buildings)s 栋楼，分不成 %(zones)s 个责任区。"), buildings=buildings, zones=count
        )  # fmt: skip
    if not np.all(np.isfinite(task.weights)) or np.any(task.weights < 0):
        raise InvalidInput("weights_unusable", N_("用来均衡的数应是不小于 0 的数。"))
    free = int(np.sum(~np.isin(task.present, list(task.locked))))
    left = count - len(task.locked)
    if left < 0 or (left == 0 and free) or left > free:
        raise InvalidInput(
            "zones_locked",
            N_("已锁定 %(locked)s 个责任区，余下 %(free)s 栋楼，不能一共分成 %(zones)s 个。请改个数或解锁。"),
            locked=len(task.locked), free=free, zones=count,
        )  # fmt: skip
