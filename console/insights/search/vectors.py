"""Give items their vectors. Only workers import this: the encoder needs numeric libraries, and pages compare in the database."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.insights.models import ItemVector
from console.insights.search.alike import vectors_available, vectors_write
from console.intake.models import Item
from scoring.registry import KINDS
from scoring.signals.text_encoder import get_encoder

BATCH = 32
PIECE_WORDS, MOST_PIECES = 90, 4  # what the encoder reads at once, and how much of a long text it reads


def vectors_make(*, seconds: float) -> int:
    """Encode what waits, the newest first, for so long at most; returns how many. Doing one twice at the same time does no harm."""
    if not vectors_available():
        return 0
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        waiting = list(ItemVector.objects.filter(encoder="").order_by("-item_id").values_list("item_id", flat=True)[:BATCH])
        if not waiting:
            break
        items = list(Item.objects.filter(pk__in=waiting).only("pk", "kind", "payload"))
        texts = [KINDS[item.kind].text(item.payload) if item.kind in KINDS else "" for item in items]
        encoder = get_encoder()
        vectors = [vector_of(encoder.encode(pieces_of(text))) for text in texts]
        done += vectors_write(encoder=encoder.id, rows=[(item.pk, v.tolist()) for item, v in zip(items, vectors, strict=True)])
    return done


def pieces_of(text: str) -> list[str]:
    """The text in pieces that the encoder reads whole; of a long one the first, the last and what lies evenly between."""
    words = text.split()
    pieces = [" ".join(words[at : at + PIECE_WORDS]) for at in range(0, len(words), PIECE_WORDS)] or [""]
    if len(pieces) <= MOST_PIECES:
        return pieces
    return [pieces[round(n * (len(pieces) - 1) / (MOST_PIECES - 1))] for n in range(MOST_PIECES)]


def vector_of(pieces: Sequence[NDArray[np.float32]] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Their direction, length 1."""
    mean = np.asarray(pieces, np.float32).mean(axis=0)
    unit: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return unit
