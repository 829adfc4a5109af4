"""Champion against challenger on the same frozen test, with paired bootstrap intervals, and the gate that reads them.

Resampling is of groups where examples have them (items of one thread are not independent), and within risk classes, so
that no draw loses the rare class. The same draw goes to both models: what is compared is the difference.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scoring.training import metrics as measure
from scoring.training.evaluate import evaluate_scores, label_names, rounded
from scoring.training.labels import breaks_policy, is_benign
from scoring.training.metrics import Array
from scoring.types import Example, Json, Score

DRAWS = 400
CONFIDENCE = 0.95
MIN_TEST, MIN_OF_EACH = 50, 10  # below this a comparison says nothing

Metric = Callable[[Array, Array], float]
METRICS: Mapping[str, tuple[Metric, bool]] = {  # name -> (measure, higher is better)
    "ap": (measure.average_precision, True),
    "auroc": (measure.auroc, True),
    "recall_at_1pct_fpr": (measure.recall_at_fpr, True),
    "brier": (measure.brier, False),
    "log_loss": (measure.log_loss, False),
}
WORDS = {
    "ap": "average precision", "auroc": "AUROC", "recall_at_1pct_fpr": "recall at 1 % false positives", "brier": "Brier score",
    "log_loss": "log loss",
}  # fmt: skip
TOLERANCE = {"ap": 0.02, "recall_at_1pct_fpr": 0.05, "brier": 0.01}  # how much worse it may look within luck
LABEL_TOLERANCE = 0.05  # the same for the average precision of one label


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Challenger minus champion; `low` to `high` is the 95 % bootstrap interval.

    `better` and `worse` are beyond luck. A label is better only when that holds for all labels at once (Bonferroni), for many
    labels give many chances to gain by luck; it is worse by its own interval, for a correction would hide harm. Of a label
    with fewer than MIN_OF_EACH positives neither is said: too few to draw from.
    """

    metric: str
    champion: float | None
    challenger: float | None
    difference: float | None
    low: float | None
    high: float | None
    better: bool
    worse: bool
    positives: int | None = None  # of a label: how many of the test carry it


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything the gate and the models page need; as_json() keeps it."""

    n: int
    positives: int
    unscored_champion: int
    unscored_challenger: int
    metrics: Mapping[str, Difference]
    labels: Mapping[str, Difference] = field(default_factory=dict)  # average precision of each harmful label
    missing_labels: Sequence[str] = ()  # harmful labels of the test that the challenger does not score
    champion: Mapping[str, Json] = field(default_factory=dict)  # evaluate_scores() of each
    challenger: Mapping[str, Json] = field(default_factory=dict)
    draws: int = DRAWS


def compare(
    champion: Sequence[Score], challenger: Sequence[Score], examples: Sequence[Example], seed: int = 0, draws: int = DRAWS
) -> Comparison:
    """Both lists of scores are of `examples`, in order. An item that a model could not score counts as risk 0.5.

    Raises ValueError when the three differ in length or are empty.
    """
    if not examples or not len(champion) == len(challenger) == len(examples):
        raise ValueError(f"{len(champion)} and {len(challenger)} scores for {len(examples)} examples")
    y = np.array([breaks_policy(e) for e in examples], dtype=np.float64)
    old, new = _risks(champion), _risks(challenger)
    picks = _draws(examples, y, seed, draws)
    metrics = {name: _difference(name, metric, higher, y, old, new, picks) for name, (metric, higher) in METRICS.items()}
    harmful = [name for name in label_names(examples) if not is_benign(name)]
    return Comparison(
        n=len(y), positives=int(y.sum()), metrics=metrics, labels=_labels(harmful, champion, challenger, examples, picks), draws=draws,
        unscored_champion=sum(s.risk is None for s in champion), unscored_challenger=sum(s.risk is None for s in challenger),
        missing_labels=[n for n in harmful if any(n in s.labels for s in champion) and not any(n in s.labels for s in challenger)],
        champion=evaluate_scores(champion, examples, seed=seed), challenger=evaluate_scores(challenger, examples, seed=seed),
    )  # fmt: skip


def _risks(scores: Sequence[Score]) -> Array:
    return np.array([0.5 if s.risk is None else s.risk for s in scores], dtype=np.float64)


def _draws(examples: Sequence[Example], y: Array, seed: int, draws: int) -> list[Array]:
    """Index arrays of bootstrap samples: whole groups, drawn within each class of group (any positive in it or none)."""
    rng = np.random.default_rng(seed)
    members: dict[str, list[int]] = defaultdict(list)
    for i, example in enumerate(examples):
        members[f"group {example.group}" if example.group is not None else f"item {i}"].append(i)
    groups = [np.array(rows) for rows in members.values()]
    classes = [[g for g in groups if y[g].any()], [g for g in groups if not y[g].any()]]
    result = []
    for _ in range(draws):
        rows = [part[k] for part in classes if part for k in rng.integers(0, len(part), len(part))]
        result.append(np.concatenate(rows))
    return result


def _difference(
    name: str, metric: Metric, higher: bool, y: Array, old: Array, new: Array, picks: list[Array], chances: int = 1
) -> Difference:
    """`chances` is how many comparisons there are to gain by; a gain must hold for all of them at once."""
    before, after = metric(y, old), metric(y, new)
    if math.isnan(before) or math.isnan(after):
        return Difference(
            metric=name, champion=rounded(before), challenger=rounded(after), difference=None, low=None, high=None, better=False,
            worse=False,
        )  # fmt: skip
    gaps = np.array([metric(y[rows], new[rows]) - metric(y[rows], old[rows]) for rows in picks])
    tail = (1 - CONFIDENCE) / 2
    low, high, sure_low, sure_high = (float(v) for v in np.nanquantile(gaps, [tail, 1 - tail, tail / chances, 1 - tail / chances]))
    better, worse = (sure_low > 0, high < 0) if higher else (sure_high < 0, low > 0)
    return Difference(
        metric=name, champion=rounded(before), challenger=rounded(after), difference=rounded(after - before), low=rounded(low),
        high=rounded(high), better=better, worse=worse,
    )  # fmt: skip


def _labels(
    names: Sequence[str], champion: Sequence[Score], challenger: Sequence[Score], examples: Sequence[Example], picks: list[Array]
) -> dict[str, Difference]:
    """Average precision of each label of the test that both models score; a label that a score leaves out counts as 0 there."""
    found = {}
    for name in names:
        y = np.array([e.labels.get(name, 0) for e in examples], dtype=np.float64)
        positives = int(y.sum())
        if not positives or not all(any(name in s.labels for s in scores) for scores in (champion, challenger)):
            continue
        old, new = (np.array([s.labels.get(name, 0.0) for s in scores]) for scores in (champion, challenger))
        row = _difference("ap", measure.average_precision, True, y, old, new, picks, len(names))
        enough = MIN_OF_EACH <= positives <= len(y) - MIN_OF_EACH
        found[name] = replace(row, positives=positives, better=row.better and enough, worse=row.worse and enough)
    return found


def verdict(comparison: Comparison) -> tuple[bool, list[str]]:
    """(promote, reasons in words). Promote only when the test can tell, nothing is worse beyond luck, and something is gained."""
    c = comparison
    negatives = c.n - c.positives
    if c.n < MIN_TEST or min(c.positives, negatives) < MIN_OF_EACH:
        return False, [
            f"The test is too small to tell: {c.n} items, {c.positives} harmful and {negatives} harmless; "
            f"{MIN_TEST} items with {MIN_OF_EACH} of each are needed."
        ]  # fmt: skip
    against = _against(c)
    gains = [_gain(c.metrics[name]) for name in METRICS if c.metrics[name].better]
    # To name the right label is a gain of its own: it picks the clause that people and statements of reasons go by.
    gains += [f"Average precision of {name} is better beyond luck: {_moved(row)}." for name, row in c.labels.items() if row.better]
    if against:
        return False, against + gains
    if gains:
        return True, gains
    close = ", ".join(f"{WORDS[name]} {_moved(c.metrics[name])}" for name in TOLERANCE)
    return False, [f"No gain beyond luck: {close}. The champion stays."]


def _against(c: Comparison) -> list[str]:
    reasons = [f"The challenger does not score {name}, which the champion does and the test needs." for name in c.missing_labels]
    if c.unscored_challenger > c.unscored_champion:
        reasons.append(f"It leaves {c.unscored_challenger} items without a score; the champion leaves {c.unscored_champion}.")
    for name, (_, higher) in METRICS.items():
        row = c.metrics[name]
        if row.worse:
            reasons.append(f"{_capital(WORDS[name])} is worse beyond luck: {_moved(row)}.")
        elif _loss(row, higher) > TOLERANCE.get(name, math.inf):
            reasons.append(f"{_capital(WORDS[name])} may be much worse: {_moved(row)}; the test cannot rule it out.")
    return reasons + [reason for name, row in c.labels.items() if (reason := _label_against(name, row))]


def _label_against(name: str, row: Difference) -> str:
    """Why a label speaks against the challenger, or nothing."""
    if row.worse:
        return f"Average precision of {name} is worse beyond luck: {_moved(row)}."
    if _loss(row, higher=True) <= LABEL_TOLERANCE:
        return ""
    if row.positives is not None and row.positives < MIN_OF_EACH:
        few = f"the test holds only {row.positives} of it, too few to rule that out"
        return f"Average precision of {name} may be much worse: {row.champion:.3f} to {row.challenger:.3f}; {few}."
    return f"Average precision of {name} may be much worse: {_moved(row)}; the test cannot rule it out."


def _loss(row: Difference, higher: bool) -> float:
    """How much worse the challenger looks; below 0 when it looks better."""
    return 0.0 if row.difference is None else row.difference * (-1 if higher else 1)


def _gain(row: Difference) -> str:
    return f"{_capital(WORDS[row.metric])} is better beyond luck: {_moved(row)}."


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _moved(row: Difference) -> str:
    if row.difference is None:
        return "cannot be measured"
    return f"{row.champion:.3f} to {row.challenger:.3f} (difference {row.difference:+.3f}, interval {row.low:+.3f} to {row.high:+.3f})"
