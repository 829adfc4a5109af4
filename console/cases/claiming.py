"""Claims: one statement takes a case, raises its fence, opens the claim and writes the audit row. Nobody gets what another took."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from console.accounts.models import Source, User
from console.cases.hints import TOP, hint_for, hint_forget, hint_learn
from console.cases.limits import WORST, serve_limits
from console.cases.models import Case, Claim, Queue
from console.common.rows import columns, read_joined, row
from console.intake.models import Item
from scoring.registry import KINDS

LIGHT = [kind.name for kind in KINDS.values() if not kind.weighs]
_TAKE = """
), taken AS (
    UPDATE cases_case c SET state = 'claimed', lease_token = c.lease_token + 1
    FROM next WHERE c.id = next.id RETURNING c.*
), held AS (
    INSERT INTO cases_claim (case_id, reviewer_id, token, state, lease_until, ahead, evidence_seen)
    SELECT id, %(reviewer)s, lease_token, 'open', clock_timestamp() + make_interval(secs => %(seconds)s), %(ahead)s,
           EXISTS (SELECT 1 FROM cases_claim seen WHERE seen.case_id = taken.id AND seen.reviewer_id = %(reviewer)s AND seen.evidence_seen)
    FROM taken
    RETURNING *
), noted AS (
    INSERT INTO audit_auditrow (actor, verb, subject, item_id, data, prev_hash, hash)
    SELECT %(actor)s, %(verb)s, 'case:' || id, item_id, jsonb_build_object('token', lease_token), '', '' FROM taken
)
"""
_SHOWN = f'SELECT {columns(Claim, "held")}, {columns(Case, "taken")}, {columns(Item, "i")}, {columns(Source, "s")}'
_OF = "FROM held, taken JOIN intake_item i ON i.id = taken.item_id JOIN accounts_source s ON s.id = i.source_id"
# What is served to whom. Assigned to somebody: to that person first, and to nobody else.
_SERVED = """
    SELECT c.id FROM cases_case c
    WHERE c.queue_id = %(queue)s AND c.state = 'waiting' AND {whose}
      AND c.severity <= %(max_severity)s AND c.label <> ALL(%(avoid)s::text[])
      AND (%(source)s::bigint IS NULL OR EXISTS (SELECT 1 FROM intake_item i WHERE i.id = c.item_id AND i.source_id = %(source)s))
      AND NOT EXISTS (SELECT 1 FROM cases_skip s WHERE s.case_id = c.id AND s.reviewer_id = %(reviewer)s)
    ORDER BY c.priority DESC, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""
_MINE = _SERVED.format(whose="c.assigned_to_id = %(reviewer)s")
_ANYBODYS = _SERVED.format(
    whose="""c.assigned_to_id IS NULL AND c.priority <= %(hint)s AND (c.purpose NOT IN ('escalated', 'adjudicate') OR %(lead)s)
      AND NOT EXISTS (SELECT FROM mine)"""
)
_CLAIM_NEXT = f"WITH mine AS ({_MINE}), anybodys AS ({_ANYBODYS}), next AS (TABLE mine UNION ALL TABLE anybodys{_TAKE} {_SHOWN} {_OF}"
_CLAIM_ONE = f"""
WITH next AS (
    SELECT c.id FROM cases_case c
    WHERE c.id = %(case)s AND c.state = 'waiting'
      AND (c.severity <= %(cap)s OR EXISTS (SELECT 1 FROM intake_item i WHERE i.id = c.item_id AND i.kind = ANY(%(light)s::text[])))
      AND (c.assigned_to_id = %(reviewer)s OR %(lead)s OR (c.assigned_to_id IS NULL AND c.purpose NOT IN ('escalated', 'adjudicate')))
      AND NOT EXISTS (SELECT 1 FROM cases_skip s WHERE s.case_id = c.id AND s.reviewer_id = %(reviewer)s)
    FOR UPDATE OF c SKIP LOCKED
{_TAKE} {_SHOWN}, {columns(Queue, "q")} {_OF} JOIN cases_queue q ON q.id = taken.queue_id"""


def case_claim_next(
    *, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None, ahead: bool = False
) -> Claim | None:
    """Hold the next case of a queue for this reviewer: one statement. None when nothing waits that they may have.

    Who saw the evidence of a case in an earlier claim has seen it. `source_id` is for tokens: they see the items of one source
    only. `ahead`: before its turn, by a short lease.
    """
    if queue.is_paused:
        return None
    limits = serve_limits(reviewer, queue.kind)
    only: dict[str, Any] = {
        "queue": queue.pk, "source": source_id, "max_severity": limits.max_severity, "avoid": list(limits.avoid),
    }  # fmt: skip
    key = (queue.pk, is_lead, source_id, limits)
    hint = hint_for(key)
    claim = _take(_CLAIM_NEXT, reviewer, is_lead, ahead, {**only, "hint": hint}, queue)
    if claim is None and hint < TOP:
        hint_forget(key)
        claim = _take(_CLAIM_NEXT, reviewer, is_lead, ahead, {**only, "hint": TOP}, queue)
    # One that is assigned is served first wherever it stands, and says nothing of where the others end.
    if claim is not None and claim.case.assigned_to_id is None:
        hint_learn(key, claim.case.priority)
    return claim


def case_claim_one(
    *, case_id: UUID, reviewer: User, is_lead: bool = False, undone: bool = False, ahead: bool = False
) -> Claim | None:
    """Hold this very case, if it waits and the reviewer may have it. The cap of the day holds here too, but for a case that they
    take back (`undone`): they decided it, and must be able to put it right."""
    cap = WORST if undone else serve_limits(reviewer).cap
    return _take(_CLAIM_ONE, reviewer, is_lead, ahead, {"case": case_id, "cap": cap, "light": LIGHT})


def _take(sql: str, reviewer: User, is_lead: bool, ahead: bool, which: dict[str, Any], queue: Queue | None = None) -> Claim | None:
    """The new claim with its case and item, all from the one statement; with its queue too, where that is not known."""
    values: dict[str, Any] = {
        **which, "reviewer": reviewer.pk, "lead": is_lead, "actor": actor_of(reviewer), "ahead": ahead,
        "verb": "case.fetched" if ahead else "case.claimed", "seconds": lease_seconds(ahead=ahead),
    }  # fmt: skip
    found = row(sql, values)
    if found is None:
        return None
    claim: Claim
    claim, case, item, source, *read = read_joined(found, Claim, Case, Item, Source, *([] if queue else [Queue]))
    claim.reviewer, claim.case, case.queue, case.item, item.source = reviewer, case, queue or read[0], item, source
    return claim


def claim_get(claim_id: int, reviewer: User) -> Claim:
    """A claim of this reviewer, with all that the screen draws from."""
    claim = Claim.objects.select_related("case__item__source", "case__queue").get(pk=claim_id)
    claim.reviewer = reviewer
    return claim


def lease_seconds(*, ahead: bool) -> int:
    return settings.CLAIM_AHEAD_SECONDS if ahead else settings.CLAIM_MINUTES * 60


def actor_of(user: User) -> str:
    return f"user:{user.get_username()}"
