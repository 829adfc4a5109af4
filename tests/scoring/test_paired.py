"""Draws as counts: the same as drawing rows one by one, whole groups, within classes, and bounds that keep what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.training.compare import METRICS
from scoring.training.paired import draw_counts, drawn, index_by, sure_range


def sample(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.2).astype(float)
    return y, np.round(1 / (1 + np.exp(-(2 * y - 1.5 + rng.normal(0, 1, n)))), 2)  # with ties


@pytest.mark.parametrize("name", METRICS)
def test_a_measure_of_counts_is_the_measure_of_the_rows_that_were_drawn(name: str) -> None:
    y, p = sample()
    counts = draw_counts(list(range(len(y))), y, 1, 20)
    found = drawn(y, p, counts)[name]
    for row, value in zip(counts.astype(int), found, strict=True):
        rows = np.repeat(np.arange(len(y)), row)
        assert METRICS[name][0](y[rows], p[rows]) == pytest.approx(value, abs=1e-9)


def test_it_draws_whole_groups_and_keeps_the_number_of_each_class() -> None:
    y, _ = sample(200)
    groups = [i // 4 for i in range(200)]
    counts = draw_counts(groups, y, 3, 50)
    by_group = counts.reshape(50, 50, 4)
    assert (by_group == by_group[:, :, :1]).all()
    positive = y.reshape(50, 4).any(axis=1)
    assert (by_group[:, positive, 0].sum(axis=1) == positive.sum()).all()
    assert (draw_counts(groups, y, 3, 50) == counts).all()
    assert (draw_counts(groups, y, 4, 50) != counts).any()


def test_long_tests_are_measured_in_pieces_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    y, p = sample()
    counts = draw_counts(list(range(len(y))), y, 1, 30)
    whole = drawn(y, p, counts)
    monkeypatch.setattr("scoring.training.paired.AT_ONCE", 7 * len(y))
    pieces = drawn(y, p, counts)
    assert all(np.allclose(whole[name], pieces[name]) for name in whole)


def test_a_draw_of_one_class_has_no_ranking_measure() -> None:
    y, p = np.zeros(30), np.linspace(0, 1, 30)
    found = drawn(y, p, draw_counts(list(range(30)), y, 0, 5))
    assert np.isnan(found["auroc"]).all()
    assert np.isnan(found["ap"]).all()
    assert np.isfinite(found["brier"]).all()


def test_a_bound_is_wider_for_many_comparisons_and_for_few_items() -> None:
    gaps = np.random.default_rng(0).normal(0, 0.01, 400)
    one, many, few = (sure_range(gaps, 0.0, alarm, freedom)[0] for alarm, freedom in ((0.025, 100), (0.001, 100), (0.001, 4)))
    assert one == pytest.approx(-1.96 * gaps.std(), rel=0.01)
    assert few < many < one


def test_items_may_stand_under_several_names_and_count_once_under_each() -> None:
    found = index_by([["a", "b"], ["b", "b"], []])
    assert {name: places.tolist() for name, places in found.items()} == {"a": [0], "b": [0, 1]}
