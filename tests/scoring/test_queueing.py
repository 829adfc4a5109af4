"""The value of a case and its place: what is worth more stands sooner, and nothing waits beyond its limit for a lower class."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

import pytest

from scoring.queueing import (
    EXPLORED,
    HURRY,
    Load,
    Worth,
    chance_of,
    changes_of,
    draw_of,
    harm_of,
    hours_to_clear,
    hurry_at,
    key_of,
    people_needed,
    rank_of,
    rate_of,
    urgent_key,
)

LIMITS = {3: 1800.0, 2: 3600.0, 1: 4 * 3600.0, 0: 8 * 3600.0}
USUAL = 4 * 3600.0


def worth(**more: float) -> Worth:
    parts = {"chance": 0.5, "severity": 1, "rate": 1.0, "changes": 0.5, "seconds": 30.0, **more}
    return Worth(**{**parts, "severity": int(parts["severity"])})


@pytest.mark.parametrize("more", [{"chance": 0.9}, {"severity": 2}, {"rate": 50.0}, {"changes": 0.8}, {"seconds": 10.0}])
def test_each_part_of_the_value_brings_a_case_forward(more: dict[str, float]) -> None:
    assert worth(**more).value > worth().value
    assert rank_of(worth(**more).value) > rank_of(worth().value)


def test_a_rank_is_a_share_whatever_the_value() -> None:
    for value in (0.0, 1e-300, 1e-6, 1.0, 1e12, float("inf")):
        assert 0 <= rank_of(value) <= 1


def test_reports_raise_the_chance_and_many_do_not_make_it_sure() -> None:
    assert chance_of(0.1) == pytest.approx(0.1)
    assert 0.1 < chance_of(0.1, 1) < chance_of(0.1, 3) < chance_of(0.1, 100) < 1
    assert chance_of(None) == 0.5
    assert chance_of(float("nan")) == 0.5
    assert chance_of(0.0) > 0


def test_the_reach_comes_from_views_then_reach_then_followers() -> None:
    assert rate_of({}) == 1.0
    assert rate_of({"views": 1000}, age_hours=10) == 100
    assert rate_of({"reach": 240, "followers": 10_000_000}) == 10
    assert rate_of({"followers": 24_000}) == pytest.approx(100)
    for broken in ("many", True, -1, float("nan"), float("inf"), None, [3]):
        assert rate_of({"views": broken}) == 1.0
    assert rate_of({"views": 1e30}) <= 1e6


def test_people_s_verdicts_of_the_same_decile_outweigh_the_guess_when_there_are_enough() -> None:
    guess = changes_of(0.95)
    never = [(0, 0)] * 9 + [(500, 0)]
    assert changes_of(0.95, never) < 0.05 < guess
    assert changes_of(0.95, [(0, 0)] * 10) == pytest.approx(guess)
    assert changes_of(0.05, never) == pytest.approx(changes_of(0.05))
    assert changes_of(None, never) == 0.5


def test_a_case_in_twenty_is_placed_by_chance_and_always_at_the_same_place() -> None:
    drawn = [draw_of(f"case-{n}") for n in range(20_000)]
    share = sum(d is not None for d in drawn) / len(drawn)
    assert abs(share - EXPLORED) < 0.006
    assert all(0 <= d < 1 for d in drawn if d is not None)
    assert draw_of("case-7") == draw_of("case-7")


def test_near_the_limit_class_goes_before_value_and_before_time() -> None:
    now = 1.8e9
    severe, mild = urgent_key(severity=3, due=now + 500), urgent_key(severity=1, due=now - 90_000)
    precious = key_of(rank=1.0, due=now, usual_seconds=60.0)
    assert severe > mild > precious
    assert urgent_key(severity=3, due=now) > severe
    assert hurry_at(due=now, limit_seconds=1000) == now - 1000 * HURRY


def test_waiting_counts_the_same_for_all() -> None:
    """Two cases never change places while nothing is learnt: the key needs no refreshing."""
    early = key_of(rank=0.5, due=1.8e9, usual_seconds=USUAL)
    late = key_of(rank=0.5, due=1.8e9 + USUAL, usual_seconds=USUAL)
    assert early - late == pytest.approx(1.0)


def test_people_needed_follow_the_tightest_class() -> None:
    assert people_needed([Load(waiting=0, arriving=0, limit_seconds=60)], seconds=30) == 0
    # 120 an hour of 30 s each is one person, all the time: with room for waves, two
    assert people_needed([Load(waiting=0, arriving=120, limit_seconds=3600)], seconds=30) == 2
    # 60 severe ones must be done in 10 minutes although the mild ones have a day
    loads = [Load(waiting=60, arriving=0, limit_seconds=600), Load(waiting=100, arriving=0, limit_seconds=86_400)]
    assert people_needed(loads, seconds=30) == 4


def test_the_forecast_is_honest_about_a_queue_that_grows() -> None:
    assert hours_to_clear(waiting=100, arriving=50, leaving=100) == 2
    assert hours_to_clear(waiting=100, arriving=50, leaving=50) is None
    assert hours_to_clear(waiting=0, arriving=50, leaving=0) == 0


@dataclass(frozen=True)
class Arrival:
    at: float
    severity: int
    breaks: bool
    worth: Worth

    @property
    def due(self) -> float:
        return self.at + LIMITS[self.severity]


def arrivals(count: int, each_second: float) -> list[Arrival]:
    dice, at, rows = random.Random(20), 0.0, []
    for _ in range(count):
        at += dice.expovariate(each_second)
        chance = dice.betavariate(0.6, 2)
        severity = dice.choices((0, 1, 2, 3), (40, 35, 18, 7))[0]
        part = worth(chance=max(0.01, chance), severity=severity, rate=min(1e5, dice.lognormvariate(1, 1.5)), changes=changes_of(chance))
        rows.append(Arrival(at, severity, dice.random() < chance, part))
    return rows


def serve(rows: list[Arrival], *, people: int, by_value: bool) -> tuple[float, int, int]:
    """Harm while things wait, how many waited too long, and how often a lower class was served while a higher was overdue."""
    free = [0.0] * people
    waiting: list[tuple[float, int]] = []
    near: list[tuple[float, int]] = []
    done: set[int] = set()
    harm, late, wrong, arrived = 0.0, 0, 0, 0
    while len(done) < len(rows):
        now = heapq.heappop(free)
        if not waiting or len(done) == arrived:
            now = max(now, rows[arrived].at) if arrived < len(rows) else now
        while arrived < len(rows) and rows[arrived].at <= now:
            row = rows[arrived]
            key = key_of(rank=rank_of(row.worth.value), due=row.due, usual_seconds=USUAL) if by_value else -row.at
            heapq.heappush(waiting, (-key, arrived))
            heapq.heappush(near, (hurry_at(due=row.due, limit_seconds=LIMITS[row.severity]), arrived))
            arrived += 1
        while by_value and near and near[0][0] <= now:
            index = heapq.heappop(near)[1]
            heapq.heappush(waiting, (-urgent_key(severity=rows[index].severity, due=rows[index].due), index))
        while waiting[0][1] in done:
            heapq.heappop(waiting)
        index = heapq.heappop(waiting)[1]
        row = rows[index]
        done.add(index)
        overdue = (rows[i].severity for i in range(arrived) if i not in done and rows[i].due < now) if by_value and index % 50 == 0 else ()
        wrong += any(severity > row.severity for severity in overdue)
        harm += row.breaks * harm_of(row.severity) * row.worth.rate * (now - row.at)
        late += now > row.due
        heapq.heappush(free, now + 30.0)
    return harm, late, wrong


def test_it_spares_most_of_the_harm_of_first_come_first_served_at_85_percent_load() -> None:
    rows = arrivals(4000, each_second=0.85 * 4 / 30)
    ours, late, wrong = serve(rows, people=4, by_value=True)
    fifo, _, _ = serve(rows, people=4, by_value=False)
    assert ours <= 0.4 * fifo
    assert late <= 0.005 * len(rows)
    assert wrong == 0


def test_even_when_too_much_arrives_no_lower_class_goes_before_an_overdue_higher_one() -> None:
    rows = arrivals(6000, each_second=10 * 4 / 30)
    _, late, wrong = serve(rows, people=4, by_value=True)
    assert late > 0, "the load must be too much for this to say anything"
    assert wrong == 0
