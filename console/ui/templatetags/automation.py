"""Estimates with their ranges, and the form of the audits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.automation.models import AuditPlan
from console.ui import automation_chart, words
from scoring.audits import Estimate

register = template.Library()
FIELDS = (
    ("allow_rate", "Let through, in 100", "looked at again by chance"),
    ("enforce_rate", "Acted on, in 100", "the same"),
    ("review_rate", "To people anyway, in 100", "decided blind"),
    ("weekly_minimum", "At least, a week", "of each tenth of the scores, where there are enough"),
    ("hourly_cost", "An hour costs", "of a reviewer; may be left empty"),
    ("currency", "Currency", "as EUR"),
)


@register.filter
def hours(value: float) -> str:
    return "under 0.1" if 0 < value < 0.05 else f"{value:,.1f}"


@register.simple_tag
def estimate(found: Estimate | None) -> SafeString:
    """ "0.3 % (0.1 to 0.8)"."""
    if found is None:
        return format_html('<span class="faint">{}</span>', "not known")
    low, high = (f"{100 * end:.1f}" if end < 0.1 else f"{100 * end:.0f}" for end in (found.low, found.high))
    return format_html('{} <span class="faint">({} to {})</span>', words.percent(found.value), low, high)


@register.simple_tag
def count(found: Estimate | None) -> SafeString:
    """ "about 12 (3 to 40)"."""
    if found is None:
        return format_html('<span class="faint">{}</span>', "not known")
    if found.low == found.high:
        return format_html("{}", f"{found.value:,.0f}")
    return format_html('about {} <span class="faint">({} to {})</span>', f"{found.value:,.0f}", f"{found.low:,.0f}", f"{found.high:,.0f}")


@register.filter
def in_hundred(share: float) -> str:
    return automation_chart.in_hundred(share)


@register.simple_tag
def plan_fields(plan: AuditPlan, errors: Mapping[str, Sequence[str]], posted: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the form shows: what was posted where it was refused, else what is kept; rates in 100."""
    rows = []
    for name, title, text in FIELDS:
        value = getattr(plan, name)
        kept = "" if value is None else f"{100 * value:g}" if name.endswith("_rate") else f"{value:g}" if name != "currency" else value
        rows.append({
            "name": name, "title": title, "help": text, "help_id": f"plan-{name}-help", "errors": errors.get(name, []),
            "value": posted.get(name, kept), "mode": "text" if name == "currency" else "decimal",
        })  # fmt: skip
    return rows
