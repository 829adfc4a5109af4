"""The categories that a person may leave out: what each kind may find, in the words of its policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.common.errors import Unavailable
from console.policies.selectors import active_policy
from scoring.registry import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    label: str
    title: str


def categories() -> Sequence[tuple[str, Sequence[Category]]]:
    """By kind. A label that two kinds share is left out in both: it is the same sort of content."""
    found = []
    for kind in KINDS.values():
        try:
            _, document = active_policy(kind.name)
        except Unavailable:
            continue
        rows = [Category(label=label, title=clause.title) for clause in document.clauses for label in clause.labels]
        if rows:
            found.append((kind.words.many.capitalize(), rows))
    return found


def category_title(label: str) -> str:
    """In words; "" for a label that no policy answers for."""
    return next((row.title for _, rows in categories() for row in rows if row.label == label), "")
