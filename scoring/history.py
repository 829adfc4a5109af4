"""The past of an item: earlier events that share a key with it, no further back than its kind looks.

Earlier means by time, and for equal times by arrival: add items in the order in which they came, and ask before adding.
Many sources give whole minutes, so without the second half the bursts inside a minute would be invisible.
MemoryHistory is the one for the shell, training and tests; the console keeps the same two methods over SQL.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from scoring.kind import Kind
from scoring.types import Example, Item, PastEvent

PER_KEY = 500  # the newest events of one shared attribute; what is older adds little and costs time


class MemoryHistory:
    """Events of one kind, by shared attribute, in time order. Not for use from several threads."""

    def __init__(self, kind: Kind, per_key: int = PER_KEY) -> None:
        self.kind = kind
        self.per_key = per_key
        self._events: dict[tuple[str, str], list[tuple[datetime, int, PastEvent]]] = {}
        self._count = 0

    def add(self, item: Item) -> None:
        """Remember an item; it is in the past of later ones. One without a time cannot be placed and is left out."""
        at = self.kind.at(item)
        if self.kind.history is None or at is None:
            return
        keys = dict(self.kind.keys(item))
        event = PastEvent(id=item.id, at=_aware(at), keys=keys, facts=dict(self.kind.facts(item)))
        self._count += 1
        for key in keys.items():
            rows = self._events.setdefault(key, [])
            bisect.insort(rows, (event.at, self._count, event))

    def past(self, item: Item) -> tuple[PastEvent, ...]:
        """Of what was added so far, oldest first. Empty for a kind without history or an item without a time."""
        at = self.kind.at(item)
        if self.kind.history is None or at is None:
            return ()
        at = _aware(at)
        found: dict[int, tuple[datetime, int, PastEvent]] = {}
        for key in self.kind.keys(item).items():
            rows = self._events.get(key)
            if not rows:
                continue
            end = bisect.bisect_right(rows, at, key=_time_of)
            start = max(bisect.bisect_left(rows, at - self.kind.history, key=_time_of), end - self.per_key)
            for row in rows[start:end]:
                found[row[1]] = row
        return tuple(event for _, _, event in sorted(found.values(), key=lambda row: row[:2]) if event.id != item.id)

    def with_past(self, item: Item) -> Item:
        return replace(item, past=self.past(item)) if self.kind.history is not None else item


def examples_with_past(kind: Kind, examples: Sequence[Example], earlier: Iterable[Item] = ()) -> list[Example]:
    """The examples in their order, each with its past among all of them and `earlier`: by time, then by position.

    Only what can be known at the time enters (keys and facts of the payload); labels, which arrive weeks later, do not.
    An example that already has a past keeps it.
    """
    if kind.history is None:
        return list(examples)
    history = MemoryHistory(kind)
    for item in earlier:
        history.add(item)
    result = list(examples)
    never = datetime.max.replace(tzinfo=UTC)
    for i in sorted(range(len(result)), key=lambda i: (_aware(kind.at(result[i].item) or never), i)):
        item = result[i].item
        if not item.past:
            result[i] = replace(result[i], item=history.with_past(item))
        history.add(item)
    return result


def _time_of(row: tuple[datetime, int, PastEvent]) -> datetime:
    return row[0]


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
