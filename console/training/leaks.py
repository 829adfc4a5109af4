"""What must not be known of the test beforehand, checked on the parts themselves and not on the way to them.

Each check has a name, says in words what it found, and names the first items that broke it. The data set's card shows all
of them; a run goes on only when all hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from console.training.groups import Prints, near_pairs, shared
from scoring.kind import Kind, Split
from scoring.training.dataset import DatasetError, check_leaks, has_times
from scoring.types import Example, Json

SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the checks hold the parts against. `lines` are those of the frozen file."""

    lines: Sequence[dict[str, Json]]
    exam: frozenset[str]  # labelled without a model's opinion in sight
    gold: frozenset[str] = frozenset()  # known answers
    learnt: frozenset[str] = frozenset()  # by the model that serves
    basic: frozenset[str] = frozenset()  # equal to base data
    free: frozenset[str] = frozenset()  # may be tested, and share nothing with any other item
    prints: Prints = field(default_factory=dict)

    def may(self, example: Example) -> bool:
        return example.item.id in self.exam


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakCheck:
    name: str
    title: str
    found: Sequence[str] = ()  # a sentence each, the first SHOWN
    count: int = 0

    @property
    def passed(self) -> bool:
        return self.count == 0


def leak_checks(kind: Kind, parts: Split, facts: Facts) -> list[LeakCheck]:
    part_of = {e.item.id: name for name, part in _named(parts) for e in part}
    ties: dict[str, list[str]] = {"actor": [], "conversation": [], "key": []}
    for (name, value), indices in shared(kind, facts.lines):
        where = {part_of[pk]: pk for i in indices if (pk := str(facts.lines[i]["id"])) in part_of}
        if len(where) > 1:
            ties[name.partition(":")[0]].append(f"{_what(name)} {value} stands in {_listed(where)}")
    examined = [*parts.tune, *parts.test]
    return [
        _check("author", "No account in two parts", ties["actor"]),
        _check("conversation", "No conversation in two parts", ties["conversation"]),
        _check("device", "No device or other shared attribute in two parts", ties["key"]),
        _check("near", "No near-duplicate in two parts", _near(kind, parts, part_of, facts)),
        _check("gold", "No known answer in any part", _among(part_of, facts.gold, "is a known answer")),
        _check(
            "model_visible", "Nothing labelled with a model’s opinion in sight is tested or calibrated on",
            [f"{e.item.id} was labelled with a model's opinion in sight: it may only be trained on" for e in examined if not facts.may(e)],
        ),
        _check(
            "learnt", "Nothing that the serving model learnt from is tested",
            _among([e.item.id for e in parts.test], facts.learnt, "taught the serving model, so it cannot be tested on it"),
        ),
        _check(
            "base", "Nothing of the base data is tested or calibrated on",
            _among([e.item.id for e in examined], facts.basic, "is in the base data as well and may only be trained on"),
        ),
        _check("time", "What is tested is newer than what it could have been learnt from", _time(kind, parts, facts)),
    ]  # fmt: skip


def leaks_refuse(checks: Iterable[LeakCheck]) -> None:
    """Raises DatasetError that names what leaked."""
    for check in checks:
        if not check.passed:
            raise DatasetError(f"{check.found[0]}" + (f", and {check.count - 1} more like it" if check.count > 1 else ""))


def checks_told(checks: Iterable[LeakCheck]) -> list[dict[str, Json]]:
    return [{"name": c.name, "title": c.title, "count": c.count, "found": list(c.found)} for c in checks]


def _check(name: str, title: str, found: Sequence[str]) -> LeakCheck:
    return LeakCheck(name=name, title=title, found=found[:SHOWN], count=len(found))


def _named(parts: Split) -> tuple[tuple[str, Sequence[Example]], ...]:
    return (("train", parts.train), ("calibrate", parts.tune), ("test", parts.test))


def _what(name: str) -> str:
    return {"actor": "The account", "conversation": "The conversation"}.get(name, f"The {name.rpartition(':')[2].replace('_', ' ')}")


def _listed(where: Mapping[str, str]) -> str:
    return " and ".join(f"{name} ({pk})" for name, pk in sorted(where.items()))


def _near(kind: Kind, parts: Split, part_of: Mapping[str, str], facts: Facts) -> list[str]:
    """By fingerprint, and by what any two equal texts share (the base data, which has no fingerprints, included)."""
    ids = [pk for pk in part_of if pk in facts.prints]
    pairs = ((ids[a], ids[b]) for a, b in near_pairs([facts.prints[pk] for pk in ids]))
    found = [
        f"{one} in {part_of[one]} and {other} in {part_of[other]} say or show nearly the same"
        for one, other in pairs
        if part_of[one] != part_of[other]
    ]
    try:
        check_leaks(parts, kind)
    except DatasetError as error:
        found.append(str(error))
    return found


def _time(kind: Kind, parts: Split, facts: Facts) -> list[str]:
    """Of the items that may be tested and stand alone, those of the test are the newest. What may only be trained on (seen with a
    model's opinion, learnt before, tied to such an item) shares nothing with the test, so its time does not matter."""
    times = {e.item.id: at for e in (*parts.train, *parts.tune, *parts.test) if e.item.id in facts.free and (at := kind.at(e.item))}
    tested = [times[e.item.id] for e in parts.test if e.item.id in times]
    begins = min(tested, default=None)
    if begins is None or not has_times([e for e in (*parts.train, *parts.tune, *parts.test) if e.item.id in facts.free], kind):
        return []
    late = [e.item.id for e in (*parts.train, *parts.tune) if e.item.id in times and times[e.item.id] > begins]
    return [f"{pk} is newer than what is tested, and was learnt from" for pk in late]


def _among(ids: Iterable[str], barred: frozenset[str], sentence: str) -> list[str]:
    return [f"{pk} {sentence}" for pk in ids if pk in barred]


