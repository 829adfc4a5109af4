"""The gates' own figures: how often an equally good challenger is refused, how often a planted regression is found, what drawing
all at once saves, and how long all gates take.

`python -m tests.bench gate`. Simulated: the truth is known, so both kinds of error can be counted. Real models where BENCH_DATA names
the folder of the development sets.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from scoring.binomial import wilson
from scoring.calibration import sigmoid
from scoring.exam import Exam, Slice
from scoring.gates.gate import Side, Trial
from scoring.gates.report import examine
from scoring.kind import Kind
from scoring.registry import KINDS
from scoring.training import metrics as measure
from scoring.training.metrics import Array
from scoring.training.paired import draw_counts, drawn
from scoring.types import Example, Item, Score
from tests.bench import in_gate
from tests.bench.result import Figure, Result, pairs

REPEATS, ITEMS, DRAWS = 200, 2000, 400
SHARES = (0.45, 0.2, 0.12, 0.08, 0.06, 0.05, 0.04)  # of seven groups
LABELS = (0.0, -1.2, -2.4)  # how much rarer each of three labels is


class Cut(Kind):
    """A kind whose only slice is the group that an item says it is in."""

    def load_exam(self) -> Exam:
        return Exam(slices=[Slice(title="Group", of=lambda e: [e.item.payload["group"]])])


def run(rounds: int) -> list[Result | Figure]:
    rng = np.random.default_rng(0)
    y = (rng.random(ITEMS) < 0.2).astype(np.float64)
    old, new = (sigmoid(3 * y - 2 + rng.normal(0, 1.5, ITEMS)) for _ in range(2))
    ours, naive = pairs(lambda: _at_once(y, old, new), lambda: _one_by_one(y, old, new), rounds)
    note = f"{_told(*_false_alarms(), 'equally good ones refused')}; {_told(*_found(), 'planted regressions found')}"
    drawing = Result(
        what=f"{DRAWS} paired draws, 5 measures, {ITEMS:,} items", naive_name="draw by draw", units=1, ours=ours, naive=naive, note=note,
    )  # fmt: skip
    folder = os.environ.get("BENCH_DATA")
    return [drawing, in_gate.measure(Path(folder), rounds)] if folder else [drawing]


def _told(count: int, of: int, words: str) -> str:
    low, high = wilson(count, of)
    return f"{count} of {of} {words} ({100 * low:.1f} to {100 * high:.1f} %)"


def _at_once(y: Array, old: Array, new: Array) -> None:
    counts = draw_counts(list(range(len(y))), y, 0, DRAWS)
    drawn(y, old, counts)
    drawn(y, new, counts)


def _one_by_one(y: Array, old: Array, new: Array) -> None:
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(y > 0), np.flatnonzero(y == 0)]
    for _ in range(DRAWS):
        rows = np.concatenate([part[rng.integers(0, len(part), len(part))] for part in classes])
        for p in (old, new):
            measure.average_precision(y[rows], p[rows])
            measure.auroc(y[rows], p[rows])
            measure.recall_at_fpr(y[rows], p[rows])
            measure.brier(y[rows], p[rows])
            measure.log_loss(y[rows], p[rows])


def _trial(seed: int, spoilt: int | None) -> Trial:
    """Two models of one worth; with `spoilt`, the challenger is better everywhere but in that group."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-3.0, 2.2, (ITEMS, 3)) + np.array(LABELS)
    truth = rng.random(margin.shape) < sigmoid(margin)
    group = rng.choice(len(SHARES), ITEMS, p=SHARES)
    common = margin + rng.normal(0, 0.6, margin.shape)
    old, new = (common + rng.normal(0, 0.5, margin.shape) for _ in range(2))
    if spoilt is not None:
        new = np.where(
            (group == spoilt)[:, None], 0.3 * margin - 2.0 + rng.normal(0, 1.0, margin.shape), margin + rng.normal(0, 0.5, margin.shape)
        )
    examples = [
        Example(item=Item(id=str(i), kind="review", payload={"group": f"g{g}"}), labels={f"l{k}": int(v) for k, v in enumerate(row)})
        for i, (g, row) in enumerate(zip(group, truth, strict=True))
    ]
    kind = Cut(**{name: getattr(KINDS["review"], name) for name in Kind.__dataclass_fields__})
    return Trial(kind=kind, examples=examples, champion=_side(old), challenger=_side(new), seed=seed)


def _side(margin: Array) -> Side:
    chances = sigmoid(margin)
    risks = 1 - np.prod(1 - chances, axis=1)
    rows = zip(risks, chances, strict=True)
    return Side(scores=[Score(risk=float(r), labels={f"l{k}": float(v) for k, v in enumerate(row)}) for r, row in rows])


def _false_alarms() -> tuple[int, int]:
    refused = (any(g.result == "refused" for g in examine(_trial(seed, None)).gates if g.name != "gain") for seed in range(REPEATS))
    return sum(refused), REPEATS


def _found() -> tuple[int, int]:
    """In a group of 240, by the gate of slices itself."""
    found = (any(g.result == "refused" for g in examine(_trial(seed, 2)).gates if g.name == "slices") for seed in range(REPEATS // 2))
    return sum(found), REPEATS // 2
