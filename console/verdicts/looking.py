"""A look at what is masked: for who holds the case, written down each time."""

from __future__ import annotations

from django.db import transaction

from console.audit.services import audit_append
from console.cases.claiming import actor_of
from console.cases.holding import Hold, claim_require
from console.common.errors import Invalid
from console.verdicts.spans import text_at
from scoring.text.shields import shields


@transaction.atomic
def mask_look(*, hold: Hold, field: str, start: int, end: int) -> str:
    """The masked text at code points [start, end) of a payload's text. Raises Invalid where nothing is masked."""
    claim = claim_require(hold)
    item = claim.case.item
    text = text_at(item.payload, field)
    found = next((s for s in shields(text) if s.secret and (s.start, s.end) == (start, end)), None) if text is not None else None
    if text is None or found is None:
        raise Invalid({"field": ["Nothing is masked at this place."]})
    audit_append(
        actor=actor_of(hold.reviewer), verb="mask.lifted", subject=f"case:{hold.case_id}", item_id=item.pk,
        data={"field": field, "start": start, "end": end, "kind": found.kind},
    )  # fmt: skip
    return text[start:end]
