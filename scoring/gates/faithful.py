"""Do explanations point at what moved the score?

Words: taking the shown ones out must lower the score, by far more than taking out others (comprehensiveness, normalised between the
worst and the best order in which words of that item can be taken out: NAOPC, Edin et al. 2024; both orders are found greedily, from
leaving out one word at a time). It must move items out of the sure band, stay the same under changes that mean nothing, and
change when the weights of the model are shuffled (Adebayo et al. 2018). Sums: shares must add up to the score that is explained.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from scipy.stats import spearmanr

from scoring.exam import Additive, Erasing, Word
from scoring.explain.spans import find_words
from scoring.gates.gate import About, Gate, Row, Side, Table, Trial, points, several
from scoring.training.metrics import Array
from scoring.types import Item, Score

SURE, LIKELY = 0.9, 0.5  # explained are items above the first; above the second where those are too few
MOST, LEAST = 24, 10
WORDS = (4, 60)
STEPS, RANDOMS = 5, 3
SEEDS, TOP = 5, 5
SANITY = 8  # items for shuffled weights and for harmless changes
SECONDS = 15.0  # no further items are begun after this
MARKS = {"lift": 0.20, "flips": 0.70, "random": 0.20, "shuffled": 0.20, "stable": 0.70}
ADDS_UP, KEPT = 1e-6, 1e-4
MASKED = 0.8  # of the cited frames, painting them over lowers the score
FLOOR = 0.10  # normalised comprehensiveness above that of random words: below it, what is shown is not what counts

ABOUT = About(
    name="explanations", title="Explanations point at what matters", failed="its explanations do not point at what matters",
    measures="What the score does when the shown words, facts or frames are taken out, and whether reasons add up to the score.",
    limit=f"Words: {FLOOR} above random words of the same number (told: {MARKS['lift']}). Sums: within {ADDS_UP:g}. "
    f"Frames: {MASKED:.0%} lower the score.",
)  # fmt: skip


@dataclass
class Found:
    """Of each item that was asked about."""

    shown: list[float] = field(default_factory=list)  # normalised comprehensiveness
    random: list[float] = field(default_factory=list)
    flips: list[float] = field(default_factory=list)
    random_flips: list[float] = field(default_factory=list)
    items: int = 0


def explanations(trial: Trial) -> Gate:
    exam, side = trial.exam, trial.challenger
    if side.scorer is None or side.bundle is None:
        return ABOUT.not_measured("Only scores were given, not the model.")
    if exam.erasing is not None:
        return _words(trial, exam.erasing, side)
    if exam.additive is not None:
        return _sums(trial, exam.additive)
    if exam.masking:
        return _frames(trial, side)
    return ABOUT.not_measured(trial.exam.unmeasured.get("explanations", f"No test of reasons is declared for {trial.kind.words.many}."))


def _words(trial: Trial, erasing: Erasing, side: Side) -> Gate:
    items, level = _sure(trial, erasing, side)
    if len(items) < LEAST:
        return ABOUT.not_measured(f"{several(len(items), 'item')} of the test is likely harmful and short enough; {LEAST} are needed.")
    began, found = perf_counter(), Found()
    for start in range(0, len(items), 8):
        if perf_counter() - began > SECONDS:
            break
        _erase(trial, erasing, side, items[start : start + 8], level, found)
    few = items[:SANITY]
    measured = {
        "lift": float(np.mean(found.shown) - np.mean(found.random)) if found.shown else float("nan"),
        "flips": float(np.mean(found.flips)), "random": float(np.mean(found.random_flips)),
        "shuffled": _shuffled(trial, erasing, side, few), "stable": _stable(trial, erasing, side, few),
    }  # fmt: skip
    return _say(measured, found, level, len(few))


def _say(measured: dict[str, float], found: Found, level: float, few: int) -> Gate:
    titles = {
        "lift": "Shown words count more than random ones", "flips": "Items that leave the band without the shown words",
        "random": "The same, without random words", "shuffled": "Likeness to reasons of a shuffled model",
        "stable": "Same top words after harmless changes",
    }  # fmt: skip
    above = {"lift", "flips", "stable"}
    rows = [
        Row(
            name=title,
            cells=(f"{'at least' if name in above else 'at most'} {points(MARKS[name])}", points(measured[name])),
            word="met" if _meets(measured[name], MARKS[name], above=name in above) else "missed",
        )
        for name, title in titles.items()
    ]
    missed = [row.name.lower() for row in rows if row.word == "missed"]
    told = (
        f"Asked of {several(found.items, 'item')} at {10 * level:.0f} in 10 or more: without the shown words "
        f"{points(measured['flips'])} in 100 leave that band, without random ones {points(measured['random'])}."
    )
    tables = [Table(title="Reasons", columns=("mark", "new"), rows=rows,
                    note=f"Points of 100; {found.items} items, the last two rows {few}.")]  # fmt: skip
    if not measured["lift"] >= FLOOR:
        return ABOUT.gate("refused", f"{told} What it shows is hardly more than chance.", tables=tables)
    return ABOUT.gate("reported" if missed else "passed", f"{told} Below the mark: {', '.join(missed)}." if missed else told, tables=tables)


def _meets(value: float, mark: float, *, above: bool) -> bool:
    return value >= mark if above else value <= mark


def _sure(trial: Trial, erasing: Erasing, side: Side) -> tuple[list[Item], float]:
    def at(level: float) -> list[Item]:
        rows = zip(trial.examples, side.scores, strict=True)
        found = [e.item for e, s in rows if s.risk is not None and s.risk >= level]
        return [item for item in found if WORDS[0] <= len(find_words(erasing.text(item))) <= WORDS[1]]

    level = SURE if len(at(SURE)) >= LEAST else LIKELY
    found = at(level)
    step = max(1.0, len(found) / MOST)
    return [found[int(i * step)] for i in range(int(len(found) / step))], level


def _weights(words: Sequence[Word], shown: Sequence[tuple[int, int, float]]) -> Array:
    """(words,): the weight of the span that a word stands in, else 0."""
    out = np.zeros(len(words))
    for place, (start, end) in enumerate(words):
        out[place] = max((weight for a, b, weight in shown if a < end and start < b), default=0.0)
    return out


def _explained(trial: Trial, side_scorer: object, items: Sequence[Item]) -> list[Score]:
    return list(side_scorer.explain(items, trial.shared))  # type: ignore[attr-defined]


def _erase(trial: Trial, erasing: Erasing, side: Side, items: Sequence[Item], level: float, found: Found) -> None:
    for item, score in zip(items, _explained(trial, side.scorer, items), strict=True):
        words = find_words(erasing.text(item))
        weights = _weights(words, erasing.shown(item, score))
        shown = [int(i) for i in np.argsort(-weights, kind="stable") if weights[i] > 0]
        if not shown or len(shown) == len(words):
            continue
        found.items += 1
        _one(trial, erasing, side, item, words, shown, level, found)


def _one(
    trial: Trial, erasing: Erasing, side: Side, item: Item, words: Sequence[Word], shown: list[int], level: float, found: Found
) -> None:
    dice = random.Random(f"{trial.seed}:{item.id}")
    n, steps = len(words), min(STEPS, len(shown))
    shuffles = [dice.sample(range(n), n) for _ in range(RANDOMS)]
    alone = _risks(trial, erasing, side, item, words, [[], *([i] for i in range(n))])
    falls = alone[0] - alone[1:]
    best = [int(i) for i in np.argsort(-falls, kind="stable")]
    orders = [shown, best, best[::-1], *shuffles]
    takes = [order[:k] for order in orders for k in range(1, steps + 1)]
    risks = _risks(trial, erasing, side, item, words, [*takes, shown, *(s[: len(shown)] for s in shuffles)])
    curve = alone[0] - risks[: len(takes)].reshape(len(orders), steps).mean(axis=1)
    top, bottom = float(curve.max()), float(curve.min())
    if top - bottom > 0.02:  # else no order moves it, and there is nothing to normalise by
        found.shown.append((float(curve[0]) - bottom) / (top - bottom))
        found.random.append((float(curve[3:].mean()) - bottom) / (top - bottom))
    found.flips.append(float(risks[len(takes)] < level))
    found.random_flips.append(float((risks[len(takes) + 1 :] < level).mean()))


def _risks(trial: Trial, erasing: Erasing, side: Side, item: Item, words: Sequence[Word], takes: Sequence[Sequence[int]]) -> Array:
    scores = trial.ask(side, [erasing.without(item, [words[i] for i in sorted(take)]) if take else item for take in takes])
    return np.array([0.0 if s.risk is None else s.risk for s in scores])


def _shuffled(trial: Trial, erasing: Erasing, side: Side, items: Sequence[Item]) -> float:
    """Mean rank correlation of the words' weights with those of the same model with shuffled weights; without any, 0."""
    assert side.bundle is not None
    other = erasing.scrambled(side.bundle, trial.seed)
    found = []
    for item, a, b in zip(items, _explained(trial, side.scorer, items), _explained(trial, other, items), strict=True):
        words = find_words(erasing.text(item))
        one, two = (_weights(words, erasing.shown(item, s)) for s in (a, b))
        found.append(float(spearmanr(one, two).statistic) if one.std() > 0 and two.std() > 0 else 0.0)
    return float(np.mean(found))


