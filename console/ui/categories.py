"""The categories that a person may leave out: the clauses that may show something hard, in the words of the policies.

Only those: leaving out what is easy or dull would shift work, not weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.accounts.day import SERIOUS
from console.common.errors import Unavailable
from console.policies.selectors import active_policy
from scoring.registry import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    name: str  # "review:4.3"
    title: str
    labels: tuple[str, ...]  # what cases are marked with


def categories() -> Sequence[tuple[str, Sequence[Category]]]:
    """By kind. A label that two kinds share is left out in both: it is the same sort of content."""
    found = []
    for kind in (kind for kind in KINDS.values() if kind.weighs):
        try:
            _, document = active_policy(kind.name)
        except Unavailable:
            continue
        rows = [
            Category(name=f"{kind.name}:{clause.id}", title=clause.title, labels=clause.labels)
            for clause in document.clauses
            if clause.labels and clause.severity >= SERIOUS
        ]
        if rows:
            found.append((kind.words.many.capitalize(), rows))
    return found


def category_of(label: str) -> Category | None:
    """The category of a case's label; None for one that cannot be left out."""
    return next((row for _, rows in categories() for row in rows if label in row.labels), None)


def category_named(name: str) -> Category | None:
    return next((row for _, rows in categories() for row in rows if row.name == name), None)
