"""Tags of holding a case: who looks too, the person's own draft, the key of a verdict."""

from __future__ import annotations

import json
from uuid import uuid4

from django import template
from django.template.context import Context

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.cases.assigning import colleagues_for
from console.cases.drafts import draft_of
from console.cases.models import Case, Queue
from console.cases.presence import others_present
from console.ui.words import looks_too

register = template.Library()


@register.simple_tag(takes_context=True)
def presence(context: Context, case: Case) -> str:
    return looks_too(others_present(case_id=case.pk, person=context["user"]))


@register.simple_tag(takes_context=True)
def own_draft(context: Context, case: Case) -> str:
    """As JSON, "" when there is none."""
    kept = draft_of(case_id=case.pk, person=context["user"])
    return json.dumps(kept) if kept else ""


@register.simple_tag
def verdict_key() -> str:
    """One for each time the form is drawn: however often it is sent, one verdict is given."""
    return str(uuid4())


@register.filter
def is_lead(user: User) -> bool:
    return user_has_role(user, Role.LEAD)


@register.simple_tag
def colleagues(queue: Queue) -> list[User]:
    return colleagues_for(queue)
