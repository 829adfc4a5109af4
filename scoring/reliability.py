"""How reliable each judge is, by Dawid and Skene (1979), Applied Statistics 28, 20-28: EM over unknown true classes.

Some truths may be known (gold): those are fixed. `prior` adds so many imagined answers to each row of a judge's matrix, most
of them right, so that a judge with few answers is not called perfect or hopeless; 0 is the method as published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

Truth = dict[str, float]  # class -> chance
PRIOR_RIGHT = 0.8
_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    unit: Hashable
    judge: Hashable
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    classes: tuple[str, ...]
    truths: Mapping[Hashable, Truth]
    shares: Truth  # of the classes
    rates: Mapping[Hashable, Mapping[str, Truth]]  # judge -> truth -> answer -> chance
    counts: Mapping[Hashable, Mapping[str, Truth]]  # the same as expected numbers of answers, nothing imagined


def judge_all(
    answers: Sequence[Answer], *, known: Mapping[Hashable, str] | None = None, prior: float = 0.0, rounds: int = 100, close: float = 1e-6
) -> Judged:
    """Raises ValueError without answers. Starts from the share of each answer, as published; stops when no truth moves by `close`."""
    if not answers:
        raise ValueError("there are no answers")
    known = known or {}
    classes = tuple(sorted({answer.value for answer in answers} | set(known.values())))
    by_unit: dict[Hashable, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_unit[answer.unit].append(answer)
    truths = {unit: _fixed(known[unit], classes) if unit in known else _votes(given, classes) for unit, given in by_unit.items()}
    for _ in range(rounds):
        shares, counts = _maximise(by_unit, truths, classes)
        rates = {judge: {true: _rates(row, true, classes, prior) for true, row in rows.items()} for judge, rows in counts.items()}
        moved = 0.0
        for unit, given in by_unit.items():
            if unit in known:
                continue
            new = _expect(given, shares, rates, classes)
            moved = max([moved, *(abs(new[name] - truths[unit][name]) for name in classes)])
            truths[unit] = new
        if moved < close:
            break
    shares, counts = _maximise(by_unit, truths, classes)
    rates = {judge: {true: _rates(row, true, classes, prior) for true, row in rows.items()} for judge, rows in counts.items()}
    return Judged(classes=classes, truths=truths, shares=shares, rates=rates, counts=counts)


def _fixed(value: str, classes: Sequence[str]) -> Truth:
    return {name: float(name == value) for name in classes}


def _votes(given: Sequence[Answer], classes: Sequence[str]) -> Truth:
    return {name: sum(answer.value == name for answer in given) / len(given) for name in classes}


def _maximise(
    by_unit: Mapping[Hashable, Sequence[Answer]], truths: Mapping[Hashable, Truth], classes: Sequence[str]
) -> tuple[Truth, dict[Hashable, dict[str, Truth]]]:
    shares = dict.fromkeys(classes, 0.0)
    counts: dict[Hashable, dict[str, Truth]] = {}
    for unit, given in by_unit.items():
        likely = [(name, chance) for name, chance in truths[unit].items() if chance > _TINY]
        for name, chance in likely:
            shares[name] += chance / len(by_unit)
        for answer in given:
            rows = counts.setdefault(answer.judge, {name: dict.fromkeys(classes, 0.0) for name in classes})
            for name, chance in likely:
                rows[name][answer.value] += chance
    return shares, counts


def _rates(row: Truth, true: str, classes: Sequence[str], prior: float) -> Truth:
    others = max(1, len(classes) - 1)
    imagined = {name: prior * (PRIOR_RIGHT if name == true else (1 - PRIOR_RIGHT) / others) for name in classes}
    total = sum(row.values()) + prior
    if total <= 0:
        return dict.fromkeys(classes, 1 / len(classes))
    return {name: (row[name] + imagined[name]) / total for name in classes}


def _expect(given: Sequence[Answer], shares: Truth, rates: Mapping[Hashable, Mapping[str, Truth]], classes: Sequence[str]) -> Truth:
    logs = {
        name: log(max(shares[name], _TINY)) + sum(log(max(rates[answer.judge][name][answer.value], _TINY)) for answer in given)
        for name in classes
    }
    most = max(logs.values())
    weights = {name: exp(value - most) for name, value in logs.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
