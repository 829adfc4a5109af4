"""Are the chances honest: of the items at 3 in 10, do about 3 in 10 break policy?

The expected calibration error of a perfect model is not 0: with few items the observed rates scatter. So it is held against the
quantile that a perfect model with the same chances stays under (by simulation), never against a fixed figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.binomial import wilson
from scoring.calibration import logit, sigmoid
from scoring.gates.gate import About, Gate, Row, Table, Trial, points
from scoring.training import metrics as measure
from scoring.training.compare import DRAWS
from scoring.training.evaluate import risk_arrays
from scoring.training.metrics import ECE_BINS, Array
from scoring.training.paired import Counts, draw_counts, groups_of, sure_range
from scoring.types import Example, Json, Score

ALARM = 0.005
FIRST_MAY = 0.10  # beyond the quantile, for a first model: it decides nothing until thresholds are certified
REGION = (0.05, 0.95)  # where thresholds lie; beyond it the slope is carried by a few extreme chances
SLOPE = (0.9, 1.1)
LEAST = 20  # of each class in the region, for a slope
BINS = 10  # of the plot

ABOUT = About(
    name="calibration", title="Chances stay honest", failed="its chances are less honest",
    measures="Expected calibration error against what a perfect model of this size shows, Brier score, slope in the decision region.",
    limit="Within what a perfect model stays under in 95 of 100 tests, or no worse than the serving model beyond luck. "
    f"Told: a slope of {SLOPE[0]} to {SLOPE[1]}.",
)  # fmt: skip


def calibration(trial: Trial) -> Gate:
    y, p = risk_arrays(trial.challenger.scores, trial.examples)
    if len(y) < 2 or y.sum() in (0, len(y)):
        return ABOUT.not_measured("The test holds one class only.")
    error, null = measure.ece(y, p), measure.ece_null(p, trial.seed)
    slope = _slope(y, p)
    rows = [_side_row("New", y, p, trial.seed)]
    grown = None
    if trial.champion is not None:
        rows.insert(0, _side_row("Serves", *risk_arrays(trial.champion.scores, trial.examples), trial.seed))
        grown = _grown(trial.champion.scores, trial.challenger.scores, trial.examples, trial.seed)
    told = f"Chances are off by {points(error)} points on average; a perfect model of this size stays under {points(null)}."
    skewed = slope is not None and (slope[2] < SLOPE[0] or slope[0] > SLOPE[1])
    if slope is None:
        told += " Too few items lie between the thresholds to measure a slope."
    elif skewed:
        way = "over-sure" if slope[1] < 1 else "too timid"
        told += f" Its slope of {slope[1]:.2f} ({slope[0]:.2f} to {slope[2]:.2f}) says that it is {way}."
    tables = [Table(title="Calibration", columns=("error", "perfect stays under", "Brier", "slope"), rows=rows, note="Points of 100."),
              Table(title="Said and true", columns=("items", "said", "true", "range"), rows=_bin_rows(y, p))]  # fmt: skip
    data: dict[str, Json] = {"bins": _bins(y, p)}
    far = error > null
    if far and ((grown is None and error > null + FIRST_MAY) or (grown is not None and grown > 0)):
        return ABOUT.gate("refused", told if grown is None else f"{told} The serving model is more honest.", tables=tables, data=data)
    return ABOUT.gate("reported" if far or skewed else "passed", told, tables=tables, data=data)


def _side_row(name: str, y: Array, p: Array, seed: int) -> Row:
    slope = _slope(y, p)
    words = "–" if slope is None else f"{slope[1]:.2f} ({slope[0]:.2f} to {slope[2]:.2f})"
    cells = (points(measure.ece(y, p)), points(measure.ece_null(p, seed)), points(measure.brier(y, p)), words)
    return Row(name=name, cells=cells)


def _grown(old: Sequence[Score], new: Sequence[Score], examples: Sequence[Example], seed: int) -> float:
    """Lower bound of how much larger the challenger's error is, on items that both scored."""
    both = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a.risk is not None and b.risk is not None]
    chosen = [examples[i] for i in both]
    y, before = risk_arrays([old[i] for i in both], chosen)
    _, after = risk_arrays([new[i] for i in both], chosen)
    counts = draw_counts(groups_of(chosen), y, seed, DRAWS)
    gaps = _ece_drawn(y, after, counts) - _ece_drawn(y, before, counts)
    freedom = int(min(y.sum(), len(y) - y.sum())) - 1
    return sure_range(gaps, measure.ece(y, after) - measure.ece(y, before), ALARM, freedom)[0]


def _ece_drawn(y: Array, p: Array, counts: Counts) -> Array:
    bins = np.minimum((p * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    table = np.zeros((len(p), ECE_BINS))
    table[np.arange(len(p)), bins] = y - p
    out: Array = np.abs(counts @ table).sum(axis=1) / counts.sum(axis=1)
    return out


def _slope(y: Array, p: Array) -> tuple[float, float, float] | None:
    """(low, slope, high) of the logistic regression of what was true on the log-odds of what was said; 95 % range. 1 is honest."""
    inside = (p >= REGION[0]) & (p <= REGION[1])
    t, x = y[inside], logit(p[inside])
    if min(t.sum(), len(t) - t.sum()) < LEAST or float(x.std()) < 1e-3:
        return None
    design = np.column_stack([np.ones_like(x), x])
    at = np.array([0.0, 1.0])
    for _ in range(25):
        q = sigmoid(design @ at)
        information = design.T @ (design * (q * (1 - q))[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(information, design.T @ (t - q))
        at = at + np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-8:
            break
    reach = 1.96 * float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return float(at[1]) - reach, float(at[1]), float(at[1]) + reach


def _bins(y: Array, p: Array) -> list[dict[str, float]]:
    """What was said and what was true in ten bins of equal width, with the 95 % range (Wilson) of what was true."""
    index = np.minimum((p * BINS).astype(np.intp), BINS - 1)
    found = []
    for number in range(BINS):
        rows = index == number
        n, true = int(rows.sum()), int(y[rows].sum())
        if n:
            low, high = wilson(true, n)
            found.append(
                {"n": n, "said": round(float(p[rows].mean()), 4), "true": round(true / n, 4), "low": round(low, 4), "high": round(high, 4)}
            )
    return found


def _bin_rows(y: Array, p: Array) -> list[Row]:
    return [
        Row(name=f"{min(9, int(10 * b['said']))} to {min(9, int(10 * b['said'])) + 1} in 10",
            cells=(f"{b['n']:,}", points(b["said"]), points(b["true"]), f"{points(b['low'])} to {points(b['high'])}"))
        for b in _bins(y, p)
    ]  # fmt: skip
