"""How fast business contacts go out of date, and where this record stands. The trade's figure, not the model's opinion."""

from __future__ import annotations

from datetime import UTC, datetime

from scoring.blocks import CurveBlock, CurvePoint
from scoring.kinds.contact.features import DECAY, months_since
from scoring.types import Item
from scoring.words import in_ten, months

CONFIRMED_BY = ("updated_at", "verified_at", "signature_at")
LEAST_SPAN, STEP = 36, 3  # months


def still_right(age: float) -> float:
    """The share of records that are still right so many months after they were confirmed."""
    return float((1 - DECAY) ** max(0.0, age))


def freshness_block(item: Item) -> CurveBlock:
    now = item.around.now or item.created_at or datetime.now(UTC)
    ages = [age for name in CONFIRMED_BY if (age := months_since(item.payload.get(name), now)) is not None]
    age = min(ages, default=None)
    span = max(LEAST_SPAN, STEP * (int(age or 0) // STEP + 4))
    points = [CurvePoint(x=x, y=round(still_right(x), 4), words=_words(x, span)) for x in range(0, span + 1, STEP)]
    note = f"{DECAY:.1%} of business contacts go out of date in a month: the figure that the trade quotes."
    if age is None:
        return CurveBlock(
            title="How fast it goes stale", unit="months", points=points, sentence="No date says when it was last confirmed.", note=note
        )
    share = still_right(age)
    said = in_ten(share)
    return CurveBlock(
        title="How fast it goes stale", unit="months", points=points, note=note,
        here=CurvePoint(x=round(age, 1), y=round(share, 4), words=f"{months(age)}: {said}"),
        sentence=f"Of records confirmed {months(age)} ago, {said} are still right.",
    )  # fmt: skip


def _words(x: int, span: int) -> str:
    if x == 0:
        return "confirmed"
    return months(x) if x == span or (x == span // 2 // STEP * STEP) else ""
