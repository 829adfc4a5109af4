"""How the head over the encoder is fitted: as strongly as the texts that it has not seen bear."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.text.fitting import HEAD_STRENGTHS, FitOptions, Labelled, Sheet, fit_head_view, fold_numbers

COUNT, WIDTH = 240, 128
Floats = NDArray[np.float64]


def mixed(margin: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """What people say of it differs: about three in ten against the margin."""
    return np.where(rng.random(COUNT) < 0.3, margin < 0, margin > 0).astype(int)


def plain(margin: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    return (margin > 0).astype(int)


@pytest.mark.parametrize(("say", "strength"), [(mixed, HEAD_STRENGTHS[0]), (plain, HEAD_STRENGTHS[1])])
def test_it_holds_the_head_back_where_examples_are_of_two_minds(
    say: Callable[[Floats, np.random.Generator], NDArray[np.int64]], strength: float
) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(COUNT, WIDTH)).astype(np.float32)
    y = say(vectors[:, :4].sum(axis=1), rng)[:, None]
    texts = [f"text {n}" for n in range(COUNT)]
    data = Labelled([[text] for text in texts], y, np.ones_like(y), np.ones(COUNT), texts)
    sheet = Sheet.of(data)
    folds = fold_numbers(data.groups, 4, 0)
    view, honest = fit_head_view(data, sheet, folds, vectors, FitOptions())
    given, as_given = fit_head_view(data, sheet, folds, vectors, FitOptions(head_strength=strength))
    assert np.array_equal(view.weights, given.weights)
    assert np.array_equal(honest, as_given)
