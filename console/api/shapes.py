"""Rows as JSON. The names are those of schemas.py; OpenAPI promises them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from console.accounts.roles import Role, roles_of
from console.api.auth import Caller
from console.cases.models import Case
from console.insights.screen import BLIND, by_machine, opinions_hidden, sentence_shown
from console.insights.sealed import as_seen, item_told, sealed_cases
from console.insights.timeline import Event, item_timeline
from console.intake.models import Item, Media
from console.scores.models import Decision, Score
from console.training.models import ModelVersion
from console.training.outside import model_outside
from console.training.selectors import gates_failed
from console.verdicts.models import Verdict

Json = dict[str, Any]
NOT_YET = "Not shown while a person is still to decide."


def absolute(name: str, *args: Any) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse(f"api:{name}", args=args)


def item_url(item_id: UUID) -> str:
    """Written out: looking it up costs more than accepting the item."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/items/{item_id}"


def item_row(item: Item) -> Json:
    return {
        "id": item.pk, "kind": item.kind, "external_id": item.external_id, "source": item.source.slug, "status": item.status,
        "headline": item.headline, "created_at": item.created_at, "received_at": item.received_at, "reports": item.reports,
        "url": item_url(item.pk),
    }  # fmt: skip


def item_full(item: Item, caller: Caller) -> Json:
    """The item with all that is known of it. What a blind reviewer may not see yet is not in it."""
    case = (
        item.cases.select_related("queue").exclude(state=Case.State.CLOSED).first()
        or item.cases.select_related("queue").order_by("-pk").first()
    )
    hidden = bool(hidden_from(caller, [item.pk]))
    sealed = sealed_from(caller, [item.pk]).get(item.pk)
    if sealed is not None:
        case, item = as_seen(sealed)[0], item_told(sealed)
    decision = item.decisions.filter(state__in=["effective", "held"]).select_related("policy_version").first()
    undecided = case is not None and case.state != Case.State.CLOSED
    told = sealed is None and (not hidden or not (undecided or (decision is not None and by_machine(decision))))
    return {
        **item_row(item),
        "payload": item.payload, "actor": item.actor, "conversation": item.conversation, "severity_hint": item.severity_hint,
        "scores": [] if hidden else [score_row(score) for score in item.scores.order_by("-pk")[:20]],
        "decision": decision_row(decision, item) if decision and told else None,
        "case": case_row(case, blind=hidden and case.blind, revealed=not hidden) if case else None,
        "history": [_event(e, caller) for e in item_timeline(item, sealed=sealed) if not (hidden and e.by == "machine")],
    }  # fmt: skip


def sealed_from(caller: Caller, item_ids: Collection[UUID]) -> dict[UUID, Case]:
    """By item, the blind case that the caller may still decide."""
    return sealed_cases(item_ids, caller.user, roles_told(caller))


def roles_told(caller: Caller) -> frozenset[Role]:
    """What the caller may be is what counts, not what this token may do: they could look with one and decide with another."""
    return caller.roles if Role.INTEGRATION in caller.roles else caller.roles | roles_of(caller.user)


def hidden_from(caller: Caller, item_ids: Collection[UUID]) -> set[UUID]:
    """Items whose opinion the caller may not see yet. A platform decides nothing here, so its token sees all of its own."""
    if Role.INTEGRATION in caller.roles:
        return set()
    return opinions_hidden(item_ids, caller.user, caller.roles | roles_of(caller.user))


def _event(event: Event, caller: Caller) -> Json:
    """A platform is not told which person of the staff decided."""
    actor = "a reviewer" if event.by == "person" and caller.source is not None and Role.INTEGRATION in caller.roles else event.actor
    return {"at": event.at, "actor": actor, "sentence": event.sentence, "detail": event.detail}


