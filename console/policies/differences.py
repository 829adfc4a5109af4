"""What differs between two policy documents, line by line in words, for the page that asks for an activation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scoring.policy import PolicyDocument

Change = Literal["added", "removed", "changed"]
_KEYS = {"clauses": "id", "rules": "name", "thresholds": "label"}
_NAMES = {"clauses": "Clause", "rules": "Rule", "thresholds": "Threshold"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    place: str  # "Clause 4.2, test"
    change: Change
    old: str = ""
    new: str = ""


def differences(old: PolicyDocument, new: PolicyDocument) -> list[Difference]:
    """Empty when both say the same. Order of rules counts (the first that holds decides), order of the others does not."""
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    found = [
        Difference(place=name.replace("_", " ").capitalize(), change="changed", old=_words(before[name]), new=_words(after[name]))
        for name in before
        if name not in _KEYS and before[name] != after[name]
    ]
    for part, key in _KEYS.items():
        found += _part(_NAMES[part], {row[key]: row for row in before[part]}, {row[key]: row for row in after[part]})
    names = [[rule.name for rule in document.rules] for document in (old, new)]
    if names[0] != names[1] and sorted(names[0]) == sorted(names[1]):
        found.append(Difference(place="Order of rules", change="changed", old=", ".join(names[0]), new=", ".join(names[1])))
    return found


def _part(title: str, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    for name in old.keys() - new.keys():
        yield Difference(place=f"{title} {name}", change="removed", old=_summary(old[name]))
    for name, row in new.items():
        if name not in old:
            yield Difference(place=f"{title} {name}", change="added", new=_summary(row))
            continue
        for field, value in row.items():
            if old[name].get(field) != value:
                place = f"{title} {name}, {field.replace('_', ' ')}"
                yield Difference(place=place, change="changed", old=_words(old[name].get(field)), new=_words(value))


def _summary(row: Mapping[str, Any]) -> str:
    return str(row.get("title") or row.get("when") or f"allow {_words(row.get('allow'))}, enforce {_words(row.get('enforce'))}")


def _words(value: Any) -> str:
    if isinstance(value, Mapping) and value:
        return ", ".join(f"{name} = {inner}" for name, inner in value.items())
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
