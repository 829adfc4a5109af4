"""Keep a list of services running: start in order, restart with back-off, stop in reverse order.

Every child dies with this process by the kernel's hand (processes.py), so a kill -9 leaves nothing behind either.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from console.operate.service import Service

FIRST_PAUSE, LONGEST_PAUSE, CALM_SECONDS = 1.0, 30.0, 60.0


@dataclass
class _Watch:
    """One service under watch, with what its restarts have cost so far."""

    service: Service
    started_at: float = 0.0
    pause: float = 0.0
    start_at: float | None = None  # when to start it again


@dataclass
class Supervisor:
    tell: Callable[[str], None]
    _watches: list[_Watch] = field(default_factory=list)

    def start(self, services: Sequence[Service]) -> None:
        """Start these side by side and wait for all of them. Raises NotReady."""
        for service in services:
            began = time.monotonic()
            self._watches.append(_Watch(service, started_at=began))
            service.start()
        for service in services:
            service.wait_ready()
            self.tell(f"{service.name} is ready")

    def uptime(self, service: Service) -> float:
        """Seconds since its last start; 0 while it waits for its restart."""
        watch = next(watch for watch in self._watches if watch.service is service)
        return time.monotonic() - watch.started_at if watch.start_at is None else 0.0

    def tend(self) -> None:
        """Look after every service once: reap the dead, start again what has waited long enough."""
        for watch in self._watches:
            process = watch.service.process
            if watch.start_at is None and (process is None or process.poll() is not None):
                self._mourn(watch, process)
            elif watch.start_at is not None and time.monotonic() >= watch.start_at:
                self._start_again(watch)

    def restart(self, service: Service, reason: str) -> None:
        """For a service that runs but does not work."""
        self.tell(f"{service.name} {reason}; starting it again")
        service.stop()
        watch = next(watch for watch in self._watches if watch.service is service)
        watch.start_at = time.monotonic()

    def _mourn(self, watch: _Watch, process: subprocess.Popen[bytes] | None) -> None:
        calm = time.monotonic() - watch.started_at > CALM_SECONDS
        watch.pause = FIRST_PAUSE if calm or not watch.pause else min(watch.pause * 2, LONGEST_PAUSE)
        watch.start_at = time.monotonic() + watch.pause
        self.tell(f"{watch.service.name} stopped ({_how(process)}); starting it again in {watch.pause:.0f} s")
        watch.service.stop()  # also what it left in its process group

    def _start_again(self, watch: _Watch) -> None:
        watch.started_at, watch.start_at = time.monotonic(), None
        try:
            watch.service.start()
        except Exception as error:  # whatever keeps it from starting, the others go on
            self.tell(f"{watch.service.name} did not start: {error}")

    def stop(self) -> None:
        """The last started first. Each gets time to end what it does."""
        for watch in reversed(self._watches):
            process = watch.service.process
            if process is not None and process.poll() is None and not _is_store(watch.service):
                process.send_signal(signal.SIGTERM)  # these end side by side; the stores below them wait for their turn
        for watch in reversed(self._watches):
            watch.service.stop()
            self.tell(f"{watch.service.name} has stopped")
        self._watches.clear()


def _is_store(service: Service) -> bool:
    return getattr(service, "is_store", False)


def _how(process: subprocess.Popen[bytes] | None) -> str:
    if process is None or process.returncode is None:
        return "it did not start"
    code = process.returncode
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
