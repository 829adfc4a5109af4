"""Tags of the components. `{% load ui %}` gives icons, chips, severity bars, ten dots, bars and words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django import template
from django.template.context import Context
from django.utils.dateparse import parse_datetime
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from console.cases.models import Case
from console.insights.screen import sentence_shown
from console.ui import drawn, words
from console.ui.icons import ICONS
from console.ui.marks import marked, pieces
from console.ui.navigation import navigation_for
from scoring.registry import KINDS

register = template.Library()
_SVG = '<svg class="icon {}" viewBox="0 0 20 20" aria-hidden="true"><path d="{}"/></svg>'


@register.simple_tag
@cache
def icon(name: str, tone: str = "") -> SafeString:
    """`{% icon "allow" %}`; a name from icons.py. Always beside a word, so hidden from readers."""
    return format_html(_SVG, tone, ICONS[name])


@register.filter
def why_before(case: Case) -> str:
    """Why a case waits, for somebody who has not seen the evidence."""
    return sentence_shown(case, revealed=False)


@register.simple_tag
def kind_icon(kind: str, tone: str = "") -> SafeString:
    """The icon a kind declares; a plain square for a kind that is no longer installed."""
    found = KINDS.get(kind)
    return format_html(_SVG, tone, found.icon if found else "M4 4h12v12H4z")


@register.filter
def kind_words(kind: str) -> Any:
    """`item.kind|kind_words` gives the kind's Words (one, many, allow, allowed, enforce, enforced), or None."""
    found = KINDS.get(kind)
    return found.words if found else None


@register.simple_tag
def severity(level: int) -> SafeString:
    """Bars and a word: None, Mild, Serious, Severe."""
    level = max(0, min(3, int(level or 0)))
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="3.5" height="{}" rx="1"{}/>',
        ((i * 5, 8 - 4 * i, 4 + 4 * i, mark_safe(' class="on"') if i < level else "") for i in range(3)),
    )
    return format_html(
        '<span class="sev s{}"><svg viewBox="0 0 14 12" aria-hidden="true">{}</svg>{}</span>', level, bars, words.SEVERITY_WORDS[level]
    )


@register.simple_tag
def ten(chance: float | None, sentence: str = "") -> SafeString:
    """Ten dots and "7 in 10", then what they are: `{% ten 0.69 "like this broke the rule" %}`."""
    count = words.tenths(chance)
    if count is None:
        return format_html('<p class="small soft">{}</p>', "No model has scored this yet.")
    dots = format_html_join(
        "",
        '<circle{} cx="{}" cy="5" r="3.6"/>',
        ((mark_safe(' class="on"') if i < count else "", f"{5 + 10.4 * i:.1f}") for i in range(10)),
    )
    said = words.in_ten(chance)
    return format_html(
        '<div class="ten"><svg viewBox="0 0 104 10" aria-hidden="true">{}</svg><span><b>{}</b> {}</span></div>',
        dots, said[0].upper() + said[1:], sentence,
    )  # fmt: skip


@register.simple_tag
def chip(text: str, tone: str = "", sign: str = "") -> SafeString:
    """An outcome or state with its sign: `{% chip "Removed" "reject" "reject" %}`."""
    return format_html('<span class="chip {}">{}{}</span>', tone, icon(sign) if sign else "", text)


@register.simple_tag
def stackbar(*parts: Any, total: float | None = None) -> SafeString:
    """A bar from pairs of class and number: `{% stackbar "s3" 22 "s2" 104 "s1" 286 %}`; `total` sets the full width."""
    pairs = [(str(parts[i]), float(parts[i + 1] or 0)) for i in range(0, len(parts) - 1, 2)]
    full = float(total or 0) or sum(value for _, value in pairs) or 1.0
    left, rows = 0.0, []
    for name, value in pairs:
        width = min(100.0 - left, 100.0 * max(value, 0.0) / full)
        if width > 0:
            rows.append((name, f"{left:.1f}", f"{max(width - 0.6, 0.4):.1f}"))
        left += width
    bars = format_html_join("", '<rect class="{}" x="{}" width="{}" height="6"/>', rows)
    return format_html('<svg class="stackbar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{}</svg>', bars)


@register.simple_tag
def ring(share: float, text: str, tone: str = "") -> SafeString:
    """An arc of what is left (0-1) and the same in words."""
    dash = f"{max(0.0, min(1.0, float(share))) * 100:.0f} 100"
    return format_html(
        '<span class="ring {}"><svg viewBox="0 0 20 20" aria-hidden="true"><circle class="track" cx="10" cy="10" r="8"/>'
        '<circle class="left" cx="10" cy="10" r="8" pathLength="100" stroke-dasharray="{}"/></svg><span>{}</span></span>',
        tone, dash, text,
    )  # fmt: skip


