"""Functional tests: texts whose right answer is known from how they were made, and pairs that must move one way.

A function is one thing that a model must be able to do: read a negation, tell a quotation that condemns from what it quotes.
Both models flag equally many of all the texts (see flags.equally_strict), so that what is compared is which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scoring.exam import Pair, Probe
from scoring.gates.flags import FLAGGED_AT, by_form, chances, drop_range, drop_sure, equally_strict
from scoring.gates.gate import About, Gate, Row, Side, Table, Trial, Word, points, several
from scoring.training.metrics import Array

ALARM = 0.005  # chance that any function of an equally good challenger is called worse
DROP = 0.10  # a function must fall by more than this
MARKS = (0.72, 0.80)  # harmful and harmless texts right, measured on the starter; a floor that is told, not held
MANY_FORMS = 6  # below so many templates a function is shown without a range
FORM_SPREAD = 0.35  # how far one template moves by luck, at least: a few that move alike say nothing of the next
ALL = "All together"
STEP = 0.01  # a risk that moves by less has not moved

FUNCTIONS = About(
    name="functions", title="Negation, quotation and counter-speech held", failed="it reads worse what must be read closely",
    measures="Made-up items with a known answer, by what they ask of a model; both models flag equally many.",
    limit=f"No function falls by more than {100 * DROP:.0f} points beyond luck. Told: {MARKS[0]:.0%} of harmful and {MARKS[1]:.0%} of "
    "harmless ones right.",
)  # fmt: skip
PAIRS = About(
    name="directions", title="Risk moves the right way", failed="its risk moves the wrong way",
    measures="Items of the test changed in one thing that can only make them riskier, or only safer.",
    limit="No change goes the wrong way more often than in the serving model, beyond luck.",
)  # fmt: skip


def functions(trial: Trial) -> Gate:
    if trial.exam.probes is None:
        return FUNCTIONS.not_measured(trial.exam.unmeasured.get("functions", f"There is no such set for {trial.kind.words.many}."))
    if trial.challenger.scorer is None:
        return FUNCTIONS.not_measured("Only scores were given, not the model.")
    probes, left_out = _answerable(trial, trial.exam.probes(trial.seed))
    if not probes:
        return FUNCTIONS.not_measured(f"The new model knows none of their labels: {', '.join(left_out)}.")
    new = _chances(trial, trial.challenger, probes)
    old = _chances(trial, trial.champion, probes) if trial.champion and trial.champion.scorer else None
    wrong = np.array([p.wrong for p in probes])
    level = FLAGGED_AT if old is None else equally_strict(old, new)
    right = ((new >= level) == wrong).astype(np.float64)
    before = None if old is None else ((old >= FLAGGED_AT) == wrong).astype(np.float64)
    tables, worse = _tables(probes, before, right)
    sums = [float(((new >= FLAGGED_AT) == wrong)[wrong == side].mean()) if (wrong == side).any() else None for side in (True, False)]
    told = f"At one half it gets {points(sums[0])} in 100 harmful and {points(sums[1])} in 100 harmless ones right."
    missed = any(value is not None and value < mark for value, mark in zip(sums, MARKS, strict=True))
    skipped = f" Not asked, for the new model has no such label: {', '.join(left_out)}." if left_out else ""
    if worse:
        return FUNCTIONS.gate("refused", f"{' '.join(worse)} {told}{skipped}", tables=tables)
    return FUNCTIONS.gate("reported" if missed else "passed", told + skipped, tables=tables)


def _answerable(trial: Trial, probes: Sequence[Probe]) -> tuple[list[Probe], list[str]]:
    """Probes of labels that the challenger has; harmless ones always. A label that it never learnt says nothing of its reading."""
    bundle = trial.challenger.bundle
    known = set(bundle.labels) if bundle else {name for score in trial.challenger.scores for name in score.labels}
    kept = [p for p in probes if not p.needs or p.needs in known]
    return kept, sorted({p.needs for p in probes} - known - {""})


def _chances(trial: Trial, side: Side | None, probes: Sequence[Probe]) -> Array:
    assert side is not None
    return chances(trial.ask(side, [p.item for p in probes]), [p.judged for p in probes])


def _tables(probes: Sequence[Probe], before: Array | None, right: Array) -> tuple[list[Table], list[str]]:
    """One of what should be flagged and one of what should be left: all of it, then function by function."""
    places: dict[tuple[bool, str], list[int]] = {}
    for wrong in (True, False):
        for place, probe in enumerate(probes):
            if probe.wrong == wrong:
                places.setdefault((wrong, ALL), []).append(place)
                places.setdefault((wrong, probe.function), []).append(place)
    tables: list[Table] = []
    worse: list[str] = []
    for wrong, title in ((True, "To flag"), (False, "To leave")):
        rows = []
        for (side, name), at in places.items():
            if side == wrong:
                row, sentence = _row(name, [probes[i].form for i in at], None if before is None else before[at], right[at], len(places))
                rows.append(row)
                worse += [f"{title}, {sentence}" if name == ALL else sentence] if sentence else []
        if rows:
            tables.append(Table(title=title, columns=("items", "serves", "new"), rows=rows, note="Points of 100 right."))
    return tables, worse


def _row(name: str, forms: Sequence[str], before: Array | None, right: Array, chances: int) -> tuple[Row, str]:
    new = by_form(right, forms)
    after = points(float(new.mean()))
    if before is None:
        return Row(name=name, cells=(f"{len(right)}", "–", after)), ""
    old = by_form(before, forms)
    cells = (f"{len(right)}", points(float(old.mean())), after)
    low, middle, high = drop_range(new - old, 0.025)
    worse = middle < -DROP and drop_sure(new - old, ALARM / chances, FORM_SPREAD) < 0
    word: Word = "worse" if worse else "better" if low > 0 else "maybe" if high < 0 else "same"
    told = worse or len(new) >= MANY_FORMS
    gap = (100 * max(-1.0, low), 100 * middle, 100 * min(1.0, high)) if told else None
    sentence = f"{name}: {cells[1]} to {after} in 100 right." if worse else ""
    return Row(name=name, cells=cells, gap=gap, word=word if told else ""), sentence


def directions(trial: Trial) -> Gate:
    if trial.exam.pairs is None:
        return PAIRS.not_measured(trial.exam.unmeasured.get("directions", f"No such changes are declared for {trial.kind.words.many}."))
    if trial.challenger.scorer is None:
        return PAIRS.not_measured("Only scores were given, not the model.")
    pairs = trial.exam.pairs(trial.examples, trial.seed)
    if not pairs:
        return PAIRS.not_measured("No item of the test can be changed that way.")
    new = _held(trial, trial.challenger, pairs)
    old = _held(trial, trial.champion, pairs) if trial.champion and trial.champion.scorer else None
    rows, worse = [], []
    by_name: Mapping[str, list[int]] = _places(pairs)
    for name, at in by_name.items():
        cells = [
            f"risk goes {pairs[at[0]].goes}",
            f"{len(at)}",
            points(None if old is None else float(old[at].mean())),
            points(float(new[at].mean())),
        ]
        if old is None:
            rows.append(Row(name=name, cells=cells, word="few"))
            continue
        _, middle, sure = drop_range(new[at] - old[at], ALARM / len(by_name))
        low, _, high = drop_range(new[at] - old[at], 0.025)
        word: Word = "worse" if sure < 0 else "better" if low > 0 else "maybe" if high < 0 else "same"
        if word == "worse":
            worse.append(f"{name}: holds for {points(float(new[at].mean()))} in 100 instead of {points(float(old[at].mean()))}.")
        rows.append(Row(name=name, cells=cells, gap=(100 * low, 100 * middle, 100 * high), word=word))
    tables = [Table(title="One thing changed", columns=("must", "items", "serves", "new"), rows=rows, note="In how many of 100 it holds.")]
    held = f"It holds in {points(float(new.mean()))} of 100 changes to {several(len({p.before.id for p in pairs}), 'item')}."
    return PAIRS.gate("refused", f"{' '.join(worse)} {held}", tables=tables) if worse else PAIRS.gate("passed", held, tables=tables)


def _places(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        found.setdefault(pair.function, []).append(place)
    return found


def _held(trial: Trial, side: Side | None, pairs: Sequence[Pair]) -> Array:
    """1 where the risk did not move the wrong way by a step."""
    assert side is not None
    scores = trial.ask(side, [item for pair in pairs for item in (pair.before, pair.after)])
    risks = chances(scores, [""] * len(scores)).reshape(-1, 2)
    moves = (risks[:, 1] - risks[:, 0]) * np.array([1.0 if pair.goes == "up" else -1.0 for pair in pairs])
    out: Array = (moves > -STEP).astype(np.float64)
    return out
