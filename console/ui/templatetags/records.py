"""Tags of orders and records: the graph of what is shared, the curve of what goes stale, deadlines, differences, safe links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.ui import words
from console.ui.changed_words import changed_words
from console.ui.curve import Curve, curve_of
from console.ui.graph import Graph, graph_of, item_address
from scoring.blocks import Block, CurveBlock, Deadline, FigureBlock, LinksBlock, RecordBlock, RecordField

register = template.Library()
TONES = {"good": "allow", "bad": "reject", "warn": "differs"}
NEAR = 3600  # seconds before a deadline from which it is marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    word: str
    at: datetime
    text: str
    near: bool
    share: float  # of the time that is used up, 0-100
    note: str


@register.simple_tag
def graph(block: LinksBlock) -> Graph | None:
    return graph_of(block)


@register.simple_tag
def curve(block: CurveBlock) -> Curve:
    return curve_of(block)


@register.filter
def item_link(item_id: str) -> str:
    return item_address(item_id)


@register.filter
def tone_icon(tone: str) -> str:
    return TONES.get(tone, "clock")


@register.filter
def linked_name(block: LinksBlock, item_id: str) -> str:
    """The name of the item between, for one that is two steps away."""
    return next((row.name for row in block.linked if row.id == item_id), "")


@register.filter
def date_of(text: str) -> str:
    """The day of an ISO time: "12 Nov", with the year when it is not this one; the text itself when it is no time."""
    then = _time(text)
    if then is None:
        return text[:40]
    local = timezone.localtime(then)
    return f"{local.day} {local:%b}" if local.year == timezone.localtime().year else f"{local.day} {local:%b %Y}"


@register.filter
def standing(percentile: int | None) -> str:
    """A percentile in words that hold either way."""
    if percentile is None:
        return ""
    if percentile > 55:
        return f"More than {percentile} in 100"
    return f"Less than {100 - percentile} in 100" if percentile < 45 else "About as most"


@register.simple_tag
def deadline(source: Any) -> Due | None:
    """`{% deadline screen.blocks as due %}`, or of one block: when the world moves on by itself; None when it does not."""
    blocks: Sequence[Block] = [source] if isinstance(source, FigureBlock) else source
    found = next((b.deadline for b in blocks if isinstance(b, FigureBlock) and b.deadline is not None), None)
    at = _time(found.at) if found else None
    return _due(found, at) if found is not None and at is not None else None


def _due(found: Deadline, at: datetime) -> Due:
    now = timezone.now()
    left = (at - now).total_seconds()
    since = _time(found.since)
    whole = (at - since).total_seconds() if since else 0.0
    text = f"in {words.span_words(left)}" if left > 0 else f"was due {words.span_words(-left)} ago"
    return Due(
        word=found.word, at=at, text=text, near=left < NEAR, share=100.0 * min(1.0, max(0.0, 1 - left / whole)) if whole > 0 else 0.0,
        note=found.note,
    )  # fmt: skip


@register.simple_tag
def now_value(field: RecordField) -> SafeString:
    """The value as it is, with what the first candidate lacks struck out."""
    other = next((c.value for c in field.candidates), "")
    return changed_words(field.value, other, added=False)


@register.simple_tag
def candidate_value(field: RecordField, value: str) -> SafeString:
    return changed_words(value, field.value, added=True) if field.value else format_html("<ins>{}</ins>", value)


@register.simple_tag
def source_link(text: str, url: str = "") -> SafeString:
    """The name of a source; a link only where it is http(s), and nothing is fetched until a person opens it."""
    url = url or text
    safe = urlsplit(url) if url.isprintable() else None
    if safe is None or safe.scheme not in ("http", "https") or not safe.hostname:
        return format_html("{}", text)
    shown = text if text != url else safe.hostname
    return format_html('<a href="{}" rel="noreferrer noopener nofollow" target="_blank">{}</a>', url, shown)


@register.filter
def clashes(block: RecordBlock) -> int:
    return sum(bool(field.candidates) for field in block.fields)


def _time(text: str) -> datetime | None:
    try:
        then = parse_datetime(text) or datetime.fromisoformat(text)
    except ValueError:
        return None
    return then if then.tzinfo else then.replace(tzinfo=UTC)
