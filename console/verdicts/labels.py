"""From a verdict to training targets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scoring.policy import Clause, PolicyDocument

SAME = "same:"  # "same:<item id>": is it the same person as that record, and which of the two stays?
SAME_ANSWERS = frozenset({"keep_this", "keep_that", "different"})
_VALUE_OF_FIELD = {"wrong": 1, "right": 0}


def labels_of(
    *, document: PolicyDocument, outcome: str, clauses: tuple[str, ...], fields: Mapping[str, str], given: Mapping[str, int] | None,
    action: str | None = None,
) -> dict[str, int]:  # fmt: skip
    """What the verdict teaches: label -> 0 or 1.

    Given labels win. A record teaches one label per field that the reviewer knew ("unknown" teaches nothing). Who only
    asked (a call, 3-D Secure) knows nothing yet: the answer comes as feedback.
    Otherwise each clause has one target: its first label (the others are names under which models may know the same
    thing), or, without any, a category of its own named after its title. Allow says 0 to every target; enforce says 1 to
    those of the chosen clauses and 0 to the others.
    """
    if given:
        return dict(given)
    if any(name not in merges(fields) for name in fields):
        return {name: _VALUE_OF_FIELD[answer] for name, answer in fields.items() if answer in _VALUE_OF_FIELD}
    if action in document.asking:
        return {}
    every = {target_of(clause) for clause in document.clauses if clause.labels}
    hit = {target_of(clause) for clause in document.clauses if clause.id in clauses} if outcome == "enforce" else set()
    return {label: int(label in hit) for label in sorted(every | hit)}


def merges(fields: Mapping[str, str]) -> dict[str, str]:
    """The answers that are about another record: they teach nothing of this one."""
    return {name: answer for name, answer in fields.items() if name.startswith(SAME)}


def target_of(clause: Clause) -> str:
    return clause.labels[0] if clause.labels else re.sub(r"\W+", "_", clause.title.lower()).strip("_")
