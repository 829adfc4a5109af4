"""Which version scores which item: the champion, or for its share the canary. What the canary cannot do, the champion does."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from console.banks.selectors import bank_index
from console.scores.serving import run_context, scorer_for
from console.training.models import Trial, TrialBatch
from console.training.selectors import version_bundle
from console.training.trials import canary_open, canary_salt, in_share
from console.training.whole import damage_note, serving_bundle
from scoring.artifacts import ArtifactError, Bundle
from scoring.types import Item as ScoringItem
from scoring.types import RunContext
from scoring.types import Score as Scored

log = logging.getLogger(__name__)
Arm = TrialBatch.Arm


@dataclass(frozen=True, slots=True)
class Answer:
    scored: Scored
    checksum: str  # of the bundle
    took_ms: float


@dataclass(slots=True)
class Answers:
    """One for each item; and what the batch tells about a canary."""

    by_place: dict[int, Answer] = field(default_factory=dict)
    batches: list[TrialBatch] = field(default_factory=list)


def answers_for(kind: str, asked: Sequence[ScoringItem], *, tried: Sequence[bool]) -> Answers:
    """`tried` says which items a worker has tried before and not finished: those go to the champion, whatever broke the first try."""
    answers = Answers()
    try:
        context = run_context(bank_index())
        trial = canary_open(kind)
        drawn = [i for i, item in enumerate(asked) if trial and in_share(canary_salt(trial), item.id, trial.share)]
        if trial is not None:
            _by_canary(trial, asked, [i for i in drawn if not tried[i]], context, answers)
            _count_retries(trial, drawn, tried, answers)
        rest = [i for i in range(len(asked)) if i not in answers.by_place]
        _by_champion(kind, asked, rest, context, answers, trial=trial, pair=len(answers.by_place))
    except (ArtifactError, OSError) as error:
        log.error("model cannot be used", extra={"kind": kind, "error": str(error)})
        for i in range(len(asked)):
            answers.by_place.setdefault(i, Answer(Scored(risk=None, errors={"model": str(error)}), "", 0.0))
    return answers


def _by_canary(trial: Trial, asked: Sequence[ScoringItem], mine: Sequence[int], context: RunContext, answers: Answers) -> None:
    """Its errors are its own: the items go to the champion in the same batch, and the canary is measured by them."""
    if not mine:
        return
    try:
        found, took = _score(version_bundle(trial.version), asked, mine, context)
    except Exception as error:
        if isinstance(error, ArtifactError):
            damage_note(version=trial.version, error=str(error))
        log.exception("the canary %s failed on %d items", trial.version, len(mine))
        answers.batches.append(TrialBatch(trial=trial, arm=Arm.CANARY, items=len(mine), errors=len(mine)))
        return
    answers.by_place.update(found)
    answers.batches.append(_measured(trial, Arm.CANARY, found, took))


def _by_champion(
    kind: str, asked: Sequence[ScoringItem], rest: Sequence[int], context: RunContext, answers: Answers, *, trial: Trial | None, pair: int
) -> None:  # fmt: skip
    """While a canary decides, as many items as it had are scored apart, so that times are compared on batches of the same size."""
    if not rest:
        return
    bundle = serving_bundle(kind)
    parts = [rest[:pair], rest[pair:]] if trial is not None and pair else [rest]
    for part in parts:
        if part:
            found, took = _score(bundle, asked, part, context)
            answers.by_place.update(found)
            if trial is not None:
                answers.batches.append(_measured(trial, Arm.CHAMPION, found, took))


def _score(bundle: Bundle, asked: Sequence[ScoringItem], places: Sequence[int], context: RunContext) -> tuple[dict[int, Answer], float]:
    scorer = scorer_for(bundle)  # loading it the first time is not what an item takes
    started = time.perf_counter()
    scored = scorer.score([asked[i] for i in places], context)
    took = (time.perf_counter() - started) * 1000
    return {i: Answer(score, bundle.checksum, took / len(places)) for i, score in zip(places, scored, strict=True)}, took


def _measured(trial: Trial, arm: str, found: dict[int, Answer], took: float) -> TrialBatch:
    return TrialBatch(trial=trial, arm=arm, items=len(found), errors=sum(bool(a.scored.errors) for a in found.values()), took_ms=took)


def _count_retries(trial: Trial, drawn: Sequence[int], tried: Sequence[bool], answers: Answers) -> None:
    """A try that ended with its worker left no row: it is counted when the item comes again, on either side alike."""
    again = [i for i, before in enumerate(tried) if before]
    mine = sum(i in set(drawn) for i in again)
    for arm, count in ((Arm.CANARY, mine), (Arm.CHAMPION, len(again) - mine)):
        if count:
            answers.batches.append(TrialBatch(trial=trial, arm=arm, items=count, errors=count))
