"""Which open cases of the same queue belong with a case: those that say or show nearly the same, and those of the same account.

What the machine thinks of them plays no part in it, so a group tells nothing of a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from console.accounts.models import User
from console.cases.limits import serve_limits
from console.cases.models import Case
from console.common.rows import first, one_trip, rows, run
from console.intake.models import Item
from console.scores.models import Fingerprint
from scoring.alike import ALIKE, similarity
from scoring.alike import Fingerprint as Compared
from scoring.registry import get_kind

MOST_FOUND = 2_000  # that share a band: more are a flood, of which a part is enough
MOST_COMPARED = 400  # of a flood, those that will be served first
MOST_AUTHOR = 200

# Open review cases that this person would be served. The rest of the WHERE says which.
_OPEN = """
    c.queue_id = %(queue)s AND c.state <> 'closed' AND c.purpose = 'review' AND c.id <> %(case)s
    AND c.severity <= %(max_severity)s AND c.label <> ALL(%(avoid)s::text[])
    AND (c.assigned_to_id IS NULL OR c.assigned_to_id = %(user)s)
    AND (%(source)s::bigint IS NULL OR i.source_id = %(source)s)
    AND NOT EXISTS (SELECT 1 FROM cases_skip s WHERE s.case_id = c.id AND s.reviewer_id = %(user)s)
ORDER BY c.priority DESC, c.id LIMIT %(most)s
"""
# The bands first and by themselves, and of an item nothing but its key: the planner cannot know how few share one, and would
# rather sort all that waits, or read every item of the kind.
_NEAR = f"""
WITH f AS MATERIALIZED (
    SELECT item_id, text, frames FROM scores_fingerprint WHERE bands && %(bands)s::bigint[] AND kind = %(kind)s LIMIT {MOST_FOUND}
)
SELECT c.id, i.actor_id, f.text, f.frames
FROM f JOIN intake_item i ON i.id = f.item_id JOIN cases_case c ON c.item_id = f.item_id
WHERE {_OPEN}
"""
_SEQSCAN = "SELECT set_config('enable_seqscan', %s::text, true)"
_AUTHOR = f"""
SELECT c.id, i.actor_id, i.kind
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
    limits = serve_limits(user)
    asked: dict[str, Any] = {
        "queue": case.queue_id, "kind": case.item.kind, "case": case.pk, "user": user.pk, "source": source_id,
        "max_severity": limits.max_severity, "avoid": list(limits.avoid),
    }  # fmt: skip
    return Together(near=_near(case, asked), author=_of_author(case.item, asked))


def _near(case: Case, asked: dict[str, Any]) -> list[Partner]:
    own = first(Fingerprint, "WHERE t.item_id = %s", [case.item_id])
    if own is None:
        return []
    with transaction.atomic(), one_trip():
        run(_SEQSCAN, ["off"])  # an overlap of arrays is guessed a hundred times too large
        found = rows(_NEAR, {**asked, "bands": own.bands, "most": MOST_COMPARED})
        run(_SEQSCAN, ["on"])  # the transaction may be somebody else's
    mine = Compared(text=bytes(own.text), frames=bytes(own.frames))
    return [
        Partner(case_id=case_id, actor_id=actor_id)
        for case_id, actor_id, text, frames in found
        if similarity(mine, Compared(text=bytes(text), frames=bytes(frames))) >= ALIKE
    ]


def _of_author(item: Item, asked: dict[str, Any]) -> list[Partner]:
    if not item.actor_id:
        return []
    found = rows(_AUTHOR, {**asked, "of_source": item.source_id, "actor": item.actor_id, "most": MOST_AUTHOR})
    # Asked for in the statement, the kind would tempt the planner to an index that holds every item of it.
    return [Partner(case_id=case_id, actor_id=actor_id) for case_id, actor_id, kind in found if kind == item.kind]
