"""How much may be decided alone at a proven risk, on real labelled sets, and how often the proof fails; beside the naive mark.

`BENCH_DATA=<folder of the development sets> python -m tests.bench certify`; without the folder it measures made-up scores only.
Each set is halved at random: on one half a quick model is trained, on the other marks are certified and judged, 1,000 splits of
it anew into two halves, the second unseen. "Naive" is the widest mark whose error on the first half keeps to the risk.
Times are those of the certificate itself.
"""

from __future__ import annotations

import math
import os
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import cast

from scoring.certify import Audited, Basis, Limit, Proof, Side, certify, decides
from scoring.registry import get_kind
from scoring.training.dataset import example_from_line, split
from scoring.training.fit import score_examples, split_with_past, train_kind
from scoring.training.labels import breaks_policy
from tests.bench import datasets
from tests.bench.datasets import Row
from tests.bench.result import Figure, Result, pairs

SPLITS = 1000
RISK = 0.01
World = Sequence[tuple[float, bool]]


def run(rounds: int) -> list[Result | Figure]:
    folder = os.environ.get("BENCH_DATA", "")
    worlds = {"made-up scores": made_up()} | (read_worlds(Path(folder)) if folder else {})
    found: list[Result | Figure] = []
    for name, world in worlds.items():
        sys.stderr.write(f"drawing {name} {SPLITS} times\n")
        for side in ("allow", "enforce"):
            for basis in ("decided", "class"):
                found.append(_figure(name, world, Limit(side=cast("Side", side), risk=RISK, basis=cast("Basis", basis))))
    audits = [Audited(*row) for row in worlds["made-up scores"][:2000]]
    traffic = [score for score, _ in worlds["made-up scores"]]
    ours, naive = pairs(
        lambda: certify(audits, traffic, Limit(side="allow")), lambda: _naive_mark(audits, Limit(side="allow")), max(2, rounds)
    )
    return [*found, Result(what="a certificate from 2,000 audits", naive_name="measured error only", units=1, ours=ours, naive=naive)]


def made_up() -> World:
    rng = random.Random(5)
    return [(score, rng.random() < score) for score in (rng.betavariate(0.25, 4) for _ in range(6000))]


def _figure(name: str, world: World, limit: Limit) -> Figure:
    rng, found, bad, naive, naive_bad = random.Random(11), [], 0, [], 0
    rows = list(world)
    half = len(rows) // 2
    truth = {mark: _error(rows, limit, mark) for mark in limit.grid}  # on everything there is, which both halves are drawn from
    for _ in range(SPLITS):
        rng.shuffle(rows)
        seen, unseen = rows[:half], rows[half:]
        proof = certify([Audited(*row) for row in seen], [score for score, _ in seen], limit)
        mark = proof.chosen.threshold if proof.chosen else None
        found.append(_cover(unseen, limit, mark))
        bad += mark is not None and truth[mark] > limit.risk
        naive.append(_cover(unseen, limit, plain := _naive(proof)))
        naive_bad += plain is not None and truth[plain] > limit.risk
    low, high = sorted(found)[SPLITS // 20], sorted(found)[-SPLITS // 20]
    of = {"decided": "of what is decided", "class": "of the harm" if limit.side == "allow" else "of the harmless"}[limit.basis]
    harm = sum(harmful for _, harmful in rows) / len(rows)
    return Figure(
        what=f"{name}: {limit.side} alone, at most {limit.risk:.0%} {of} wrong",
        ours=f"{mean(found):.1%} ({low:.0%} to {high:.0%}), broken in {bad / SPLITS:.1%} of splits",
        beside_name="the widest mark measured to keep to it", beside=f"{mean(naive):.1%}, broken in {naive_bad / SPLITS:.0%}",
        note=f"{len(rows):,} items, {harm:.0%} harmful, half of them audited",
    )  # fmt: skip


def _cover(rows: World, limit: Limit, mark: float | None) -> float:
    return 0.0 if mark is None else sum(decides(limit.side, mark, score) for score, _ in rows) / len(rows)


def _error(rows: World, limit: Limit, mark: float) -> float:
    wrong = [harmful == (limit.side == "allow") for _, harmful in rows]
    inside = [decides(limit.side, mark, score) for score, _ in rows]
    of = sum(inside) if limit.basis == "decided" else sum(wrong)
    return sum(a and b for a, b in zip(wrong, inside, strict=True)) / of if of else 0.0


def _naive(proof: Proof) -> float | None:
    kept = [step.threshold for step in proof.steps if step.measured is not None and step.measured <= proof.limit.risk]
    return kept[-1] if kept else None


def _naive_mark(audits: Sequence[Audited], limit: Limit) -> float | None:
    kept = None
    for mark in limit.grid:
        inside = [audit for audit in audits if decides(limit.side, mark, audit.score)]
        if inside and sum(audit.harmful is True for audit in inside) / len(inside) <= limit.risk:
            kept = mark
    return kept


def read_worlds(data: Path) -> dict[str, World]:
    """Scores of a quick model on the half that it was not trained on, with the labels."""
    readers: dict[str, Callable[[Path, str], list[Row]]] = {
        "Davidson": datasets.davidson, "YouTube spam": datasets.youtube, "SMS": datasets.sms, "orders, chargebacks": datasets.orders,
    }  # fmt: skip
    found: dict[str, World] = {}
    for name, read in readers.items():
        sys.stderr.write(f"training for {name}\n")
        found[name] = _scored(read(data, "b"))
    found["Davidson, 10 % harmful"] = _at(found["Davidson"], 0.10)
    return found


def _scored(rows: Sequence[Row]) -> World:
    kind = get_kind(rows[0].body["kind"])
    examples = [example_from_line(kind, {**row.body, "id": row.body["external_id"], "labels": row.labels}) for row in rows]
    parts = split(examples, kind, seed=0, test=0.5, tune=0.1)
    together = split_with_past(kind, parts)
    with tempfile.TemporaryDirectory() as folder:
        bundle = train_kind(kind, parts, Path(folder) / "bundle")
        scores = score_examples(bundle, together.test)
    return [
        (score.risk, breaks_policy(example)) for score, example in zip(scores, together.test, strict=True)
        if score.risk is not None and math.isfinite(score.risk)
    ]  # fmt: skip


def _at(world: World, share: float) -> World:
    """So few of the harmful ones that they are this share."""
    good, bad = [row for row in world if not row[1]], [row for row in world if row[1]]
    return [*good, *random.Random(2).sample(bad, round(len(good) * share / (1 - share)))]
