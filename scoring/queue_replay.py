"""Replay a queue: the same arrivals served first come first, by risk, by value, and by one who knows the answers.

A discrete-event simulation in minutes. People serve one case at a time and do not break off; arrivals follow a day (busy at noon,
quiet at night) at a chosen average utilisation. Harm-minutes of an item that breaks the rules are weight of its severity x its
exposure, relative to the average item, x the minutes until a person has decided it. A breach is a case that was taken up later than the
limit of its severity. With costs that grow linearly, serving by (cost a minute / handling time) is optimal for the total (the c-mu rule;
Cox and Smith, Queues, 1961), so the oracle, which knows the true cost, bounds what any order can reach.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scoring.queueing import HARM, Worth, chance_of, changes_of, draw_of, harm_of, hurry_at, key_of, rank_of, urgent_key

DAY = 24 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A scored item that would wait for a person: what arrivals are drawn from."""

    chance: float  # calibrated, that it breaks a rule
    severity: int  # 0-3, of the clause that it may break
    violates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One arrival, `name`d for the lot that the queue draws. `exposure` is what the platform tells, `true_exposure` what happens; both
    relative to an average of 1."""

    name: str
    at: float  # minutes
    item: Candidate
    exposure: float
    true_exposure: float
    handling: float  # minutes that a person needs, known only afterwards

    @property
    def harm_rate(self) -> float:
        return harm_of(self.item.severity) * self.true_exposure if self.item.violates else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who is taken first: `key`, higher first; from `hurry` (minutes) on, `urgent` instead, above all that do not hurry."""

    key: Callable[[Waiting], float]
    hurry: Callable[[Waiting], float] = lambda case: math.inf
    urgent: Callable[[Waiting], float] = lambda case: 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many people, how busy, how long; `limits` are minutes by severity 0-3, `handling` the median seconds of a decision."""

    people: int = 4
    utilisation: float = 0.85
    days: float = 5.0
    swing: float = 0.4  # arrivals at noon are 1.4 times the average, at midnight 0.6 times; people are the same all day
    handling: float = 30.0
    limits: tuple[float, float, float, float] = (480.0, 240.0, 120.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What one order made of one stream."""

    harm_minutes: float
    by_hour: tuple[float, ...]  # harm-minutes of the items that arrived in each hour
    breaches: int
    severe_breaches: int
    served: int
    longest_wait: float  # minutes


def arrivals(candidates: Sequence[Candidate], plan: Plan, rng: random.Random) -> list[Waiting]:
    """A stream of `plan.days`, drawn with replacement. Exposure is log-normal (a few items reach many), handling log-normal too."""
    spread = 0.6
    mean_handling = plan.handling / 60 * math.exp(spread**2 / 2)
    rate = plan.people * plan.utilisation / mean_handling
    peak, now = rate * (1 + plan.swing), 0.0
    stream: list[Waiting] = []
    while (now := now + rng.expovariate(peak)) < plan.days * DAY:
        if rng.random() * peak > rate * (1 - plan.swing * math.cos(2 * math.pi * now / DAY)):
            continue  # thinning: Lewis and Shedler, 1979
        reached = rng.lognormvariate(-0.72, 1.2)
        told, handling = reached * rng.lognormvariate(-0.125, 0.5), plan.handling / 60 * rng.lognormvariate(0.0, spread)
        item = rng.choice(candidates)
        stream.append(Waiting(name=str(len(stream)), at=now, item=item, exposure=told, true_exposure=reached, handling=handling))
    return stream


def serve(stream: Sequence[Waiting], order: Order, plan: Plan) -> Served:
    """Let people work the stream off, always the first that waits."""
    free = [0.0] * plan.people
    line = _Line(stream, order)
    waits = [0.0] * len(stream)
    for _ in stream:
        now = line.arrive(heapq.heappop(free))
        index = line.take(now)
        waits[index] = now - stream[index].at
        heapq.heappush(free, now + stream[index].handling)
    return _told(stream, waits, plan)


class _Line:
    """What waits, in two bands; a case that was taken from one is passed over in the other."""

    def __init__(self, stream: Sequence[Waiting], order: Order) -> None:
        self._stream, self._order, self._next = stream, order, 0
        self._usual: list[tuple[float, int]] = []
        self._urgent: list[tuple[float, int]] = []
        self._hurry: list[tuple[float, int]] = []
        self._gone = [False] * len(stream)
        self._waiting = 0

    def arrive(self, now: float) -> float:
        """Let in what has come by `now`, or wait for the next; returns the time it then is."""
        if not self._waiting:
            now = max(now, self._stream[self._next].at)
        while self._next < len(self._stream) and self._stream[self._next].at <= now:
            case = self._stream[self._next]
            heapq.heappush(self._usual, (-self._order.key(case), self._next))
            heapq.heappush(self._hurry, (self._order.hurry(case), self._next))
            self._next += 1
            self._waiting += 1
        return now

    def take(self, now: float) -> int:
        while self._hurry and self._hurry[0][0] <= now:
            index = heapq.heappop(self._hurry)[1]
            heapq.heappush(self._urgent, (-self._order.urgent(self._stream[index]), index))
        for band in (self._urgent, self._usual):
            while band and self._gone[band[0][1]]:
                heapq.heappop(band)
        index = heapq.heappop(self._urgent or self._usual)[1]
        self._gone[index] = True
        self._waiting -= 1
        return index


def _told(stream: Sequence[Waiting], waits: Sequence[float], plan: Plan) -> Served:
    hours = [0.0] * math.ceil(plan.days * 24)
    breaches = severe = 0
    for case, wait in zip(stream, waits, strict=True):
        hours[int(case.at // 60)] += case.harm_rate * (wait + case.handling)
        late = wait > plan.limits[case.item.severity]
        breaches += late
        severe += late and case.item.severity == len(HARM) - 1
    return Served(
        harm_minutes=sum(hours), by_hour=tuple(hours), breaches=breaches, severe_breaches=severe, served=len(stream),
        longest_wait=max(waits, default=0.0),
    )  # fmt: skip


FIRST_COME = Order(key=lambda case: -case.at)
BY_RISK = Order(key=lambda case: case.item.chance)
ORACLE = Order(key=lambda case: case.harm_rate / case.handling)  # knows what breaks the rules, how far it reaches, how long it takes


def by_value(plan: Plan) -> Order:
    """The order of the console's queues (scoring/queueing.py), from what it knows: chance, severity, exposure, the usual work."""
    usual = 60 * plan.limits[1]

    def due(case: Waiting) -> float:
        return 60 * (case.at + plan.limits[case.item.severity])

    def key(case: Waiting) -> float:
        worth = Worth(
            chance=chance_of(case.item.chance), severity=case.item.severity, rate=case.exposure, changes=changes_of(case.item.chance),
            seconds=plan.handling,
        )  # fmt: skip
        rank, drawn = rank_of(worth.value), draw_of(case.name)
        return key_of(rank=rank if drawn is None else max(rank, drawn), due=due(case), usual_seconds=usual)

    return Order(
        key=key, hurry=lambda case: hurry_at(due=due(case), limit_seconds=60 * plan.limits[case.item.severity]) / 60,
        urgent=lambda case: urgent_key(severity=case.item.severity, due=due(case)),
    )  # fmt: skip
