"""Find services that run and do not work: a web server that does not answer, a worker that stopped taking messages.

After a reset of the broker a Celery worker can stay connected and never consume again. Each lane therefore gets a canary
message every few seconds; a lane whose canary is old, and which holds no live lease either, has its worker restarted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import Error, connection

from console import dispatch
from console.common.heartbeats import busy_lanes
from console.operate.plan import ages
from console.operate.service import ProcessService
from console.operate.supervisor import Supervisor

EVERY_SECONDS, WORKER_SILENCE, WEB_SILENCE = 10.0, 90.0, 45.0


@dataclass
class Watchdog:
    supervisor: Supervisor
    workers: Sequence[ProcessService]
    web: ProcessService | None
    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0
    _web_heard: float | None = None

    def look(self) -> None:
        if self.clock() < self._next:
            return
        self._next = self.clock() + EVERY_SECONDS
        self._look_at_web()
        self._look_at_workers()

    def _look_at_web(self) -> None:
        if self.web is None:
            return
        if self._web_heard is None or self.supervisor.uptime(self.web) < WEB_SILENCE or self.web.is_answering():
            self._web_heard = self.clock()
        elif self.clock() - self._web_heard > WEB_SILENCE:
            self._web_heard = self.clock()
            self.supervisor.restart(self.web, f"has not answered for {WEB_SILENCE:.0f} s")

    def _look_at_workers(self) -> None:
        signs = ages()
        if not signs or dispatch.waiting("sweep") is None:  # database or broker are away: that is no worker's fault
            return
        busy = _busy()
        for worker in self.workers:
            uptime = self.supervisor.uptime(worker)
            silent = [lane for lane in worker.lanes if lane not in busy and signs.get(f"lane:{lane}", uptime) > WORKER_SILENCE]
            if silent and uptime > WORKER_SILENCE:
                self.supervisor.restart(worker, f"has taken nothing from {' and '.join(silent)} for {WORKER_SILENCE:.0f} s")


def _busy() -> set[str]:
    try:
        return busy_lanes()
    except Error:
        return set()
    finally:
        connection.close()
