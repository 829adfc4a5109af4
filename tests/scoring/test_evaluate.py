from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, log_loss, roc_auc_score, roc_curve

from scoring.training import metrics as measure
from scoring.training.evaluate import evaluate_scores
from scoring.types import Example, Item, Score


def sample(n: int = 600, seed: int = 0, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 4, n)
    y = (rng.random(n) < p).astype(float)
    return y, np.round(p, 1) if ties else p


def example(i: int, **labels: int) -> Example:
    return Example(item=Item(id=str(i), kind="order", payload={}), labels=labels)


@pytest.mark.parametrize("ties", [False, True])
def test_measures_agree_with_scikit_learn(ties: bool) -> None:
    y, p = sample(ties=ties)
    assert measure.auroc(y, p) == pytest.approx(roc_auc_score(y, p))
    assert measure.average_precision(y, p) == pytest.approx(average_precision_score(y, p))
    assert measure.brier(y, p) == pytest.approx(brier_score_loss(y, p))
    assert measure.log_loss(y, np.clip(p, 0.01, 0.99)) == pytest.approx(log_loss(y, np.clip(p, 0.01, 0.99)))
    fpr, tpr, _ = roc_curve(y, p, drop_intermediate=False)
    assert measure.recall_at_fpr(y, p, 0.01) == pytest.approx(tpr[fpr <= 0.01].max())


def test_one_class_gives_no_ranking_measures() -> None:
    y, p = np.zeros(5), np.linspace(0, 1, 5)
    assert np.isnan([measure.auroc(y, p), measure.average_precision(y, p), measure.recall_at_fpr(y, p)]).all()


def test_the_calibration_error_of_a_perfect_model_stays_under_its_null_quantile() -> None:
    inside = 0
    for seed in range(60):
        y, p = sample(500, seed)
        inside += measure.ece(y, p) <= measure.ece_null(p)
    assert inside >= 52


def test_the_null_quantile_of_one_bin_is_the_binomial_one() -> None:
    assert measure.ece_null(np.full(400, 0.5)) == pytest.approx(1.96 * 0.5 / 20, abs=0.006)
    many, few = (measure.ece_null(np.random.default_rng(0).random(n)) for n in (8000, 500))
    assert few / many == pytest.approx(4.0, rel=0.2)


def test_an_over_confident_model_exceeds_the_null_quantile() -> None:
    y, p = sample(2000)
    hot = np.clip(p * 2, 0, 1)
    assert measure.ece(y, hot) > measure.ece_null(hot)


def test_labels_that_exclude_each_other_are_also_measured_as_a_choice() -> None:
    names = ("hate", "offensive", "neither")
    truth = [0, 0, 1, 1, 1, 2, 2, 2]
    guess = [0, 1, 1, 1, 2, 2, 2, 0]
    examples = [example(i, **{name: int(k == t) for k, name in enumerate(names)}) for i, t in enumerate(truth)]
    scores = [
        Score(risk=1.0 - (0.8 if g == 2 else 0.1), labels={name: 0.8 if k == g else 0.1 for k, name in enumerate(names)}) for g in guess
    ]
    found = evaluate_scores(scores, examples)
    assert found["multiclass"]["accuracy"] == 0.625
    assert found["multiclass"]["macro_f1"] == pytest.approx(f1_score(truth, guess, average="macro"), abs=1e-5)
    assert found["multiclass"]["labels"]["offensive"]["f1"] == pytest.approx(f1_score(truth, guess, average=None)[1], abs=1e-5)
    assert found["risk"]["positives"] == 5


def test_labels_that_may_meet_are_not_a_choice() -> None:
    examples = [example(0, hate=1, threat=1), example(1, hate=0, threat=0)]
    scores = [Score(risk=0.9, labels={"hate": 0.9, "threat": 0.8}), Score(risk=0.1, labels={"hate": 0.1, "threat": 0.1})]
    found = evaluate_scores(scores, examples)
    assert "multiclass" not in found
    assert found["labels"]["threat"]["auroc"] == 1.0


def test_what_was_not_scored_and_what_is_not_known_is_said() -> None:
    examples = [example(0, chargeback=1), example(1, chargeback=0), example(2, chargeback=0)]
    found = evaluate_scores([Score(risk=0.9), Score(risk=0.1), Score(risk=None)], examples)
    assert found["unscored"] == 1
    assert found["risk"]["n"] == 2
    assert found["labels"] == {}
    assert found["labels_unknown_to_model"] == ["chargeback"]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="1 scores for 0 examples"):
        evaluate_scores([Score(risk=0.1)], [])


def test_it_leaves_what_stands_beside_the_risk_out_of_it() -> None:
    from scoring.training.labels import breaks_policy

    def record(**labels: int) -> Example:
        return Example(item=Item(id="c", kind="contact", payload={}), labels=labels)

    assert breaks_policy(record(email=0, company=0, phone=1)) == 0
    assert breaks_policy(record(email=1, company=0, phone=0)) == 1
    assert breaks_policy(Example(item=Item(id="r", kind="review", payload={}), labels={"phone": 1})) == 1
