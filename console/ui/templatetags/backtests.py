"""How shares, ranges and changes of a backtest are said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from console.ui.words import percent
from scoring.decide import RISK
from scoring.text.language_names import LANGUAGES
from scoring.withheld import LANGUAGE

register = template.Library()


@register.filter
def share_words(proof: Mapping[str, Any] | None) -> str:
    """ "94 %, 89 to 98", or that nothing is known."""
    if not proof or proof.get("share") is None:
        return "not known"
    return f"{percent(proof['share'])}, {_bare(proof['low'])} to {_bare(proof['high'])}"


def _bare(share: float) -> str:
    return percent(share).removesuffix(" %")


@register.filter
def changed_by(value: float | None) -> str:
    """ "+12.4", "-3.0", "no change": cases a day."""
    if value is None or abs(value) < 0.05:
        return "no change"
    return f"{value:+,.1f}"


@register.filter
def a_day(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


@register.filter
def moved_tone(value: float | None) -> str:
    """More work for people is a caution, less is good."""
    return "" if value is None or abs(value) < 0.05 else "warn" if value > 0 else "good"


@register.filter
def held_words(one: Mapping[str, Any]) -> str:
    """What differs in a part of a band: "German: people, instead of letting through", or "shop: let through at or below 0.05, by its own
    certificate"."""
    name = LANGUAGES.get(one["name"], one["name"]) if one["cut"] == LANGUAGE else one["name"]
    of = "" if one["label"] == RISK else f" {one['label'].replace('_', ' ')}"
    allows, mark = one["side"] == "allow", one.get("mark")
    if mark is None:
        return f"{name}: people, instead of {'letting through' if allows else f'acting on{of}'}"
    return f"{name}: {'let through at or below' if allows else f'act on{of} at or above'} {mark:g}, by its own certificate"
