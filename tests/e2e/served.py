"""What the server of the tests is doing: a browser that went away does not end the request it began."""

from __future__ import annotations

import threading
from typing import Any

from django.core.signals import request_finished, request_started

PATIENCE = 20.0  # seconds


class Served:
    """The requests that are being answered, each by the thread that answers it. At rest what comes late is held back: a page tells the
    server that it closes, and that would meet the emptying of the database."""

    def __init__(self) -> None:
        self._under_way: dict[threading.Thread, str] = {}
        self._at_rest = False
        self._changed = threading.Condition()
        request_started.connect(self._begin)
        request_finished.connect(self._end)

    def _begin(self, environ: dict[str, Any] | None = None, **kwargs: Any) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._at_rest, PATIENCE)
            self._under_way[threading.current_thread()] = str((environ or {}).get("PATH_INFO", ""))

    def _end(self, **kwargs: Any) -> None:
        with self._changed:
            self._under_way.pop(threading.current_thread(), None)
            self._changed.notify_all()

    def _still(self) -> list[str]:
        return [path for thread, path in self._under_way.items() if thread.is_alive()]

    def come_to_rest(self) -> None:
        """Until none is being answered: only then may the database be emptied. What does not end fails this test and no other. No
        other begins until go_on()."""
        with self._changed:
            try:
                assert self._changed.wait_for(lambda: not self._still(), PATIENCE), f"these requests did not end: {self._still()}"
            finally:
                self._under_way.clear()
                self._at_rest = True

    def go_on(self) -> None:
        with self._changed:
            self._at_rest = False
            self._changed.notify_all()
