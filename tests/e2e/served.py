"""What the server of the tests is doing: a browser that went away does not end the request it began."""

from __future__ import annotations

import threading
from typing import Any

from django.core.signals import request_finished, request_started

PATIENCE = 20.0  # seconds


class Served:
    """Counts the requests that are being answered."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()
        request_started.connect(self._begin)
        request_finished.connect(self._end)

    def _begin(self, **kwargs: Any) -> None:
        with self._changed:
            self._count += 1

    def _end(self, **kwargs: Any) -> None:
        with self._changed:
            self._count = max(0, self._count - 1)
            self._changed.notify_all()

    def come_to_rest(self) -> None:
        """Until none is being answered: only then may the database be emptied."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._count == 0, PATIENCE), f"{self._count} requests did not end"
