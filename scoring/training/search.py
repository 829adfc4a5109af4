"""Search the settings that a kind's trainer declares worth trying: a few at random, by successive halving, in a box of time.

Everything happens inside the part to train on: it is divided again by time and group, and the newest share judges. What
calibrates and what tests is never looked at, so the comparison afterwards stays honest. Same seed and data, same order of
trials and same winner, unless the time ran out.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from math import prod
from pathlib import Path

from scoring.kind import Kind, Split, TrainOptions
from scoring.training.dataset import DatasetError, split
from scoring.training.evaluate import evaluate_risk
from scoring.training.fit import score_examples
from scoring.training.labels import breaks_policy
from scoring.types import Example, Json

TRIES = 12
KEEP = 3  # one in so many goes on to the next round
FIRST_SHARE = 0.25  # of the examples, in the first round
LEAST_TO_HALVE = 400  # below it every trial gets all of the examples
LEAST_OF_EACH = 8  # in the part that judges: fewer say nothing
JUDGED = 0.25

Told = Callable[[float, str], None]


class TimeIsOver(Exception):
    """Ends a trial in its midst: one alone may take longer than the whole search should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`ap` and `log_loss` on the part that judges; None with the `error` that stopped it."""

    number: int  # of the settings; 0 is the trainer's own
    round: int
    items: int
    parameters: Mapping[str, Json]
    ap: float | None = None
    log_loss: float | None = None
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    parameters: Mapping[str, Json]  # empty = the trainer's own
    trials: Sequence[Trial]
    complete: bool  # False: the time ran out
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    kind: Kind
    trainer: str
    parts: Split  # test = what judges
    options: TrainOptions
    ends: float
    clock: Callable[[], float]


def search_settings(
    kind: Kind, trainer: str, train: Sequence[Example], options: TrainOptions, *, seconds: float, tries: int = TRIES,
    told: Told = lambda share, sentence: None, clock: Callable[[], float] = time.monotonic,
) -> Found:  # fmt: skip
    """Never raises for data that is too small to judge settings by: then the trainer's own are kept, and the sentence says so."""
    settings = candidates(kind.spaces.get(trainer, {}), tries, options.seed)
    if len(settings) < 2:
        return Found(parameters={}, trials=(), complete=True, sentence="This trainer has no settings to search.")
    try:
        parts = split(train, kind, seed=options.seed, test=JUDGED, tune=JUDGED)
    except DatasetError as error:
        return _nothing(str(error))
    if any(_rarer(part) < LEAST_OF_EACH for part in (parts.train, parts.tune, parts.test)):
        return _nothing(f"fewer than {LEAST_OF_EACH} of the rarer class would judge them")
    box = _Box(kind=kind, trainer=trainer, parts=parts, options=options, ends=clock() + seconds, clock=clock)
    trials = _halve(box, settings, told)
    return _settle(trials, settings, complete=clock() < box.ends)


def candidates(space: Mapping[str, Sequence[Json]], tries: int, seed: int) -> list[dict[str, Json]]:
    """The trainer's own settings first, then combinations of the space, drawn without repetition."""
    if not space:
        return [{}]
    names = sorted(space)
    total = prod(len(space[name]) for name in names)
    picks = sorted(random.Random(seed).sample(range(total), min(tries - 1, total)))
    return [{}, *(dict(zip(names, next(islice(product(*(space[n] for n in names)), pick, None)), strict=True)) for pick in picks)]


def _nothing(why: str) -> Found:
    return Found(parameters={}, trials=(), complete=True, sentence=f"Settings were not searched: {why}. The trainer's own are kept.")


def _rarer(part: Sequence[Example]) -> int:
    harmful = sum(breaks_policy(e) for e in part)
    return min(harmful, len(part) - harmful)


