"""Three ways to cut: anew, mending what there is, and filling in what is in no zone yet."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely

from app.errors import N_, InvalidInput
from app.partition.graph import Graph, parts_of
from app.partition.search import Aim, Search, shared
from app.partition.start import balanced_start, mended, shares_of_parts, split_zone
from app.partition.task import Change, Cut, Note, Profile, Task, checked

# Small communities are cut from several beginnings, and the best is kept; large ones come out alike from any.
STARTS: Final = ((400, 6), (1500, 3), (4000, 2))
ROUNDS: Final = ((400, 90), (1500, 60), (20_000, 40))
FEWEST_ROUNDS: Final = 20
EXCHANGES: Final = ((400, 60), (1500, 12), (20_000, 3))
WARMTH: Final = 0.06
STAY: Final[dict[Change, float]] = {"least": 20.0, "some": 2.0, "free": 0.2}
MOST_HEAVY_NOTED: Final = 5


def cut_anew(task: Task, count: int, profile: Profile = "balanced") -> Cut:
    """Cut everything that is not in a locked zone into new zones.

    Parameters
    ----------
    task : Task
        What is to be cut.
    count : int
        How many zones there shall be, locked ones included.
    profile : Profile
        Whether evenness or short ways count more.

    Returns
    -------
    Cut
        Exactly `count` zones of whole buildings. Each is in one piece on the task's graph, unless barriers or locked zones
        divide the ground into more parts than there shall be zones: then the lightest parts join the nearest others, and a
        note says so.

    Raises
    ------
    InvalidInput
        As `task.checked`.
    """
    checked(task, count)
    ground = _ground(task)
    free_zones = count - len(task.locked)
    kept = _kept(task)
    zones = np.where(ground.free, -1, task.present)
    if not free_zones:
        return Cut(zones, count, kept, _gone(task, zones), ())
    groups, links, notes = _groups(task, ground, free_zones)
    graph = _linked(task, ground.graph, links)
    best: tuple[float, float, Search] | None = None
    aim = _aim(profile, task.tolerance)
    for start in range(_by_size(STARTS, len(task.places), 1)):
        search = _searched(task, ground.free, graph, groups, free_zones, aim, task.seed + 1000 * start)
        beyond = max((abs(load - 1) for load in search.load), default=0.0)
        rank = (max(0.0, round(beyond - task.tolerance, 6)), search.cost(aim))
        if best is None or rank < best[:2]:
            best = (*rank, search)
    assert best is not None, "there is at least one start"
    free = np.flatnonzero(ground.free)
    zones[free] = np.array(best[2].zone)[free] + kept
    notes += _size_notes(task, zones, free_zones, groups)
    return Cut(zones, count, kept, _gone(task, zones), tuple(notes))


def repair(task: Task, count: int, change: Change = "least") -> Cut:
    """Make a plan whole again with as few households moved as the change is worth.

    Parameters
    ----------
    task : Task
        `present` is the plan to mend: buildings in no zone, zones in pieces, too many or too few of them.
    count : int
        How many zones there shall be.
    change : Change
        "least" touches only what is incomplete and its neighbours; "some" evens out where that moves few households; "free"
        moves whatever makes the plan better.

    Returns
    -------
    Cut
        Zones keep their positions; with "least" and nothing to mend, exactly the plan that was given.

    Raises
    ------
    InvalidInput
        As `task.checked`.
    """
    checked(task, count)
    ground = _ground(task)
    near = ground.graph.neighbours()
    zones, touched, gone = task.present.copy(), set[int](), set[int]()
    _dissolve(task, zones, count, touched, gone)
    loose = zones < 0
    if set(zones[~loose].tolist()) <= task.locked:
        return cut_anew(task, count)
    before = zones.copy()
    zones, notes = _filled(task, near, zones, ground.free)
    touched |= set(zones[zones != before].tolist()) | set(before[zones != before].tolist())
    _divide(task, near, zones, count, touched)
    names, labels = np.unique(zones, return_inverse=True)
    position = {int(name): n for n, name in enumerate(names)}
    search = Search(
        task.places, task.weights, ground.graph, labels.reshape(-1), len(names), ground.free,
        home=np.array([position.get(int(one), -1) for one in task.present]),
    )  # fmt: skip
    aim = _aim("balanced", task.tolerance)._replace(stay=STAY[change])
    open_to = _open(search, [int(name) in touched for name in names], change)
    if change == "free":
        search.anneal(aim, _by_size(ROUNDS, len(zones), FEWEST_ROUNDS), task.seed, WARMTH / 4, open_to)
    search.descend(aim, open_to, _by_size(EXCHANGES, len(zones), 1))
    zones = names[np.array(search.zone)]
    notes += _size_notes(task, zones, len(names) - len(task.locked), [np.flatnonzero(ground.free)])
    return Cut(zones, len(names), _kept(task), _gone(task, zones), tuple(notes))


def fill(task: Task) -> Cut:
    """Give buildings that are in no zone to the zones next to them; nothing else moves.

    Parameters
    ----------
    task : Task
        With zones that are not locked.

    Returns
    -------
    Cut
        As many zones as before.

    Raises
    ------
    InvalidInput
        "no_zones_to_fill"; and as `task.checked`.
    """
    count = len(np.unique(task.present[task.present >= 0]))
    if not set(task.present.tolist()) - task.locked - {-1}:
        raise InvalidInput(
            "no_zones_to_fill", N_("还没有可以补充的责任区（锁定的不算）。请先新建责任区，或重新划分。")
        )
    checked(task, count)
    ground = _ground(task)
    loose = task.present < 0
    zones, notes = _filled(task, ground.graph.neighbours(), task.present, loose)
    names, labels = np.unique(zones, return_inverse=True)
    search = Search(task.places, task.weights, ground.graph, labels.reshape(-1), len(names), loose)
    search.descend(_aim("balanced", task.tolerance), [True] * len(names))
    zones = names[np.array(search.zone)]
    return Cut(zones, count, _kept(task), frozenset(), tuple(notes))


def alternatives(task: Task, count: int, profiles: Sequence[Profile]) -> list[tuple[str, Cut]]:
    """Several cuts to choose from, each with the name of its way.

    Parameters
    ----------
    task : Task
        What is to be cut.
    count : int
        How many zones.
    profiles : sequence of Profile
        Ways to cut anew.

    Returns
    -------
    list of (str, Cut)
        One for each profile that comes out different, and "fewer_moves" when there is a plan to mend.
    """
    found: list[tuple[str, Cut]] = [(profile, cut_anew(task, count, profile)) for profile in profiles]
    if np.any(task.present >= 0) and not set(task.present.tolist()) <= task.locked | {-1}:
        found.append(("fewer_moves", repair(task, count, "some")))
    different: list[tuple[str, Cut]] = []
    for name, cut in found:
        if not any(_same(cut.zones, other.zones) for _, other in different):
            different.append((name, cut))
    return different


def _aim(profile: Profile, tolerance: float) -> Aim:
    """What a profile counts for how much."""
    if profile == "equal":
        return Aim(slack=0.2 * tolerance, even=15.0, compact=0.5)
    if profile == "compact":
        return Aim(slack=0.8 * tolerance, even=0.2)
    return Aim(slack=0.6 * tolerance, even=2.0)


class _Ground(NamedTuple):
    """What is not locked, and who is whose neighbour there."""

    free: np.ndarray
    graph: Graph


def _ground(task: Task) -> _Ground:
    free = ~np.isin(task.present, list(task.locked))
    inside = free[task.graph.edges].all(axis=1) if len(task.graph.edges) else np.zeros(0, dtype=bool)
    graph = task.graph
    return _Ground(free, Graph(graph.size, graph.edges[inside], graph.length_m[inside], graph.across[inside]))


def _groups(
    task: Task, ground: _Ground, count: int
) -> tuple[list[np.ndarray], list[tuple[int, int]], list[Note]]:
    """The parts of the ground, joined where there are more than zones; with the links that join them."""
    labels = np.where(ground.free, 0, -1).tolist()
    groups = [np.array(part) for part in parts_of(ground.graph.neighbours(), labels).get(0, [])]
    links: list[tuple[int, int]] = []
    notes: list[Note] = []
    while len(groups) > count:
        groups.sort(key=lambda part: (float(task.weights[part].sum()), len(part), int(part[0])), reverse=True)
        small = groups.pop()
        one, other, host = _nearest(task.places, small, groups)
        links.append((one, other))
        groups[host] = np.sort(np.concatenate([groups[host], small]))
        facts = {"buildings": len(small), "weight": float(task.weights[small].sum())}
        notes.append(Note("joined_across", building=one, facts=facts))
    return groups, links, notes


def _nearest(places: np.ndarray, small: np.ndarray, groups: Sequence[np.ndarray]) -> tuple[int, int, int]:
    """The pair of buildings at which a part comes nearest to another one, and which one that is."""
    best = (np.inf, 0, 0, 0)
    tree = shapely.STRtree(shapely.points(places[small]))
    for host, group in enumerate(groups):
        (there, here), apart = tree.query_nearest(
            shapely.points(places[group]), return_distance=True, all_matches=False
        )
        n = int(np.argmin(apart))
        best = min(best, (float(apart[n]), int(small[here[n]]), int(group[there[n]]), host))
    return best[1:]


def _linked(task: Task, graph: Graph, links: Sequence[tuple[int, int]]) -> Graph:
    if not links:
        return graph
    added = np.array(links)
    length = np.linalg.norm(task.places[added[:, 0]] - task.places[added[:, 1]], axis=1)
    return Graph(
        graph.size,
        np.concatenate([graph.edges, added]),
        np.concatenate([graph.length_m, length]),
        np.concatenate([graph.across, np.ones(len(links), dtype=bool)]),
    )


def _searched(
    task: Task,
    free: np.ndarray,
    graph: Graph,
    groups: Sequence[np.ndarray],
    count: int,
    aim: Aim,
    seed: int,
) -> Search:
    """A cut of the free ground from one beginning, improved until nothing gets better."""
    shares = np.zeros(len(task.places))
    shares[free] = shared(task.weights[free], count)
    near = graph.neighbours()
    zones = np.full(len(task.places), -1)
    wanted = shares_of_parts(
        [float(shares[group].sum()) for group in groups], [len(one) for one in groups], count
    )
    first = 0
    for group, amount in zip(groups, wanted, strict=True):
        zones[group] = first + balanced_start(task.places[group], shares[group], amount, seed)
        first += amount
    inner = [near[n] if free[n] else [] for n in range(len(near))]
    zones = np.where(free, mended(task.places, shares, inner, zones, free), -1)
    # Shares, not weights: for the search the mean zone is that of the free ground.
    search = Search(task.places, shares, graph, zones, count, free, mean=1.0)
    everywhere = [True] * count
    search.anneal(aim, _by_size(ROUNDS, len(zones), FEWEST_ROUNDS), seed, WARMTH, everywhere)
    search.descend(aim, everywhere, _by_size(EXCHANGES, len(zones), 1))
    return search


def _dissolve(task: Task, zones: np.ndarray, count: int, touched: set[int], gone: set[int]) -> None:
    """Take the lightest zones away until there are no more than wanted."""
    names = sorted(set(zones[zones >= 0].tolist()))
    while len(names) > count:
        open_names = [name for name in names if name not in task.locked]
        lightest = min(open_names, key=lambda name: (float(task.weights[zones == name].sum()), name))
        zones[zones == lightest] = -1
        names.remove(lightest)
        touched.add(lightest)
        gone.add(lightest)


def _divide(
    task: Task, near: Sequence[Sequence[int]], zones: np.ndarray, count: int, touched: set[int]
) -> None:
    """Halve the heaviest zones until there are as many as wanted."""
    shares = task.weights if task.weights.sum() > 0 else np.ones(len(zones))
    fresh = max(_kept(task), int(zones.max()) + 1)
    while len(names := sorted(set(zones.tolist()))) < count:
        own = {name: np.flatnonzero(zones == name) for name in names if name not in task.locked}
        heaviest = max(
            (name for name in own if len(own[name]) > 1),
            key=lambda name: (float(shares[own[name]].sum()), len(own[name]), -name),
        )
        parts = parts_of(near, np.where(zones == heaviest, 0, -1).tolist())[0]
        half = parts[-1] if len(parts) > 1 else split_zone(shares, near, own[heaviest].tolist())
        rest = np.setdiff1d(own[heaviest], half)
        # The lighter half is the new zone: fewer households change hands.
        zones[half if shares[half].sum() <= shares[rest].sum() else rest] = fresh
        touched |= {heaviest, fresh}
        fresh += 1


def _filled(
    task: Task, near: Sequence[Sequence[int]], zones: np.ndarray, movable: np.ndarray
) -> tuple[np.ndarray, list[Note]]:
    """Buildings in no zone go to one next to them; what no zone can reach goes to the nearest, with a note."""
    shares = shared(task.weights, max(1, len(np.unique(zones[zones >= 0]))))
    grown = mended(task.places, shares, near, zones, movable)
    notes = []
    lost = np.flatnonzero(grown < 0)
    hosts = np.flatnonzero((grown >= 0) & ~np.isin(grown, list(task.locked)))
    if len(lost):
        parts = parts_of(near, np.where(grown < 0, 0, -1).tolist())[0]
        for part in parts:
            one, other, _host = _nearest(task.places, np.array(part), [hosts])
            grown[part] = grown[other]
            facts = {"buildings": len(part), "weight": float(task.weights[part].sum())}
            notes.append(Note("joined_across", building=one, facts=facts))
    return grown, notes


def _open(search: Search, touched: Sequence[bool], change: Change) -> list[bool]:
    """Which zones may give and take: with the least change what is incomplete, and its neighbours."""
    if change != "least":
        return [True] * search.count
    allowed = list(touched)
    for building, zone in enumerate(search.zone):
        if touched[zone]:
            for other in search.around(building):
                allowed[other] = True
    return allowed


def _size_notes(task: Task, zones: np.ndarray, count: int, groups: Sequence[np.ndarray]) -> list[Note]:
    """Why the zones are not as even as wished."""
    free = ~np.isin(zones, list(task.locked))
    total = float(task.weights[free].sum())
    if not total:
        return [Note("all_weightless")]
    if count < 1:
        return []
    mean = total / count
    limit = 1 + task.tolerance
    notes = [
        Note("heavy_building", building=int(one), zone=int(zones[one]), facts={"weight": float(task.weights[one]), "mean": mean})
        for one in np.argsort(-task.weights, kind="stable")[:MOST_HEAVY_NOTED]
        if free[one] and task.weights[one] > limit * mean
    ]  # fmt: skip
    for group in groups if len(groups) > 1 else ():
        held = len(np.unique(zones[group]))
        weight = float(task.weights[group].sum())
        if abs(weight / held - mean) > task.tolerance * mean:
            facts = {"buildings": len(group), "weight": weight, "zones": held, "mean": mean}
            notes.append(Note("part_off_size", building=int(group[0]), facts=facts))
    names, labels = np.unique(zones[free], return_inverse=True)
    loads = np.bincount(labels.reshape(-1), weights=task.weights[free], minlength=len(names))
    worst = float(np.abs(loads - mean).max()) / mean
    if worst > task.tolerance and not notes:
        notes.append(
            Note(
                "best_found", zone=int(names[int(np.abs(loads - mean).argmax())]), facts={"deviation": worst}
            )
        )
    return notes


def _kept(task: Task) -> int:
    return int(task.present.max(initial=-1)) + 1


def _gone(task: Task, zones: np.ndarray) -> frozenset[int]:
    return frozenset(set(task.present[task.present >= 0].tolist()) - set(zones.tolist()))


def _by_size(table: Sequence[tuple[int, int]], buildings: int, otherwise: int) -> int:
    return next((value for most, value in table if buildings <= most), otherwise)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two cuts are the same up to the zones' names."""
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))
