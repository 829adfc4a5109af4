"""Training runs on other pages: `{% runs_of kind as ran %}`."""

from __future__ import annotations

from typing import Any

from django import template

from console.training.models import TrainingRun
from console.ui import kinds_overview
from console.ui.run_words import asked_words, reason_words
from console.ui.runs_pages import live_context
from scoring.kind import Kind

register = template.Library()


@register.simple_tag
def runs_of(kind: Kind) -> kinds_overview.Runs:
    return kinds_overview.runs_of(kind)


@register.simple_tag(takes_context=True)
def live(context: template.Context, run: TrainingRun) -> str:
    """Puts what models/parts/runs_live.html needs into the context; prints nothing."""
    context.update(live_context(run))
    return ""


@register.filter
def asked_by(run: TrainingRun) -> str:
    return asked_words(run)


@register.filter
def reason_of(run: TrainingRun) -> str:
    return reason_words(run)


@register.filter
def ahead_words(then: Any) -> str:
    """A time to come, in its own zone: "Mon 30 Nov, 03:00 CET"."""
    return f"{then:%a} {then.day} {then:%b}, {then:%H:%M} {then.tzname()}" if then else ""
