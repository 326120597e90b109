"""Invented towns for the cutter."""

import numpy as np

from app.partition import NO_BARRIERS, Barriers, Task, neighbour_graph

Weights = (0, 6, 12, 24, 36, 60)


def town(count: int, seed: int = 0, barriers: Barriers = NO_BARRIERS, **facts: object) -> Task:
    """Buildings about 35 m apart in rows, with households as slab rows, lanes and shops have them."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    rows = np.array([(n % side, n // side) for n in range(count)], dtype=float).reshape(-1, 2)
    places = rows * 35 + rng.normal(0, 5, (count, 2))
    weights = rng.choice(Weights, count, p=[0.15, 0.2, 0.25, 0.2, 0.15, 0.05]).astype(float)
    return task(places, weights, barriers, **facts)


def task(places: np.ndarray, weights: np.ndarray, barriers: Barriers = NO_BARRIERS, **facts: object) -> Task:
    """A task with nothing cut yet."""
    facts = {"present": np.full(len(places), -1), **facts}
    return Task(places, weights, neighbour_graph(places, barriers), **facts)  # type: ignore[arg-type]
