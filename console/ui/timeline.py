"""The story of an item as the page draws it: by day, with an icon for what happened and a sign for who did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from console.insights.timeline import Event

ICONS = {
    "Received": "plug", "Scored": "machine", "Decided": "rule", "Reported": "flag", "Feedback": "refresh", "Sent": "queue", "Took": "plug",
    "Taken": "person", "Verdict": "allow", "Skipped": "undo", "Given": "undo", "Second": "team", "Passed": "team",
}  # fmt: skip
OPINION = ("Scored", "Decided")  # tell what the machine thinks


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    at: datetime
    who: str
    by: str
    sentence: str
    icon: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    title: str
    lines: list[Line] = field(default_factory=list)


def days_of(events: Sequence[Event], *, hide_opinion: bool = False) -> list[Day]:
    """Oldest first. With `hide_opinion` the machine's sentences are left out: the case is still open."""
    days: list[Day] = []
    last: date | None = None
    for event in events:
        first = event.sentence.partition(" ")[0].rstrip(":")
        if hide_opinion and first in OPINION and event.by == "machine":
            continue
        local = timezone.localtime(event.at)
        if local.date() != last:
            last = local.date()
            days.append(Day(title=f"{local:%A}, {local.day} {local:%B %Y}"))
        days[-1].lines.append(
            Line(at=event.at, who=event.actor, by=event.by, sentence=event.sentence, icon=ICONS.get(first, "info"), note=_note(event))
        )
    return days


def _note(event: Event) -> str:
    if event.detail.get("evidence_seen") is True:
        return "The evidence was shown, so this trains but never tests."
    if event.detail.get("evidence_seen") is False:
        return "Decided without the machine's opinion."
    return ""
