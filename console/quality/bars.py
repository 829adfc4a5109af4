"""Who may not decide what: rows of Skip, which the claim looks at. One mechanism for every reason."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from console.accounts.models import User
from console.cases.models import Case, Skip
from console.common.errors import Forbidden
from console.intake.models import Item
from console.quality.models import Gold, OwnAccount

_EARLIER = """
INSERT INTO cases_skip (case_id, reviewer_id, reason)
SELECT DISTINCT %(case)s::uuid, k.reviewer_id, 'earlier' FROM cases_claim k JOIN cases_case c ON c.id = k.case_id
WHERE c.item_id = %(item)s AND c.id <> %(case)s AND (k.state IN ('decided', 'escalated') OR k.evidence_seen)
ON CONFLICT (case_id, reviewer_id) DO NOTHING
"""
_OWNERS = """
INSERT INTO cases_skip (case_id, reviewer_id, reason)
SELECT c.id, o.user_id, 'own' FROM cases_case c JOIN intake_item i ON i.id = c.item_id
JOIN quality_ownaccount o ON o.source_id = i.source_id AND o.actor_id = i.actor_id
WHERE c.id = ANY(%s) AND i.actor_id <> '' ON CONFLICT (case_id, reviewer_id) DO NOTHING
"""
_KNOWING = """
INSERT INTO cases_skip (case_id, reviewer_id, reason) SELECT %(case)s::uuid, k.pk, 'earlier' FROM (
    SELECT user_id pk FROM quality_gold_known_to WHERE gold_id = %(gold)s
    UNION SELECT q.reviewed_by_id FROM quality_qareview q JOIN verdicts_verdict v ON v.id = q.verdict_id WHERE v.item_id = %(item)s
) k ON CONFLICT (case_id, reviewer_id) DO NOTHING
"""


def bar(*, case_id: UUID, user_ids: Iterable[int], reason: str) -> None:
    Skip.objects.bulk_create([Skip(case_id=case_id, reviewer_id=pk, reason=reason) for pk in user_ids], ignore_conflicts=True)


def bar_earlier(case: Case) -> None:
    """A check is not for anybody who decided the item before, passed it on, or saw what the machine thinks of it."""
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"case": case.pk, "item": case.item_id})


def bar_knowing(case: Case, gold: Gold) -> None:
    """A known answer is not for anybody who ever said it, also where it waits in the queue for somebody else."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWING, {"case": case.pk, "gold": gold.pk, "item": case.item_id})


def bar_owners(case_ids: Iterable[UUID]) -> None:
    """Nobody decides what they wrote themselves. Called wherever cases are opened."""
    ids = list(case_ids)
    if ids and OwnAccount.objects.exists():
        with connection.cursor() as cursor:
            cursor.execute(_OWNERS, [ids])


def own_refuse(*, item: Item, user: User) -> None:
    """Raises Forbidden where the item came from an account of this person."""
    own = OwnAccount.objects.filter(user=user, source_id=item.source_id, actor_id=item.actor_id)
    if item.actor_id and own.exists():
        raise Forbidden("Nobody decides what they wrote themselves.")


def bar_from_item(*, item_id: UUID, user_id: int, besides: UUID) -> None:
    """Who decided one case of an item gets no other open case of it."""
    others = Case.objects.filter(item_id=item_id).exclude(pk=besides).exclude(state=Case.State.CLOSED).values_list("pk", flat=True)
    Skip.objects.bulk_create([Skip(case_id=case, reviewer_id=user_id, reason="earlier") for case in others], ignore_conflicts=True)
