"""What a decision does to its item or account: each effect once, each with a way back."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from console.audit.services import audit_append
from console.enforcement.models import EnforcementAction
from console.scores.models import Decision

ACCOUNT_ACTIONS = frozenset({"suspend", "ban", "mute", "warn"})  # these hold the account, the others the item


@transaction.atomic
def enforcement_apply(decision: Decision, *, actor: str = "system") -> EnforcementAction | None:
    """Put the effect of an enforcing decision in force. Doing it again changes nothing. None when there is no effect."""
    if decision.outcome != "enforce":
        return None
    hours = decision.duration_hours
    action, created = EnforcementAction.objects.get_or_create(
        item_id=decision.item_id, decision=decision, action=decision.action or "remove", target=_target(decision),
        defaults={"ends_at": Now() + timedelta(hours=hours) if hours else None},
    )  # fmt: skip
    if created:
        audit_append(
            actor=actor, verb="action.applied", subject=f"action:{action.pk}", item_id=decision.item_id,
            data={"action": action.action, "decision": str(decision.pk), "hours": hours},
        )  # fmt: skip
    return action


@transaction.atomic
def enforcement_end(action: EnforcementAction, *, actor: str = "system") -> bool:
    """Let an effect end whose time is over. False when it was lifted, or has ended, already."""
    due = EnforcementAction.objects.filter(pk=action.pk, state=EnforcementAction.State.ACTIVE, ends_at__lte=Now())
    if not due.update(state=EnforcementAction.State.ENDED):
        return False
    audit_append(
        actor=actor, verb="action.ended", subject=f"action:{action.pk}", item_id=action.item_id,
        data={"action": action.action, "decision": str(action.decision_id)},
    )  # fmt: skip
    return True


@transaction.atomic
def enforcement_reverse(decision: Decision, *, actor: str = "system") -> int:
    """Take back what this decision put in force; returns how many effects ended. Doing it again returns 0."""
    ended = 0
    for action in EnforcementAction.objects.select_for_update().filter(decision=decision, state=EnforcementAction.State.ACTIVE):
        action.state = EnforcementAction.State.REVERSED
        action.save(update_fields=["state"])
        audit_append(
            actor=actor, verb="action.reversed", subject=f"action:{action.pk}", item_id=decision.item_id,
            data={"action": action.action, "decision": str(decision.pk)},
        )  # fmt: skip
        ended += 1
    return ended


def _target(decision: Decision) -> str:
    account = decision.item.actor_id
    return f"account:{account}" if decision.action in ACCOUNT_ACTIONS and account else "item"
