"""Change the list of rules: always as a whole, checked, as a new version beside the old ones."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.claiming import actor_of
from console.cases.models import Queue, RoutingVersion
from console.cases.routing import MORE, RoutingRule, routing_current
from console.common.errors import Conflict, Invalid
from scoring.signals.rules import RuleError, compile_rule

MOST_RULES = 200
CHANGED = "Somebody else changed the rules meanwhile. Yours are kept here; look at theirs first."


def rule_id() -> str:
    """For a new rule."""
    return secrets.token_hex(4)


def rule_errors(rule: RoutingRule, slugs: frozenset[str]) -> dict[str, list[str]]:
    """What is wrong with a rule, by field; empty when it may be saved."""
    errors: dict[str, list[str]] = {}
    if not rule.name.strip() or len(rule.name) > 100:
        errors["name"] = ["Give it a name of at most 100 characters."]
    if rule.queue not in slugs:
        errors["queue"] = ["Choose a queue that is not archived."]
    try:
        compile_rule(rule.when, MORE)
    except RuleError as error:
        errors["when"] = [str(error)]
    return errors


@transaction.atomic
def routing_replace(*, rules: Sequence[RoutingRule], user: User, seen: int, note: str = "") -> RoutingVersion:
    """`seen` is the number of the version that the change was made from (0 before the first): when another is in force by now,
    Conflict. Raises Invalid with paths such as "rules.2.when"."""
    if len(rules) > MOST_RULES:
        raise Invalid({"rules": [f"At most {MOST_RULES} rules."]})
    slugs = frozenset(Queue.objects.filter(archived_at=None).values_list("slug", flat=True))
    errors = {f"rules.{i}.{name}": said for i, rule in enumerate(rules) for name, said in rule_errors(rule, slugs).items()}
    if len({rule.id for rule in rules}) != len(rules):
        errors["rules"] = ["Two rules have the same id."]
    if errors:
        raise Invalid(errors, "The rules cannot be saved.")
    current = routing_current()
    if seen != (current.number if current else 0):
        raise Conflict(CHANGED, code="rules_changed")
    return routing_write(rules=rules, number=seen + 1, user=user, note=note)


def routing_write(*, rules: Sequence[RoutingRule], number: int, user: User, note: str) -> RoutingVersion:
    """Inside the caller's transaction: the version with its audit row, which holds the whole list. Raises Conflict when the number
    is taken."""
    rows = [rule.as_row() for rule in rules]
    try:
        with transaction.atomic():
            version = RoutingVersion.objects.create(number=number, rules=rows, note=note[:200], created_by=user)
    except IntegrityError as error:
        raise Conflict(CHANGED, code="rules_changed") from error
    data = {"version": number, "note": note[:200], "rules": rows}
    audit_append(actor=actor_of(user), verb="routing.changed", subject=f"routing:{number}", data=data)
    return version
