"""Which open cases of the same queue belong with a case: those that say or show nearly the same, and those of the same account.

What the machine thinks of them plays no part in it, so a group tells nothing of a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from console.accounts.models import User
from console.cases.limits import serve_limits
from console.cases.models import Case
from console.scores.models import Fingerprint
from scoring.alike import ALIKE, similarity
from scoring.alike import Fingerprint as Compared
from scoring.registry import get_kind

MOST_COMPARED = 400  # of a flood, those that will be served first
MOST_AUTHOR = 200

# Open review cases that this person would be served. The rest of the WHERE says which.
_OPEN = """
    c.queue_id = %(queue)s AND i.kind = %(kind)s AND c.state <> 'closed' AND c.purpose = 'review' AND c.id <> %(case)s
    AND c.severity <= %(max_severity)s AND c.label <> ALL(%(avoid)s::text[])
    AND (c.assigned_to_id IS NULL OR c.assigned_to_id = %(user)s)
    AND (%(source)s::bigint IS NULL OR i.source_id = %(source)s)
    AND NOT EXISTS (SELECT 1 FROM cases_skip s WHERE s.case_id = c.id AND s.reviewer_id = %(user)s)
ORDER BY c.priority DESC, c.id LIMIT %(most)s
"""
_NEAR = f"""
SELECT c.id, i.actor_id, f.text, f.frames
FROM scores_fingerprint f JOIN intake_item i ON i.id = f.item_id JOIN cases_case c ON c.item_id = f.item_id
WHERE f.bands && %(bands)s::bigint[] AND {_OPEN}
"""
_AUTHOR = f"""
SELECT c.id, i.actor_id
FROM intake_item i JOIN cases_case c ON c.item_id = i.id
WHERE i.source_id = %(of_source)s AND i.actor_id = %(actor)s AND {_OPEN}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    case_id: UUID
    actor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Partners of one case, without itself, in the order in which they would be served."""

    near: Sequence[Partner] = field(default_factory=list)
    author: Sequence[Partner] = field(default_factory=list)


def together(case: Case, user: User, *, source_id: int | None = None) -> Together:
    """`source_id` is for tokens: they see the items of one source only.

    Nothing for a case that checks people, which stands for itself, and for records, which are judged field by field.
    """
    if case.purpose != "review" or get_kind(case.item.kind).record_fields:
        return Together()
    return Together(near=_near(case, user, source_id), author=_of_author(case, user, source_id))


def _near(case: Case, user: User, source_id: int | None) -> list[Partner]:
    own = Fingerprint.objects.filter(item_id=case.item_id).first()
    if own is None:
        return []
    rows = _rows(_NEAR, case, user, source_id, MOST_COMPARED, bands=own.bands)
    mine = Compared(text=bytes(own.text), frames=bytes(own.frames))
    return [
        Partner(case_id=case_id, actor_id=actor_id)
        for case_id, actor_id, text, frames in rows
        if similarity(mine, Compared(text=bytes(text), frames=bytes(frames))) >= ALIKE
    ]


def _of_author(case: Case, user: User, source_id: int | None) -> list[Partner]:
    item = case.item
    if not item.actor_id:
        return []
    rows = _rows(_AUTHOR, case, user, source_id, MOST_AUTHOR, of_source=item.source_id, actor=item.actor_id)
    return [Partner(case_id=case_id, actor_id=actor_id) for case_id, actor_id in rows]


def _rows(sql: str, case: Case, user: User, source_id: int | None, most: int, **more: Any) -> list[tuple[Any, ...]]:
    limits = serve_limits(user, case.queue.kind)
    values: dict[str, Any] = {
        "queue": case.queue_id, "kind": case.item.kind, "case": case.pk, "user": user.pk, "source": source_id, "most": most,
        "max_severity": limits.max_severity, "avoid": list(limits.avoid), **more,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
