"""What a reviewer sees of a case. What may not be seen yet does not leave the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.cases.models import Case, Claim
from console.intake.history import scoring_items
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy
from console.scores.models import Score
from scoring.blocks import Block
from scoring.kind import Kind
from scoring.policy import PolicyDocument
from scoring.registry import get_kind
from scoring.types import Evidence
from scoring.types import Score as Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseScreen:
    case: Case
    claim: Claim | None
    item: Item
    kind: Kind
    blocks: Sequence[Block]
    policy: PolicyDocument
    policy_version: PolicyVersion
    sentence: str  # why it is here; "For review." where the case is blind
    evidence_shown: bool
    evidence_allowed: bool  # E may show it; never in a blind case
    chance: float | None  # only when the evidence is shown
    model: str

    def area(self, area: str) -> list[Block]:
        return [block for block in self.blocks if block.area == area]


def scored_of(row: Score | None) -> Scored | None:
    """The stored row as the library's type."""
    if row is None:
        return None
    return Scored(
        risk=row.risk, uncertainty=row.uncertainty, labels=row.labels, evidence=[Evidence(**e) for e in row.evidence], signals=row.signals,
        errors=row.errors, model=row.model, extra=row.extra,
    )  # fmt: skip


def item_blocks(item: Item, score: Score | None) -> Sequence[Block]:
    """The item's card; without a score nothing of the machine's opinion is in it."""
    return get_kind(item.kind).card(scoring_items([item])[0], scored_of(score))


def case_open(*, case: Case, claim: Claim | None) -> CaseScreen:
    """Draw a case for who holds it. Evidence is there once they asked for it (claim.evidence_seen), never when blind."""
    item = case.item
    allowed = not case.blind
    shown = allowed and claim is not None and claim.evidence_seen
    score = item.scores.order_by("-pk").first()
    version, document = active_policy(item.kind)
    return CaseScreen(
        case=case, claim=claim, item=item, kind=get_kind(item.kind), blocks=item_blocks(item, score if shown else None), policy=document,
        policy_version=version, sentence="For review." if case.blind else case.sentence, evidence_shown=shown, evidence_allowed=allowed,
        chance=score.risk if shown and score else None, model=score.model if shown and score else "",
    )  # fmt: skip
