"""What a list of rules would do with the newest items, before it is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from console.cases.routing import RoutingRule, routing_context
from console.intake.history import scoring_items
from console.intake.models import Item
from console.scores.models import Decision, Score
from console.scores.services import scored_of
from scoring.signals.rules import RuleError

NEWEST = 500
SAMPLES = 50


@dataclass(slots=True, kw_only=True)
class Trial:
    """`caught` counts by rule what it would be the first to catch; `held` is what the rule tried holds for, caught or not."""

    items: int
    caught: Counter[str] = field(default_factory=Counter)
    usual: int = 0
    held: int = 0
    taken: int = 0  # of these, what it would be the first to catch
    failed: int = 0
    error: str = ""
    samples: list[Item] = field(default_factory=list)

    @property
    def earlier(self) -> int:
        """What it holds for but an earlier rule takes."""
        return self.held - self.taken


def routing_trial(*, kind: str, rules: Sequence[RoutingRule], tried: str, newest: int = NEWEST) -> Trial:
    """`rules` are those of one kind, in order; `tried` is the id of the one that is looked at. A rule that fails sends the item to
    the usual queue, as it would in earnest. Who shows the samples leaves out what the reader may not know yet."""
    items = list(Item.objects.select_related("source").filter(kind=kind).order_by("-pk")[:newest])
    scores = {row.item_id: row for row in Score.objects.filter(item__in=items).order_by("item_id", "-pk").distinct("item_id")}
    severities: Mapping[UUID, int] = dict(Decision.objects.filter(item__in=items, number=1).values_list("item_id", "severity"))
    trial, active = Trial(items=len(items)), [rule for rule in rules if rule.on or rule.id == tried]
    for item, asked in zip(items, scoring_items(items), strict=True):
        severity = max(severities.get(item.pk, 0), item.severity_hint)
        try:
            context = routing_context(item=item, asked=asked, score=scored_of(scores.get(item.pk)), severity=severity)
            first = _first(active, context, tried, trial)
        except RuleError as error:
            trial.failed, trial.error, first = trial.failed + 1, str(error), None
        if first is None:
            trial.usual += 1
            continue
        trial.caught[first] += 1
        trial.taken += first == tried
        if first == tried and len(trial.samples) < SAMPLES:
            trial.samples.append(item)
    return trial


def _first(rules: Sequence[RoutingRule], context: Mapping[str, object], tried: str, trial: Trial) -> str | None:
    first = None
    for rule in rules:
        if first is not None and rule.id != tried:
            continue
        if rule.holds(context):
            trial.held += rule.id == tried
            first = first if first is not None else rule.id
    return first
