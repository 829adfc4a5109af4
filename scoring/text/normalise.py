"""Undo evasion: what the text would look like had its author not dodged, with a way back to the text as written.

Order: ignorable characters out, compatibility forms and accents folded, look-alike letters folded inside Latin words,
spaced-out letters joined, leetspeak read, repeated letters shortened. Every step keeps, for each character, the place in
the source that it came from, so evidence found in the normalised text points into the text as written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from scoring.text.characters import is_ignorable, look_alike, script_of

Pairs = list[tuple[str, int]]  # (character, index of the code point that it came from)

_LEET = dict(zip("01345789@$!|+€", "oieastbgasilte", strict=True))
_WORD = re.compile(r"[^\W_]+")
_CHUNK = re.compile(r"\S+")
_SPACED = re.compile(r"(?<![^\W_@$])[\w@$!](?:([ .\-_*~·•,/|])[\w@$!])(?:\1[\w@$!])+(?![\w@$])")
_SPLIT = re.compile(r"(?<=[^\W\d_])[_*~^`|•·](?=[^\W\d_])")
_PLAIN_NUMBER = re.compile(  # 3rd, mp3, 10-20, $5, hash tags, addresses: not leetspeak
    r"^\W*(\d+[a-z]{1,3}|[a-z]{1,3}\d+|[\d.,:/x+$€£%\-]+|[$€£]\d\S*|#\S+|\S+@\S+\.\S+|(https?:|www\.)\S*|\S+\.(com|net|org|co|ru|io)\S*)\W*$",
    re.I,
)
_REPEATED = re.compile(r"([^\W\d_])\1{2,}", re.I)
_LEET_MARK = re.compile(f"[{re.escape(''.join(_LEET))}]")
_DOUBLED = frozenset("eolsf")  # letters that English doubles at the end or in the middle of a word


@dataclass(frozen=True, slots=True)
class Normalised:
    """`origin[i]` is the index in the source of the code point that character i of `text` came from."""

    source: str
    text: str
    origin: tuple[int, ...]

    @property
    def changed(self) -> bool:
        return self.text != self.source

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Code points [start, end) of `text` as [start, end) of the source, hidden characters inside included."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"[{start}, {end}) lies outside a text of {len(self.text)}")
        return self.origin[start], self.origin[end - 1] + 1


def _fold_forms(source: str) -> Pairs:
    """Drop ignorables; NFKC; take accents off Latin letters (and the heaps of marks that hide them)."""
    out: Pairs = []
    latin = False
    for index, char in enumerate(source):
        if char.isascii():
            out.append((char, index))
            latin = char.isalpha()
            continue
        if is_ignorable(char):
            continue
        if unicodedata.category(char) == "Mn" and latin:
            continue
        plain = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) != "Mn")
        form = plain if plain.isascii() and plain else unicodedata.normalize("NFKC", char)
        out.extend((c, index) for c in form)
        latin = bool(form) and script_of(form[-1]) == "Latin"
    return out


def _joined(pairs: Pairs) -> str:
    return "".join(char for char, _ in pairs)


def _is_latin_text(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(script_of(c) == "Latin" for c in letters) * 2 >= len(letters)


def foldable_places(text: str) -> list[int]:
    """Places of letters that pass for Latin ones: in words that mix scripts, or that could be Latin in a Latin text."""
    latin_text = _is_latin_text(text)
    places: list[int] = []
    for word in _WORD.finditer(text):
        letters = [(i, c) for i, c in enumerate(word.group(), word.start()) if c.isalpha() and not c.isascii()]
        odd = [(i, c) for i, c in letters if look_alike(c)]
        if not odd:
            continue
        mixed = any(c.isascii() and c.isalpha() for c in word.group())
        if mixed or (latin_text and len(odd) == len(letters)):
            places.extend(i for i, _ in odd)
    return places


def _fold_look_alikes(pairs: Pairs) -> Pairs:
    if all(char.isascii() for char, _ in pairs):
        return pairs
    out = list(pairs)
    for place in foldable_places(_joined(pairs)):
        char, index = out[place]
        out[place] = (look_alike(char) or char, index)
    return out


def _drop(pairs: Pairs, places: set[int]) -> Pairs:
    return [pair for place, pair in enumerate(pairs) if place not in places] if places else pairs


def _join_spaced(pairs: Pairs) -> Pairs:
    """"s t u p i d" and "i.d.i.o.t": four or more single letters with one and the same separator."""
    text, places = _joined(pairs), set[int]()
    for match in _SPACED.finditer(text):
        singles = match.group()[::2]
        if len(singles) >= 4 and sum(c.isalpha() for c in singles) * 2 >= len(singles):
            places.update(range(match.start() + 1, match.end(), 2))
    places.update(m.start() for m in _SPLIT.finditer(text))
    return _drop(pairs, places)


def _leet_places(text: str) -> list[int]:
    """Places of figures and signs that stand for letters."""
    places: list[int] = []
    for chunk in _CHUNK.finditer(text) if _LEET_MARK.search(text) else ():
        word = chunk.group()
        core = word.rstrip("!.,?;:)\"'+|")
        letters = sum(c.isalpha() for c in core)
        marks = [i for i, c in enumerate(core) if c in _LEET]
        if not marks or not letters or _PLAIN_NUMBER.match(core) or (core[0] == "@" and len(core) > 4):
            continue
        if len(core) < 3 or letters + len(marks) < len(core) - 1 or letters * 3 < len(core):
            continue
        places += [chunk.start() + place for place in marks]
    return places


def _read_leet(pairs: Pairs) -> Pairs:
    out = list(pairs)
    for place in _leet_places(_joined(pairs)):
        char, index = out[place]
        out[place] = (_LEET[char], index)
    return out


def _shorten_repeats(pairs: Pairs) -> Pairs:
    text, places = _joined(pairs), set[int]()
    for match in _REPEATED.finditer(text):
        if match.group().lower() == "www":
            continue
        inside = match.start() > 0 and text[match.start() - 1].isalpha()
        keep = 2 if inside and match.group(1).lower() in _DOUBLED else 1
        places.update(range(match.start() + keep, match.end()))
    return _drop(pairs, places)


def _is_plain(source: str) -> bool:
    """Nothing that any step would touch: so are most texts, and it is found without looking at each character."""
    return source.isascii() and not any(p.search(source) for p in (_REPEATED, _SPLIT, _SPACED)) and not _leet_places(source)


def normalise(source: str) -> Normalised:
    """Case and line breaks are kept. Linear in the length of the text; never raises on any string."""
    if _is_plain(source):
        return Normalised(source, source, tuple(range(len(source))))
    pairs = _fold_look_alikes(_fold_forms(source))
    pairs = _shorten_repeats(_read_leet(_join_spaced(pairs)))
    return Normalised(source, _joined(pairs), tuple(index for _, index in pairs))
