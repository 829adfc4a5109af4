"""Replay a labelled file as if it were live: items arrive in order, people see a share of them, models learn from those.

The items that come last are kept aside, and every model is measured on them. Of the rest each round brings the next part: the model
of the time scores it, what is proven is decided without a person, people label what the budget pays for, and a new model is trained.
A share of what they label is drawn by chance; half of that is never learnt from and proves, for the next round, which scores the
machine may decide alone (scoring.certify). A budget that buys fewer audits than the shortest proof takes proves nothing: then all
of it teaches. Beside it the same is done with labels that were all drawn by chance, and once with every
label there is. Labels count from when they would be known (`delay_days`).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from scoring.artifacts import Bundle
from scoring.certify import Audited, Limit, Proof, Side, certify, decides, needed
from scoring.kind import Kind, TrainOptions
from scoring.training.dataset import DatasetError, split
from scoring.training.evaluate import evaluate_risk
from scoring.training.fit import score_examples, train_kind
from scoring.training.labels import breaks_policy
from scoring.training.replay_choice import DRAWN, chosen, drawn, reader
from scoring.types import Example, Json, RunContext, Score

MIN_OF_EACH = 3  # labelled examples of each class before a model can be trained
LATER = 0.2  # kept aside, at least one round
TUNE = 0.25
SIDES: tuple[Side, ...] = ("allow", "enforce")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`budget` is the share of arrivals that people look at; `start` is the model that serves from the first item on."""

    budget: float = 0.1
    rounds: int = 10
    delay_days: float = 0.0
    trainer: str | None = None
    seed: int = 0
    start: Bundle | None = None
    risk: float = 0.01
    confidence: float = 0.95
    beside: bool = True  # the same with labels drawn by chance, and with every label
    context: RunContext | None = None


@dataclass(slots=True)
class _World:
    """One way of choosing, as far as it has come."""

    by_chance: bool
    rng: random.Random
    bundle: Bundle | None
    learnt: list[Example] = field(default_factory=list)  # labelled, to learn from
    audits: list[Example] = field(default_factory=list)  # labelled, drawn, never learnt from
    waiting: list[Example] = field(default_factory=list)  # arrived, and nobody looked
    missed: list[Example] = field(default_factory=list)  # drawn, and the machine had let them through wrongly
    bars: dict[Side, float] = field(default_factory=dict)
    automated: int = 0
    wrong: int = 0

    @property
    def labels(self) -> int:
        return len(self.learnt) + len(self.audits)


