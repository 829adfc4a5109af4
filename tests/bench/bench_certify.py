"""How much may be decided alone at a proven risk, on real labelled sets, and how often the proof fails; beside the naive mark.

`BENCH_DATA=<folder of the development sets> python -m tests.bench certify`; without the folder, on what the product makes up.
A world (certify_worlds.py) is scores of items that the model was not trained on. From it, as from traffic, 3,000 audits are drawn
1,000 times anew, marks are certified by them, and judged on the whole world. "Naive" is the widest mark whose error among the same
audits keeps to the risk. Times are those of the certificate itself.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from scoring.certify import Audited, Basis, Limit, Proof, Side, certify, decides
from tests.bench.certify_worlds import World, contact_worlds, made_up, read_worlds
from tests.bench.result import Figure, Result, pairs

DRAWS, AUDITS = 1000, 3000
RISK = 0.01
SIDES: tuple[Side, ...] = ("allow", "enforce")
BASES: tuple[Basis, ...] = ("decided", "class")


@dataclass(frozen=True, slots=True)
class Truth:
    """Of every mark, on the whole world."""

    cover: dict[float | None, float]
    error: dict[float | None, float]


def run(rounds: int) -> list[Result | Figure]:
    folder = os.environ.get("BENCH_DATA", "")
    worlds = {"made-up scores": made_up()} | contact_worlds() | (read_worlds(Path(folder)) if folder else {})
    found: list[Result | Figure] = []
    for name, world in worlds.items():
        sys.stderr.write(f"drawing audits of {name}\n")
        found += _figures(name, world)
    audits = [Audited(*row) for row in worlds["made-up scores"][:2000]]
    traffic = [score for score, _ in worlds["made-up scores"]]
    ours, naive = pairs(
        lambda: certify(audits, traffic, Limit(side="allow")), lambda: _naive_mark(audits, Limit(side="allow")), max(2, rounds)
    )
    return [*found, Result(what="a certificate from 2,000 audits", naive_name="measured error only", units=1, ours=ours, naive=naive)]


def _figures(name: str, world: World) -> list[Figure]:
    rng = random.Random(11)
    traffic = [score for score, _ in rng.sample(world, min(len(world), AUDITS))]
    limits = [Limit(side=side, risk=RISK, basis=basis) for basis in BASES for side in SIDES]
    truths = [_truth(world, limit) for limit in limits]
    ours: list[list[float | None]] = [[] for _ in limits]
    naive: list[list[float | None]] = [[] for _ in limits]
    for _ in range(DRAWS):
        audits = [Audited(*row) for row in rng.choices(world, k=AUDITS)]
        for at, limit in enumerate(limits):
            proof = certify(audits, traffic, limit)
            ours[at].append(proof.chosen.threshold if proof.chosen else None)
            naive[at].append(_naive(proof))
    harm = sum(harmful for _, harmful in world) / len(world)
    note = f"{len(world):,} items, {harm:.0%} harmful"
    return [
        Figure(
            what=f"{name}: decided alone, at most {RISK:.0%} {words} wrong", ours=_said(ours[at : at + 2], truths[at : at + 2]),
            beside_name="the widest marks measured to keep to it", beside=_said(naive[at : at + 2], truths[at : at + 2]), note=note,
        )
        for at, words in ((0, "of what is decided"), (2, "of the harm and of the harmless"))
    ]  # fmt: skip


def _said(marks: Sequence[Sequence[float | None]], truths: Sequence[Truth]) -> str:
    """Both sides together, then each: how much, and in how many of the draws its mark errs more than was asked."""
    covers = [[truth.cover[mark] for mark in drawn] for drawn, truth in zip(marks, truths, strict=True)]
    both = sorted(map(sum, zip(*covers, strict=True)))
    sides = "; ".join(
        f"{side} {mean(cover):.1%}, broken in {sum(truth.error[mark] > RISK for mark in drawn) / len(drawn):.1%}"
        for side, cover, drawn, truth in zip(SIDES, covers, marks, truths, strict=True)
    )
    return f"{mean(both):.1%} ({both[len(both) // 20]:.0%} to {both[-len(both) // 20]:.0%}): {sides}"


def _truth(world: World, limit: Limit) -> Truth:
    cover: dict[float | None, float] = {None: 0.0}
    error: dict[float | None, float] = {None: 0.0}
    wrong = [harmful == (limit.side == "allow") for _, harmful in world]
    for mark in limit.grid:
        inside = [decides(limit.side, mark, score) for score, _ in world]
        of = sum(inside) if limit.basis == "decided" else sum(wrong)
        cover[mark] = sum(inside) / len(world)
        error[mark] = sum(a and b for a, b in zip(wrong, inside, strict=True)) / of if of else 0.0
    return Truth(cover=cover, error=error)


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
