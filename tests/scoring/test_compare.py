from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from scoring.calibration import sigmoid
from scoring.gates.gate import Side, Trial
from scoring.gates.overall import whole
from scoring.gates.report import examine
from scoring.registry import get_kind
from scoring.training.compare import Comparison, compare
from scoring.types import Example, Item, Score, as_json


def data(n: int = 600, seed: int = 0, noise: float = 1.0, groups: bool = False) -> tuple[list[Example], np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1.5, 2, n)
    y = rng.random(n) < sigmoid(margin)
    examples = [
        Example(item=Item(id=str(i), kind="order", payload={}), labels={"fraud": int(v)}, group=f"g{i // 10}" if groups else None)
        for i, v in enumerate(y)
    ]
    return examples, sigmoid(margin + rng.normal(0, noise, n))


def scores(p: np.ndarray, label: str = "fraud") -> list[Score]:
    return [Score(risk=float(v), labels={label: float(v)}) for v in p]


def verdict(
    old: list[Score], new: list[Score], examples: list[Example], comparison: Comparison | None = None, draws: int = 400
) -> tuple[bool, list[str]]:
    """What all gates say that need no model at hand."""
    kind = get_kind(examples[0].item.kind)
    trial = Trial(kind=kind, examples=examples, champion=Side(scores=old), challenger=Side(scores=new))
    trial.__dict__["comparison"] = comparison or compare(old, new, examples, draws=draws)
    report = examine(trial)
    return report.passed, report.reasons


def test_a_better_challenger_is_promoted_with_the_reason() -> None:
    examples, good = data(1500, noise=0.0)
    _, bad = data(1500, noise=3.0)
    promote, reasons = verdict(scores(bad), scores(good), examples)
    assert promote
    assert any(r.startswith("Average precision is better beyond luck") for r in reasons)


def test_a_worse_challenger_is_refused() -> None:
    examples, good = data(1500, noise=0.0)
    _, bad = data(1500, noise=3.0)
    promote, reasons = verdict(scores(good), scores(bad), examples)
    assert not promote
    assert any("worse beyond luck" in r for r in reasons)


def test_the_same_model_again_is_no_gain() -> None:
    examples, p = data(600)
    comparison = compare(scores(p), scores(p), examples)
    assert all(row.difference == 0 for row in comparison.metrics.values())
    promote, reasons = verdict(scores(p), scores(p), examples)
    assert not promote
    assert reasons[0].startswith("No gain beyond luck")


def test_better_ranking_with_spoilt_probabilities_is_refused() -> None:
    examples, good = data(1500, noise=0.0)
    _, fair = data(1500, noise=1.5)
    promote, reasons = verdict(scores(fair), scores(0.5 + good / 2), examples)
    assert not promote
    assert any(r.startswith("Brier score is worse beyond luck") for r in reasons)


def test_a_small_test_tells_nothing() -> None:
    examples, p = data(40)
    assert verdict(scores(p), scores(p), examples) == (False, verdict(scores(p), scores(p), examples)[1])
    assert "too small to tell: 40 items" in verdict(scores(p), scores(p), examples)[1][0]


def test_a_test_of_one_class_tells_nothing() -> None:
    examples, p = data(200)
    benign = [Example(item=e.item, labels={"fraud": 0}) for e in examples]
    comparison = compare(scores(p), scores(p), benign)
    assert comparison.metrics["auroc"].difference is None
    assert "0 harmful" in verdict(scores(p), scores(p), benign)[1][0]


def test_a_challenger_without_a_label_that_the_champion_has_is_refused() -> None:
    examples, p = data(1500, noise=2.0)
    _, better = data(1500, noise=0.0)
    promote, reasons = verdict(scores(p), scores(better, label="other"), examples)
    assert not promote
    assert reasons[0] == "The challenger does not score fraud, which the champion does and the test needs."


