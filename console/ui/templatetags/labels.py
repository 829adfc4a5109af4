"""A label in words: what it adds up to, and who said what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from console.training.consensus import Labelled
from console.ui.labels_pages import SOURCES

register = template.Library()


@register.filter
def in_hundred(chance: float) -> str:
    return "under 1 in 100" if chance < 0.01 else f"{round(100 * chance)} in 100"


@register.filter
def source_words(source: str) -> str:
    return SOURCES.get(source, source)


@register.filter
def telling(labels: Sequence[Labelled]) -> list[Labelled]:
    """What holds, and what somebody says otherwise of: a line each."""
    return [label for label in labels if label.agreed.value or label.agreed.against]


@register.filter
def plain_no(labels: Sequence[Labelled]) -> str:
    """The rest in one line: most labels of an item do not hold, and a line for each would hide those that do."""
    return ", ".join(label.name.replace("_", " ") for label in labels if not label.agreed.value and not label.agreed.against)


@register.simple_tag
def agreed(label: Labelled) -> SafeString:
    """ "Spam: yes", and whether somebody says otherwise."""
    name = label.name.replace("_", " ").capitalize()
    word: Any = SafeString("<b>yes</b>") if label.agreed.value else "no"
    if not label.agreed.against:
        return format_html("{}: {}", name, word)
    settled = SOURCES.get(label.agreed.settled_by, "").lower()
    how = f"settled by {settled}" if settled else f"{label.agreed.against} of {label.agreed.voices} say otherwise"
    return format_html('{}: {} <span class="chip caution">{}</span>', name, word, how)


@register.simple_tag
def voices(labels: Sequence[Labelled]) -> SafeString:
    """Each voice once: "Rita, blind: spam"; what holds is named."""
    said: dict[str, list[str]] = {}
    for label in labels:
        for event in label.events:
            who = _who(event)
            said.setdefault(who, [])
            if event["value"]:
                said[who].append(label.name.replace("_", " "))
    rows = ((who, ", ".join(dict.fromkeys(names)) or "nothing holds") for who, names in said.items())
    return format_html_join(SafeString("<br>"), "{}: {}", rows)


def _who(event: dict[str, Any]) -> str:
    source = SOURCES.get(event["source"], event["source"])
    person = event["reviewer__username"]
    blind = "" if event["source"] != "verdict" else ", had seen the machine" if event["model_visible"] else ", blind"
    return f"{person} ({source.lower()}{blind})" if person else source
