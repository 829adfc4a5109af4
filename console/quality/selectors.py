"""Reads of the checks: what training must leave out, what a label is worth, what waits, how known answers went."""

from __future__ import annotations

from uuid import UUID

from console.quality.models import Gold, Reliability


def gold_item_ids(kind: str) -> set[UUID]:
    """Items that no training and no test of a model may hold, retired ones too."""
    return set(Gold.objects.filter(item__kind=kind).values_list("item_id", flat=True))


def reviewer_weights(kind: str) -> dict[int, float]:
    """What a label of each person weighs in training, where it is known to be less than one."""
    return dict(Reliability.objects.filter(kind=kind, weight__lt=1.0).values_list("reviewer_id", "weight"))
