"""From a verdict to training targets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scoring.policy import PolicyDocument

_VALUE_OF_FIELD = {"wrong": 1, "right": 0}


def labels_of(
    *, document: PolicyDocument, outcome: str, clauses: tuple[str, ...], fields: Mapping[str, str], given: Mapping[str, int] | None
) -> dict[str, int]:
    """What the verdict teaches: label -> 0 or 1.

    Given labels win. A record teaches one label per field that the reviewer knew ("unknown" teaches nothing).
    Otherwise allow says 0 to every label of the policy; enforce says 1 to the labels of the chosen clauses and 0 to the
    others. A clause without a label starts a category of its own, named after its title.
    """
    if given:
        return dict(given)
    if fields:
        return {name: _VALUE_OF_FIELD[answer] for name, answer in fields.items() if answer in _VALUE_OF_FIELD}
    every = {label for clause in document.clauses for label in clause.labels}
    if outcome == "allow":
        return dict.fromkeys(sorted(every), 0)
    hit: set[str] = set()
    for clause in document.clauses:
        if clause.id in clauses:
            hit |= set(clause.labels) or {re.sub(r"\W+", "_", clause.title.lower()).strip("_")}
    return {label: int(label in hit) for label in sorted(every | hit)}
