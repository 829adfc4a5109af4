from __future__ import annotations

import json

import numpy as np
import pytest

from scoring.calibration import sigmoid
from scoring.training.compare import compare, verdict
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


def test_a_better_challenger_is_promoted_with_the_reason() -> None:
    examples, good = data(1500, noise=0.0)
    _, bad = data(1500, noise=3.0)
    promote, reasons = verdict(compare(scores(bad), scores(good), examples))
    assert promote
    assert any(r.startswith("Average precision is better beyond luck") for r in reasons)


def test_a_worse_challenger_is_refused() -> None:
    examples, good = data(1500, noise=0.0)
    _, bad = data(1500, noise=3.0)
    promote, reasons = verdict(compare(scores(good), scores(bad), examples))
    assert not promote
    assert any("worse beyond luck" in r for r in reasons)


def test_the_same_model_again_is_no_gain() -> None:
    examples, p = data(600)
    comparison = compare(scores(p), scores(p), examples)
    assert all(row.difference == 0 for row in comparison.metrics.values())
    promote, reasons = verdict(comparison)
    assert not promote
    assert reasons[0].startswith("No gain beyond luck")


def test_better_ranking_with_spoilt_probabilities_is_refused() -> None:
    examples, good = data(1500, noise=0.0)
    _, fair = data(1500, noise=1.5)
    promote, reasons = verdict(compare(scores(fair), scores(0.5 + good / 2), examples))
    assert not promote
    assert any(r.startswith("Brier score is worse beyond luck") for r in reasons)


def test_a_small_test_tells_nothing() -> None:
    examples, p = data(40)
    assert verdict(compare(scores(p), scores(p), examples)) == (False, verdict(compare(scores(p), scores(p), examples))[1])
    assert "too small to tell: 40 items" in verdict(compare(scores(p), scores(p), examples))[1][0]


def test_a_test_of_one_class_tells_nothing() -> None:
    examples, p = data(200)
    benign = [Example(item=e.item, labels={"fraud": 0}) for e in examples]
    comparison = compare(scores(p), scores(p), benign)
    assert comparison.metrics["auroc"].difference is None
    assert "0 harmful" in verdict(comparison)[1][0]


def test_a_challenger_without_a_label_that_the_champion_has_is_refused() -> None:
    examples, p = data(1500, noise=2.0)
    _, better = data(1500, noise=0.0)
    promote, reasons = verdict(compare(scores(p), scores(better, label="other"), examples))
    assert not promote
    assert reasons[0] == "The challenger does not score fraud, which the champion does and the test needs."


def test_a_challenger_that_leaves_items_unscored_is_refused() -> None:
    examples, p = data(1500, noise=2.0)
    _, better = data(1500, noise=0.0)
    partial = [Score(risk=None), *scores(better)[1:]]
    promote, reasons = verdict(compare(scores(p), partial, examples))
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

    promote, reasons = verdict(compare(named(False), named(True), examples))
    assert promote
    assert [reason.split(" is ")[0] for reason in reasons] == ["Average precision of hate", "Average precision of spam"]
    assert not verdict(compare(named(True), named(False), examples))[0]
