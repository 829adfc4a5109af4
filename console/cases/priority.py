"""Who is served first: a static key in which waiting counts by itself.

value = chance of violation x (1 + severity) x (1 + log2(1 + reports)), and one point for every service limit waited.
All cases age alike, so "value + waited / limit" orders them as "value - created / limit" does; that number never
changes, which lets one index hold the order while nothing is recomputed.
"""

from __future__ import annotations

from datetime import datetime
from math import log2


def value_of(*, chance: float | None, severity: int, reports: int) -> float:
    """0 to about 40. An unknown chance counts as one half."""
    return (0.5 if chance is None else chance) * (1 + severity) * (1 + log2(1 + reports))


def priority_of(*, value: float, received_at: datetime, limit_minutes: int) -> float:
    return value - received_at.timestamp() / (60 * limit_minutes)
