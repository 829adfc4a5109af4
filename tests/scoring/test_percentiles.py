"""A percentile says only what holds: more than so many lie below, or above."""

from __future__ import annotations

import random

import pytest

from scoring.percentiles import LEAST, quantiles_of, standing


def test_it_needs_enough_known_values() -> None:
    assert quantiles_of([float("nan")] * 500 + [1.0] * (LEAST - 1)) == []
    assert len(quantiles_of([1.0] * LEAST)) == 101
    assert standing([], 3.0) is None
    assert standing(quantiles_of([1.0] * LEAST), float("nan")) is None


@pytest.mark.parametrize(("value", "place"), [(-5, 1), (500, 49), (499.9, 49), (2000, 99), (950, 94), (40, 5)])
def test_it_places_a_value(value: float, place: int) -> None:
    assert standing(quantiles_of([float(i) for i in range(1001)]), value) == pytest.approx(place, abs=1)


def test_what_most_share_is_the_middle() -> None:
    points = quantiles_of([0.0] * 60 + [float(i) for i in range(1, 41)])
    assert standing(points, 0.0) == 50
    assert standing(points, 39.0) == pytest.approx(98, abs=1)


@pytest.mark.parametrize("seed", range(20))
def test_both_ways_of_saying_it_hold(seed: int) -> None:
    """"More than 96 in 100" and "less than 96 in 100" must be true of the values themselves, ties and all."""
    rng = random.Random(seed)
    values = [float(rng.choice([0, 0, 0, 1, rng.randrange(50), rng.lognormvariate(2, 1)])) for _ in range(rng.randrange(LEAST, 900))]
    points = quantiles_of(values)
    known = [float(f"{v:.6g}") for v in values]
    for value in [*rng.sample(values, 30), -1.0, 1e6]:
        place = standing(points, value)
        assert place is not None
        seen = float(f"{value:.6g}")
        if place > 50:
            assert sum(v < seen for v in known) / len(known) >= (place - 1) / 100
        if place < 50:
            assert sum(v > seen for v in known) / len(known) >= (100 - place - 1) / 100
