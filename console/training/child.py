"""A run in a process of its own: what it takes is given back when it ends, its limits hold, and it can be stopped at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from console.operate.processes import spawn, stop
from console.training.ending import run_fail
from console.training.failures import NO_MEMORY, time_is_over
from console.training.limits import limits_of
from console.training.models import RunLimits, TrainingRun
from console.training.runs import CALLED, run_one
from console.training.workshop import clear_up

COMMAND = ("-m", "workers.train_child")
GRACE_SECONDS = 30.0  # past its time for a run to end itself: a library may be deep in one long call
LOOK_SECONDS = 1.0
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def run_in_child(run_id: UUID | str) -> str:
    """Returns once the run has ended: "" when its row says how, else why its process died before it could."""
    run = run_one(run_id)
    if run.state not in CALLED:
        return ""
    limits = limits_of(run.kind)
    environment = {**os.environ, **dict.fromkeys(THREADS, str(limits.threads))}
    process = spawn([sys.executable, *COMMAND, str(run_id)], log=None, env=environment, cwd=settings.BASE_DIR)
    try:
        over = _watch(process, run, limits)
    finally:
        stop(process, signum=signal.SIGKILL)
    if over:
        return ""
    return _last_words(process.returncode, run)


def _watch(process: subprocess.Popen[bytes], run: TrainingRun, limits: RunLimits) -> bool:
    """Until the process ends. True when it is to be stopped: the run was cancelled, or its time is over."""
    ends = time.monotonic() + limits.minutes * 60 + GRACE_SECONDS
    while True:
        try:
            process.wait(LOOK_SECONDS)
            return False
        except subprocess.TimeoutExpired:
            pass
        if time.monotonic() > ends:
            stop(process, signum=signal.SIGKILL)
            _end(run, "time", time_is_over(limits.minutes))
            return True
        if _state(run) == TrainingRun.State.CANCELLED:
            stop(process, signum=signal.SIGKILL)
            clear_up(run, "")
            return True


def _state(run: TrainingRun) -> str:
    """As it is now; as it was when the database does not say."""
    try:
        return TrainingRun.objects.values_list("state", flat=True).get(pk=run.pk)
    except DatabaseError:
        connection.close()
        return run.state


def _last_words(code: int, run: TrainingRun) -> str:
    if _state(run) not in CALLED:
        return ""
    if code == -signal.SIGABRT:  # how a library ends a process that gets no more memory
        _end(run, "memory", NO_MEMORY)
        return ""
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}, most often because the machine ran out of memory"
    return f"its process ended with code {code}"


def _end(run: TrainingRun, code: str, reason: str) -> None:
    now = run_one(run.pk)
    run_fail(TrainingRun.objects.filter(pk=run.pk, state__in=CALLED), now, code=code, reason=reason, stage=now.stage)
    clear_up(run, "")
