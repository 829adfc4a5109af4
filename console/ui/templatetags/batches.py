"""`{% load batches %}`: what could be decided together with the case on the screen."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template.context import Context

from console.cases.alike import together
from console.cases.models import Case

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`near` and `author` count this case too; 0 when nothing waits beside it."""

    near: int
    accounts: int
    author: int


@register.simple_tag(takes_context=True)
def group_of(context: Context, case: Case) -> Group:
    found = together(case, context["request"].user)
    names = {case.item.actor_id, *(partner.actor_id for partner in found.near)}
    return Group(
        near=len(found.near) + 1 if found.near else 0, accounts=len(names - {""}), author=len(found.author) + 1 if found.author else 0
    )
