"""Labels that everything else contradicts: confident learning (C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating
Uncertainty in Dataset Labels", JAIR 2021), for each label by itself, a yes-or-no question.

Each item's chances come from a model that was trained without it. An item counts as confidently of class j when its chance of j
reaches the mean chance of j among those labelled j. The confident joint counts given class against confident class; made as
large as the classes are, it estimates how often which label is wrong. What lies off its diagonal is doubted, the worst first.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.binomial import at_most
from scoring.kind import Kind, Split, TrainOptions
from scoring.training.dataset import DatasetError, components, split
from scoring.training.fit import score_examples, split_with_past, train_kind
from scoring.types import Example

Floats = NDArray[np.float64]
FOLDS = 3
LEAST = 60  # examples, and LEAST_OF_EACH of each class of a label, before anything is said of it
LEAST_OF_EACH = 12
ALARM = 0.01  # how often anything at all is called a slice where labels are wrong by chance alone
LEAST_DOUBTED = 5  # in a slice that is told
TIMES = 2.0  # so many times as often as elsewhere
Told = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """The label `name` of example `index` says `value`; the others give that `chance`."""

    index: int
    name: str
    value: int
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Of one label. `joint[i][j]`: estimated items labelled i that are j; `wrong`: the share that it makes wrong."""

    name: str
    of: int
    joint: tuple[tuple[float, float], tuple[float, float]]

    @property
    def wrong(self) -> float:
        return (self.joint[0][1] + self.joint[1][0]) / max(1.0, self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Where labels are doubted more often than chance explains: `doubted` of `of`, `elsewhere` as a share."""

    key: tuple[Hashable, ...]
    name: str
    value: int
    doubted: int
    of: int
    elsewhere: float


def out_of_fold(kind: Kind, examples: Sequence[Example], options: TrainOptions, *, folds: int = FOLDS) -> dict[str, Floats]:
    """{label: (n,)} chances by models that saw neither the item nor anything that belongs with it; NaN where none could be made.

    The kind's first trainer, with the parameters that make it light. Raises DatasetError when there is too little to train on.
    """
    if len(examples) < LEAST:
        raise DatasetError(f"{len(examples)} labelled {kind.words.many} are too few to hold against each other; {LEAST} are needed")
    groups = components(examples, kind)
    order = np.random.default_rng(options.seed).permutation(len(groups))
    fold_of = np.zeros(len(examples), int)
    for rank, place in enumerate(order):
        fold_of[groups[place]] = rank % folds
    names = sorted({name for example in examples for name in example.labels})
    chances = {name: np.full(len(examples), np.nan) for name in names}
    for fold in range(folds):
        options.progress(fold / folds, f"Model {fold + 1} of {folds}, which does not see its third of the labels")
        held = np.flatnonzero(fold_of == fold)
        rest = [example for example, own in zip(examples, fold_of, strict=True) if own != fold]
        scored = _held_out(kind, rest, [examples[int(i)] for i in held], options)
        for name in names:
            chances[name][held] = [row.get(name, np.nan) for row in scored]
    options.progress(1.0, "Comparing labels with chances")
    return chances


def _held_out(kind: Kind, rest: Sequence[Example], held: Sequence[Example], options: TrainOptions) -> list[Mapping[str, float]]:
    parts = split_with_past(kind, split(rest, kind, seed=options.seed, test=0.0, tune=0.25))
    light = TrainOptions(seed=options.seed, cache_dir=options.cache_dir, context=options.context, parameters=kind.light)
    with tempfile.TemporaryDirectory(prefix="confident-") as folder:
        bundle = train_kind(kind, Split(train=parts.train, tune=parts.tune), Path(folder) / "model", None, light)
        scores = score_examples(bundle, held, options.context, kind=kind)
    only = bundle.labels[0] if len(bundle.labels) == 1 else None  # the one label is the risk
    return [dict(s.labels) or ({only: s.risk} if only and s.risk is not None else {}) for s in scores]


def doubts(examples: Sequence[Example], chances: Mapping[str, Floats]) -> tuple[list[Doubted], list[Noise]]:
    """What is off the diagonal of each label's confident joint, the least likely first; and the joints."""
    found: list[Doubted] = []
    noise: list[Noise] = []
    for name, chance in chances.items():
        given = np.array([example.labels.get(name, -1) for example in examples])
        use = np.flatnonzero((given >= 0) & ~np.isnan(chance))
        y, p = given[use], chance[use]
        if min((y == 0).sum(), (y == 1).sum(), len(y) - LEAST + LEAST_OF_EACH) < LEAST_OF_EACH:
            continue
        sure = _confident(y, p)
        noise.append(Noise(name=name, of=len(y), joint=_joint(y, sure)))
        off = (sure >= 0) & (sure != y)
        right = np.where(y == 1, p, 1 - p)
        found += [Doubted(index=int(use[i]), name=name, value=int(y[i]), chance=float(right[i])) for i in np.flatnonzero(off)]
    return sorted(found, key=lambda one: (one.chance, one.index)), noise


def _confident(y: NDArray[np.int64], p: Floats) -> NDArray[np.int64]:
    """(n,): the class that an item confidently is, -1 for none. Of two, the likelier."""
    both = np.column_stack([1 - p, p])
    reached = both >= np.array([both[y == 0, 0].mean(), both[y == 1, 1].mean()])
    return np.where(reached.any(axis=1), np.where(reached, both, -1.0).argmax(axis=1), -1)


def _joint(y: NDArray[np.int64], sure: NDArray[np.int64]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Rows are made as large as the given classes are (equation 3 of the paper)."""
    table = np.array([[((y == i) & (sure == j)).sum() for j in (0, 1)] for i in (0, 1)], float)
    sizes = np.array([(y == 0).sum(), (y == 1).sum()], float)
    rows = table.sum(axis=1)
    scaled = table / np.maximum(rows, 1.0)[:, None] * sizes[:, None]
    scaled[rows == 0] = np.diag(sizes)[rows == 0]
    return (float(scaled[0, 0]), float(scaled[0, 1])), (float(scaled[1, 0]), float(scaled[1, 1]))


def slices(
    examples: Sequence[Example], doubted: Iterable[Doubted], keys: Callable[[int, str], Iterable[tuple[Hashable, ...]]]
) -> list[Slice]:
    """Slices in which one value of a label is doubted more often than elsewhere, by the exact binomial test, the alarm shared among
    all slices that were looked at (Bonferroni). `keys(index, name)` says to which slices a label belongs: who gave it, where from."""
    totals: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    of: dict[tuple[Any, str, int], list[int]] = defaultdict(lambda: [0, 0])
    wrong = {(one.index, one.name) for one in doubted}
    for index, example in enumerate(examples):
        for name, value in example.labels.items():
            hit = (index, name) in wrong
            for tally in (totals[name, value], *(of[key, name, value] for key in keys(index, name))):
                tally[0] += hit
                tally[1] += 1
    looked = [(key, name, value, hits, size) for (key, name, value), (hits, size) in of.items() if size >= LEAST_DOUBTED]
    found = []
    for key, name, value, hits, size in looked:
        others = totals[name, value][1] - size
        rate = (totals[name, value][0] - hits + 1) / (others + 2)  # smoothed: of few others little is known
        chance = 1 - at_most(hits - 1, size, rate)
        if others and hits >= LEAST_DOUBTED and hits >= TIMES * rate * size and chance <= ALARM / len(looked):
            found.append(Slice(key=key, name=name, value=value, doubted=hits, of=size, elsewhere=rate))
    return sorted(found, key=lambda one: -one.doubted / one.of)