@register.simple_tag
def avatar(name: str, machine: bool = False) -> SafeString:
    """A person's initials in teal, or the machine's sign in violet."""
    if machine:
        return format_html('<span class="avatar machine">{}</span>', icon("machine"))
    return format_html('<span class="avatar" title="{}">{}</span>', name, words.initials(name))


@register.simple_tag
def field_error(text: str, id: str = "") -> SafeString:
    """An error below a form field; give the same id in the field's aria-describedby."""
    return format_html('<span class="error" id="{}">{}{}</span>', id, icon("caution"), text)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> Any:
    """Groups of the side navigation that this person may see: `{% navigation as groups %}`."""
    return navigation_for(context["request"])


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The address's query with some values changed or, when empty, taken out: `href="?{% query page=2 %}"`."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        values.pop(name, None)
        if value not in (None, ""):
            values[name] = str(value)
    return conditional_escape(values.urlencode())


@register.filter
def in_ten(chance: float | None) -> str:
    return words.in_ten(chance)


@register.filter
def percent(share: float | None) -> str:
    return words.percent(share)


@register.filter
def duration(value: timedelta | float | None) -> str:
    return words.span_words(value)


@register.filter
def waited(then: datetime | None) -> str:
    return words.span_words(words.ago(then))


@register.filter
def day(then: datetime | None) -> str:
    return words.day_words(then)


@register.filter
def sentence_case(text: str) -> str:
    """Titles and labels of others as we write ours: "Two-Factor Authentication:" reads "Two-factor authentication"."""
    return words.sentence_case(text)


@register.filter
def within(text: str) -> str:
    """Inside a sentence: "since today, 08:41"."""
    return text[:1].lower() + text[1:]


@register.filter
def clock(seconds: float | None) -> str:
    return words.clock_words(seconds)


@register.filter
def minutes(value: float | None) -> str:
    return words.span_words(None if value is None else float(value) * 60)


@register.filter
def initials(name: str) -> str:
    return words.initials(name)


@register.simple_tag
def marked_block(block: Any) -> SafeString:
    """The text of a TextBlock or Turn with its evidence and hidden characters marked, each part escaped."""
    return marked(pieces(block.text, block.spans, getattr(block, "hidden", ()), getattr(block, "shields", ())))


@register.simple_tag
def stars(rating: float) -> SafeString:
    whole = max(0, min(5, round(rating)))
    return format_html('<span aria-hidden="true">{}<span class="faint">{}</span></span>', "★" * whole, "★" * (5 - whole))


@register.filter
def iso_day(text: str) -> str:
    """A time that came in a payload, in words; as it is when it is no time."""
    try:
        then = parse_datetime(text)
    except ValueError:
        then = None
    if then is None:
        return text[:40]
    return words.day_words(then if then.tzinfo else then.replace(tzinfo=UTC))


@register.filter
def stage(media: str | None) -> Any:
    """Addresses of a stored media id (small, clear); None for what is not stored here."""
    return drawn.stage_of(media)


@register.simple_tag
def frames_of(block: Any) -> Any:
    return drawn.frames_of(block)


@register.simple_tag
def weights_of(block: Any) -> Any:
    return drawn.weights_of(block)


@register.filter
def complement(percentile: int) -> int:
    return 100 - percentile


@register.filter
def pretty(value: Any) -> str:
    """JSON for people, cut at 20,000 characters."""
    return json.dumps(value, indent=2, ensure_ascii=False)[:20_000]


@register.filter
def words_of(name: str) -> str:
    """A field's name as words: "decision_ground" reads "Decision ground"."""
    return name.replace("_", " ").capitalize()


@register.filter
def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return ", ".join(f"{words_of(str(k))}: {plain(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(plain(v) for v in value)
    text = str(value)
    return words_of(text) if text.isupper() and "_" in text else text  # constants of the statement of reasons


_LONG = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{4}|[0-9a-f]{24,56})([0-9a-f]{8})\b")


@register.filter
def short_ids(text: str) -> str:
    """ "case:…1ff2c293": ids and checksums by their end, which differs where their beginnings, the time, are alike."""
    return _LONG.sub(r"…\1", str(text))


@register.filter
def styled(field: Any) -> SafeString:
    """A form field with the look of the product. Its label stands above it, so nothing is said again inside."""
    found: SafeString = field.as_widget(
        attrs={"class": "" if field.widget_type in ("checkbox", "radioselect") else "input", "placeholder": ""}
    )
    return found


@register.filter
def sentences(errors: Any) -> list[str]:
    """Errors by field path, as lines: "payload.text: must be given"."""
    if isinstance(errors, dict):
        return [f"{path}: {plain(found)}" for path, found in errors.items()]
    return [plain(found) for found in errors] if isinstance(errors, list) else [plain(errors)]
