"""How a text is written, apart from its words: links, numbers, personal data, capitals, length."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scoring.text.masking import find_entities

KINDS = ("email", "url", "iban", "card", "phone", "address", "handle")
_MONEY = re.compile(r"[$€£]\s?\d|\d\s?(?:[$€£]|usd|eur|gbp)\b", re.I)
_SHORT_NUMBER = re.compile(r"(?<!\d)\d{4,6}(?!\d)")
_PRIVATE = re.compile(r"\b(?:his|her|their|she|he|lives?|home|private|personal)\b", re.I)
_YOU = re.compile(r"\b(?:you|your|u|ur|he|she|his|her)\b", re.I)
_SMALL, _CAPITALS, _DIGITS = (some.encode() for some in (string.ascii_lowercase, string.ascii_uppercase, string.digits))
NAMES = (
    *KINDS, "money", "short_number", "digits", "capitals", "exclaims", "asks", "length", "words_per_line", "person_near_data",
    "second_person",
)  # fmt: skip


def measure(text: str) -> list[float]:
    """One value for each of NAMES, about 0 to 1."""
    entities = find_entities(text)
    counts = dict.fromkeys(KINDS, 0)
    for entity in entities:
        counts[entity.kind] += 1
    private = [e for e in entities if e.kind in ("phone", "address", "card", "iban", "email")]
    near = any(_PRIVATE.search(text[max(0, e.start - 40) : e.end + 20]) for e in private)
    letters, digits, capitals = _letters(text)
    size = max(1, len(text))
    return [
        *(min(1.0, counts[kind] / 2) for kind in KINDS),
        min(1.0, len(_MONEY.findall(text)) / 2) if digits else 0.0,
        min(1.0, len(_SHORT_NUMBER.findall(text)) / 2) if digits else 0.0,
        digits / size,
        capitals / max(1, letters) if letters > 5 else 0.0,
        min(1.0, text.count("!") / 4),
        min(1.0, text.count("?") / 4),
        min(1.0, math.log1p(size) / 8),
        min(1.0, len(text.split()) / (40 * (1 + text.count("\n")))),
        float(near),
        min(1.0, len(_YOU.findall(text)) / 4),
    ]  # fmt: skip


def _letters(text: str) -> tuple[int, int, int]:
    """How many letters, digits and capitals. Most texts are plain, and of those it is told without looking at each character."""
    if text.isascii():
        plain = text.encode()
        small, capitals, digits = (len(plain) - len(plain.translate(None, some)) for some in (_SMALL, _CAPITALS, _DIGITS))
        return small + capitals, digits, capitals
    return sum(map(str.isalpha, text)), sum(map(str.isdigit, text)), sum(map(str.isupper, text))


def surface(texts: Sequence[str]) -> NDArray[np.float32]:
    """float32, len(texts) x len(NAMES)."""
    return np.array([measure(text) for text in texts], np.float32).reshape(len(texts), len(NAMES))
