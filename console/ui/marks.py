"""Split a text at code point offsets into pieces to mark, safely: spans may overlap, run past the end or cut a letter.

Nothing is escaped or trusted here; `marked` builds HTML from the pieces and escapes every one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from scoring.blocks import Span

_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    evidence: bool = False
    ends: tuple[str, ...] = ()  # labels of the evidence that ends with this piece
    hidden: str = ""  # what the characters really are


def pieces(text: str, spans: Sequence[Span] = (), hidden: Sequence[Span] = ()) -> list[Piece]:
    """Pieces whose texts joined are `text` again."""
    size = len(text)
    evidence = [found for found in (_whole(text, s) for s in spans) if found is not None]
    inside = (s for s in hidden if s.start < min(s.end, size) and s.end > 0)
    tricks = [Span(start=max(0, s.start), end=min(size, s.end), label=s.label) for s in inside]
    cuts = sorted({0, size, *(s.start for s in (*evidence, *tricks)), *(s.end for s in (*evidence, *tricks))})
    result = []
    for start, end in pairwise(cuts):
        over = [s for s in evidence if s.start <= start and s.end >= end]
        labels = tuple(dict.fromkeys(s.label for s in over if s.end == end and s.label))
        trick = next((s.label or "Hidden character" for s in tricks if s.start <= start and s.end >= end), "")
        result.append(Piece(text[start:end], bool(over), labels, trick))
    return result


def _whole(text: str, span: Span) -> Span | None:
    """Clamp to the text and grow to whole letters; None when nothing is left."""
    start, end = max(0, span.start), min(len(text), span.end)
    if start >= end:
        return None
    while start > 0 and _belongs_to_previous(text, start):
        start -= 1
    while end < len(text) and _belongs_to_previous(text, end):
        end += 1
    return Span(start=start, end=end, label=span.label, weight=span.weight)


def _belongs_to_previous(text: str, index: int) -> bool:
    """Combining marks, style selectors and joined emoji are one letter with what stands before them."""
    char = text[index]
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or char == _JOINER or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    return text[index - 1] == _JOINER


def _code_points(text: str) -> str:
    """Names for what has no shape of its own: "U+200B"."""
    return " ".join(f"U+{ord(char):04X}" for char in text[:4]) + (" …" if len(text) > 4 else "")


def _shape(piece: Piece) -> SafeString:
    if not piece.hidden:
        return format_html("{}", piece.text)
    unseen = all(unicodedata.category(char) in ("Cf", "Cc", "Mn", "Zs", "Cn", "Co") and char != " " for char in piece.text)
    if unseen:
        # The character itself is left out of the page: a direction control would turn the rest of the line around.
        return format_html('<span class="lookalike unseen" title="{}">{}</span>', piece.hidden, _code_points(piece.text))
    return format_html('<span class="lookalike" title="{}: {}">{}</span>', piece.hidden, _code_points(piece.text), piece.text)


def marked(parts: Iterable[Piece]) -> SafeString:
    """HTML of the pieces: evidence as <mark class="ev"> with its label in words after it, hidden characters dotted."""
    out = []
    for piece in parts:
        shape = _shape(piece)
        out.append(format_html('<mark class="ev">{}</mark>', shape) if piece.evidence else shape)
        if piece.ends:
            out.append(format_html('<span class="ev-label">{}</span>', ", ".join(piece.ends)))
    return mark_safe("".join(out))  # every part was escaped by format_html
