"""All gates over two real models, as a run asks them before it lets a challenger be promoted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from scoring.artifacts import Bundle
from scoring.gates.gate import Side, Trial
from scoring.gates.report import examine
from scoring.kind import Split, TrainOptions
from scoring.registry import KINDS
from scoring.training.dataset import example_from_line, split
from scoring.training.fit import score_examples, train_kind
from tests.bench.datasets import davidson
from tests.bench.result import Figure

KIND = KINDS["review"]
TEXTS, TESTED = 9000, 2000


@dataclass(frozen=True, slots=True)
class Pair:
    parts: Split
    champion: Bundle
    challenger: Bundle


def measure(data: Path, rounds: int) -> Figure:
    with _trained(data) as pair:
        took = [_seconds(pair) for _ in range(rounds)]
    return Figure(
        what=f"all gates of a challenger, {len(pair.parts.test):,} texts of Davidson",
        ours=f"{median(took):.0f} s ({min(took):.0f} to {max(took):.0f})",
        note="two quick models, the champion trained on half as many; both score, explain and are rewritten",
    )  # fmt: skip


@contextmanager
def _trained(data: Path) -> Iterator[Pair]:
    lines = [{**row.body, "id": row.body["external_id"], "labels": row.labels} for row in davidson(data, "b")[:TEXTS]]
    parts = split([example_from_line(KIND, line) for line in lines], KIND, seed=0, test=TESTED / TEXTS, tune=0.2)
    half = Split(train=parts.train[::2], tune=parts.tune[::2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        champion, challenger = (
            train_kind(KIND, part, folder / version, "quick", TrainOptions(version=version, cache_dir=folder / "cache"))
            for version, part in (("half", half), ("whole", parts))
        )
        yield Pair(parts, champion, challenger)


def _seconds(pair: Pair) -> float:
    sides = [
        Side(scores=score_examples(bundle, pair.parts.test, kind=KIND), bundle=bundle, scorer=KIND.load_scorer(bundle))
        for bundle in (pair.challenger, pair.champion)
    ]
    trial = Trial(kind=KIND, examples=pair.parts.test, challenger=sides[0], champion=sides[1], parts=pair.parts, seed=0)
    started = perf_counter()
    examine(trial)
    return perf_counter() - started
