"""What a person may know of an item that they may still decide blind: that it is there, and nothing of how it went before.

Every blind case looks alike, whether it decides its item or measures somebody: same fields, same story, ages that fit together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role
from console.cases.models import Case
from console.intake.models import Item
from console.quality.models import Check
from console.verdicts.models import Verdict


def sealed_cases(item_ids: Collection[UUID], user: User, roles: frozenset[Role]) -> dict[UUID, Case]:
    """The blind case of each of these items that this person may still be given, or can undo. An integration decides nothing here."""
    if not item_ids or Role.MODERATOR not in roles or Role.INTEGRATION in roles:
        return {}
    blind = Case.objects.filter(item_id__in=item_ids, blind=True).select_related("queue", "item__source").order_by("pk")
    still = blind.exclude(state=Case.State.CLOSED).exclude(skips__reviewer=user)
    taken_back = blind.filter(verdicts__in=undoable(user))
    return {case.item_id: case for case in (*taken_back, *still)}


def undoable(user: User) -> QuerySet[Verdict]:
    """Verdicts of blind cases that this person can take back: who looks meanwhile what others said could decide anew, and not blind."""
    return Verdict.objects.filter(reviewer=user, state=Verdict.State.GIVEN, undo_until__gt=Now(), case__blind=True)


def items_told(items: Sequence[Item], user: User, roles: frozenset[Role]) -> list[Item]:
    """The same items; those that this person may still decide blind read as if nobody had decided them."""
    sealed = sealed_cases([item.pk for item in items], user, roles)
    return [item_told(sealed[item.pk]) if item.pk in sealed else item for item in items]


def item_told(case: Case) -> Item:
    item = copy(as_seen(case)[1])
    item.status = Item.Status.IN_REVIEW
    return item


def as_seen(case: Case) -> tuple[Case, Item]:
    """Copies of a case and its item with the ages that may be shown.

    A second look says that it waited since the first did; a known answer, that its item came when such items come now. Otherwise
    the gap between the two would tell which cases measure.
    """
    if not case.blind or (check := _check_of(case)) is None:
        return case, case.item
    case, item = copy(case), copy(case.item)
    if check.about is not None:
        case.created_at, case.due_at = check.about.case.created_at, check.about.case.due_at
        return case, item
    first = Case.objects.filter(item=item, measurement=None).order_by("pk").first()
    later = case.created_at - (first.created_at if first else item.received_at)
    item.created_at, item.received_at = item.created_at + later, item.received_at + later
    return case, item


def _check_of(case: Case) -> Check | None:
    return Check.objects.select_related("about__case").filter(case=case).first()
