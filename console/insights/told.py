"""What lists may say of how items ended: one rule for search, author pages, exports and look-alikes."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from console.accounts.models import User
from console.accounts.roles import Role
from console.cases.models import Case
from console.insights.screen import by_machine, opinions_hidden
from console.insights.sealed import sealed_cases
from console.scores.models import Decision

IN_EFFECT = (Decision.State.EFFECTIVE, Decision.State.HELD)


def decisions_told(item_ids: Collection[UUID], user: User, roles: frozenset[Role]) -> dict[UUID, Decision]:
    """Decisions in effect by item, as far as this person may know them. While a case is open nothing decided before is told to
    those who decide: whoever looks a second time must not know what the first look found."""
    ids = list(item_ids)
    decisions = {d.item_id: d for d in Decision.objects.filter(item_id__in=ids, state__in=IN_EFFECT)}
    if Role.INTEGRATION in roles:
        return decisions
    hidden = opinions_hidden(ids, user, roles)
    if not hidden:
        return decisions
    undecided = set(Case.objects.filter(item_id__in=hidden).exclude(state=Case.State.CLOSED).values_list("item_id", flat=True))
    undecided |= set(sealed_cases(list(hidden), user, roles))
    return {pk: d for pk, d in decisions.items() if pk not in undecided and not (pk in hidden and by_machine(d))}
