"""Which language a text is in. Only worker modules import this: its model needs numpy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from py3langid.langid import LanguageIdentifier

ENOUGH_LETTERS = 40  # below it, identification errs too often to act on: "Ok lar" is English too
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is ISO 639-1; `sure` says whether to act on it."""

    code: str
    probability: float
    sure: bool


@lru_cache(maxsize=1)
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)


def identify(text: str) -> Language | None:
    """None when the text has no letters."""
    letters = sum(c.isalpha() for c in text)
    if not letters:
        return None
    code, probability = _identifier().classify(text[:2000])
    return Language(code, float(probability), letters >= ENOUGH_LETTERS and float(probability) >= SURE)
