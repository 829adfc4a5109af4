"""What a reviewer sees of a case. What may not be seen yet does not leave the server: one predicate says so for every way out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role, roles_of
from console.cases.models import Case, Claim
from console.cases.selectors import verdict_first
from console.common.clock import db_now
from console.common.errors import Unavailable
from console.common.rows import columns, read, row
from console.insights.related import related_items
from console.insights.sealed import as_seen, sealed_cases
from console.intake.history import scoring_items
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.policies.selectors import IN_FORCE, active_policy, policy_found
from console.scores.models import Decision, Score
from console.scores.services import scored_of
from scoring.blocks import Block
from scoring.kind import Kind
from scoring.policy import PolicyDocument
from scoring.registry import get_kind
from scoring.types import Around

BLIND = "For review."
BY_RULE = "A rule asks for a person."


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseScreen:
    case: Case
    claim: Claim | None
    item: Item
    kind: Kind
    blocks: Sequence[Block]
    policy: PolicyDocument
    policy_version: PolicyVersion
    sentence: str  # why it is here, as far as it may be told: sentence_shown()
    evidence_shown: bool
    evidence_allowed: bool  # E may show it; never in a blind case
    verdict_first: bool  # E asks for an outcome first
    chance: float | None  # only when the evidence is shown
    model: str

    def area(self, area: str) -> list[Block]:
        return [block for block in self.blocks if block.area == area]


def opinions_hidden(item_ids: Collection[UUID], user: User, roles: frozenset[Role]) -> set[UUID]:
    """Of which of these items this person may not see what the machine thinks.

    Who may give a verdict with `roles` must be able to give it without that opinion: while a case of the item is open, and while
    its last verdict can be undone (then the case comes back). Who holds the case and asked for the evidence has seen it.
    """
    if Role.MODERATOR not in roles or not item_ids:
        return set()
    undecided = set(Case.objects.filter(item_id__in=item_ids).exclude(state=Case.State.CLOSED).values_list("item_id", flat=True))
    undecided |= set(sealed_cases(item_ids, user, roles))
    undecided |= set(Decision.objects.filter(item_id__in=item_ids, state=Decision.State.HELD).values_list("item_id", flat=True))
    if not undecided:
        return set()
    asked = Claim.objects.filter(
        case__item_id__in=undecided, case__blind=False, reviewer=user, state=Claim.State.OPEN, lease_until__gt=Now(), evidence_seen=True
    )
    return undecided - set(asked.values_list("case__item_id", flat=True))


def opinion_hidden(item: Item, user: User) -> bool:
    """opinions_hidden() for one item and a person with their own roles."""
    return bool(opinions_hidden([item.pk], user, roles_of(user)))


def by_machine(decision: Decision) -> bool:
    """Everything but a verdict: what the machine sends to people says what it thinks too."""
    return decision.automated or decision.outcome == "review"


def sentence_shown(case: Case, *, revealed: bool) -> str:
    """Why the case is here. The sentence of a rule often says what the machine found, so it waits until the evidence is shown."""
    if case.blind:
        return BLIND
    return case.sentence if revealed or case.reason != "rule" else BY_RULE


def item_blocks(
    item: Item, score: Score | None, *, latest: Score | None = None, figures: Mapping[str, float] | None = None, now: datetime | None = None
) -> Sequence[Block]:
    """The item's card; without `score` nothing of the machine's opinion is in it. Of the `latest` score only what was measured
    of the world is told, and what was read from the item's files: percentiles, a look-up, words on the screen."""
    kind, told = get_kind(item.kind), latest or score
    bare = scoring_items([item])[0]
    measured = {name: told.signals[name] for name in kind.observed if name in told.signals} if told else {}
    measured |= ((told.extra or {}).get("measured") or {}) if told else {}
    figures = _figures(item.kind) if figures is None else figures
    around = Around(related=related_items(item, bare, kind), measured=measured, figures=figures, now=now or db_now())
    return kind.card(replace(bare, around=around), scored_of(score))


def _figures(kind: str) -> Mapping[str, float]:
    """As the policy in force sets them; without one, the kind's own hold."""
    with suppress(Unavailable):
        return active_policy(kind)[1].figures
    return {}


_AROUND = f"""
SELECT clock_timestamp(), v.id, v.checksum, {columns(Score, "s")} FROM {IN_FORCE}
LEFT JOIN LATERAL (SELECT * FROM scores_score WHERE item_id = %(item)s ORDER BY id DESC LIMIT 1) s ON true
"""


def _around(item: Item) -> tuple[datetime, Score | None, tuple[PolicyVersion, PolicyDocument]]:
    """The time, the latest score and the policy in force, by one statement: every case that is drawn asks for the three."""
    found = row(_AROUND, {"kind": item.kind, "item": item.pk}) or ()
    policy = policy_found(item.kind, found[1:3])
    return found[0], read(Score, found[3:]) if found[3] is not None else None, policy


def case_open(*, case: Case, claim: Claim | None) -> CaseScreen:
    """Draw a case for who holds it. Evidence is there once they asked for it (claim.evidence_seen), never when blind or ahead."""
    case, item = as_seen(case)
    allowed = not case.blind
    shown = allowed and claim is not None and claim.evidence_seen and not claim.ahead
    now, score, (version, document) = _around(item)
    blocks = item_blocks(item, score if shown else None, latest=score, figures=document.figures, now=now)
    return CaseScreen(
        case=case, claim=claim, item=item, kind=get_kind(item.kind), blocks=blocks, policy=document, policy_version=version,
        sentence=sentence_shown(case, revealed=shown), evidence_shown=shown, evidence_allowed=allowed,
        verdict_first=verdict_first(case) and not (claim is not None and claim.evidence_seen),
        chance=score.risk if shown and score else None, model=score.model if shown and score else "",
    )  # fmt: skip
