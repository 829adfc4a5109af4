"""Which labels say that nothing is wrong, so that data sets with any label names have one meaning of risk."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scoring.registry import KINDS
from scoring.types import Example

PLAIN = (
    "neither", "normal", "none", "ham", "benign", "clean", "legit", "legitimate", "safe", "ok", "okay", "good", "genuine", "honest",
    "harmless", "release", "released", "allow", "allowed", "keep", "kept", "approve", "approved", "right", "correct", "accurate",
)  # fmt: skip
HARMS = ("toxic", "hate", "hateful", "spam", "fraud", "offensive", "harmful", "abusive", "violation")
BENIGN = frozenset(PLAIN) | {prefix + harm for prefix in ("no", "non", "not") for harm in HARMS}


def is_benign(name: str) -> bool:
    """True for "neither", "Not_Toxic", "non-toxic", "HAM", ...: case, spaces, hyphens and underscores do not matter."""
    return re.sub(r"[\W_]+", "", name.casefold()) in BENIGN


def risk_target(labels: Mapping[str, int]) -> int:
    """1 when any label that is not benign is 1."""
    return int(any(value and not is_benign(name) for name, value in labels.items()))


def breaks_policy(example: Example) -> int:
    """risk_target() without the labels that its kind holds beside the risk."""
    kind = KINDS.get(example.item.kind)  # None for a kind that is being tried out
    beside = kind.beside_risk if kind else frozenset()
    return risk_target({name: value for name, value in example.labels.items() if name not in beside})
