"""What the pages of models show of serving: who decides now, what is tried, what waits for a second person, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from console.accounts.models import User
from console.common.clock import db_now
from console.training.champions import rollback_target
from console.training.models import ModelVersion, Promotion, Trial
from console.training.promotion import promotion_open, same_person, standing_against
from console.training.selectors import champion
from console.training.shadow_report import BANDS, ShadowReport, shadow_report
from console.training.trials import STEPS, trials_open
from console.training.watch import Facts, canary_facts
from console.training.whole import serves_instead
from scoring.kind import Kind

HISTORY = 12
_WORDS = {"review": "Ask a person"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    trial: Trial
    facts: Facts
    shares: Sequence[tuple[int, str]]  # (percent, "done" | "now" | "")
    following: int | None  # the next share; None: it serves next
    items_left: int
    wait_left: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Of a kind."""

    champion: ModelVersion | None
    target: ModelVersion | None  # what a roll back returns to
    instead: ModelVersion | None  # scores while the champion is damaged
    canary: Canary | None
    shadow: ShadowReport | None
    unconfirmed: Promotion | None  # an override that nobody else has looked at
    may_confirm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Of a version: what waits, what speaks against it, and what this person may do."""

    waiting: Promotion | None
    other: Promotion | None  # another version of the kind waits, so this one cannot be proposed
    against: str
    needs_despite: bool
    mine: bool  # the person who looks proposed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Of a version: its canary and its shadow, now or the last."""

    canary: Canary | None
    last_canary: Trial | None
    shadow: ShadowReport | None
    shadow_elsewhere: Trial | None  # another version of the kind is in shadow
    matrix: Sequence[tuple[str, Sequence[tuple[int, float, int]]]]  # (band of the champion, cells of (count, per hundred, shade))
    bands: Sequence[str]


def serving_of(kind: str, user: User) -> Serving:
    serving = champion(kind)
    lone = Promotion.objects.filter(kind=kind, override=True, confirmed_by=None, state=Promotion.State.AGREED).select_related(
        "version", "decided_by"
    )
    unconfirmed = lone.filter(Q(version=serving) | Q(trials__ended_at=None, trials__isnull=False)).order_by("-decided_at").first()
    shadow = trials_open(kind=kind, mode=Trial.Mode.SHADOW).first()
    canary = trials_open(kind=kind, mode=Trial.Mode.CANARY).first()
    return Serving(
        champion=serving, target=rollback_target(kind), instead=serves_instead(serving) if serving else None,
        canary=canary_view(canary) if canary else None, shadow=shadow_report(shadow) if shadow else None, unconfirmed=unconfirmed,
        may_confirm=bool(unconfirmed and unconfirmed.decided_by and not same_person(unconfirmed.decided_by, user)),
    )  # fmt: skip


def canary_view(trial: Trial) -> Canary:
    facts = canary_facts(trial)
    wait = trial.stepped_at + timedelta(hours=trial.min_hours) - db_now()
    return Canary(
        trial=trial, facts=facts, following=next((step for step in STEPS if step > trial.share), None),
        shares=[(step, "now" if step == trial.share else "done" if step < trial.share else "") for step in STEPS],
        items_left=max(0, trial.min_items - facts.in_step), wait_left=max(timedelta(), wait),
    )  # fmt: skip


def proposal_of(version: ModelVersion, user: User) -> Proposal:
    waiting = promotion_open(version.kind)
    mine = waiting if waiting and waiting.version_id == version.pk else None
    against = standing_against(version) if version.state != ModelVersion.State.CHAMPION else None
    return Proposal(
        waiting=mine, other=waiting if waiting and not mine else None, against=against[0] if against else "", needs_despite=bool(against),
        mine=bool(mine and mine.proposed_by and same_person(mine.proposed_by, user)),
    )  # fmt: skip


def tried_of(version: ModelVersion, kind: Kind) -> Tried:
    trials = Trial.objects.filter(version=version).select_related("version", "ended_by").order_by("-started_at")
    canary, shadow = trials.filter(mode=Trial.Mode.CANARY).first(), trials.filter(mode=Trial.Mode.SHADOW).first()
    report = shadow_report(shadow) if shadow else None
    words = {"allow": kind.words.allow, "enforce": kind.words.enforce, **_WORDS}
    return Tried(
        canary=canary_view(canary) if canary and canary.ended_at is None else None,
        last_canary=canary if canary and canary.ended_at else None, shadow=report,
        shadow_elsewhere=trials_open(kind=version.kind, mode=Trial.Mode.SHADOW).exclude(version=version).first(),
        bands=[words[band] for band in BANDS],
        matrix=[(words[row], [_cell(report, row, column) for column in BANDS]) for row in BANDS] if report else [],
    )  # fmt: skip


def _cell(report: ShadowReport, stands: str, band: str) -> tuple[int, float, int]:
    """Where both agree nothing is shaded; elsewhere the more the darker."""
    count = report.matrix.get((stands, band), 0)
    share = 100 * count / report.scored if report.scored else 0.0
    shade = 0 if stands == band or not count else 1 if share < 1 else 2 if share < 5 else 3
    return count, share, shade


def history_of(kind: str) -> list[Promotion]:
    rows = Promotion.objects.filter(kind=kind).exclude(state=Promotion.State.OPEN)
    people = rows.select_related("version", "proposed_by", "decided_by", "confirmed_by").prefetch_related("trials")
    return list(people.order_by("-decided_at", "-pk")[:HISTORY])
