"""Wait for something to be true, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


class NotReady(Exception):
    """It did not come up in time."""


def wait_until(is_ready: Callable[[], bool], *, seconds: float, what: str, still_running: Callable[[], bool], hint: str = "") -> None:
    """Raises NotReady with `what` and `hint` when time is over or the process has ended."""
    end = time.monotonic() + seconds
    while not is_ready():
        if not still_running():
            raise NotReady(f"{what} stopped while it was starting. {hint}".strip())
        if time.monotonic() > end:
            raise NotReady(f"{what} did not answer within {seconds:.0f} s. {hint}".strip())
        time.sleep(0.05)
