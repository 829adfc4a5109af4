"""Keep the leases of claimed jobs alive while the work is done, from a thread of its own."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

from console.common.jobs import Claimed, job_heartbeat

log = logging.getLogger(__name__)


def owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@contextmanager
def holding(jobs: Sequence[Claimed]) -> Iterator[None]:
    """Beat three times per lease until the block ends. Losing a lease is not noticed here: every write is fenced anyway."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=([(job.id, job.token) for job in jobs], over), name="leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


def _beat(pairs: Sequence[tuple[int, int]], over: threading.Event) -> None:
    try:
        while not over.wait(settings.LEASE_SECONDS / 3):
            try:
                job_heartbeat(pairs, settings.LEASE_SECONDS)
            except DatabaseError as error:
                log.warning("a lease could not be prolonged: %s", type(error).__name__)
                connection.close()
    finally:
        connection.close()
