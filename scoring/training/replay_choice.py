"""Which of what waits people look at in a replay: chosen by what chooses in earnest (scoring.choosing), so that a replay measures it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from scoring.choosing import Floats, choose, near_of
from scoring.kind import Kind
from scoring.signals.embedding_cache import EmbeddingCache
from scoring.signals.encoder_source import EncoderError
from scoring.signals.meaning import Vectors, meanings
from scoring.signals.text_encoder import get_encoder
from scoring.types import Example, Score

DRAWN = 0.3  # of the labels; half of these prove what may be automated

Reader = Callable[[Sequence[Example]], Vectors | None]


def drawn(examples: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """In the order of the examples; each as likely as any other."""
    picks = sorted(rng.sample(range(len(examples)), min(len(examples), max(0, count))))
    return [examples[i] for i in picks]


def chosen(
    pool: Sequence[tuple[Example, Score | None]], count: int, rng: random.Random, *, learnt: Sequence[Example] = (),
    missed: Sequence[Example] = (), read: Reader = lambda examples: None,
) -> list[Example]:  # fmt: skip
    """`count` of the pool. Items that two draws took are fewer than were asked for, so it asks again for the rest, as a day's budget
    does. `missed` were let through wrongly; `read` gives vectors, where items are read by meaning."""
    left, picked = list(pool), list[Example]()
    vectors = read([example for example, _ in left]) if count > 0 and left else None
    known, lost = (read(learnt), read(missed)) if vectors is not None else (None, None)
    while left and len(picked) < count:
        chances: Floats = np.array([np.nan if score is None or score.risk is None else score.risk for _, score in left], np.float64)
        near = near_of(vectors, lost) if vectors is not None and lost is not None else None
        picks = choose(chances, count - len(picked), vectors=vectors, labelled=known, near=near, seed=rng.randrange(2**31))
        gone = {pick.index for pick in picks}
        picked += [left[index][0] for index in sorted(gone)]
        rest = [index for index in range(len(left)) if index not in gone]
        left, vectors = [left[index] for index in rest], vectors[rest] if vectors is not None else None
    return picked


def reader(kind: Kind, folder: Path) -> Reader:
    """Vectors of what text is content in, each text encoded once; None for others, and where the encoder is not there."""
    cache = EmbeddingCache(folder)

    def read(examples: Sequence[Example]) -> Vectors | None:
        if not kind.text_is_content or not examples:
            return None
        try:
            encoder = get_encoder()
        except EncoderError:
            return None
        return meanings([kind.text(example.item.payload) for example in examples], lambda pieces: cache.encode(encoder, pieces))

    return read
