"""Split a text at code point offsets into pieces to mark, safely: spans may overlap, run past the end or cut a letter.

Nothing is escaped or trusted here; `marked` builds HTML from the pieces and escapes every one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from scoring.blocks import Shield, Span

_JOINER = "\u200d"
T = TypeVar("T", Span, Shield)


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    evidence: bool = False
    ends: tuple[str, ...] = ()  # labels of the evidence that ends with this piece
    hidden: str = ""  # what the characters really are
    shield: Shield | None = None  # what is shown instead


def pieces(text: str, spans: Sequence[Span] = (), hidden: Sequence[Span] = (), shields: Sequence[Shield] = ()) -> list[Piece]:
    """Pieces whose texts joined are `text` again. Nothing cuts a shield in two. Linear in the text and in what is hidden."""
    size = len(text)
    covers = sorted((s for s in shields if 0 <= s.start < s.end <= size), key=lambda s: s.start)
    evidence = [_around(found, covers) for found in (_whole(text, s) for s in spans) if found is not None]
    tricks = _apart(hidden, size)
    bounds = [*((s.start, s.end) for s in (*evidence, *tricks)), *((s.start, s.end) for s in covers)]
    edges = {0, size, *(edge for pair in bounds for edge in pair)}
    cuts = sorted(edge for edge in edges if not _inside(edge, covers))
    trick_at, cover_at = _walker(tricks), _walker(covers)
    result = []
    for start, end in pairwise(cuts):
        over = [s for s in evidence if s.start <= start and s.end >= end]
        labels = tuple(dict.fromkeys(s.label for s in over if s.end == end and s.label))
        trick, cover = trick_at(start), cover_at(start)
        result.append(Piece(text[start:end], bool(over), labels, (trick.label or "Hidden character") if trick else "", cover))
    return result


def _apart(spans: Sequence[Span], size: int) -> list[Span]:
    """In order and without overlap, inside the text: where two overlap, the earlier one keeps the place."""
    result: list[Span] = []
    last = 0
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        start, end = max(last, span.start), min(size, span.end)
        if start < end:
            result.append(Span(start=start, end=end, label=span.label))
            last = end
    return result


def _walker(spans: Sequence[T]) -> Callable[[int], T | None]:
    """Which of some ordered spans covers a place; places must be asked in rising order."""
    left: Iterator[T] = iter(spans)
    current = next(left, None)

    def at(place: int) -> T | None:
        nonlocal current
        while current is not None and current.end <= place:
            current = next(left, None)
        return current if current is not None and current.start <= place else None

    return at


def _inside(edge: int, covers: Sequence[Shield]) -> bool:
    return any(s.start < edge < s.end for s in covers)


def _around(span: Span, covers: Sequence[Shield]) -> Span:
    start = min((s.start for s in covers if s.start < span.start < s.end), default=span.start)
    end = max((s.end for s in covers if s.start < span.end < s.end), default=span.end)
    return Span(start=start, end=end, label=span.label, weight=span.weight)


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


def _written(text: str) -> SafeString:
    """Escaped. A carriage return goes as a reference: a browser would read it as a line feed, and places would move."""
    return mark_safe(escape(text).replace("\r", "&#13;"))


def _shape(piece: Piece) -> SafeString:
    if not piece.hidden:
        return _written(piece.text)
    unseen = all(unicodedata.category(char) in ("Cf", "Cc", "Mn", "Zs", "Cn", "Co") and char != " " for char in piece.text)
    if unseen:
        # The character itself is left out of the page: a direction control would turn the rest of the line around.
        return format_html(
            '<span class="lookalike unseen" title="{}" data-chars="{}">{}</span>', piece.hidden, len(piece.text), _code_points(piece.text)
        )
    return format_html('<span class="lookalike" title="{}: {}">{}</span>', piece.hidden, _code_points(piece.text), piece.text)


def shown_instead(shield: Shield) -> SafeString:
    """data-chars tells the page how many code points of the text it stands for."""
    tag = "masked" if shield.secret else "mono"
    return format_html('<span class="{}" data-chars="{}">{}</span>', tag, shield.end - shield.start, shield.shown)


def marked(parts: Iterable[Piece], draw: Callable[[Shield], SafeString] = shown_instead) -> SafeString:
    """HTML of the pieces: evidence as <mark class="ev"> with its label in words after it, hidden characters dotted."""
    out = []
    for piece in parts:
        shape = draw(piece.shield) if piece.shield else _shape(piece)
        out.append(format_html('<mark class="ev">{}</mark>', shape) if piece.evidence else shape)
        if piece.ends:
            out.append(format_html('<span class="ev-label">{}</span>', ", ".join(piece.ends)))
    return mark_safe("".join(out))  # every part was escaped


def undone(text: str, places: Sequence[Span]) -> SafeString:
    """HTML of a normalised text; what was written otherwise is dotted and says how."""
    out = []
    for piece in pieces(text, hidden=places):
        plain = _written(piece.text)
        out.append(format_html('<span class="lookalike" title="{}">{}</span>', piece.hidden, plain) if piece.hidden else plain)
    return mark_safe("".join(out))
