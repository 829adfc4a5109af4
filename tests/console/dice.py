"""A die that always falls as a test wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def dice(*falls: float) -> Iterator[None]:
    """Every draw falls on the last of these once the others are used up."""
    left = list(falls)

    def fall() -> float:
        return left.pop(0) if len(left) > 1 else left[0]

    with patch("console.flow.draw.luck", fall), patch("console.quality.gold.luck", fall), patch("console.quality.plans.luck", fall):
        yield
