from __future__ import annotations

import json

import numpy as np
import pytest

from scoring.calibration import Calibrator, logit, sigmoid
from scoring.uncertainty import entropy, uncertainty

GRID = np.linspace(0, 1, 401)


def skewed(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Raw probabilities that are over-confident: the true log-odds are half of them, minus one."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 3, n)
    y = (rng.random(n) < sigmoid(0.5 * margin - 1)).astype(int)
    return sigmoid(margin), y


@pytest.mark.parametrize(("n", "method"), [(80, "platt"), (1500, "beta"), (20000, "isotonic")])
def test_it_picks_the_method_that_the_samples_can_carry(n: int, method: str) -> None:
    raw, y = skewed(n)
    fitted = Calibrator.fit(raw, y)
    assert fitted.method == method
    out = fitted.apply(GRID)
    assert (np.diff(out) >= 0).all()
    assert 0 < out.min() < out.max() < 1
    truth = sigmoid(0.5 * logit(GRID[20:-20]) - 1)
    assert np.abs(out[20:-20] - truth).mean() < (0.15 if n < 100 else 0.03)


@pytest.mark.parametrize("n", [80, 1500, 20000])
def test_it_survives_json(n: int) -> None:
    raw, y = skewed(n, seed=3)
    fitted = Calibrator.fit(raw, y)
    again = Calibrator.from_json(json.loads(json.dumps(fitted.to_json())))
    assert (again.apply(GRID) == fitted.apply(GRID)).all()


def test_it_keeps_the_ranking_when_all_samples_are_of_one_class() -> None:
    fitted = Calibrator.fit(np.array([0.1, 0.2, 0.7]), np.zeros(3))
    out = fitted.apply(np.array([0.1, 0.5, 0.9]))
    assert (np.diff(out) > 0).all()
    assert out[2] < 0.9


def test_it_never_turns_a_ranking_round() -> None:
    raw, y = skewed(300)
    assert (np.diff(Calibrator.fit(raw, 1 - y).apply(GRID)) >= 0).all()


def test_it_reads_margins_outside_0_and_1() -> None:
    raw, y = skewed(400)
    fitted = Calibrator.fit(logit(raw), y)
    assert fitted.scale == "margin"
    assert 0 < fitted.apply(np.array([-1e9]))[0] < fitted.apply(np.array([1e9]))[0] < 1


def test_it_minds_weights() -> None:
    raw, y = np.full(100, 0.5), np.tile([0, 1], 50)
    light = Calibrator.fit(raw, y).apply(0.5)[0]
    heavy = Calibrator.fit(raw, y, np.where(y == 1, 9.0, 1.0)).apply(0.5)[0]
    assert light == pytest.approx(0.5, abs=0.02)
    assert heavy > 0.8


@pytest.mark.parametrize(
    ("raw", "y"), [([], []), ([0.1], [0, 1]), ([float("nan")], [0]), ([0.2], [2])], ids=["none", "lengths", "nan", "label 2"]
)
def test_it_refuses_what_is_not_data(raw: list[float], y: list[int]) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibrator.fit(raw, y)


@pytest.mark.parametrize("data", [{}, {"method": "magic", "scale": "margin", "params": [], "x": [], "y": []}])
def test_it_refuses_what_is_not_a_calibrator(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a calibrator"):
        Calibrator.from_json(data)


def test_uncertainty_is_largest_at_a_coin_toss() -> None:
    assert uncertainty(None) == 1.0
    assert entropy(0.5) == 1.0
    assert uncertainty(0.0) == uncertainty(1.0, {"spam": 1.0}) == 0.0
    assert uncertainty(0.02) < uncertainty(0.2) < uncertainty(0.45)


def test_not_knowing_which_label_counts_half() -> None:
    assert uncertainty(1.0, {"hate": 0.5, "threat": 0.5}) == 0.5
