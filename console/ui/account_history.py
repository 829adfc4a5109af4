"""What the same account sent before, and how that ended. Only from what is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from console.cases.models import Case
from console.intake.models import Item
from console.scores.models import Decision

IN_EFFECT = (Decision.State.EFFECTIVE, Decision.State.HELD)
SHOWN = 5
COUNTED = 1000  # of the newest: an account with a million items must not slow the screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    item: Item
    outcome: str  # allow, enforce, or "" while it is open


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHistory:
    account: str
    total: int  # at most COUNTED
    enforced: int
    last: Sequence[Earlier]

    @property
    def many(self) -> bool:
        return self.total >= COUNTED


def account_history(item: Item) -> AccountHistory | None:
    """None when the item names no account, or the account sent nothing before it."""
    if not item.actor_id:
        return None
    earlier = Item.objects.filter(actor_id=item.actor_id, source_id=item.source_id, pk__lt=item.pk).order_by("-pk")
    ids = list(earlier.values_list("pk", flat=True)[:COUNTED])
    if not ids:
        return None
    decided = Decision.objects.filter(item_id__in=ids, state__in=IN_EFFECT).exclude(item__in=_looked_at_again(ids))
    enforced: int = decided.aggregate(n=Count("pk", filter=Q(outcome="enforce")))["n"]
    last = list(Item.objects.filter(pk__in=ids[:SHOWN]).order_by("-pk"))
    outcomes = dict(decided.filter(item_id__in=ids[:SHOWN], outcome__in=["allow", "enforce"]).values_list("item_id", "outcome"))
    rows = [Earlier(item=i, outcome=outcomes.get(i.pk, "")) for i in last]
    return AccountHistory(account=item.actor_id, total=len(ids), enforced=enforced, last=rows)


def _looked_at_again(ids: Sequence[UUID]) -> QuerySet[Case, UUID]:
    """While somebody is to look, what was decided before is not told."""
    return Case.objects.filter(item_id__in=ids).exclude(state=Case.State.CLOSED).values_list("item_id", flat=True)
