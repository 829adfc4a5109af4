"""Replay a labelled file as if it were live: items arrive in order, reviewers see a share of them, models learn from those.

A first version of the loop: each round scores the next chunk with the model of the time, lets reviewers label the share
of it that the budget pays for (half by uncertainty, half by risk, a tenth at random for an honest sample), retrains, and
measures on what came later. Labels count from when they would be known (`delay_days`).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from scoring.kind import Kind, TrainOptions
from scoring.training.dataset import DatasetError, split
from scoring.training.evaluate import evaluate_risk
from scoring.training.fit import score_examples, train_kind
from scoring.training.labels import breaks_policy
from scoring.types import Example, Json, RunContext, Score

RANDOM_SHARE = 0.1
MIN_OF_EACH = 3  # labelled examples of each class before a model can be trained


def replay_stream(
    kind: Kind, examples: Sequence[Example], *, budget: float, rounds: int = 10, delay_days: float = 0.0, trainer: str | None = None,
    seed: int = 0, context: RunContext | None = None, tell: Callable[[str], None] = lambda sentence: None,
) -> Iterator[dict[str, Json]]:  # fmt: skip
    """One line a round: labels bought so far, share of arrivals reviewed, harmful share found, metrics on all later items.

    `examples` carry their past. Raises DatasetError when there are fewer examples than two a round.
    """
    if len(examples) < 2 * rounds:
        raise DatasetError(f"{len(examples)} examples are too few for {rounds} rounds")
    ordered = _in_order(kind, examples)
    rng = random.Random(seed)
    size = -(-len(ordered) // rounds)
    bought: list[Example] = []
    scores: list[Score] = []
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        bundle = None
        for number in range(rounds - 1):
            start, end = number * size, min((number + 1) * size, len(ordered))
            arrived, later = ordered[start:end], ordered[end:]
            if not later:
                break
            scores = score_examples(bundle, arrived, context, kind=kind) if bundle is not None else []
            bought += _choose(arrived, scores, budget, rng)
            known = _known_by(kind, bought, arrived[-1], delay_days)
            line: dict[str, Json] = {
                "round": number + 1, "arrived": end, "labels": len(bought), "coverage": round(len(bought) / end, 5),
                "labels_known": len(known), "harmful_found": _harmful(bought), "harmful_arrived": _harmful(ordered[:end]),
            }  # fmt: skip
            if _trainable(known):
                tell(f"round {number + 1} of {rounds - 1}: training on {len(known)} labels")
                parts = split(known, kind, seed=seed, test=0.0, tune=0.25)
                out = Path(folder) / f"round-{number}"
                bundle = train_kind(kind, parts, out, trainer, TrainOptions(seed=seed, cache_dir=Path(folder) / "cache"))
                line["later"] = evaluate_risk(score_examples(bundle, later, context, kind=kind), later, seed=seed)
            else:
                tell(f"round {number + 1} of {rounds - 1}: too few labels to train")
                line["later"] = None
            yield line


def _in_order(kind: Kind, examples: Sequence[Example]) -> list[Example]:
    """By time where every example has one, else as given."""
    times = [kind.at(e.item) for e in examples]
    if any(at is None for at in times):
        return list(examples)
    return [examples[i] for i in sorted(range(len(examples)), key=lambda i: (times[i], i))]


def _choose(arrived: Sequence[Example], scores: Sequence[Score], budget: float, rng: random.Random) -> list[Example]:
    """What reviewers look at: all random until there is a model, then by uncertainty and by risk in turn, a tenth at random."""
    room = max(1, round(budget * len(arrived)))
    picks = list(range(len(arrived)))
    rng.shuffle(picks)
    if not scores:
        return [arrived[i] for i in sorted(picks[:room])]
    chosen = set(picks[: max(1, round(RANDOM_SHARE * room))])
    by_doubt = sorted(picks, key=lambda i: -scores[i].uncertainty)
    by_risk = sorted(picks, key=lambda i: -(1.0 if scores[i].risk is None else scores[i].risk or 0.0))
    for pair in zip(by_doubt, by_risk, strict=True):
        for i in pair:
            if len(chosen) < room:
                chosen.add(i)
    return [arrived[i] for i in sorted(chosen)]


def _known_by(kind: Kind, bought: Sequence[Example], latest: Example, delay_days: float) -> list[Example]:
    """Labels that have arrived by the time of `latest`: a chargeback is known weeks after its order."""
    now = kind.at(latest.item)
    if now is None or delay_days <= 0:
        return list(bought)
    limit = now - timedelta(days=delay_days)
    return [e for e in bought if (at := kind.at(e.item)) is None or at <= limit]


def _harmful(examples: Sequence[Example]) -> int:
    return sum(breaks_policy(e) for e in examples)


def _trainable(examples: Sequence[Example]) -> bool:
    harmful = _harmful(examples)
    return min(harmful, len(examples) - harmful) >= MIN_OF_EACH
