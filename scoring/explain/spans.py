"""Which words moved a text's score: additive shares of the linear view, and what happens when a word is left out.

Shares: each n-gram's weight x value, spread over the characters that it covers (exact for a linear model). Left out: the
fall of the whole blend's log-odds when a word is taken away (Li et al. 2016, "Understanding neural networks through
representation erasure"). Neither alone was best on the development rationales; their sum was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MAX_SPANS = 8
MAX_WORDS = 60  # words of one reading that are left out in turn; the rest keep their additive share
KEEP_SHARE = 0.5  # of the strongest word's weight: weaker words are not shown
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|[\U0001F000-\U0001FAFF\u2600-\u27BF]")


@dataclass(frozen=True, slots=True)
class WordWeight:
    """Code points [start, end) of the text that was scored; weight in log-odds of the label, above 0 speaks for it."""

    start: int
    end: int
    weight: float


def find_words(text: str) -> list[tuple[int, int]]:
    return [(m.start(), m.end()) for m in _WORD.finditer(text)]


def additive(shares: Floats, label: int, words: Sequence[tuple[int, int]], against: NDArray[np.int64] | None = None) -> Floats:
    """(len(words),): shares of the label's logit, less the mean share of the labels `against` (for a softmax)."""
    column = shares[:, label] if against is None or not len(against) else shares[:, label] - shares[:, against].mean(axis=1)
    return np.array([column[start:end].sum() for start, end in words], float)


def left_out(
    logit: Callable[[Sequence[str]], Floats], text: str, words: Sequence[tuple[int, int]], chosen: Sequence[int]
) -> dict[int, float]:
    """Fall of `logit` when each chosen word is taken out. `logit` maps texts to (n,)."""
    if not chosen:
        return {}
    variants = [text, *(text[: words[i][0]] + text[words[i][1] :] for i in chosen)]
    values = logit([v if v.strip() else "." for v in variants])
    return {i: float(values[0] - values[row]) for row, i in enumerate(chosen, 1)}


def word_weights(
    shares: Floats, text: str, label: int, *, against: NDArray[np.int64] | None = None,
    logit: Callable[[Sequence[str]], Floats] | None = None, limit: int = MAX_WORDS,
) -> list[WordWeight]:  # fmt: skip
    """Weights of all words in order; with `logit`, the `limit` strongest ones are also left out in turn. `shares`: of the linear view,
    (len(text), L)."""
    words = find_words(text)
    if not words:
        return []
    weights = additive(shares, label, words, against)
    if logit is not None:
        chosen = sorted(np.argsort(-np.abs(weights), kind="stable")[:limit].tolist())
        for i, fall in left_out(logit, text, words, chosen).items():
            weights[i] = (weights[i] + fall) / 2
    return [WordWeight(s, e, float(w)) for (s, e), w in zip(words, weights, strict=True)]


def strongest(weights: Sequence[WordWeight], text: str, most: int = MAX_SPANS) -> list[WordWeight]:
    """Positive words near the strongest, neighbours joined, at most `most`, in order of weight."""
    top = max((w.weight for w in weights), default=0.0)
    if top <= 0:
        return []
    joined: list[WordWeight] = []
    for word in weights:
        if word.weight < KEEP_SHARE * top:
            continue
        last = joined[-1] if joined else None
        if last is not None and not text[last.end : word.start].strip():
            joined[-1] = WordWeight(last.start, word.end, last.weight + word.weight)
        else:
            joined.append(word)
    return sorted(joined, key=lambda w: (-round(w.weight, 9), w.start))[:most]  # a word said twice weighs the same both times


def as_json_weights(weights: Sequence[WordWeight]) -> list[dict[str, Any]]:
    return [{"start": w.start, "end": w.end, "weight": w.weight} for w in weights]
