"""What the supervisor looks after: something that starts, answers, and stops."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from console.operate import ready
from console.operate.processes import spawn, stop


class Service(Protocol):
    process: subprocess.Popen[bytes] | None

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Start it, and wait if whatever comes next cannot do without it."""

    def wait_ready(self) -> None:
        """Raises NotReady."""

    def stop(self) -> None: ...


@dataclass
class ProcessService:
    """A program of ours: web server, worker or beat. `answers` is a real sign of life, not only a process that runs."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str]
    answers: Callable[[float], bool]  # is told the seconds since the start
    lanes: Sequence[str] = ()  # what a worker serves
    seconds: float = 60
    stop_seconds: float = 10
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > 20_000_000:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.started_at = time.monotonic()
            self.process = spawn(self.command, log=log, env=self.env)

    def is_answering(self) -> bool:
        return self.answers(time.monotonic() - self.started_at)

    def wait_ready(self) -> None:
        process = self.process
        assert process is not None
        running = lambda: process.poll() is None  # noqa: E731
        ready.wait_until(self.is_answering, seconds=self.seconds, what=self.name, still_running=running, hint=f"See {self.log}.")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, seconds=self.stop_seconds)
            self.process = None
