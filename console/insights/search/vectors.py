"""Give items their vectors. Only workers import this: the encoder needs numeric libraries, and pages compare in the database."""

from __future__ import annotations

import time

from console.insights.models import ItemVector
from console.insights.search.alike import vectors_available, vectors_write
from console.intake.models import Item
from scoring.registry import KINDS
from scoring.signals.meaning import meanings
from scoring.signals.text_encoder import get_encoder

BATCH = 32


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
        vectors = meanings(texts, encoder.encode)
        done += vectors_write(encoder=encoder.id, rows=[(item.pk, v.tolist()) for item, v in zip(items, vectors, strict=True)])
    return done
