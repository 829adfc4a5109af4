"""Champion against challenger on the same frozen test: the differences of the measures, with paired bootstrap intervals.

What follows from them is said by the gates (scoring.gates).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scoring.training import metrics as measure
from scoring.training.evaluate import evaluate_scores, label_names, rounded
from scoring.training.labels import breaks_policy, is_benign
from scoring.training.metrics import Array
from scoring.training.paired import Counts, draw_counts, drawn, groups_of, percentiles, sure_range
from scoring.types import Example, Json, Score

DRAWS = 400
CONFIDENCE = 0.95
ALARM = 0.01  # chance that an equally good challenger is called worse in any of the measures; the same for any of the labels
NOTICEABLE = 1e-4  # a scorer that looks at the clock moves by less between two askings
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Challenger minus champion; `low` to `high` is the 95 % bootstrap interval.

    `better` and `worse` are beyond luck. A label is better only when that holds for all labels at once (Bonferroni), for many
    labels give many chances to gain by luck. `worse` holds for all comparisons of its family at once too (see ALARM): else
    every third equally good challenger would be refused. Of a label with fewer than MIN_OF_EACH positives no gain is said.
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
    """What the gates and the models page need; as_json() keeps it."""

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
    y = risk_labels(examples)
    counts = draw_counts(groups_of(examples), y, seed, draws)
    harmful = [name for name in label_names(examples) if not is_benign(name)]
    return Comparison(
        n=len(y), positives=int(y.sum()), metrics=_metrics(y, risks_of(champion), risks_of(challenger), counts),
        labels=_labels(harmful, champion, challenger, examples, counts), draws=draws,
        unscored_champion=sum(s.risk is None for s in champion), unscored_challenger=sum(s.risk is None for s in challenger),
        missing_labels=[n for n in harmful if any(n in s.labels for s in champion) and not any(n in s.labels for s in challenger)],
        champion=evaluate_scores(champion, examples, seed=seed), challenger=evaluate_scores(challenger, examples, seed=seed),
    )  # fmt: skip


def risk_labels(examples: Sequence[Example]) -> Array:
    return np.array([breaks_policy(e) for e in examples], dtype=np.float64)


def risks_of(scores: Sequence[Score]) -> Array:
    """(n,); an item without a score counts as 0.5."""
    return np.array([0.5 if s.risk is None else s.risk for s in scores], dtype=np.float64)


def _metrics(y: Array, old: Array, new: Array, counts: Counts) -> dict[str, Difference]:
    before, after = drawn(y, old, counts), drawn(y, new, counts)
    freedom = int(min(y.sum(), len(y) - y.sum())) - 1
    return {
        name: _difference(
            name, metric(y, old), metric(y, new), after[name] - before[name], higher, freedom=freedom, alarm=ALARM / len(METRICS)
        )
        for name, (metric, higher) in METRICS.items()
    }


def _difference(
    name: str, before: float, after: float, gaps: Array, higher: bool, *, freedom: int, alarm: float, chances: int = 1
) -> Difference:
    """`chances` is how many comparisons there are to gain by; a gain must hold for all of them at once."""
    if math.isnan(before) or math.isnan(after):
        return Difference(
            metric=name, champion=rounded(before), challenger=rounded(after), difference=None, low=None, high=None, better=False,
            worse=False,
        )  # fmt: skip
    low, high = percentiles(gaps, CONFIDENCE)
    gain_low, gain_high = percentiles(gaps, 1 - (1 - CONFIDENCE) / chances)
    harm_low, harm_high = sure_range(gaps, after - before, alarm, freedom)
    better, worse = (gain_low, harm_high) if higher else (-gain_high, -harm_low)
    return Difference(
        metric=name, champion=rounded(before), challenger=rounded(after), difference=rounded(after - before), low=rounded(low),
        high=rounded(high), better=better > NOTICEABLE, worse=worse < -NOTICEABLE,
    )  # fmt: skip


def _labels(
    names: Sequence[str], champion: Sequence[Score], challenger: Sequence[Score], examples: Sequence[Example], counts: Counts
) -> dict[str, Difference]:
    """Average precision of each label of the test that both models score; a label that a score leaves out counts as 0 there."""
    found = {}
    for name in names:
        y = np.array([e.labels.get(name, 0) for e in examples], dtype=np.float64)
        positives = int(y.sum())
        if not positives or not all(any(name in s.labels for s in scores) for scores in (champion, challenger)):
            continue
        old, new = (np.array([s.labels.get(name, 0.0) for s in scores]) for scores in (champion, challenger))
        gaps = drawn(y, new, counts)["ap"] - drawn(y, old, counts)["ap"]
        freedom = min(positives, len(y) - positives) - 1
        row = _difference(
            "ap", measure.average_precision(y, old), measure.average_precision(y, new), gaps, True, freedom=freedom,
            alarm=ALARM / len(names), chances=len(names),
        )  # fmt: skip
        enough = MIN_OF_EACH <= positives <= len(y) - MIN_OF_EACH
        found[name] = replace(row, positives=positives, better=row.better and enough)
    return found
