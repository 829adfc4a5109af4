"""What the tests of the pages post, and a score to look at without a model."""

from __future__ import annotations

from typing import Any

from console.cases.models import Case, Claim
from console.scores.models import Score

HTMX = {"HX-Request": "true"}


def verdict_data(claim: Claim, **more: Any) -> dict[str, Any]:
    return {"token": claim.token, "outcome": "enforce", "clause": ["4.4"], **more}


def give_score(case: Case, text: str, word: str, *, risk: float = 0.69) -> Score:
    """As if a model had marked `word` in the text of the case's item."""
    at = text.index(word)
    evidence = [{"type": "span", "field": "text", "start": at, "end": at + len(word), "label": "harassment", "weight": 1.0}]
    return Score.objects.create(item=case.item, model="review@test", checksum="0" * 64, risk=risk, evidence=evidence)
