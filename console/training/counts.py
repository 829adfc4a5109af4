"""What a frozen data set holds: by source, class, language, platform and age. Workers only (it tells languages apart)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from scoring.kind import Kind, load
from scoring.training.labels import breaks_policy, risk_target
from scoring.types import Example, Json

Line = dict[str, Json]
AGES = (("week", 7), ("month", 30), ("quarter", 91), ("year", 365))  # at most so many days older than the newest label
READ = 5000  # texts whose language is told, evenly spread: enough for a share
_LANGUAGE = "scoring.signals.spoken:sure_language"


def counts_of(kind: Kind, lines: Sequence[Line]) -> dict[str, Json]:
    return {
        "items": len(lines), "exam": sum(line["exam"] for line in lines), "breaks": sum(_breaks(kind, line) for line in lines),
        "labels": _sorted(Counter(name for line in lines for name, value in line["labels"].items() if value)),
        "sources": _sorted(Counter(source for line in lines for source in line["sources"])),
        "platforms": _sorted(Counter(line["platform"] for line in lines)), "languages": _languages(kind, lines), "ages": _ages(lines),
        "drawn": sum(line["propensity"] is not None for line in lines), "groups": len({line["group"] for line in lines} - {None}),
    }  # fmt: skip


def part_counts(kind: Kind, examples: Sequence[Example]) -> dict[str, Json]:
    times = [at for e in examples if (at := kind.at(e.item)) is not None]
    return {
        "items": len(examples), "breaks": sum(breaks_policy(e) for e in examples),
        "labels": _sorted(Counter(name for e in examples for name, value in e.labels.items() if value)),
        "since": min(times).isoformat() if times else None, "until": max(times).isoformat() if times else None,
    }  # fmt: skip


def _breaks(kind: Kind, line: Line) -> int:
    return risk_target({name: value for name, value in line["labels"].items() if name not in kind.beside_risk})


def _languages(kind: Kind, lines: Sequence[Line]) -> dict[str, int]:
    """Of a sample, scaled up; "" where nobody can be sure. Nothing for a kind that is not written by people for people."""
    if not kind.prose or not lines:
        return {}
    sample = lines[:: max(1, len(lines) // READ)]
    tell = load(_LANGUAGE)
    found = Counter(str(line["payload"].get("language") or tell(kind.text(line["payload"])) or "") for line in sample)
    return _sorted(Counter({name: round(count * len(lines) / len(sample)) for name, count in found.items()}))


def _ages(lines: Sequence[Line]) -> dict[str, int]:
    """By the age of the newest label of an item, counted from the newest of all."""
    times = [datetime.fromisoformat(line["labelled_at"]) for line in lines]
    newest = max(times, default=None)
    found = dict.fromkeys([*(name for name, _ in AGES), "older"], 0)
    for at in times:
        age = (newest or at) - at
        found[next((name for name, days in AGES if age <= timedelta(days=days)), "older")] += 1
    return found


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common())