def _halve(box: _Box, settings: Sequence[Mapping[str, Json]], told: Told) -> list[Trial]:
    """Round by round the better third goes on, with more examples. The trainer's own settings are in every round."""
    full = len(box.parts.train)
    sizes = [full] if full < LEAST_TO_HALVE else [round(full * FIRST_SHARE), full]
    alive = list(range(len(settings)))
    trials: list[Trial] = []
    planned = len(settings) + (len(sizes) - 1) * -(-len(settings) // KEEP)
    for number, size in enumerate(sizes, 1):
        train = _sample(box.parts.train, size, box.options.seed)
        for candidate in alive:
            if box.clock() >= box.ends:
                return trials
            told(len(trials) / planned, f"Trying settings {candidate + 1} of {len(settings)} on {len(train)} items.")
            try:
                trials.append(_try(box, train, candidate, settings[candidate], number))
            except TimeIsOver:
                return trials
        best = sorted((t for t in trials if t.round == number and t.ap is not None), key=_rank)
        alive = sorted({0, *(t.number for t in best[: -(-len(settings) // KEEP)])})
    return trials


def _sample(train: Sequence[Example], size: int, seed: int) -> list[Example]:
    """In the order they had; all of them when a sample would lose a class."""
    picks = sorted(random.Random(seed).sample(range(len(train)), min(size, len(train))))
    sample = [train[i] for i in picks]
    return sample if _rarer(sample) >= LEAST_OF_EACH else list(train)


def _try(box: _Box, train: Sequence[Example], number: int, parameters: Mapping[str, Json], round_number: int) -> Trial:
    started = box.clock()
    trial = Trial(number=number, round=round_number, items=len(train), parameters=parameters)
    folder = Path(tempfile.mkdtemp(prefix="search-"))
    options = replace(box.options, version="search", parameters={**box.options.parameters, **parameters}, progress=_listen(box))
    try:
        bundle = box.kind.load_trainer(box.trainer)(Split(train=train, tune=box.parts.tune), folder / "model", options)
        risk = evaluate_risk(score_examples(bundle, box.parts.test, box.options.context, kind=box.kind), box.parts.test)
    except (ValueError, KeyError, ArithmeticError) as error:
        return replace(trial, error=f"{type(error).__name__}: {error}"[:300], seconds=round(box.clock() - started, 2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(trial, ap=risk.get("ap"), log_loss=risk.get("log_loss"), seconds=round(box.clock() - started, 2))


def _listen(box: _Box) -> Told:
    """The caller's way to cancel, without its share: that belongs to the search."""

    def listen(share: float, sentence: str) -> None:
        box.options.progress(0.0, "")
        if box.clock() >= box.ends:
            raise TimeIsOver

    return listen


def _rank(trial: Trial) -> tuple[float, float, int]:
    """Best first: average precision, then log loss, then the one drawn first."""
    return -(trial.ap or 0.0), trial.log_loss if trial.log_loss is not None else float("inf"), trial.number


def _settle(trials: Sequence[Trial], settings: Sequence[Mapping[str, Json]], *, complete: bool) -> Found:
    judged = [t for t in trials if t.ap is not None]
    if not judged:
        why = "no trial came to an end" if complete else "the time ran out before a trial came to an end"
        return replace(_nothing(why), trials=trials, complete=complete)
    last = max(t.round for t in judged)
    best = min((t for t in judged if t.round == last), key=_rank)
    own = next((t for t in judged if t.round == last and t.number == 0), None)
    late = "" if complete else f" The time ran out after {len(trials)} trials, so another run may try more or fewer."
    if best.number == 0 or own is None or (best.ap or 0) <= (own.ap or 0):
        said = f"{len(settings)} settings were tried; none was better than the trainer's own.{late}"
        return Found(parameters={}, trials=trials, complete=complete, sentence=said)
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in best.parameters.items())
    return Found(
        parameters=settings[best.number], trials=trials, complete=complete,
        sentence=f"{len(settings)} settings were tried. Best: {said}; average precision {best.ap:.3f} against {own.ap or 0:.3f}.{late}",
    )  # fmt: skip
