"""Which queue an item goes to: an ordered list of rules, the first that holds wins; else the usual queue of its kind.

A rule counts for the kind of its queue only. A rule that cannot be worked out loses nothing: the item goes to the usual queue,
and the fault is kept beside the rule. A full queue (more wait than its capacity) is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from console.cases.models import Queue, RoutingVersion
from console.cases.services import queue_ensure_defaults
from console.intake.models import Item
from scoring.signals.rules import RuleError, compile_rule, rule_context
from scoring.types import Item as ScoringItem
from scoring.types import Json, Score

MORE = ("source", "language", "severity")  # what a routing rule sees beside the words of a policy rule
_NOTHING = Score(risk=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """`id` stays the same through all versions; `queue` is a slug."""

    id: str
    name: str
    when: str
    queue: str
    on: bool = True

    def holds(self, context: Mapping[str, Json]) -> bool:
        """Raises RuleError."""
        return compile_rule(self.when, MORE).holds(context)

    def as_row(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "when": self.when, "queue": self.queue, "on": self.on}


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    queue: Queue
    rule: RoutingRule | None = None

    def told(self) -> dict[str, str]:
        """For the audit trail."""
        return {"queue": self.queue.slug, **({"rule": self.rule.name} if self.rule else {})}


@dataclass(slots=True)
class _Fault:
    items: int
    error: str
    item_id: UUID


def routing_rules(version: RoutingVersion | None) -> tuple[RoutingRule, ...]:
    return tuple(RoutingRule(**row) for row in version.rules) if version else ()


def routing_current() -> RoutingVersion | None:
    """The version in force; None before the first rule."""
    return RoutingVersion.objects.order_by("-number").first()


@lru_cache(maxsize=4)
def _rules_of(version_id: int) -> tuple[RoutingRule, ...]:
    """A version never changes and its id never comes again, so a process reads it once."""
    return tuple(rule for rule in routing_rules(RoutingVersion.objects.filter(pk=version_id).first()) if rule.on)


def routing_context(*, item: Item, asked: ScoringItem, score: Score | None, severity: int) -> dict[str, Json]:
    """What a routing rule sees. Raises RuleError for an item that is too large."""
    signals = score.signals if score else {}
    language = str(item.payload.get("language") or signals.get("language") or "")
    more = {"source": item.source.slug, "language": language.replace("_", "-").split("-")[0].lower(), "severity": severity}
    return rule_context(asked, score or _NOTHING, more)


@dataclass(slots=True)
class Router:
    """Routes a batch of one kind. Ask router_load() for one inside the transaction that opens the cases."""

    usual: Queue
    queues: Mapping[str, Queue]  # that take more, by slug
    rules: Sequence[RoutingRule]
    version_id: int | None = None  # of the version in force
    faults: dict[str, _Fault] = field(default_factory=dict)

    def route(self, *, item: Item, asked: ScoringItem, score: Score | None, severity: int) -> Routed:
        if not self.rules:
            return Routed(queue=self.usual)
        rule = self.rules[0]
        try:
            context = routing_context(item=item, asked=asked, score=score, severity=max(severity, item.severity_hint))
            for rule in self.rules:
                if rule.holds(context) and (queue := self.queues.get(rule.queue)):
                    return Routed(queue=queue, rule=rule)
        except RuleError as error:
            known = self.faults.setdefault(rule.id, _Fault(0, str(error)[:300], item.pk))
            known.items, known.item_id = known.items + 1, item.pk
        return Routed(queue=self.usual)

    def keep_faults(self) -> None:
        """Write down which rules could not be worked out; in the order of their ids, so that two batches never wait crosswise."""
        if self.faults:
            rows = sorted(self.faults.items())
            with connection.cursor() as cursor:
                cursor.execute(_KEEP, [[r for r, _ in rows], [f.items for _, f in rows], [f.error for _, f in rows],
                                       [f.item_id for _, f in rows], self.version_id])  # fmt: skip
            self.faults.clear()


_KEEP = """
INSERT INTO cases_rulefault (version_id, rule, items, error, item_id, at)
SELECT v.id, f.rule, f.items, f.error, f.item_id, clock_timestamp()
FROM unnest(%s::text[], %s::int[], %s::text[], %s::uuid[]) AS f (rule, items, error, item_id), cases_routingversion v
WHERE v.id = %s
ON CONFLICT (version_id, rule) DO UPDATE
SET items = cases_rulefault.items + excluded.items, error = excluded.error, item_id = excluded.item_id, at = excluded.at
"""
# The lock of the weakest sort holds off archiving: no case is opened in a queue that was archived meanwhile.
_QUEUES = """
SELECT q.*, (SELECT v.id FROM cases_routingversion v ORDER BY v.number DESC LIMIT 1) AS routing,
       q.capacity IS NOT NULL AND (SELECT coalesce(sum(t.waiting), 0) FROM cases_tally t WHERE t.queue_id = q.id) >= q.capacity AS is_full
FROM cases_queue q WHERE q.kind = %s AND q.archived_at IS NULL ORDER BY q.position, q.id FOR KEY SHARE OF q
"""


def router_load(kind: str) -> Router:
    """One query for any number of items."""
    queues: list[Any] = list(Queue.objects.raw(_QUEUES, [kind]))
    if not queues:
        queue_ensure_defaults()
        queues = list(Queue.objects.raw(_QUEUES, [kind]))
    ours, taking = {queue.slug for queue in queues}, {queue.slug: queue for queue in queues if not queue.is_full}
    version_id = queues[0].routing
    rules = [rule for rule in _rules_of(version_id) if rule.queue in ours] if version_id else []
    return Router(usual=queues[0], queues=taking, rules=rules, version_id=version_id)
