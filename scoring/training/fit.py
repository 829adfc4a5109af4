"""Train a kind's model, and score examples with a bundle: what the shell and the console's train lane call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from scoring.artifacts import Bundle
from scoring.history import examples_with_past
from scoring.kind import Kind, Split, TrainOptions
from scoring.registry import get_kind
from scoring.training.dataset import DatasetError, OneClass, check_leaks
from scoring.training.evaluate import evaluate_scores
from scoring.training.labels import breaks_policy
from scoring.types import Example, Item, RunContext, Score

__all__ = ["evaluate_scores", "score_examples", "split_with_past", "train_kind"]


def split_with_past(kind: Kind, parts: Split, earlier: Iterable[Item] = ()) -> Split:
    """Give every example of the three parts its past among all of them (by time); the parts stay as they are."""
    together = examples_with_past(kind, [*parts.train, *parts.tune, *parts.test], earlier)
    first, second = len(parts.train), len(parts.train) + len(parts.tune)
    return Split(train=together[:first], tune=together[first:second], test=together[second:])


def train_kind(
    kind: Kind, parts: Split, out: Path, trainer: str | None = None, options: TrainOptions | None = None, earlier: Iterable[Item] = ()
) -> Bundle:
    """Train with a named trainer (default: the kind's first) and write the bundle to `out`.

    Raises KeyError for an unknown trainer and DatasetError when the parts leak into each other or hold one class only.
    """
    train = kind.load_trainer(trainer)
    check_leaks(parts, kind)
    for name, part in (("train", parts.train), ("tune", parts.tune)):
        if not part:
            raise DatasetError(f"the {name} part is empty")
    if len({breaks_policy(e) for e in parts.train}) < 2:
        raise OneClass("all examples to train on are of one class; a model needs some that break policy and some that do not")
    return train(split_with_past(kind, parts, earlier), out, options or TrainOptions())


def score_examples(
    bundle: Bundle, examples: Sequence[Example], context: RunContext | None = None, batch: int = 64, *, kind: Kind | None = None
) -> list[Score]:
    """One Score per example, in order. Examples of a kind with history must already carry their past."""
    scorer = (kind or get_kind(bundle.kind)).load_scorer(bundle)
    scores: list[Score] = []
    for start in range(0, len(examples), batch):
        scores.extend(scorer.score([e.item for e in examples[start : start + batch]], context or RunContext()))
    return scores
