"""The limits of a run, held by the machine: disk that must be free, memory that it may take."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

from django.conf import settings

from console.training.failures import Capped
from console.training.models import RunLimits

_MB = 1024 * 1024


def check_disk(limits: RunLimits) -> None:
    """Raises Capped when less is free than the limits ask for."""
    free = shutil.disk_usage(settings.HOME).free // _MB
    if free < limits.disk_mb:
        raise Capped("disk", f"The disk has {free:,} MB free; runs of this kind ask for {limits.disk_mb:,} MB before they write.")


def cap_memory(limits: RunLimits) -> None:
    """For this process, from now on: so much more than it holds already. Past it an allocation fails instead of the machine.

    RLIMIT_DATA counts what a process writes to, and not the files that it maps, such as weights and libraries.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _held() + limits.memory_mb * _MB
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _held() -> int:
    """Bytes of data that this process holds; 0 where the system does not say."""
    try:
        line = next(line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmData:"))
    except (OSError, StopIteration):
        return 0
    return int(line.split()[1]) * 1024
