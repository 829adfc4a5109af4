"""Champion against challenger on the same frozen test, with paired bootstrap intervals, and the gate that reads them.

Resampling is of groups where examples have them (items of one thread are not independent), and within risk classes, so
that no draw loses the rare class. The same draw goes to both models: what is compared is the difference.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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
GATED = ("ap", "recall_at_1pct_fpr", "brier")  # a challenger may be worse beyond luck on none of these
TOLERANCE = {"ap": 0.02, "recall_at_1pct_fpr": 0.05, "brier": 0.01}  # how much worse it may look within luck


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Challenger minus champion; `low` to `high` is the 95 % bootstrap interval (of all labels at once).

    `better` and `worse` are beyond luck.
    """

    metric: str
    champion: float | None
    challenger: float | None
    difference: float | None
    low: float | None
    high: float | None
    better: bool
    worse: bool


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
    name: str, metric: Metric, higher: bool, y: Array, old: Array, new: Array, picks: list[Array], confidence: float = CONFIDENCE
) -> Difference:
    before, after = metric(y, old), metric(y, new)
    if math.isnan(before) or math.isnan(after):
        return Difference(
            metric=name, champion=rounded(before), challenger=rounded(after), difference=None, low=None, high=None, better=False,
            worse=False,
        )  # fmt: skip
    gaps = np.array([metric(y[rows], new[rows]) - metric(y[rows], old[rows]) for rows in picks])
    low, high = (float(v) for v in np.nanquantile(gaps, [(1 - confidence) / 2, (1 + confidence) / 2]))
    up, down = low > 0, high < 0
    return Difference(
        metric=name, champion=rounded(before), challenger=rounded(after), difference=rounded(after - before), low=rounded(low),
        high=rounded(high), better=up if higher else down, worse=down if higher else up,
    )  # fmt: skip


def _labels(
    names: Sequence[str], champion: Sequence[Score], challenger: Sequence[Score], examples: Sequence[Example], picks: list[Array]
) -> dict[str, Difference]:
    """Average precision of each label that both models score on every example that carries it; absent elsewhere counts as 0."""
    found = {}
    confidence = 1 - (1 - CONFIDENCE) / max(len(names), 1)  # Bonferroni: many labels give many chances to look worse by luck
    for name in names:
        if not (any(name in s.labels for s in champion) and any(name in s.labels for s in challenger)):
            continue
        y = np.array([e.labels.get(name, 0) for e in examples], dtype=np.float64)
        old, new = (np.array([s.labels.get(name, 0.0) for s in scores]) for scores in (champion, challenger))
        if MIN_OF_EACH <= y.sum() <= len(y) - MIN_OF_EACH:
            found[name] = _difference("ap", measure.average_precision, True, y, old, new, picks, confidence)
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
    close = ", ".join(f"{WORDS[name]} {_moved(c.metrics[name])}" for name in GATED)
    return False, [f"No gain beyond luck: {close}. The champion stays."]


def _against(c: Comparison) -> list[str]:
    reasons = [f"The challenger does not score {name}, which the champion does and the test needs." for name in c.missing_labels]
    if c.unscored_challenger > c.unscored_champion:
        reasons.append(f"It leaves {c.unscored_challenger} items without a score; the champion leaves {c.unscored_champion}.")
    for name in GATED:
        row = c.metrics[name]
        loss = 0.0 if row.difference is None else row.difference * (1 if name == "brier" else -1)
        if row.worse:
            reasons.append(f"{_capital(WORDS[name])} is worse beyond luck: {_moved(row)}.")
        elif loss > TOLERANCE[name]:
            reasons.append(f"{_capital(WORDS[name])} may be much worse: {_moved(row)}; the test cannot rule it out.")
    reasons += [f"Average precision of {name} is worse beyond luck: {_moved(row)}." for name, row in c.labels.items() if row.worse]
    return reasons


def _gain(row: Difference) -> str:
    return f"{_capital(WORDS[row.metric])} is better beyond luck: {_moved(row)}."


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _moved(row: Difference) -> str:
    if row.difference is None:
        return "cannot be measured"
    return f"{row.champion:.3f} to {row.challenger:.3f} (difference {row.difference:+.3f}, interval {row.low:+.3f} to {row.high:+.3f})"