def test_a_challenger_that_leaves_items_unscored_is_refused() -> None:
    examples, p = data(1500, noise=2.0)
    _, better = data(1500, noise=0.0)
    partial = [Score(risk=None), *scores(better)[1:]]
    promote, reasons = verdict(scores(p), partial, examples)
    assert not promote
    assert "1 items without a score" in reasons[0]


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Two models of equal worth: the interval of the difference must cover 0 in about 95 of 100 data sets."""
    covered = 0
    for seed in range(40):
        examples, one = data(300, seed=seed)
        rng = np.random.default_rng(1000 + seed)
        margin = np.log(one / (1 - one))
        a, b = (sigmoid(margin + rng.normal(0, 1, len(margin))) for _ in range(2))
        row = compare(scores(a), scores(b), examples, draws=100).metrics["auroc"]
        covered += row.low <= 0 <= row.high  # type: ignore[operator]
    assert covered >= 33


def test_it_is_repeatable_and_resamples_whole_groups() -> None:
    examples, p = data(400, groups=True)
    _, q = data(400, noise=0.5, groups=True)
    one, two = compare(scores(p), scores(q), examples, seed=4), compare(scores(p), scores(q), examples, seed=4)
    assert one == two
    loose = [Example(item=e.item, labels=e.labels) for e in examples]
    assert compare(scores(p), scores(q), loose, seed=4).metrics["brier"] != one.metrics["brier"]


def test_it_survives_json_and_refuses_unequal_lengths() -> None:
    examples, p = data(100)
    assert json.loads(json.dumps(as_json(compare(scores(p), scores(p), examples))))["n"] == 100
    with pytest.raises(ValueError, match="99 and 100 scores for 100 examples"):
        compare(scores(p)[1:], scores(p), examples)


def test_naming_the_right_label_is_a_gain_of_its_own() -> None:
    rng = np.random.default_rng(3)
    harm, kind_of_harm, noise = rng.random(800) < 0.5, rng.random(800) < 0.5, rng.random(800)
    examples = [
        Example(item=Item(id=str(i), kind="review", payload={}), labels={"hate": int(h and k), "spam": int(h and not k)})
        for i, (h, k) in enumerate(zip(harm, kind_of_harm, strict=True))
    ]
    risk = np.where(harm, 0.9, 0.1)

    def named(right: bool) -> list[Score]:
        share = np.where(kind_of_harm, 0.9, 0.1) if right else noise
        return [Score(risk=float(r), labels={"hate": float(r * s), "spam": float(r * (1 - s))}) for r, s in zip(risk, share, strict=True)]

    promote, reasons = verdict(named(False), named(True), examples)
    assert promote
    assert all(f"Average precision of {name} is better beyond luck" in reasons[0] for name in ("hate", "spam"))
    assert not verdict(named(True), named(False), examples)[0]


def labelled(counts: dict[str, int], n: int = 400) -> list[Example]:
    """`counts` positives of each label, one after the other; the rest is harmless."""
    names = [name for name, count in counts.items() for _ in range(count)]
    return [
        Example(item=Item(id=str(i), kind="review", payload={}), labels={k: int(i < len(names) and k == names[i]) for k in counts})
        for i in range(n)
    ]


def judged(examples: list[Example], last: dict[str, int], sure: set[str], seed: int = 5) -> list[Score]:
    """Risk is known well; labels in `sure` are ranked right, except that the first `last[label]` positives come last of all."""
    rng = np.random.default_rng(seed)
    scores, left = [], dict(last)
    for example in examples:
        harm = any(example.labels.values())
        labels = {}
        for name, value in example.labels.items():
            labels[name] = 0.8 + 0.1 * rng.random() if value and name in sure else 0.1 + 0.5 * rng.random()
            if value and left.get(name, 0) > 0:
                labels[name], left[name] = 0.0, left[name] - 1
        scores.append(Score(risk=0.9 if harm else 0.1, labels=labels))
    return scores


def test_a_rare_label_that_is_ranked_last_is_not_paid_for_by_another() -> None:
    examples = labelled({"spam": 60, "threat": 5})
    champion = judged(examples, {}, {"threat"})
    promote, reasons = verdict(champion, judged(examples, {"threat": 5}, {"threat", "spam"}), examples)
    assert not promote
    assert reasons[0].startswith("Average precision of threat is worse beyond luck: 1.000 to 0.0")
    assert verdict(champion, judged(examples, {}, {"threat", "spam"}), examples)[0]


def test_a_rare_label_is_no_gain() -> None:
    examples = labelled({"spam": 60, "threat": 5})
    row = compare(judged(examples, {}, {"spam"}), judged(examples, {}, {"spam", "threat"}), examples).labels["threat"]
    assert (row.challenger, row.better, row.positives) == (1.0, False, 5)
    assert row.low is not None
    assert row.low > 0


def test_many_labels_do_not_hide_that_one_is_worse() -> None:
    """Fifteen labels, and a bound that holds for all of them at once: half of one label's harm ranked last still shows."""
    counts = {f"l{i}": 12 for i in range(14)} | {"threat": 12}
    examples, rest = labelled(counts), {f"l{i}" for i in range(13)} | {"threat"}
    champion, challenger = judged(examples, {}, rest), judged(examples, {"threat": 7}, rest | {"l13"})
    comparison = compare(champion, challenger, examples)
    assert comparison.labels["l13"].better
    row = comparison.labels["threat"]
    assert row.champion == 1.0
    assert row.difference is not None
    assert row.difference < -0.2
    promote, reasons = verdict(champion, challenger, examples)
    assert not promote
    assert reasons[0].startswith("Average precision of threat")


