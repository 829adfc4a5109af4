"""Tags of the review, chat and video screens."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.ui.drawn import Stage
from console.ui.marks import marked, pieces, shown_instead, undone
from console.ui.words import clock_words
from scoring.blocks import FramesBlock, Shield, TextBlock, Turn
from scoring.text.shields import WORDS

register = template.Library()
WIDTH, HEIGHT = 720, 30  # of the time line
HOT = 0.5


@register.simple_tag(takes_context=True)
def turn_text(context: Context, turn: Turn) -> SafeString:
    """A turn's text: links made safe, private data masked, with a button to look for who holds the case."""
    claim = None if context.get("read_only") else context.get("claim")

    def draw(shield: Shield) -> SafeString:
        if claim is None or not shield.secret:
            return shown_instead(shield)
        where = json.dumps({"token": claim.token, "field": turn.field, "start": shield.start, "end": shield.end})
        return format_html(
            '<button class="masked" type="button" data-unmask data-chars="{}" hx-post="{}" hx-vals="{}" hx-swap="outerHTML">'
            '{} <span class="look">Show<span class="hidden"> the {}</span></span></button>',
            shield.end - shield.start, reverse("ui:unmask", args=[claim.case_id]), where, shield.shown, WORDS[shield.kind].lower(),
        )  # fmt: skip

    return marked(pieces(turn.text, turn.spans, shields=turn.shields), draw)


@register.simple_tag
def normalised_text(block: TextBlock) -> SafeString:
    return undone(block.normalised or "", block.undone)


@register.simple_tag
def time_line(block: FramesBlock, stage: Stage | None = None) -> dict[str, Any]:
    """Rects of the time line in a box of 720 x 48: heat, flashing parts, scenes; None of the first in a blind case."""
    total = block.duration_s or (stage.seconds if stage else None) or max((f.t for f in block.frames), default=0.0) or 1.0
    x = [min(WIDTH, WIDTH * t / total) for t, _ in block.heat]
    ends = [*x[1:], float(WIDTH)][: len(x)]
    bars = [_bar(left, right, score) for left, right, (_, score) in zip(x, ends, block.heat, strict=True)]
    flashes = [_part(a, b, total) for a, b in block.flashes]
    hot = [(t, s) for t, s in block.heat if s >= HOT]
    peaks = [t for t, _ in hot] or [f.t for f in block.frames if f.label]
    return {
        "total": f"{total:.2f}", "end": clock_words(total), "bars": bars, "flashes": flashes,
        "step": f"{1 / block.rate:.4f}" if block.rate else "0.04",
        "peaks": " ".join(f"{t:.2f}" for t in peaks), "scenes": " ".join(f"{f.t:.2f}" for f in block.frames),
        "parts": " ".join(f"{a:.2f}-{b:.2f}" for a, b in block.flashes), "hot": [(clock_words(t), round(10 * s)) for t, s in hot],
    }  # fmt: skip


def _bar(left: float, right: float, score: float) -> dict[str, Any]:
    high = max(1.0, HEIGHT * score)
    width = max(2.0, right - left - 1)
    return {"x": f"{left:.1f}", "width": f"{width:.1f}", "y": f"{HEIGHT - high:.1f}", "height": f"{high:.1f}", "hot": score >= HOT}


def _part(start: float, end: float, total: float) -> dict[str, str]:
    return {"x": f"{WIDTH * start / total:.1f}", "width": f"{max(3.0, WIDTH * (end - start) / total):.1f}", "at": clock_words(start)}
