"""Make the starter model for orders from made-up worlds: python -m scoring.training.starters.order [--out DIR] [--worlds 40].

No real data is used. The worlds are in order_world.py; whole worlds are kept aside for tuning and for the figures of the card.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scoring.artifacts import Bundle
from scoring.history import examples_with_past
from scoring.kind import Split, TrainOptions
from scoring.kinds.order import ORDER
from scoring.kinds.order.training import train_trees
from scoring.starters import FOLDER
from scoring.training.dataset import example_from_line
from scoring.training.fit import evaluate_scores
from scoring.training.starters.order_world import World
from scoring.types import Example, Json, RunContext

WORLDS = 40
VERSION = "starter-1"


def world_examples(seed: int) -> list[Example]:
    """Labelled orders of one world with their past."""
    return examples_with_past(ORDER, [example_from_line(ORDER, line) for line in World(seed).orders()])


def make_split(worlds: int) -> Split:
    """Of five worlds three train, one tunes, one tests: parts share no buyer, card or place."""
    parts: dict[str, list[Example]] = {"train": [], "tune": [], "test": []}
    for seed in range(worlds):
        parts[{3: "tune", 4: "test"}.get(seed % 5, "train")] += world_examples(seed)
    return Split(**parts)


def make(out: Path, worlds: int = WORLDS, seed: int = 0) -> tuple[Bundle, dict[str, Json]]:
    parts = make_split(worlds)
    first = _train(parts, out, seed, "")
    scores = ORDER.load_scorer(first).score([e.item for e in parts.test], RunContext())
    metrics = evaluate_scores(scores, parts.test)
    return _train(parts, out, seed, card_text(parts, metrics)), metrics


def _train(parts: Split, out: Path, seed: int, card: str) -> Bundle:
    whose = f"{len(parts.train):,} made-up orders that the starter model learned from"
    options = TrainOptions(seed=seed, version=VERSION, parameters={"population": whose, **({"card": card} if card else {})})
    return train_trees(parts, out, options)


def card_text(parts: Split, metrics: dict[str, Json]) -> str:
    risk = metrics["risk"]
    rows = "\n".join(f"| {name} | {row['positives']} | {row['auroc']} | {row['ap']} |" for name, row in metrics["labels"].items())
    return f"""# Starter model for orders

Boosted trees over point-in-time counts (how often a card, device, address or account was used before, with what else, how
fast, for how much), one model for the risk and one for each pattern of fraud.

## From what
Only from a generator (`scoring/training/starters/order_world.py`): {len(parts.train)} orders to train on and {len(parts.tune)} to
calibrate, of made-up worlds with honest buyers, households, offices, carriers and business customers, and with rings of accounts,
card testing, account takeover and stolen cards. Every world draws its own scale, time zone and fields, so that
the model works when only some fields are known. No real order was used. The percentiles that stand beside the facts of an
order ("more than 96 in 100") are those of these made-up orders, until a model learns from yours.

## How good
On {risk['n']} orders of worlds kept aside ({risk['positives']} fraud): AUROC {risk['auroc']}, average precision {risk['ap']},
recall at 1 % false positives {risk['recall_at_1pct_fpr']}, Brier {risk['brier']}, calibration error {risk['ece']}
(a perfectly calibrated model stays under {risk['ece_null_95']} of this many).

| pattern | orders | AUROC | AP |
|---|---|---|---|
{rows}

This says that it knows the generator's patterns, nothing more. Real fraud looks different: take its order of risk as a
first sorting, let people decide, and train on your own verdicts as soon as there are a few hundred.

## Not for
Decisions without a person before its thresholds are certified on your own audited sample; credit; judging people. Its
probabilities hold where 8 in 100 orders are fraud, and are too high where fraud is rarer.
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the starter model for orders.")
    parser.add_argument("--out", type=Path, default=FOLDER / "order")
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    bundle, metrics = make(args.out, args.worlds, args.seed)
    sys.stdout.write(f"{bundle.model} at {args.out}: AUROC {metrics['risk']['auroc']}, AP {metrics['risk']['ap']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
