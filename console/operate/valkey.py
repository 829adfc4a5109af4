"""The embedded Valkey: broker and cache of one home folder, on a private socket only."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import redis

from console.common import embedded
from console.operate import binaries, ready
from console.operate.processes import spawn, stop


@dataclass
class Valkey:
    home: Path
    name: str = field(default="Valkey", init=False)
    is_store: bool = field(default=True, init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.home / "log" / "valkey.log"

    def start(self) -> None:
        """Raises MissingServer, NotReady, UnsafeFolder."""
        socket = embedded.make_socket_folder(self.home) / "valkey.sock"
        data = self.home / "valkey"
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with self.log.open("ab") as log:
            # Killed outright with its parent: it would take the socket of its successor away while ending in order.
            self.process = spawn([binaries.valkey_server(), *words], log=log, cwd=data)
        process = self.process
        ready.wait_until(self._answers, seconds=30, what="Valkey", still_running=lambda: process.poll() is None, hint=f"See {self.log}.")

    def wait_ready(self) -> None:
        """`start` has waited already."""

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, seconds=10)
            self.process = None

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None and self._answers()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(embedded.redis_url(self.home), socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
