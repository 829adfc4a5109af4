"""The story of one item, from its audit rows, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from console.audit.models import AuditRow
from console.cases.models import Case
from console.intake.models import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: datetime
    actor: str  # in words: "rita", "the machine", "shop"
    by: str  # machine, person or source: how it is drawn
    sentence: str
    detail: Mapping[str, Any]
    verb: str  # code of what happened: "verdict.given"
    subject: str  # of what: "verdict:<id>"
    seal_seq: int | None  # its place in the chain; None until it is sealed
    hash: str


SENTENCES = {
    "item.received": "Received",
    "item.scored": "Scored by {model}",
    "item.decided": "Decided: {outcome} ({reason}), policy version {policy}",
    "item.reported": "Reported",
    "item.feedback": "Feedback: {event}",
    "case.opened": "Sent to people, queue {queue}",
    "case.fetched": "Held ready for review",
    "case.claimed": "Taken for review",
    "case.released": "Given back to the queue",
    "case.expired": "Given back: the hold ran out",
    "case.skipped": "Skipped: {reason}",
    "case.assigned": "Assigned to {to}",
    "case.unassigned": "No longer assigned",
    "case.assignment_ended": "For everybody again: {why}",
    "case.taken_over": "Taken over from {was}: {reason}",
    "case.second": "Second opinion asked",
    "case.escalated": "Passed to a lead",
    "verdict.given": "Verdict: {outcome}",
    "verdict.corrected": "Corrected: {outcome}",
    "verdict.undone": "Verdict undone",
    "action.applied": "Put in force: {action}",
    "action.reversed": "Taken back: {action}",
    "bank.added": "Remembered as known content",
    "decision.effective": "Took effect",
    "check.second": "Another look was drawn",
    "check.audit": "Another look was drawn",
    "check.adjudicate": "Two verdicts differ, so a lead decides",
    "check.adjudicate_closed": "A lead had the last word: {outcome}",
    "check.contest": "Contested, so a third person decides",
    "check.contest_closed": "A third person decided: {outcome}",
    "qa.reviewed": "Reviewed by a lead: {finding}",
    "action.ended": "Ended by itself: {action}",
    "mask.lifted": "Looked at masked data",
}


FROM_OUTSIDE = ("item.received", "item.reported", "item.feedback", "item.viewed")
HOLDS = ("case.fetched", "case.claimed", "case.released", "case.expired", "case.skipped")


def item_timeline(item: Item, *, sealed: Case | None = None) -> list[Event]:
    """Oldest first. What was done to the item as a known answer is not told: it would be one no more. With `sealed`, the blind case
    that the reader may still decide, nothing is told but what came from outside, and who holds that case."""
    rows = AuditRow.objects.filter(item_id=item.pk).order_by("pk")
    if sealed is not None:
        rows = rows.filter(Q(verb__in=FROM_OUTSIDE) | Q(subject=f"case:{sealed.pk}", verb__in=HOLDS))
    else:
        known = item.measurements.filter(gold__isnull=False).values_list("case_id", flat=True)
        rows = rows.exclude(subject__in=[f"case:{pk}" for pk in known])
    return [_event(row) for row in rows]


def _event(row: AuditRow) -> Event:
    kind, _, name = row.actor.partition(":")
    template = SENTENCES.get(row.verb, row.verb.replace(".", " ").capitalize())
    by = {"user": "person", "source": "source"}.get(kind, "machine")
    actor = name if by != "machine" else f"the machine ({name})" if name else "the machine"
    return Event(
        at=row.at, actor=actor, by=by, sentence=template.format_map(_Blank(row.data)), detail=row.data, verb=row.verb, subject=row.subject,
        seal_seq=row.seal_seq, hash=row.hash,
    )  # fmt: skip


class _Blank(dict[str, Any]):
    """A row written by an older version may lack a field; the sentence still reads."""

    def __missing__(self, key: str) -> str:
        return "-"
