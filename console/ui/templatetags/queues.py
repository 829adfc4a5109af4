"""Tags of the queues: why a case stands where it stands."""

from __future__ import annotations

from django import template
from django.template.context import Context

from console.cases.models import Case
from console.insights.screen import sentence_shown
from console.ui.place import place_sentence, told_of

register = template.Library()


@register.simple_tag(takes_context=True)
def why_here(context: Context) -> str:
    """`{% why_here %}` on the case page: one sentence, empty when nothing may be told."""
    screen = context["screen"]
    return place_sentence(screen.case, user=context["request"].user, revealed=screen.evidence_shown)


@register.filter
def why_now(case: Case) -> str:
    """Why a waiting case comes when it comes, for somebody who has not seen the evidence: a phrase for lists."""
    return told_of(case) or sentence_shown(case, revealed=False)
