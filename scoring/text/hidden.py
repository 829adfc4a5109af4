"""Where a text holds characters that do not look like what they are, and what it holds that cannot be read here."""

from __future__ import annotations

import unicodedata

from scoring.blocks import Span
from scoring.text.characters import DIRECTION, EMOJI_STYLE, JOINER, is_emoji_like, is_ignorable, script_of
from scoring.text.normalise import Normalised, foldable_places, normalise

UNSEEN, DIRECTED, LOOKS_LIKE, STYLED = "Unseen character", "Text direction control", "Look-alike letter", "Styled letter"


def _is_emoji_part(text: str, index: int) -> bool:
    """A joiner or a style selector beside an emoji is how emoji are written, not a trick."""
    if text[index] not in (JOINER, EMOJI_STYLE):
        return False
    near = [text[i] for i in (index - 1, index + 1) if 0 <= i < len(text)]
    return any(is_emoji_like(c) or c == EMOJI_STYLE or c in "0123456789#*" for c in near)


def _is_styled(char: str) -> bool:
    plain = unicodedata.normalize("NFKC", char)
    if not plain.isascii() or not plain.isalnum():
        return False
    return unicodedata.decomposition(char).startswith(("<font>", "<wide>", "<circle>", "<square>"))


def _marks(text: str) -> dict[int, str]:
    marks: dict[int, str] = {}
    for index, char in enumerate(text):
        if char.isascii():
            continue
        if char in DIRECTION:
            marks[index] = DIRECTED
        elif is_ignorable(char) and not _is_emoji_part(text, index):
            marks[index] = UNSEEN
        elif _is_styled(char):
            marks[index] = STYLED
    for index in foldable_places(text):
        char = text[index]
        if script_of(char) != "Latin" or not unicodedata.decomposition(char):  # not a plain accented letter
            marks.setdefault(index, LOOKS_LIKE)
    return marks


def hidden_spans(text: str) -> tuple[Span, ...]:
    """Spans of the text as written, neighbours of one sort joined, in order."""
    if text.isascii():
        return ()
    spans: list[Span] = []
    for index, label in sorted(_marks(text).items()):
        if spans and spans[-1].end == index and spans[-1].label == label:
            spans[-1] = Span(start=spans[-1].start, end=index + 1, label=label)
        else:
            spans.append(Span(start=index, end=index + 1, label=label))
    return tuple(spans)


def undone_spans(plain: Normalised) -> tuple[Span, ...]:
    """Places of the normalised text that were written otherwise; the label says how, by code points where it cannot be seen."""
    spans: list[Span] = []
    last = -1
    for index, (char, origin) in enumerate(zip(plain.text, plain.origin, strict=True)):
        written = plain.source[last + 1 : origin + 1] if origin > last else plain.source[origin]
        last = max(last, origin)
        if written != char:
            spans.append(Span(start=index, end=index + 1, label=f"Written as {_as_written(written)}"))
    return tuple(spans)


def _as_written(text: str) -> str:
    plain = (c.isprintable() and not is_ignorable(c) and not unicodedata.combining(c) for c in text[:12])
    shown = "".join(c if is_plain else f" U+{ord(c):04X} " for c, is_plain in zip(text, plain, strict=False))
    return f"“{' '.join(shown.split())}”" + ("…" if len(text) > 12 else "")


def unmapped_scripts(text: str, share: float = 0.1, letters: int = 8) -> tuple[str, ...]:
    """Names of the scripts, other than Latin, in which at least `share` of the letters or `letters` of them stand.

    Look-alikes that normalising folds are not counted. Such a text goes to a person: no model here has learnt to read it.
    """
    if text.isascii():
        return ()
    counts: dict[str, int] = {}
    for char in normalise(text).text:
        script = script_of(char)
        if script:
            counts[script] = counts.get(script, 0) + 1
    total = sum(counts.values())
    found = {s: n for s, n in counts.items() if s != "Latin"}
    foreign = sum(found.values())
    if not foreign or (foreign < share * total and foreign < letters):
        return ()
    return tuple(sorted(found, key=lambda s: -found[s]))
