"""Which items are worth a person's label: those a model is unsure of, those unlike anything labelled, and some by chance alone.

Every item has a known chance of being drawn, so that what is learnt and measured from the choice can be put right by weighting
(D. Horvitz and D. Thompson, 1952): three draws, independent of each other,
- at random: each item alike;
- by doubt: in proportion to p (1 - p), by systematic sampling, whose inclusion chances are exact (W. Madow, 1949);
- by difference: the vectors fall into as many cells as items are wanted, around centres that lie far from what is labelled and from
  each other (greedy k-centre: O. Sener and S. Savarese, "Active Learning for CNNs: A Core-Set Approach", ICLR 2018), and one of each
  cell is drawn.
An item that two draws took is chosen once; its chance is that of being taken by any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_DOUBT = 0.01  # so that no item is without a chance of being doubted
FAR = 1.0  # a cosine distance, where nothing is labelled yet
ENOUGH = 5  # examples of a new label before others like them can be found


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    index: int
    way: str  # random | uncertain | different: the draw that took it first
    propensity: float


def choose(
    chances: Floats, room: int, *, vectors: NDArray[Any] | None = None, labelled: NDArray[Any] | None = None, random_share: float = 0.2,
    seed: int = 0,
) -> list[Pick]:  # fmt: skip
    """At most `room` of n items. chances: (n,) of being harmful, NaN where unknown; vectors: (n, d) of length 1, labelled: (m, d)."""
    n = len(chances)
    if n <= room:
        return [Pick(index=i, way="random", propensity=1.0) for i in range(n)]
    if room < 1:
        return []
    rng = np.random.default_rng(seed)
    by_chance = max(1, round(random_share * room))
    different = (room - by_chance) // 3 if vectors is not None else 0
    doubted = room - by_chance - different
    inclusion = {"random": np.full(n, by_chance / n), "uncertain": _shares(doubt(chances), doubted), "different": np.zeros(n)}
    taken = {
        "random": rng.choice(n, by_chance, replace=False), "uncertain": _systematic(inclusion["uncertain"], rng),
        "different": np.zeros(0, np.int64),
    }  # fmt: skip
    if vectors is not None and different:
        inclusion["different"], taken["different"] = _cells(vectors, labelled, different, rng)
    missed = np.prod([1 - share for share in inclusion.values()], axis=0)
    found: dict[int, str] = {}
    for way in ("random", "uncertain", "different"):
        for index in taken[way].tolist():
            found.setdefault(index, way)
    return [Pick(index=i, way=way, propensity=float(min(1.0, 1 - missed[i]))) for i, way in sorted(found.items())]


def doubt(chances: Floats) -> Floats:
    """4 p (1 - p), 1 where nothing is known."""
    return np.where(np.isnan(chances), 1.0, np.maximum(LEAST_DOUBT, 4 * chances * (1 - chances)))


def _shares(size: Floats, room: int) -> Floats:
    """Inclusion chances in proportion to size that add up to `room`, none above 1."""
    share = np.zeros(len(size))
    certain = np.zeros(len(size), bool)
    while True:
        rest = room - certain.sum()
        share[~certain] = rest * size[~certain] / size[~certain].sum() if rest > 0 and (~certain).any() else 0.0
        over = (share > 1) & ~certain
        if not over.any():
            share[certain] = 1.0
            return np.clip(share, 0.0, 1.0)
        certain |= over


def _systematic(share: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Each with exactly its chance; the order is shuffled, so that neighbours in time are not taken together."""
    order = rng.permutation(len(share))
    ends = np.cumsum(share[order])
    points = np.arange(rng.random(), ends[-1] - 1e-9, 1.0)
    return np.asarray(order[np.searchsorted(ends, points, side="right").clip(max=len(order) - 1)], np.int64)


def _cells(
    vectors: NDArray[Any], labelled: NDArray[Any] | None, count: int, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    """(inclusion chances, one item of each cell). Within a cell all are alike likely."""
    away = np.full(len(vectors), FAR)
    if labelled is not None and len(labelled):
        away = np.min([(1 - vectors @ part.T).min(axis=1) for part in _parts(labelled)], axis=0)
    cell = np.zeros(len(vectors), np.int64)
    nearest = away.copy()
    for place in range(count):
        centre = int(np.argmax(nearest)) if place or (labelled is not None and len(labelled)) else int(rng.integers(len(vectors)))
        distance = 1 - vectors @ vectors[centre]
        closer = distance < nearest if place else np.ones(len(vectors), bool)
        cell[closer] = place
        nearest = np.minimum(nearest, distance) if place else np.minimum(away, distance)
    inclusion = np.zeros(len(vectors))
    taken = []
    for place in range(count):
        members = np.flatnonzero(cell == place)
        if len(members):
            inclusion[members] = 1 / len(members)
            taken.append(int(rng.choice(members)))
    return inclusion, np.array(taken, np.int64)


def _parts(labelled: NDArray[Any], size: int = 1024) -> list[NDArray[Any]]:
    return [labelled[start : start + size] for start in range(0, len(labelled), size)]


def alike(vectors: NDArray[Any], examples: NDArray[Any], *, seed: int = 0) -> Floats:
    """(n,): how much each vector is like the few examples of a new label, 0 to 1. vectors: (n, d), examples: (m, d), of length 1.

    Half nearness to the nearest examples, half a linear head that tells the examples from a sample of the rest. Raises ValueError
    with fewer than ENOUGH examples.
    """
    if len(examples) < ENOUGH:
        raise ValueError(f"{len(examples)} examples are too few; give at least {ENOUGH}")
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - choosing by doubt needs none

    rng = np.random.default_rng(seed)
    near = np.sort(vectors @ examples.T, axis=1)[:, -3:].mean(axis=1)
    rest = vectors[rng.choice(len(vectors), min(len(vectors), 1000), replace=False)] if len(vectors) else vectors
    x = np.concatenate([examples, rest])
    y = np.r_[np.ones(len(examples)), np.zeros(len(rest))]
    head = LogisticRegression(C=10.0, class_weight="balanced", max_iter=500, random_state=seed).fit(x, y)
    found: Floats = 0.5 * np.clip(near, 0.0, 1.0) + 0.5 * head.predict_proba(vectors)[:, 1]
    return found
