"""Children that die with their parent.

A supervisor that is killed with SIGKILL cannot tidy up, so every child asks the kernel to be signalled when its
parent goes (PR_SET_PDEATHSIG). The request is lost when the process changes user, so it is made after that.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_LINUX = platform.system() == "Linux"
_LIBC = ctypes.CDLL(None, use_errno=True) if _LINUX else None
SUPERVISED = "SECOND_LOOK_SUPERVISED"  # set for every child, so that grandchildren know to ask as well


def die_with_parent(parent: int | None = None, signum: int = signal.SIGKILL) -> None:
    """Ask to be signalled when the parent goes. `parent` is its pid when known: it may have gone before we could ask."""
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def die_with_parent_if_supervised() -> None:
    if os.environ.get(SUPERVISED):
        die_with_parent()


def state_of(pid: int) -> str:
    """The letter of /proc/<pid>/stat, or "" when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def is_alive(pid: int) -> bool:
    """A process that is dead but not yet reaped (Z) counts as dead."""
    if _LINUX:
        return state_of(pid) not in ("", "Z", "X")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _before_exec(parent: int, signum: int, user: tuple[int, int] | None) -> Callable[[], None]:
    def prepare() -> None:
        os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which stops the children in order
        if user is not None:
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
        die_with_parent(parent, signum)

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: tuple[int, int] | None = None,
    death_signal: int = signal.SIGKILL,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group that gets `death_signal` when this process ends.

    `log` takes its output; None leaves it to this process's own. `user` is (uid, gid).
    """
    environment = {**(os.environ if env is None else env), SUPERVISED: "1"}
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=cwd,
        pass_fds=pass_fds,
        preexec_fn=_before_exec(os.getpid(), death_signal, user),
    )


def stop(process: subprocess.Popen[bytes], *, signum: int = signal.SIGTERM, seconds: float = 10) -> None:
    """Ask, wait, then kill the whole group; always reaps."""
    if process.poll() is None:
        process.send_signal(signum)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it may have left behind
    process.wait()