def _stable(trial: Trial, erasing: Erasing, side: Side, items: Sequence[Item]) -> float:
    """Mean share of the top words that stay when the text is changed in ways that mean nothing, over SEEDS changes.

    The seeds are of the changes: the reasons of one model are drawn from nothing. Trained again with other seeds it would show other
    words too, but that takes as many trainings (tests/scoring/test_review_model.py does it, on little).
    """
    first = [_top(erasing, item, score) for item, score in zip(items, _explained(trial, side.scorer, items), strict=True)]
    found = []
    for seed in range(SEEDS):
        changed = [_harmless(erasing, item, seed) for item in items]
        scores = _explained(trial, side.scorer, changed)
        found += [_overlap(one, _top(erasing, item, score)) for one, item, score in zip(first, changed, scores, strict=True)]
    return float(np.mean(found))


def _top(erasing: Erasing, item: Item, score: Score) -> set[str]:
    text = erasing.text(item)
    words = find_words(text)
    weights = _weights(words, erasing.shown(item, score))
    return {text[slice(*words[i])].lower() for i in np.argsort(-weights, kind="stable")[:TOP] if weights[i] > 0}


def _overlap(one: set[str], two: set[str]) -> float:
    return len(one & two) / max(len(one), len(two)) if one or two else 1.0


