"""One supervisor for one home folder."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO


class Occupied(Exception):
    """Somebody else has the home folder or the port."""


def take_home(home: Path, address: str) -> IO[str]:
    """Hold the home folder for as long as the returned file is open; the kernel lets go when this process ends."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "up.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        who = file.read().strip() or "another process"
        file.close()
        raise Occupied(f"Second Look runs already from {home} ({who}). Stop it, or set SECOND_LOOK_HOME and PORT for another.") from None
    file.truncate(0)
    file.write(f"pid {os.getpid()}, {address}")
    file.flush()
    return file


def require_port(host: str, port: int) -> None:
    """Raises Occupied when something listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Occupied(f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: PORT={port + 1} make run") from None
