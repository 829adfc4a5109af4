"""A batch as its page draws it: a line for each case, without anything that the machine thinks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now
from django.utils.safestring import SafeString

from console.cases.models import Case, Claim
from console.insights.screen import item_blocks
from console.intake.models import Item
from console.policies.selectors import active_policy
from console.ui.differences import differences
from console.ui.drawn import DrawnFrame, frames_of
from console.ui.screen import ActionOption, action_title, reason_options, seconds_until, undo_offer
from console.verdicts.models import Batch, BatchCase, Verdict
from scoring.blocks import Block, FramesBlock, TextBlock
from scoring.registry import get_kind

SHOWN = 1_500  # characters of a line
THUMBNAILS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    case_id: UUID
    item: Item
    text: SafeString | str
    meta: str
    frames: Sequence[DrawnFrame]
    state: str  # mine | decided | other | closed | back
    holder: str  # who decides it, when somebody else does
    verdict: Verdict | None
    excluded: bool

    @property
    def mine(self) -> bool:
        return self.state == "mine"


def batch_context(batch: Batch) -> dict[str, Any]:
    """Context of batches/page.html."""
    lines = _lines(batch)
    kind = get_kind(lines[0].item.kind)
    version, document = active_policy(kind.name)
    until = _lease_of(batch)
    total = settings.CLAIM_MINUTES * 60
    left = seconds_until(until) if until else 0
    return {
        "batch": batch, "lines": lines, "kind": kind, "words": kind.words, "queue": batch.queue,
        "screen": {"policy": document, "policy_version": version},
        "reasons": reason_options(document), "actions": [ActionOption(name=a, title=action_title(a)) for a in document.actions],
        "held": sum(line.mine for line in lines), "back": sum(line.state == "back" for line in lines),
        "accounts": len({line.item.actor_id for line in lines}), "account": lines[0].item.actor_id, "undo": undo_offer(batch.reviewer),
        "decided": any(line.verdict for line in lines), "lease_left": left, "lease_total": total,
        "lease_share": left / total,
    }  # fmt: skip


def _lease_of(batch: Batch) -> datetime | None:
    """When the first of the holds ends."""
    held = Claim.objects.filter(case__in=batch.members.values("case"), reviewer=batch.reviewer, state=Claim.State.OPEN)
    return held.filter(lease_until__gt=Now()).order_by("lease_until").values_list("lease_until", flat=True).first()


def _lines(batch: Batch) -> list[Line]:
    members = list(batch.members.select_related("case__item__source").order_by("place"))
    ids = [member.case_id for member in members]
    claims = {
        claim.case_id: claim
        for claim in Claim.objects.select_related("reviewer").filter(case__in=ids, state=Claim.State.OPEN, lease_until__gt=Now())
    }
    verdicts = {v.case_id: v for v in Verdict.objects.filter(batch=batch, state=Verdict.State.GIVEN)}
    first = ""
    lines = []
    for member in members:
        blocks = item_blocks(member.case.item, None)
        text = _text(member.case.item, blocks)
        lines.append(_line(batch, member, blocks, _marked(batch, first, text), claims.get(member.case_id), verdicts.get(member.case_id)))
        first = first or text
    return lines


def _line(
    batch: Batch, member: BatchCase, blocks: Sequence[Block], text: SafeString | str, claim: Claim | None, verdict: Verdict | None
) -> Line:
    words = next((block for block in blocks if isinstance(block, TextBlock) and block.area == "content" and block.meta), None)
    strips = [block for block in blocks if isinstance(block, FramesBlock)]
    state = _state(member, claim, verdict)
    return Line(
        case_id=member.case_id, item=member.case.item, text=text, meta=words.meta if words else "",
        frames=[frame for block in strips for frame in frames_of(block)][:THUMBNAILS], state=state,
        holder=claim.reviewer.display_name if claim and state == "other" else "", verdict=verdict, excluded=member.excluded,
    )  # fmt: skip


def _state(member: BatchCase, claim: Claim | None, verdict: Verdict | None) -> str:
    if verdict is not None:
        return "decided"
    if member.case.state == Case.State.CLOSED:
        return "closed"
    if claim is None:
        return "back"
    return "mine" if claim.token == member.token else "other"


def _text(item: Item, blocks: Sequence[Block]) -> str:
    """What it says, title and text; its one line where the card holds no text."""
    said = "\n".join(block.text for block in blocks if isinstance(block, TextBlock) and block.area == "content") or item.headline
    return said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"


def _marked(batch: Batch, first: str, text: str) -> SafeString | str:
    """The difference to the first one, where they were put together for being alike."""
    return differences(first, text) if first and batch.basis == Batch.Basis.ALIKE else text
