"""The story of an item as the page draws it: by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from console.ui.story import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    title: str
    lines: list[Line] = field(default_factory=list)


def days_of(lines: Sequence[Line]) -> list[Day]:
    days: list[Day] = []
    last: date | None = None
    for line in lines:
        local = timezone.localtime(line.at)
        if local.date() != last:
            last = local.date()
            days.append(Day(title=f"{local:%A}, {local.day} {local:%B %Y}"))
        days[-1].lines.append(line)
    return days
