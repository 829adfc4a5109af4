"""The fit is the one that scikit-learn finds, in fewer passes over the items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from scoring.text.linear import fit_logits
from scoring.text.logistic import fit_logistic

ROWS, COLUMNS = 400, 60
Array = np.ndarray[Any, np.dtype[np.float64]]


def drawn(labels: int, seed: int = 0) -> tuple[Any, Array, Array]:
    """Sparse features, one of `labels` classes for each row (of two: no or yes), weights."""
    rng = np.random.default_rng(seed)
    x = sparse.random(ROWS, COLUMNS, 0.2, "csr", np.float32, rng)
    margins = x @ rng.normal(size=(COLUMNS, labels)) * 3 + rng.normal(size=(ROWS, labels))
    return x, margins.argmax(axis=1), rng.uniform(0.5, 2.0, ROWS)


def chances(x: Any, table: Array) -> Array:
    """(n, labels) of the result of fit_logistic()."""
    z = x @ table[:, :-1].T + table[:, -1]
    z = np.hstack([np.zeros_like(z), z]) if len(table) == 1 else z
    return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("dense", [False, True])
def test_it_finds_what_scikit_learn_finds(labels: int, dense: bool) -> None:
    x, classes, weight = drawn(labels)
    x = x.toarray() if dense else x
    target = np.array([classes == label for label in range(labels)], np.float64)[-labels if labels > 2 else 1 :]
    exact = LogisticRegression(C=2.0, max_iter=1000, tol=1e-8).fit(x, classes, sample_weight=weight)
    found = chances(x, fit_logistic(x, target, weight, 2.0))
    assert np.abs(found - exact.predict_proba(x)).max() < 0.01


def test_it_begins_where_it_is_told_and_stays_where_all_is_well() -> None:
    x, classes, weight = drawn(2)
    first = fit_logistic(x, classes[None].astype(float), weight, 2.0)
    assert (fit_logistic(x, classes[None].astype(float), weight, 2.0, first) == first).all()


def test_the_same_items_give_the_same_weights() -> None:
    x, classes, weight = drawn(3)
    target = np.array([classes == label for label in range(3)], np.float64)
    assert (fit_logistic(x, target, weight, 2.0) == fit_logistic(x, target, weight, 2.0)).all()


@pytest.mark.parametrize("labels", [2, 3])
def test_a_rare_class_weighs_as_much_as_a_common_one(labels: int) -> None:
    x, classes, weight = drawn(labels)
    keep = np.flatnonzero((classes > 0) | (np.arange(ROWS) % 9 == 0))
    x, classes, weight = x[keep], classes[keep], weight[keep]
    exclusive = labels > 2
    y = np.eye(labels, dtype=int)[classes] if exclusive else classes[:, None]
    weights, offsets = fit_logits(x, y, np.ones_like(y), weight, exclusive=exclusive, strength=1.0)
    found = chances(x, np.vstack([weights, offsets]).T)
    exact = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000, tol=1e-8).fit(x, classes, sample_weight=weight)
    assert np.abs(found - exact.predict_proba(x)).max() < 0.01


def test_a_label_that_nobody_carries_gets_an_offset_alone() -> None:
    x, classes, weight = drawn(2)
    y = np.column_stack([classes, np.zeros(ROWS, int)])
    weights, offsets = fit_logits(x, y, np.ones_like(y), weight, exclusive=False, strength=1.0)
    assert not weights[:, 1].any()
    assert offsets[1] < -5
    assert weights[:, 0].any()


@pytest.mark.parametrize("exclusive", [True, False])
def test_items_of_no_weight_say_nothing(exclusive: bool) -> None:
    """A class of such items alone is none, and the others are as without it."""
    x, classes, weight = drawn(4)
    y = np.eye(4, dtype=int)[classes]
    weight[classes == 3] = 0
    weights, offsets = fit_logits(x, y, np.ones_like(y), weight, exclusive=exclusive, strength=1.0)
    keep = np.flatnonzero(classes < 3)
    fewer, apart = fit_logits(x[keep], y[keep], np.ones_like(y[keep]), weight[keep], exclusive=exclusive, strength=1.0)
    assert weights[:, :3].any(axis=0).all()
    assert np.abs(weights - fewer).max() < 1e-4
    assert np.abs(offsets - apart).max() < 1e-4
    assert not weights[:, 3].any()
    assert offsets[3] < -5


def test_all_items_of_no_weight_give_offsets_alone() -> None:
    x, classes, weight = drawn(3)
    y = np.eye(3, dtype=int)[classes]
    for exclusive in (True, False):
        weights, offsets = fit_logits(x, y, np.ones_like(y), weight * 0, exclusive=exclusive, strength=1.0)
        assert not weights.any()
        assert np.isfinite(offsets).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_is_refused_and_no_model(wrong: float) -> None:
    x, classes, weight = drawn(2)
    target = classes[None].astype(float)
    broken = x.copy()
    broken.data[0] = wrong
    with pytest.raises(ValueError, match="no finite loss"):
        fit_logistic(broken, target, weight, 2.0)
    weight[0] = wrong
    with pytest.raises(ValueError, match="no finite loss"):
        fit_logistic(x, target, weight, 2.0)
