"""`{% load checks %}`: figures of the checks in words."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def points(share: float) -> str:
    """A difference of shares, in 100: "1.4", "-0.3"."""
    return f"{100 * share:.1f}"
