"""Choosing what to label: every chance is known and right, and far fewer labels do as well as many drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from scoring.choosing import Pick, alike, choose


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def stream() -> tuple[np.ndarray, np.ndarray]:
    """4,000 items, 1 in 25 harmful: three campaigns of different size, each with its own words, among honest items of many sorts."""
    rng = np.random.default_rng(3)
    y = (rng.random(4000) < 0.04).astype(int)
    sort = rng.integers(0, 30, 4000)
    x = rng.normal(size=(30, 60))[sort] + rng.normal(size=(4000, 60)) * 1.1
    campaign = rng.choice(3, 4000, p=[0.6, 0.3, 0.1])
    x[y == 1] += 1.7 * rng.normal(size=(3, 60))[campaign[y == 1]]
    return unit(x), y


def test_the_chances_of_all_draws_are_as_told() -> None:
    rng = np.random.default_rng(0)
    chances, vectors = rng.random(60), unit(rng.normal(size=(60, 5)))
    told, drawn = np.zeros(60), np.zeros(60)
    rounds = 3000
    for seed in range(rounds):
        for pick in choose(chances, 12, seed=seed):
            drawn[pick.index] += 1 / rounds
            told[pick.index] = pick.propensity
    assert np.abs(told - drawn).max() < 0.045  # five standard errors
    different = choose(chances, 12, vectors=vectors, labelled=vectors[:3], seed=1)
    assert {pick.way for pick in different} == {"random", "uncertain", "different"}
    assert all(0 < pick.propensity <= 1 for pick in different)


def test_two_thousand_draws_take_each_item_as_often_as_its_chance_says() -> None:
    """All four draws at once, over items of which a third has no vector and some lie near what was missed, whatever the cells: on average
    1 / the chance that was told counts each item once (Horvitz and Thompson), and none is without a chance."""
    rng, n, rounds = np.random.default_rng(6), 90, 2000
    chances, vectors = rng.beta(0.5, 2, n), unit(rng.normal(size=(n, 6)))
    chances[::17] = np.nan
    vectors[::3] = np.nan
    near = np.zeros(n, bool)
    near[4:14] = True
    counted, spread, ways = np.zeros(n), np.zeros(n), set()
    for seed in range(rounds):
        for pick in choose(chances, 20, vectors=vectors, labelled=vectors[1:3] if seed % 2 else None, near=near, seed=seed):
            counted[pick.index] += 1 / pick.propensity / rounds
            spread[pick.index] += (1 / pick.propensity) ** 2 / rounds
            ways.add(pick.way)
    assert ways == {"missed", "random", "uncertain", "different"}
    assert counted.min() > 0, "no item is without a chance"
    off = np.abs(counted - 1) / np.sqrt(np.maximum(spread - counted**2, 1e-9) / rounds)
    assert off.max() < 4.5, (int(off.argmax()), counted[off.argmax()])


def test_it_keeps_to_its_room_and_takes_what_is_doubted_more_often() -> None:
    chances = np.r_[np.full(900, 0.001), np.full(100, 0.5)]
    picks = choose(chances, 50, random_share=0.2, seed=2)
    assert 40 <= len(picks) <= 50
    assert sum(pick.index >= 900 for pick in picks) > 30
    assert min(pick.propensity for pick in picks) >= 10 / 1000  # what is drawn by chance alone


def test_a_weighted_mean_of_the_choice_is_the_mean_of_all() -> None:
    """Horvitz and Thompson: though the choice is full of what is doubted, the share of harm is estimated without bias."""
    rng = np.random.default_rng(1)
    chances = rng.beta(0.3, 3, 2000)
    harm = rng.random(2000) < chances
    estimates = [sum(harm[p.index] / p.propensity for p in choose(chances, 200, random_share=0.4, seed=s)) / 2000 for s in range(300)]
    assert np.mean(estimates) == pytest.approx(harm.mean(), abs=0.004)
    plain = np.mean([harm[p.index] for p in choose(chances, 200, random_share=0.4, seed=0)])
    assert plain > 1.5 * harm.mean()


@pytest.mark.parametrize(("n", "room", "count"), [(5, 10, 5), (10, 0, 0), (0, 3, 0)])
def test_it_takes_all_or_nothing_at_the_edges(n: int, room: int, count: int) -> None:
    assert len(choose(np.full(n, np.nan), room)) == count


def test_difference_reaches_every_corner() -> None:
    rng = np.random.default_rng(4)
    corners = np.eye(10)[np.r_[np.zeros(900, int), np.repeat(np.arange(1, 10), 5)]]
    vectors = unit(corners + 0.05 * rng.normal(size=corners.shape))
    picks: list[Pick] = choose(np.full(len(vectors), 0.001), 80, vectors=vectors, labelled=vectors[:20], seed=0)
    reached = {int(corners[pick.index].argmax()) for pick in picks if pick.way == "different"}
    assert len(reached - {0}) >= 8


def labels_needed(x: np.ndarray, y: np.ndarray, *, chosen: bool, seed: int) -> int:
    """How many labels until the model is 95 % as precise, on the other half, as with all of them."""
    half = len(x) // 2
    train, test = np.arange(half), np.arange(half, len(x))

    def precision(rows: np.ndarray) -> float:
        model = LogisticRegression(C=30.0, class_weight="balanced", max_iter=300).fit(x[rows], y[rows])
        return float(average_precision_score(y[test], model.decision_function(x[test])))

    goal = 0.95 * precision(train)
    rng = np.random.default_rng(seed)
    known = rng.choice(train, 60, replace=False)
    while len(known) < half:
        if len(set(y[known].tolist())) == 2 and precision(known) >= goal:
            break
        left = np.setdiff1d(train, known)
        if chosen and len(set(y[known].tolist())) == 2:
            model = LogisticRegression(C=30.0, class_weight="balanced", max_iter=300).fit(x[known], y[known])
            chances = model.predict_proba(x[left])[:, 1]
            more = left[[pick.index for pick in choose(chances, 40, vectors=x[left], labelled=x[known], random_share=0.1, seed=len(known))]]
        else:
            more = rng.choice(left, 40, replace=False)
        known = np.concatenate([known, more])
    return len(known)


def test_a_fifth_of_the_labels_does_what_random_ones_do_with_far_more(stream: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = stream
    ours = [labels_needed(x, y, chosen=True, seed=seed) for seed in range(3)]
    random = [labels_needed(x, y, chosen=False, seed=seed) for seed in range(3)]
    assert np.median(ours) <= 0.2 * 2000, (ours, random)
    assert np.median(ours) < 0.6 * np.median(random), (ours, random)


def test_a_handful_of_examples_finds_more_of_a_new_category(stream: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = stream
    harmful = np.flatnonzero(y)
    few, rest = harmful[:8], np.setdiff1d(np.arange(len(x)), harmful[:8])
    ranked = rest[np.argsort(-alike(x[rest], x[few]))]
    found = y[ranked[:40]].mean()
    assert found > 5 * y[rest].mean()
    with pytest.raises(ValueError, match="too few"):
        alike(x, x[:4])
