"""Accounts on a platform that belong to somebody of the staff: nobody decides what they wrote themselves."""

from __future__ import annotations

from django.db import transaction

from console.accounts.models import Source, User
from console.audit.services import audit_append
from console.cases.models import Case
from console.common.errors import Conflict, Invalid, NotFound
from console.quality.bars import bar_owners
from console.quality.models import OwnAccount


@transaction.atomic
def own_account_add(*, user: User, source: Source, actor_id: str, actor: str = "system") -> int:
    """From now on no case of this account is served to `user`; returns how many that wait already are kept from them too.

    Raises Invalid without an account, Conflict when it is known already.
    """
    actor_id = actor_id.strip()
    if not actor_id or "\x00" in actor_id or len(actor_id) > 255:
        raise Invalid({"actor_id": ["Name the account as the platform does, in 255 characters at most."]})
    _, created = OwnAccount.objects.get_or_create(user=user, source=source, actor_id=actor_id)
    if not created:
        raise Conflict("This account is known to be theirs already.")
    waiting = Case.objects.filter(item__source=source, item__actor_id=actor_id).exclude(state=Case.State.CLOSED)
    ids = list(waiting.values_list("pk", flat=True))
    bar_owners(ids)
    audit_append(actor=actor, verb="own_account.added", subject=f"user:{user.username}", data={"source": source.slug, "cases": len(ids)})
    return len(ids)


@transaction.atomic
def own_account_remove(*, user: User, source: Source, actor_id: str, actor: str = "system") -> None:
    """What comes later may be served to them again; what was kept from them stays so."""
    if not OwnAccount.objects.filter(user=user, source=source, actor_id=actor_id.strip()).delete()[0]:
        raise NotFound("No such account of theirs is known.")
    audit_append(actor=actor, verb="own_account.removed", subject=f"user:{user.username}", data={"source": source.slug})
