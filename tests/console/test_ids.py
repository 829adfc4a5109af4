"""Ids."""

from __future__ import annotations

import time
import uuid

from console.common.ids import uuid7


def test_ids_grow_in_the_order_of_their_making() -> None:
    made = [uuid7() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000


def test_ids_are_version_7_and_carry_the_time() -> None:
    made = uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) - time.time() * 1000) < 60_000
