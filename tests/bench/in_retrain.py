"""Made-up reviews in any number, with their vectors already in the cache: what a quick retraining costs, and how it grows."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from time import perf_counter

import numpy as np

from scoring.kind import Split, TrainOptions
from scoring.registry import KINDS
from scoring.signals.embedding_cache import EmbeddingCache, content_key
from scoring.signals.text_encoder import get_encoder
from scoring.training.fit import train_kind
from scoring.types import Example, Item

REVIEW = KINDS["review"]
WORDS, HARMFUL = 20_000, 60  # made-up words, by Zipf's law; those that break the rule
LABELS = ("harassment", "spam")
DIMENSIONS = 384


@dataclass(frozen=True, slots=True)
class Drawn:
    examples: Sequence[Example]
    vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def draw(count: int, seed: int = 0) -> Drawn:
    """Short reviews of 6 to 30 words; one in ten breaks a rule by a word of its list, and one label in thirty is wrong."""
    dice = random.Random(seed)
    rng = np.random.default_rng(seed)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
    words = sorted({"".join(dice.choice(syllables) for _ in range(dice.randint(1, 4))) for _ in range(WORDS * 2)})[:WORDS]
    dice.shuffle(words)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    lists = [dice.sample(words[200:], HARMFUL) for _ in LABELS]
    directions = rng.normal(size=(len(LABELS), DIMENSIONS))
    truth = np.zeros((count, len(LABELS)))
    texts = []
    for row in range(count):
        said = dice.choices(words, cum_weights=weights, k=dice.randint(6, 30))
        for place in range(len(LABELS)):
            if dice.random() < 0.05:
                said.insert(dice.randrange(len(said)), dice.choice(lists[place]))
                truth[row, place] = 1
        texts.append(" ".join(said))
    vectors = (rng.normal(size=(count, DIMENSIONS)) + 0.6 * truth @ directions).astype(np.float32)
    wrong = rng.random(truth.shape) < 1 / 30
    labels = np.where(wrong, 1 - truth, truth).astype(int)
    examples = [
        Example(
            item=Item(id=str(row), kind="review", payload={"text": text}),
            labels=dict(zip(LABELS, labels[row].tolist(), strict=True)),
        )
        for row, text in enumerate(texts)
    ]
    return Drawn(examples, vectors)


def fill_cache(folder: Path, drawn: Drawn) -> None:
    cache, name = EmbeddingCache(folder), get_encoder().id
    texts = [str(e.item.payload["text"]) for e in drawn.examples]
    cache.write([(content_key(name, text), vector) for text, vector in zip(texts, drawn.vectors, strict=True)])


def seconds_of(drawn: Drawn, tell: Callable[[float, str], None] = lambda share, sentence: None) -> float:
    """One quick training of the real kind through train_kind(), an eighth of it to calibrate."""
    edge = len(drawn.examples) // 8
    parts = Split(train=drawn.examples[edge:], tune=drawn.examples[:edge])
    with tempfile.TemporaryDirectory(prefix="bench-retrain-") as name:
        folder = Path(name)
        fill_cache(folder / "cache", drawn)
        started = perf_counter()
        train_kind(REVIEW, parts, folder / "model", "quick", TrainOptions(version="bench", cache_dir=folder / "cache", progress=tell))
        return perf_counter() - started
