"""What the templates of the case page need beside the domain's CaseScreen: options with keys, lease, undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import User
from console.cases.models import Case, Claim
from console.common.rows import first
from console.insights.screen import CaseScreen, case_open
from console.policies.selectors import document_of
from console.ui.account_history import account_history
from console.verdicts.models import Verdict
from scoring.policy import Clause, PolicyDocument
from scoring.registry import KINDS

LEAST_SHOWN = 0.15  # chances below say little to a person
DURATIONS = ((1, "1 hour"), (24, "24 hours"), (168, "7 days"))
SKIP_REASONS = (
    ("distress", "It distresses me"),
    ("language", "I do not read this language"),
    ("broken", "It cannot be shown or read"),
    ("other", "Another reason"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOption:
    name: str
    title: str
    key: str = ""  # a digit that no reason uses
    timed: bool = False  # may end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChance:
    title: str
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOffer:
    """The last verdict of this person while it can be undone, or the last batch of them."""

    verdict: Verdict
    sentence: str  # "Last one: removed", "12 removed"
    address: str
    seconds: int
    total: int


def seconds_until(then: datetime) -> int:
    return max(0, round((then - timezone.now()).total_seconds()))


def action_title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def action_options(document: PolicyDocument) -> list[ActionOption]:
    """Digits after those of the reasons, as far as they go, where they go for most actions; every cap shows its own."""
    names = [name for name in document.actions if name not in document.asking]
    first = max((int(clause.key) for clause in document.clauses), default=0) + 1
    fit = 10 - first
    fit = fit if 2 * fit > len(names) else 0
    return [
        ActionOption(name=name, title=action_title(name), key=str(first + place) if place < fit else "", timed=name in document.timed)
        for place, name in enumerate(names)
    ]


def reason_options(document: PolicyDocument) -> list[Clause]:
    return sorted(document.clauses, key=lambda clause: clause.key)


def undo_offer(user: User) -> UndoOffer | None:
    newest = first(Verdict, "WHERE t.reviewer_id = %s ORDER BY t.created_at DESC LIMIT 1", [user.pk])
    if newest is None or newest.state != Verdict.State.GIVEN or seconds_until(newest.undo_until) <= 0:
        return None
    last, seconds = newest, seconds_until(newest.undo_until)
    sentence, address = f"Last one: {outcome_word(last)}", reverse("ui:undo", args=[last.pk])
    if last.batch_id:
        many = Verdict.objects.filter(batch=last.batch_id, state=Verdict.State.GIVEN).count()
        sentence, address = f"{many} {outcome_word(last)}", reverse("ui:batch_undo", args=[last.batch_id])
    elif last.supersedes_id:
        sentence = f"Corrected: {outcome_word(last)}"
    return UndoOffer(verdict=last, sentence=sentence, address=address, seconds=seconds, total=max(settings.UNDO_SECONDS, seconds))


def outcome_word(verdict: Verdict) -> str:
    """"kept" or "removed", as the kind says it, and the action where that says more; "held, to verify" for one that only asks."""
    if verdict.action and verdict.action in document_of(verdict.policy_version).asking:
        return f"held, to {verdict.action}".lower()
    kind = KINDS.get(verdict.item.kind)
    if kind is None or verdict.outcome == "allow":
        return (kind.words.allowed if kind else verdict.outcome).lower()
    action = action_title(verdict.action) if verdict.action else kind.words.enforce
    more = "" if action.lower() == kind.words.enforce.lower() else f", {action}"
    return f"{kind.words.enforced}{more}".lower()


def policy_parts(document: PolicyDocument) -> dict[str, Any]:
    """What may be chosen under a policy."""
    return {"reasons": reason_options(document), "actions": action_options(document), "durations": DURATIONS}


def case_context(case: Case, claim: Claim | None, user: User, holder: Claim | None = None) -> dict[str, Any]:
    """Context of cases/screen.html. Without `claim` the case is shown to read only."""
    screen: CaseScreen = case_open(case=case, claim=claim)
    total = settings.CLAIM_MINUTES * 60
    # What is drawn ahead gets its full lease when its turn comes; undo belongs to the screen that is looked at.
    ahead = claim is not None and claim.ahead
    left = total if ahead else seconds_until(claim.lease_until) if claim else 0
    return {
        "screen": screen, "case": screen.case, "claim": claim, "item": screen.item, "kind": screen.kind, "words": screen.kind.words,
        "holder": holder, "history": account_history(screen.item), "likely": _likely(screen),
        "content": screen.area("content"), "context": screen.area("context"), "evidence": screen.area("evidence"),
        "skip_reasons": SKIP_REASONS,
        "asking": [ActionOption(name=a, title=action_title(a)) for a in screen.policy.asking], "lease_left": left, "lease_total": total,
        "lease_share": left / total if total else 0, "undo": None if ahead else undo_offer(user),
        "limit_seconds": limit_of(case),
        "has_media": any(_has_media(block) for block in screen.blocks), "has_film": any(getattr(b, "media", None) for b in screen.blocks),
        "has_words": any(_has_words(block) for block in screen.area("content")),
        "has_hidden": any(getattr(b, "normalised", None) is not None for b in screen.blocks),
    }  # fmt: skip


def limit_of(case: Case) -> int:
    """Seconds that the case may wait; in a blind case the usual limit, since its own would tell the severity."""
    return 60 * (case.queue.sla_minutes if case.blind else case.queue.limit_minutes(case.severity))


def _likely(screen: CaseScreen) -> list[LabelChance]:
    """The likeliest labels in the words of the policy; empty until the evidence may be seen."""
    if not screen.evidence_shown:
        return []
    row = screen.item.scores.order_by("-pk").first()
    best: dict[str, float] = {}
    for label, chance in (row.labels if row else {}).items():
        clause = screen.policy.clause_for(label)
        title = clause.title if clause else action_title(label)
        if chance is not None and chance >= LEAST_SHOWN:
            best[title] = max(best.get(title, 0.0), chance)
    ranked = sorted(best.items(), key=lambda pair: -pair[1])[:3]
    return [LabelChance(title=title, chance=chance) for title, chance in ranked]


def _has_media(block: Any) -> bool:
    """Something that B would unblur."""
    pictures = (*getattr(block, "turns", ()), *(() if getattr(block, "media", None) else getattr(block, "frames", ())))
    return bool(getattr(block, "media", None)) or any(part.image for part in pictures)


def _has_words(block: Any) -> bool:
    """Something that W could mark."""
    texts = (block, *getattr(block, "turns", ()))
    return any(getattr(part, "field", "") and getattr(part, "text", "") for part in texts)
