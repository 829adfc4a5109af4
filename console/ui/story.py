"""The story of an item: its audit rows, and beside each what the tables hold of it. Deliveries and training have rows of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from console.cases.models import Case
from console.common.models import OutboxEvent
from console.enforcement.models import DeliveryAttempt
from console.insights.timeline import Event, item_timeline
from console.intake.models import Item
from console.policies.selectors import document_of
from console.scores.models import Decision, Score
from console.training.models import ModelVersion
from console.ui.words import in_ten, span_words
from console.verdicts.models import Label, Verdict
from scoring.registry import KINDS

OPINION = ("item.scored", "item.decided")  # tell what the machine thinks
ICONS = {
    "item.received": "plug", "item.scored": "machine", "item.decided": "rule", "item.reported": "flag", "item.feedback": "refresh",
    "case.opened": "queue", "case.claimed": "person", "case.fetched": "clock", "case.expired": "clock", "case.released": "undo",
    "case.skipped": "undo", "verdict.undone": "undo", "case.second": "team", "case.escalated": "team", "action.applied": "shield",
    "action.reversed": "undo", "action.ended": "clock", "bank.added": "shield",
}  # fmt: skip
MODELS_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    text: str
    tone: str = ""
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From the decision before to this one."""

    name: str
    was: str
    became: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt to deliver."""

    at: datetime
    good: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    at: datetime
    who: str
    by: str  # machine, person or source
    sentence: str
    icon: str = "info"
    note: str = ""
    chips: Sequence[Chip] = ()
    changes: Sequence[Change] = ()
    tries: Sequence[Try] = field(default_factory=list)


class _Known:
    """What the tables hold of one item, read once."""

    def __init__(self, item: Item, hidden: bool) -> None:
        self.item, self.hidden, self.kind = item, hidden, KINDS.get(item.kind)
        scores = Score.objects.filter(item=item).only("pk", "model", "checksum", "risk", "labels", "errors", "took_ms")
        self.scores = {str(row.pk): row for row in scores}
        self.decisions = {str(row.pk): row for row in Decision.objects.filter(item=item).order_by("number")}
        verdicts = Verdict.objects.filter(item=item).select_related("claim", "decision", "policy_version")
        self.verdicts = {str(row.pk): row for row in verdicts}
        self.cases = {str(row.pk): row for row in item.cases.all()}

    def outcome(self, outcome: str) -> str:
        words = self.kind.words if self.kind else None
        if words is None or outcome == "review":
            return {"allow": "Kept", "enforce": "Acted on"}.get(outcome, "Sent to people")
        return words.allowed if outcome == "allow" else words.enforced

    def before(self, decision: Decision) -> Decision | None:
        earlier = [d for d in self.decisions.values() if d.number < decision.number and d.state != Decision.State.UNDONE]
        return earlier[-1] if earlier else None


def item_story(item: Item, *, hidden: bool, sealed: Case | None = None) -> list[Line]:
    """Oldest first. With `hidden` nothing that tells of the machine's opinion is in it: a person is still to decide. With `sealed`,
    the blind case that this reader may be that person of, nothing that was decided before either."""
    known = _Known(item, hidden)
    lines = [_line(event, known) for event in item_timeline(item, sealed=sealed) if not (hidden and _tells(event, known))]
    lines += [] if hidden else [*_deliveries(item), *_training(item)]
    return sorted(lines, key=lambda line: line.at)


def events_shown(item: Item, *, hidden: bool, sealed: Case | None = None) -> list[Event]:
    """The audit rows of the story, for export."""
    known = _Known(item, hidden)
    return [event for event in item_timeline(item, sealed=sealed) if not (hidden and _tells(event, known))]


def _tells(event: Event, known: _Known) -> bool:
    """What the machine thinks, or did because of it."""
    if event.verb in OPINION:
        return event.by == "machine"
    decision = known.decisions.get(str(event.detail.get("decision", "")))
    return event.verb.startswith("action.") and decision is not None and decision.automated


def _line(event: Event, known: _Known) -> Line:
    more = _MORE.get(event.verb)
    extra: Mapping[str, Any] = more(event, known) if more else {}
    values = {"sentence": event.sentence, "icon": ICONS.get(event.verb, "info"), **extra}
    return Line(at=event.at, who=event.actor, by=event.by, **values)


def _named(event: Event) -> str:
    return event.subject.partition(":")[2]


def _received(event: Event, known: _Known) -> Mapping[str, Any]:
    return {"note": f"Source {known.item.source.slug}, external id {known.item.external_id}."}


def _scored(event: Event, known: _Known) -> Mapping[str, Any]:
    score = known.scores.get(str(event.detail.get("score", "")))
    if score is None:
        return {}
    likeliest = max(score.labels, key=lambda name: score.labels[name] or 0.0, default="")
    chance = f"{in_ten(score.risk).capitalize()} like this broke the rule" if score.risk is not None else "No chance could be given"
    parts = [chance + (f", most as {likeliest.replace('_', ' ')}" if likeliest and score.risk is not None else "")]
    parts += [f"Model {score.model} {score.checksum[:8]}"] if score.checksum else []
    parts += [f"Took {score.took_ms:.0f} ms"] if score.took_ms is not None else []
    parts += [str(error).rstrip(".") for error in score.errors.values()]
    return {"note": ". ".join(parts) + ".", **({} if score.model else {"sentence": "Could not be scored"})}


def _decided(event: Event, known: _Known) -> Mapping[str, Any]:
    decision = known.decisions.get(_named(event))
    if decision is None:
        return {}
    rule = [Chip(text=f"Rule {decision.rule}", tone="machine", sign="rule")] if decision.rule else []
    sentence = f"Decided by policy version {event.detail.get('policy', '-')}"
    return {"sentence": sentence, "note": decision.sentence, "chips": [_outcome_chip(decision.outcome, known), *rule]}


def _opened(event: Event, known: _Known) -> Mapping[str, Any]:
    case = known.cases.get(_named(event))
    return {"note": case.sentence} if case and not known.hidden and not case.blind else {}


def _outcome_chip(outcome: str, known: _Known) -> Chip:
    tone = {"allow": "allow", "enforce": "reject"}.get(outcome, "person")
    return Chip(text=known.outcome(outcome), tone=tone, sign=tone)


def _verdict(event: Event, known: _Known) -> Mapping[str, Any]:
    verdict = known.verdicts.get(_named(event))
    if verdict is None:
        return {}
    took = (verdict.created_at - verdict.claim.started_at).total_seconds()
    titles = {clause.id: clause.title for clause in document_of(verdict.policy_version).clauses}
    clauses = (Chip(text=f"{clause} {titles.get(clause, '')}".strip()) for clause in verdict.clauses)
    chips = [_outcome_chip(verdict.outcome, known), *clauses]
    chips.append(Chip(text="Sure" if verdict.certain else "Not sure", tone="person"))
    seen = Chip(text="Evidence shown", tone="machine", sign="seen")
    chips.append(seen if verdict.evidence_seen else Chip(text="Without the evidence", sign="unseen"))
    if verdict.batch_id:
        chips.append(Chip(text="In a batch", sign="same"))
    corrects = verdict.supersedes_id is not None
    note = f"Why: {verdict.why_corrected}" if corrects else f"Decided in {took:.1f} s." if took < 60 else f"Decided in {span_words(took)}."
    sentence = "Corrected an earlier verdict" if corrects else "Gave a verdict"
    return {"sentence": sentence, "note": note, "chips": chips, "changes": _changes(verdict.decision, known), "icon": "allow"}


def _changes(decision: Decision | None, known: _Known) -> list[Change]:
    """What this version says otherwise than the one before, a decision to ask people aside."""
    before = known.before(decision) if decision else None
    if decision is None or before is None or before.outcome == "review" or (known.hidden and before.automated):
        return []
    pairs = (
        ("Outcome", known.outcome(before.outcome), known.outcome(decision.outcome)), ("Clause", before.clause, decision.clause),
        ("Action", before.action, decision.action), ("Severity", str(before.severity), str(decision.severity)),
    )  # fmt: skip
    return [Change(name=name, was=was or "none", became=became or "none") for name, was, became in pairs if was != became]


def _undone(event: Event, known: _Known) -> Mapping[str, Any]:
    verdict = known.verdicts.get(_named(event))
    if verdict is None:
        return {}
    corrects = " What was decided before counts again." if verdict.supersedes_id else ""
    return {"sentence": f"Undone after {(event.at - verdict.created_at).total_seconds():.0f} s", "note": f"No effect had left.{corrects}"}


def _reported(event: Event, known: _Known) -> Mapping[str, Any]:
    return {"note": f"Because: {event.detail['reason']}."} if event.detail.get("reason") else {}


def _effect(event: Event, known: _Known) -> Mapping[str, Any]:
    decision = known.decisions.get(str(event.detail.get("decision", "")))
    return {"note": decision.sentence} if decision else {}


_MORE: dict[str, Callable[[Event, _Known], Mapping[str, Any]]] = {
    "item.received": _received, "item.scored": _scored, "item.decided": _decided, "case.opened": _opened, "verdict.given": _verdict,
    "verdict.corrected": _verdict, "verdict.undone": _undone, "item.reported": _reported, "action.applied": _effect,
}  # fmt: skip


def _deliveries(item: Item) -> Iterator[Line]:
    """What was told to the platform, with every attempt."""
    told = OutboxEvent.objects.filter(subject=f"item:{item.pk}", state=OutboxEvent.State.RELAYED)
    for event in told.prefetch_related("deliveries__attempt_set").order_by("pk"):
        tries = [
            Try(at=attempt.at, good=_accepted(attempt), text=attempt.error or f"HTTP {attempt.status}")
            for delivery in event.deliveries.all()
            for attempt in delivery.attempt_set.all()
        ]
        note = "" if event.deliveries.all() else "No webhook listens for it."
        yield Line(
            at=event.relayed_at or event.created_at, who="the machine", by="machine", sentence=f"Told the platform: {event.topic}",
            icon="plug", note=note, tries=sorted(tries, key=lambda one: one.at),
        )  # fmt: skip


def _accepted(attempt: DeliveryAttempt) -> bool:
    return not attempt.error and attempt.status is not None and 200 <= attempt.status < 300


def _training(item: Item) -> Iterator[Line]:
    """Models that learned from data with a label of this item in it: a data set holds every label that stood when it was frozen."""
    labels = Label.objects.filter(item=item, withdrawn=False).exclude(source=Label.Source.GOLD).select_related("verdict")
    since = [max(label.created_at, label.verdict.undo_until) if label.verdict else label.created_at for label in labels]
    if not since:
        return
    learned = ModelVersion.objects.filter(kind=item.kind, snapshot__created_at__gte=min(since)).select_related("snapshot")
    for version in learned.order_by("pk")[:MODELS_TOLD]:
        if version.snapshot:
            yield Line(at=version.snapshot.created_at, who="the machine", by="machine", sentence=f"In the data of {version}", icon="models")
