"""What a backtest reads of history, and what a subject says of it."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.types import Item, Score

NOT_DECIDED = "none"  # it came with its labels: no machine and no person was asked
OUTCOMES = ("allow", "review", "enforce", NOT_DECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item of history: what was known, what the machine decided first, and what it turned out to be."""

    item: Item
    score: Score | None  # as stored; None where none is
    was: str  # one of OUTCOMES
    reason: str = ""  # code of that decision
    rule: str = ""
    source: str = ""
    language: str = ""
    day: str = ""  # "2026-11-26", where the installation is
    harmful: bool | None = None  # by its labels; None = nobody said
    chance: float | None = None  # of having been drawn for that label, where it was drawn at random


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the subject would make of a row."""

    outcome: str
    hit: bool = False  # a rule holds; else it would be acted on without a person
    near: float | None = None  # how far from being a hit, where that is close; smaller is nearer
    why: str = ""  # what was missing
    error: str = ""
