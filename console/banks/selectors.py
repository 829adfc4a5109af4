"""Reads: the index of known content that the workers match against."""

from __future__ import annotations

from threading import Lock

from django.db.models import Count, Sum

from console.banks.models import BankEntry
from scoring.kind import load
from scoring.types import HashMatcher

_INDEX = "scoring.signals.hashes:HashIndex"  # numpy: workers only
_State = tuple[int, int]


class _Cache:
    """One index for each process, built anew when an entry was added, switched off or removed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: _State | None = None
        self._index: HashMatcher | None = None

    def get(self) -> HashMatcher | None:
        state = _state()
        with self._lock:
            if state != self._state:
                self._index = load(_INDEX)(_rows()) if state[1] else None
                self._state = state
            return self._index


_cache = _Cache()


def bank_index() -> HashMatcher | None:
    """All active entries of all active banks; None when there are none. One small query while nothing has changed."""
    return _cache.get()


def _state() -> _State:
    """(sum of ids, how many) of what is active: entries are added, switched on or off, or removed, but never changed."""
    found = BankEntry.objects.filter(is_active=True, bank__is_active=True).aggregate(total=Sum("id"), n=Count("id"))
    return int(found["total"] or 0), int(found["n"])


def _rows() -> list[dict[str, object]]:
    entries = BankEntry.objects.filter(is_active=True, bank__is_active=True).select_related("bank").order_by("id")
    return [
        {"id": f"{e.bank.slug}/{e.pk}", "label": e.bank.label, "sha256": e.sha256, "pdq": e.pdq, "vpdq": e.vpdq}
        for e in entries.iterator(chunk_size=2000)
    ]
