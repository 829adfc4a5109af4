"""Drift: quiet where nothing changed, whatever the sample sizes; loud where something did, and only after it lasts."""

from __future__ import annotations

import random

import pytest

from scoring.drift import (
    HIGH,
    SURE,
    Shift,
    Value,
    alarmed,
    chi_square_above,
    compare_numbers,
    compare_shares,
    counts_of,
    edges_of,
    holm,
    homogeneity,
    ks,
    level_of,
    psi,
    psi_by_chance,
)


def scores(rng: random.Random, n: int, *, shift: float = 0.0) -> list[Value]:
    """Risks as moderation sees them: most low, some high."""
    return [min(1.0, rng.betavariate(1, 9) + shift if rng.random() < 0.9 else rng.betavariate(6, 2)) for _ in range(n)]


def test_it_knows_the_tails_of_the_chi_square() -> None:
    for x, df, tail in ((3.841, 1, 0.05), (16.919, 9, 0.05), (21.666, 9, 0.01), (0.0, 4, 1.0), (2.088, 9, 0.99)):
        assert chi_square_above(x, df) == pytest.approx(tail, abs=2e-4)
    assert chi_square_above(500, 3) < 1e-80


def test_it_knows_the_table_of_kolmogorov_and_smirnov() -> None:
    """Two samples of five lie apart by chance with 2 / C(10, 5), and four fifths apart with ten times as much."""
    assert ks([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == (1.0, pytest.approx(2 / 252))
    assert ks([1, 2, 3, 4, 6], [5, 7, 8, 9, 10])[1] == pytest.approx(20 / 252)
    assert ks([1.0, 2.0], [1.0, 2.0]) == (0.0, 1.0)


def test_the_exact_and_the_asymptotic_test_agree_where_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(3)
    one, other = [rng.gauss(0, 1) for _ in range(90)], [rng.gauss(0.4, 1) for _ in range(110)]
    exact = ks(one, other)[1]
    monkeypatch.setattr("scoring.drift.EXACT", 0)
    assert ks(one, other)[1] == pytest.approx(exact, rel=0.25)


def test_its_bins_are_those_of_the_reference() -> None:
    edges = edges_of([float(v) for v in range(100)])
    assert edges == [10.0 * i for i in range(1, 10)]
    assert counts_of([0.0, 10.0, 10.5, 1e9, None], edges) == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert edges_of([0.0] * 50) == [0.0]
    assert edges_of([None]) == []


def test_psi_is_what_chance_makes_of_it_where_nothing_changed() -> None:
    """The mean over many pairs of samples, at sizes that differ: the marks of the trade would call the small ones moved."""
    rng = random.Random(1)
    for of, n in ((2000, 100), (500, 500), (2000, 1000)):
        found = [psi([*_multinomial(rng, of)], [*_multinomial(rng, n)]) for _ in range(300)]
        assert sum(found) / len(found) == pytest.approx(psi_by_chance(10, of, n), rel=0.12)


def _multinomial(rng: random.Random, n: int) -> list[int]:
    counts = [0] * 10
    for _ in range(n):
        counts[rng.randrange(10)] += 1
    return counts


def test_it_is_quiet_in_nineteen_of_twenty_windows_that_did_not_change() -> None:
    """Eight things are watched at once, at three window sizes, with ties, rare categories and missing values among them."""
    rng = random.Random(7)
    languages = ["en"] * 80 + ["de"] * 15 + ["tr"] * 4 + ["is"]
    loud = total = 0
    for n in (150, 600, 2000):
        for _ in range(40):
            shifts: list[Shift] = []
            for i in range(6):
                before, after = (_feature(rng, i, size) for size in (1000, n))
                shifts.append(compare_numbers(before, after))
            for names in (languages, ["shop", "app", "web"]):
                shifts.append(compare_shares(*(_count(rng.choices(names, k=size)) for size in (1000, n))))
            sure = holm([shift.p for shift in shifts])
            loud += any(level_of(shift.size, p) == "high" for shift, p in zip(shifts, sure, strict=True))
            total += 1
    assert loud <= 0.05 * total


def _feature(rng: random.Random, i: int, n: int) -> list[Value]:
    if i == 0:
        return scores(rng, n)
    if i == 1:
        return [float(min(3, int(rng.expovariate(2)))) for _ in range(n)]  # ties
    if i == 2:
        return [None if rng.random() < 0.3 else rng.gauss(0, 1) for _ in range(n)]
    return [rng.lognormvariate(0, i) for _ in range(n)]


def _count(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in set(names)}


def test_it_finds_scores_that_moved() -> None:
    rng = random.Random(2)
    shift = compare_numbers(scores(rng, 1000), scores(rng, 300, shift=0.1))
    assert shift.size > HIGH
    assert shift.p < SURE
    assert shift.ks is not None
    assert shift.ks > 0.2
    assert level_of(shift.size, shift.p) == "high"


def test_it_finds_a_spread_that_the_middle_hides() -> None:
    rng = random.Random(4)
    shift = compare_numbers([rng.gauss(0, 1) for _ in range(1500)], [rng.gauss(0, 1.8) for _ in range(800)])
    assert level_of(shift.size, shift.p) == "high"


def test_it_finds_figures_that_stopped_coming() -> None:
    shift = compare_numbers([1.0, 2.0, 3.0, 4.0] * 100, [1.0, 2.0, 3.0, 4.0] * 30 + [None] * 80)
    assert level_of(shift.size, shift.p) == "high"
    assert level_of(*_of(compare_numbers([1.0, 2.0] * 200, [None] * 200))) == "high"


def test_it_finds_a_language_that_is_new() -> None:
    shift = compare_shares({"en": 900, "de": 100}, {"en": 300, "de": 40, "pt": 90})
    assert level_of(*_of(shift)) == "high"
    assert [bar[0] for bar in shift.bars] == ["en", "de", "pt"]


def test_it_finds_what_was_always_nothing_and_now_is_something() -> None:
    assert level_of(*_of(compare_numbers([0.0] * 800, [0.0] * 240 + [1.0] * 60))) == "high"


def test_a_large_sample_alone_makes_no_alarm() -> None:
    """Sure, but small: nobody has to do anything about it."""
    shift = compare_shares({"a": 50_000, "b": 50_000}, {"a": 51_500, "b": 48_500})
    assert shift.p < 1e-6
    assert level_of(*_of(shift)) == "low"


def test_a_small_sample_alone_makes_no_alarm() -> None:
    """Far, but not sure."""
    shift = compare_shares({"a": 30, "b": 30}, {"a": 5, "b": 1})
    assert shift.psi > HIGH
    assert level_of(*_of(shift)) == "low"


def test_rare_bins_are_joined_before_they_are_tested() -> None:
    assert homogeneity([1, 1, 1, 1], [1, 1, 1, 1]) == 1.0
    assert homogeneity([500, 1, 0, 1], [500, 0, 1, 1]) > 0.5
    assert homogeneity([0, 0], [1, 2]) == 1.0


def test_nothing_to_compare_is_nothing_moved() -> None:
    for shift in (compare_numbers([], []), compare_numbers([1.0], []), compare_shares({}, {"a": 3})):
        assert level_of(*_of(shift)) == "low"


def test_holm_corrects_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_an_alarm_takes_two_windows_and_two_more_to_end() -> None:
    levels: list[tuple[str, bool]] = [
        ("high", False), ("low", False), ("high", False), ("high", True), ("near", True), ("low", True), ("high", True), ("low", True),
        ("low", False), ("near", False), ("high", False),
    ]  # fmt: skip
    seen, stands = [], False
    for level, expected in levels:
        seen.append(level)
        stands = alarmed(stands, seen)  # type: ignore[arg-type]
        assert stands is expected, seen


def _of(shift: Shift) -> tuple[float, float]:
    return shift.size, shift.p