def test_what_the_test_cannot_rule_out_is_told_and_does_not_refuse() -> None:
    counts = {"spam": 60, "threat": 10}
    examples = labelled(counts)
    champion, challenger = judged(examples, {}, {"threat"}), judged(examples, {"threat": 1}, {"threat", "spam"})
    row = compare(champion, challenger, examples).labels["threat"]
    assert row.difference is not None
    assert row.difference < -0.05
    assert (row.high, row.worse) == (0.0, False)  # within luck
    trial = Trial(kind=get_kind("review"), examples=examples, champion=Side(scores=champion), challenger=Side(scores=challenger))
    gate = whole(trial)
    assert gate.result == "passed"
    assert gate.sentence.startswith("The test cannot rule out that it is worse at threat (1.000 to 0.9")


@pytest.mark.parametrize("metric", ["auroc", "log_loss"])
def test_what_counts_as_a_gain_counts_as_harm(metric: str) -> None:
    examples, bad = data(1500, noise=3.0)
    _, good = data(1500, noise=0.0)
    comparison = compare(scores(bad), scores(good), examples)
    assert verdict(scores(bad), scores(good), examples, comparison)[0]
    harm = replace(comparison.metrics[metric], better=False, worse=True)
    promote, reasons = verdict(scores(bad), scores(good), examples, replace(comparison, metrics={**comparison.metrics, metric: harm}))
    assert not promote
    assert "is worse beyond luck" in reasons[0]


def test_sure_mistakes_are_harm_though_everything_else_is_gained() -> None:
    """Two dozen harmful items called certain to be harmless: ranking and squares hardly feel it, log loss does."""
    examples, bad = data(1500, noise=1.0)
    _, good = data(1500, noise=0.0)
    worst = [i for i in np.argsort(good) if examples[i].labels["fraud"]][:24]
    spoilt = good.copy()
    spoilt[worst] = 0.0
    promote, reasons = verdict(scores(bad), scores(spoilt), examples)
    assert not promote
    assert reasons[0].startswith("Log loss is worse beyond luck")


def test_luck_alone_promotes_rarely_and_a_slightly_worse_model_hardly_ever() -> None:
    promoted = {0.0: 0, 0.4: 0}
    for seed in range(40):
        for extra in promoted:
            examples, margin = three_labels(seed)
            rng = np.random.default_rng(500 + seed)
            old, new = (named_scores(margin + rng.normal(0, 1 + more, margin.shape)) for more in (0.0, extra))
            promoted[extra] += verdict(old, new, examples, draws=100)[0]
    assert promoted[0.0] <= 6
    assert promoted[0.4] <= 1


def three_labels(seed: int, n: int = 250) -> tuple[list[Example], np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-2.5, 2, (n, 3))
    carried = rng.random((n, 3)) < sigmoid(margin)
    items = [Item(id=str(i), kind="review", payload={}) for i in range(n)]
    names = ("hate", "spam", "threat")
    return [
        Example(item=item, labels={k: int(v) for k, v in zip(names, row, strict=True)}) for item, row in zip(items, carried, strict=True)
    ], margin


def named_scores(margin: np.ndarray) -> list[Score]:
    chances = sigmoid(margin)
    risks = 1 - np.prod(1 - chances, axis=1)
    return [
        Score(risk=float(r), labels={k: float(v) for k, v in zip(("hate", "spam", "threat"), row, strict=True)})
        for r, row in zip(risks, chances, strict=True)
    ]
