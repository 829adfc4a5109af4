"""What a reading process takes from itself before it opens a stranger's file. Linux; each step is done where it may be."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def enter_early(cpu_s: int, output_bytes: int) -> None:
    """Before heavy imports: dies with its parent, has no network, writes small files only, no core dumps."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(CLONE_NEWNET) != 0:  # an ordinary user gets an empty network by way of a user namespace
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, cpu_s)
    _limit(resource.RLIMIT_FSIZE, output_bytes)
    _limit(resource.RLIMIT_NOFILE, 64)


def enter_late(memory: int) -> None:
    """After heavy imports: no new processes or threads, and only `memory` bytes beyond what is mapped now."""
    with open("/proc/self/statm", encoding="ascii") as handle:
        pages = int(handle.read().split()[0])
    _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory)
    _limit(resource.RLIMIT_NPROC, 0)


def _limit(which: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a lower hard limit was set outside already
        resource.setrlimit(which, (value, value))