def score_row(score: Score) -> Json:
    return {
        "model": score.model, "checksum": score.checksum, "risk": score.risk, "uncertainty": score.uncertainty, "labels": score.labels,
        "evidence": score.evidence, "signals": score.signals, "errors": score.errors, "extra": score.extra, "created_at": score.created_at,
    }  # fmt: skip


def decision_row(decision: Decision, item: Item, *, hidden: bool = False) -> Json:
    """With `hidden`, what the machine thought is blank; what a person decided is told."""
    row = {
        "id": decision.pk, "item": item.pk, "external_id": item.external_id, "kind": item.kind, "number": decision.number,
        "state": decision.state, "outcome": decision.outcome, "reason": decision.reason, "sentence": decision.sentence,
        "action": decision.action or None, "clause": decision.clause or None, "label": decision.label or None,
        "rule": decision.rule or None, "severity": decision.severity, "automated": decision.automated, "model": decision.model or None,
        "policy_version": decision.policy_version.number, "thresholds": decision.thresholds, "created_at": decision.created_at,
        "effective_at": decision.effective_at,
        "statement_url": absolute("decision-statement", decision.pk) if decision.outcome == "enforce" else None,
    }  # fmt: skip
    return {**row, **_BLANK} if hidden and by_machine(decision) else row


_BLANK: Json = {
    "sentence": NOT_YET, "action": None, "clause": None, "label": None, "rule": None, "severity": 0, "model": None, "thresholds": {},
    "statement_url": None,
}  # fmt: skip


def case_row(case: Case, *, blind: bool = False, revealed: bool = True) -> Json:
    """`revealed`: whether the reason may be told in the words of the rule that sent it here."""
    sentence = BLIND if blind else case.sentence if revealed else sentence_shown(case, revealed=False)
    return {
        "id": case.pk, "item": case.item_id, "queue": case.queue.slug, "state": case.state, "purpose": "review" if blind else case.purpose,
        "reason": None if blind else case.reason, "sentence": sentence,
        "severity": 0 if blind else case.severity, "due_at": case.due_at, "created_at": case.created_at,
    }  # fmt: skip


def verdict_row(verdict: Verdict) -> Json:
    """Of a blind case the decision is not named: some have none."""
    return {
        "id": verdict.pk, "case": verdict.case_id, "item": verdict.item_id, "state": verdict.state, "outcome": verdict.outcome,
        "action": verdict.action or None, "duration_hours": verdict.duration_hours, "clauses": verdict.clauses,
        "severity": verdict.severity, "certain": verdict.certain, "spans": verdict.spans,
        "decision": None if verdict.case.blind else verdict.decision_id, "created_at": verdict.created_at,
    }  # fmt: skip


def media_row(media: Media) -> Json:
    return {
        "id": media.pk, "sha256": media.sha256, "mime": media.mime, "size": media.size, "width": media.width, "height": media.height,
        "duration_s": media.duration_s, "url": absolute("media-one", media.pk),
    }  # fmt: skip


def model_row(version: ModelVersion, caller: Caller, *, with_card: bool = False) -> Json:
    row: Json = {
        "model": str(version), "kind": version.kind, "version": version.version, "state": version.state, "trainer": version.trainer,
        "checksum": version.checksum, "metrics": version.metrics, "comparison": version.comparison, "reasons": version.reasons,
        "failed_gates": gates_failed(version),
        "parent": version.parent or None, "snapshot": version.snapshot.content_hash if version.snapshot else None,
        "created_at": version.created_at, "promoted_at": version.promoted_at, "damage": version.damage,
        "trials": [
            {"mode": trial.mode, "share": trial.share, "started_at": trial.started_at}
            for trial in version.trials.all() if trial.ended_at is None
        ],
        "proposed_by": next((p.proposed_by.username for p in version.promotions.all() if p.state == "open" and p.proposed_by), None),
    }  # fmt: skip
    row |= {"card": version.card} if with_card else {}
    told = model_outside(version, caller.source.slug) if caller.source is not None else {}
    return {name: told.get(name, value) for name, value in row.items()}
