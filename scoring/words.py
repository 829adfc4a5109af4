"""Chances and times in people-sized words, for cards and sentences."""

from __future__ import annotations


def in_ten(chance: float) -> str:
    """0.62 -> "6 in 10"; the ends are "fewer than 1 in 10" and "more than 9 in 10"."""
    count = max(0, min(10, round(chance * 10)))
    return "fewer than 1 in 10" if count == 0 else "more than 9 in 10" if count == 10 else f"{count} in 10"


def months(count: float) -> str:
    """0.4 -> "2 weeks", 21.2 -> "21 months", 36 -> "3 years"."""
    if count < 2:
        weeks = round(count * 4.35)
        return f"{weeks} weeks" if weeks > 1 else "a week"
    return f"{count:.0f} months" if count < 36 else f"{count / 12:.0f} years"
