"""Which items are worth a person's label: those a model is unsure of, those unlike anything labelled, and some by chance alone.

Every item has a known chance of being drawn, so that what is learnt and measured from the choice can be put right by weighting
(D. Horvitz and D. Thompson, 1952): four draws, independent of each other,
- near what was missed: of the items that lie near one that was let through wrongly, each alike;
- at random: each item alike, so that none is without a chance;
- by doubt: in proportion to (p (1 - p))², by systematic sampling, whose inclusion chances are exact (W. Madow, 1949). Squared, since
  where harm is rare the many items of a little doubt would otherwise take most of the draw;
- by difference: the vectors fall into as many cells as items are wanted, around centres that lie far from what is labelled and from
  each other (greedy k-centre: O. Sener and S. Savarese, "Active Learning for CNNs: A Core-Set Approach", ICLR 2018), and one of each
  cell is drawn. Items that have no vector yet are in the other draws only, and this one shrinks by their share.
An item that two draws took is chosen once; its chance is that of being taken by any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_DOUBT = 0.0001  # so that no item is without a chance of being doubted
Draw = tuple[Floats, NDArray[np.int64]]  # with which chance each is taken, and what was
FAR = 1.0  # a cosine distance, where nothing is labelled yet
NEAR_SHARE = 0.2  # of a choice: near what was missed, where something was
RANDOM_SHARE = 0.2
DIFFERENT_SHARE = 1 / 6  # of what is left: by difference; the rest by doubt
MISSED, NEIGHBOURS, FARTHEST = 50, 10, 0.45  # whose neighbours, how many, and how far those may lie (cosine)
ENOUGH = 5  # examples of a new label before others like them can be found


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    index: int
    way: str  # missed | random | uncertain | different: the draw that took it first
    propensity: float


def choose(
    chances: Floats, room: int, *, vectors: NDArray[Any] | None = None, labelled: NDArray[Any] | None = None,
    near: NDArray[np.bool_] | None = None, random_share: float = RANDOM_SHARE, seed: int = 0,
) -> list[Pick]:  # fmt: skip
    """At most `room` of n items. chances: (n,) of being harmful, NaN where unknown; vectors: (n, d) of length 1, a row of NaN where there
    is none, labelled: (m, d); near: (n,), whether it lies near what was missed."""
    n = len(chances)
    if n <= room:
        return [Pick(index=i, way="random", propensity=1.0) for i in range(n)]
    if room < 1:
        return []
    rng = np.random.default_rng(seed)
    by_chance = max(1, round(random_share * room))
    close = np.flatnonzero(near) if near is not None else np.zeros(0, np.int64)
    by_near = min(round(NEAR_SHARE * room), room - by_chance, len(close))
    read = np.flatnonzero(~np.isnan(vectors[:, 0])) if vectors is not None else np.zeros(0, np.int64)
    different = min(len(read), round((room - by_chance - by_near) * len(read) / n * DIFFERENT_SHARE))
    draws = {
        "missed": _evenly(close, by_near, n, rng), "random": _evenly(np.arange(n), by_chance, n, rng),
        "uncertain": _by_size(doubt(chances), room - by_chance - by_near - different, rng),
    }  # fmt: skip
    if vectors is not None and different:
        draws["different"] = _cells(vectors, read, labelled, different, rng)
    missed = np.prod([1 - inclusion for inclusion, _ in draws.values()], axis=0)
    found: dict[int, str] = {}
    for way, (_, taken) in draws.items():
        for index in taken.tolist():
            found.setdefault(index, way)
    return [Pick(index=i, way=way, propensity=float(min(1.0, 1 - missed[i]))) for i, way in sorted(found.items())]


def _evenly(among: NDArray[np.int64], count: int, n: int, rng: np.random.Generator) -> Draw:
    """`count` of some of the n, each as likely as any other of them."""
    inclusion = np.zeros(n)
    inclusion[among] = count / max(1, len(among))
    return inclusion, rng.choice(among, count, replace=False) if count else np.zeros(0, np.int64)


def _by_size(size: Floats, count: int, rng: np.random.Generator) -> Draw:
    share = _shares(size, count)
    return share, _systematic(share, rng)


def doubt(chances: Floats) -> Floats:
    """(4 p (1 - p))², 1 where nothing is known."""
    return np.where(np.isnan(chances), 1.0, np.maximum(LEAST_DOUBT, np.square(4 * chances * (1 - chances))))


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
    every: NDArray[Any], read: NDArray[np.int64], labelled: NDArray[Any] | None, count: int, rng: np.random.Generator
) -> Draw:
    """One item of each cell of those that have a vector. Within a cell all are alike likely."""
    vectors = every[read]
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
    inclusion = np.zeros(len(every))
    taken = []
    for place in range(count):
        members = read[cell == place]
        if len(members):
            inclusion[members] = 1 / len(members)
            taken.append(int(rng.choice(members)))
    return inclusion, np.array(taken, np.int64)


def _parts(labelled: NDArray[Any], size: int = 1024) -> list[NDArray[Any]]:
    return [labelled[start : start + size] for start in range(0, len(labelled), size)]


def near_of(vectors: NDArray[Any], missed: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,): whether each is among the nearest NEIGHBOURS of one of the newest MISSED, and like it at all."""
    near = np.zeros(len(vectors), bool)
    for one in missed[-MISSED:]:
        distance = 1 - vectors @ one
        closest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
        near[closest[distance[closest] <= FARTHEST]] = True
    return near


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