def replay_stream(
    kind: Kind, examples: Sequence[Example], plan: Plan, tell: Tell = lambda sentence: None
) -> Iterator[dict[str, Json]]:  # fmt: skip
    """One line a round, all on the same later items: labels so far, what people saw, what was automated and how much of it was wrong.

    `examples` carry their past. Raises DatasetError when there are fewer examples than two a round.
    """
    if len(examples) < 2 * plan.rounds or plan.rounds < 2:
        raise DatasetError(f"{len(examples)} examples are too few for {plan.rounds} rounds")
    stream, later = _parts(kind, examples, plan)
    size = -(-len(stream) // (plan.rounds - 1))
    with tempfile.TemporaryDirectory(prefix="replay-") as name:
        loop = _Loop(kind, plan, later, len(stream), Path(name), tell)
        full = loop.everything(stream) if plan.beside else None
        worlds = [_World(by_chance, random.Random(plan.seed), plan.start) for by_chance in ((False, True) if plan.beside else (False,))]
        for number, start in enumerate(range(0, len(stream), size), 1):
            arrived = stream[start : start + size]
            lines = [loop.round(world, arrived, start + len(arrived), number) for world in worlds]
            line = {"round": number, "arrived": start + len(arrived), **lines[0]}
            line["harmful_arrived"] = _harmful(stream[: start + size])
            if plan.beside:
                line |= {"random": lines[1], "full": full}
            yield line


class _Loop:
    """What every round needs."""

    def __init__(self, kind: Kind, plan: Plan, later: Sequence[Example], arrivals: int, folder: Path, tell: Tell) -> None:
        self.kind, self.plan, self.later, self.folder, self.tell = kind, plan, later, folder, tell
        self.trained = 0
        self.read = reader(kind, folder / "cache")
        self.drawn = DRAWN if self._can_prove(arrivals) else 0.0

    def _can_prove(self, arrivals: int) -> bool:
        audits, least = round(DRAWN / 2 * self.plan.budget * arrivals), needed(self.plan.risk, 1 - self.plan.confidence)
        if audits < least:
            self.tell(f"the budget buys about {audits} audits, and a proof takes {least}: all labels teach, and people decide everything")
        return audits >= least

    def everything(self, stream: Sequence[Example]) -> dict[str, Json]:
        """What a model is worth that learnt from every label."""
        self.tell(f"training on all {len(stream)} labels, to compare with")
        bundle = self._train(stream)
        return {"labels": len(stream), "later": self._measure(bundle)}

    def round(self, world: _World, arrived: Sequence[Example], end: int, number: int) -> dict[str, Json]:
        scores = score_examples(world.bundle, arrived, self.plan.context, kind=self.kind) if world.bundle is not None else []
        alone = self._automate(world, arrived, scores)
        wrong = sum(alone.values())
        world.automated += len(alone)
        world.wrong += wrong
        self._label(world, arrived, scores, alone, end)
        known = _known_by(self.kind, world.learnt, arrived[-1], self.plan.delay_days)
        how = "drawn by chance" if world.by_chance else "chosen"
        line: dict[str, Json] = {
            "labels": world.labels, "coverage": round(world.labels / end, 5), "labels_known": len(known),
            "harmful_found": _harmful([*world.learnt, *world.audits]), "automated": len(alone), "wrong": wrong,
            "automated_in_all": world.automated, "wrong_in_all": world.wrong, "of": len(arrived), "bars": dict(world.bars),
        }  # fmt: skip
        if not _trainable(known):
            self.tell(f"round {number} of {self.plan.rounds - 1}: too few labels to train ({how})")
            return {**line, "later": self._measure(world.bundle) if world.bundle is not None else None, "proof": {}}
        self.tell(f"round {number} of {self.plan.rounds - 1}: training on {len(known)} labels that were {how}")
        world.bundle = self._train(known)
        proofs = self._prove(world, arrived)
        world.bars = {side: proof.chosen.threshold for side, proof in proofs.items() if proof.chosen}
        told = {side: {"audits": p.audits, "certified": p.chosen is not None, "missing": p.missing} for side, p in proofs.items()}
        return {**line, "later": self._measure(world.bundle), "proof": told}

    def _automate(self, world: _World, arrived: Sequence[Example], scores: Sequence[Score]) -> dict[int, bool]:
        """What the bars that were proven before this round decide of it, and whether the labels call that wrong."""
        alone: dict[int, bool] = {}
        for example, score in zip(arrived, scores, strict=False):
            for side, bar in world.bars.items():
                if score.risk is not None and not score.errors and decides(side, bar, score.risk):
                    alone[id(example)] = bool(breaks_policy(example)) == (side == "allow")
        return alone

    def _label(
        self, world: _World, arrived: Sequence[Example], scores: Sequence[Score], alone: Mapping[int, bool], end: int
    ) -> None:  # fmt: skip
        """Buy what the budget has left by now: a part by chance from all that just arrived, the rest from what waits for people."""
        room = max(0, round(self.plan.budget * end) - world.labels)
        by_chance = drawn(arrived, room if world.by_chance else round(self.drawn * room), world.rng)
        world.missed += [e for e in by_chance if alone.get(id(e)) and breaks_policy(e)]
        audits = {id(e) for e in by_chance[::2]} if not world.by_chance else set()
        world.audits += [e for e in by_chance if id(e) in audits]
        world.learnt += [e for e in by_chance if id(e) not in audits]
        if world.by_chance:
            return
        taken = {id(e) for e in by_chance} | set(alone)
        pool = [(e, scores[i] if scores else None) for i, e in enumerate(arrived) if id(e) not in taken]
        older = world.rng.sample(world.waiting, min(len(world.waiting), len(arrived)))
        again = score_examples(world.bundle, older, self.plan.context, kind=self.kind) if world.bundle is not None else [None] * len(older)
        pool += zip(older, again, strict=True)
        room -= len(by_chance)
        picked = chosen(pool, room, world.rng, learnt=world.learnt, missed=world.missed, read=self.read)
        gone = taken | {id(e) for e in picked}
        world.learnt += picked
        world.waiting = [e for e in [*world.waiting, *arrived] if id(e) not in gone]

    def _prove(self, world: _World, arrived: Sequence[Example]) -> dict[Side, Proof]:
        """By audits that no model has learnt from; without any it tells how many are missing. A proof holds for one model and so for
        one round."""
        audits = _known_by(self.kind, world.audits, arrived[-1], self.plan.delay_days)
        if world.bundle is None or world.by_chance:
            return {}
        scores = score_examples(world.bundle, audits or arrived, self.plan.context, kind=self.kind)
        found = [Audited(s.risk, bool(breaks_policy(e))) for s, e in zip(scores, audits, strict=False) if s.risk is not None]
        risks = [s.risk for s in scores if s.risk is not None]
        return {side: certify(found, risks, Limit(side=side, risk=self.plan.risk, confidence=self.plan.confidence)) for side in SIDES}

    def _train(self, examples: Sequence[Example]) -> Bundle:
        self.trained += 1
        parts = split(examples, self.kind, seed=self.plan.seed, test=0.0, tune=TUNE)
        options = TrainOptions(seed=self.plan.seed, cache_dir=self.folder / "cache", context=self.plan.context or RunContext())
        return train_kind(self.kind, parts, self.folder / f"model-{self.trained}", self.plan.trainer, options)

    def _measure(self, bundle: Bundle) -> dict[str, Json]:
        return evaluate_risk(score_examples(bundle, self.later, self.plan.context, kind=self.kind), self.later, seed=self.plan.seed)


def _parts(kind: Kind, examples: Sequence[Example], plan: Plan) -> tuple[list[Example], list[Example]]:
    """(stream in order, later items). Later is the newest where the items have times, else drawn by seed; no group stands in both."""
    aside = {e.item.id for e in split(examples, kind, seed=plan.seed, test=max(LATER, 1 / plan.rounds), tune=0.0).test}
    ordered = _in_order(kind, examples)
    later = [e for e in ordered if e.item.id in aside]
    if len({breaks_policy(e) for e in later}) < 2:
        raise DatasetError(f"the {len(later)} items kept aside are all of one class, so nothing can be measured on them")
    return [e for e in ordered if e.item.id not in aside], later


def _in_order(kind: Kind, examples: Sequence[Example]) -> list[Example]:
    """By time where every example has one, else as given."""
    times = [kind.at(e.item) for e in examples]
    if any(at is None for at in times):
        return list(examples)
    return [examples[i] for i in sorted(range(len(examples)), key=lambda i: (times[i], i))]


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