def _harmless(erasing: Erasing, item: Item, seed: int) -> Item:
    """A space at the end, a full stop, a doubled space, another first letter, quotes around: nobody reads it differently."""
    changes = (
        lambda t: f"{t} ", lambda t: f"{t}.", lambda t: t.replace(" ", "  ", 1), lambda t: t[:1].swapcase() + t[1:],
        lambda t: f"\u201c{t}\u201d",
    )  # fmt: skip
    return erasing.respelt(item, changes[seed % len(changes)])


def _sums(trial: Trial, additive: Additive) -> Gate:
    side = trial.challenger
    assert side.bundle is not None
    step = max(1, len(trial.examples) // 200)
    items = [e.item for e in trial.examples[::step]]
    gap = additive.gap(side.bundle, items)
    likely = [e.item for e, s in zip(trial.examples, side.scores, strict=True) if s.risk is not None and s.risk >= 0.15][:200]
    told = additive.told(side.bundle, likely, trial.context) if additive.promises else ()
    broken = sum(abs(promised - again) > KEPT or again >= now for now, promised, again in told)
    rows = [
        Row(name="Largest gap between reasons and score", cells=(f"{ADDS_UP:g}", f"{gap:.1e}"), word="met" if gap <= ADDS_UP else "missed")
    ]
    if additive.promises:
        rows.append(Row(name=additive.promises, cells=("all", f"{len(told) - broken} of {len(told)}"), word="missed" if broken else "met"))
    sentence = f"Reasons add up to the score within {gap:.0e}, on {several(len(items), 'item')}."
    sentence += f" {additive.promises}: {len(told) - broken} of {len(told)} hold when scored again." if told else ""
    tables = [Table(title="Reasons", columns=("mark", "new"), rows=rows)]
    return ABOUT.gate("refused" if gap > ADDS_UP or broken else "passed", sentence, tables=tables)


def _frames(trial: Trial, side: Side) -> Gate:
    likely = [e.item for e, s in zip(trial.examples, side.scores, strict=True) if s.risk is not None and s.risk >= LIKELY][:MOST]
    began, cited, lower, looked = perf_counter(), 0, 0, 0
    for item in likely:
        if perf_counter() - began > SECONDS:
            break
        looked += 1
        frames = [e for e in _explained(trial, side.scorer, [item])[0].evidence if e.type == "frame" and isinstance(e.value, int | float)]
        cited, lower = cited + len(frames), lower + sum(e.value > 0 for e in frames)
    if not cited:
        return ABOUT.not_measured(f"No frame was cited in {several(looked, 'likely item')}; without a frame model none can be.")
    share = lower / cited
    sentence = f"Painting a cited frame over lowers the score for {lower} of {cited} frames, in {several(looked, 'item')}."
    return ABOUT.gate("passed" if share >= MASKED else "refused", sentence)
