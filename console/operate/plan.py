"""The programs that `manage.py up` runs, for a machine of a few cores."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error, connection

from console import env
from console.common.heartbeats import heartbeat_ages
from console.operate.service import ProcessService


@dataclass(frozen=True)
class WorkerPlan:
    name: str
    queues: tuple[str, ...]
    processes: int
    soft_seconds: int | None
    hard_seconds: int | None
    niceness: int = 0


WORKERS = (
    WorkerPlan("light", ("light",), 2, 120, 150),
    WorkerPlan("heavy", ("heavy",), 1, 600, 660, niceness=5),
    WorkerPlan("train", ("train",), 1, None, None, niceness=10),
    WorkerPlan("duty", ("deliver", "sweep"), 2, 120, 150),
)


def child_env(port: int) -> dict[str, str]:
    """One thread for each process of numeric work: workers are scaled by process."""
    defaults = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
    fixed = {"SECOND_LOOK_HOME": str(settings.HOME), "PORT": str(port), "DJANGO_SETTINGS_MODULE": "console.settings"}
    return {**defaults, **os.environ, **fixed}


def web_service(host: str, port: int) -> ProcessService:
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", host, "--port", str(port)),
        *("--workers", str(env.integer("WEB_WORKERS", 2, least=1)), "--blocking-threads", str(env.integer("WEB_THREADS", 4, least=1))),
        *("--respawn-failed-workers", "--workers-kill-timeout", "8", "console.wsgi:application"),
    ]
    address = "127.0.0.1" if host == "0.0.0.0" else host
    return ProcessService("web", command, _log("web"), child_env(port), lambda _: web_answers(address, port))


def worker_services(port: int, lanes: Sequence[str]) -> list[ProcessService]:
    """The workers for these lanes. Raises ValueError for a lane that does not exist."""
    known = {queue for plan in WORKERS for queue in plan.queues}
    if unknown := sorted(set(lanes) - known):
        raise ValueError(f"there is no lane {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [_worker(plan, child_env(port)) for plan in WORKERS if set(plan.queues) & set(lanes)]


def _worker(plan: WorkerPlan, environment: Mapping[str, str]) -> ProcessService:
    limits = [] if plan.soft_seconds is None else ["--soft-time-limit", str(plan.soft_seconds), "--time-limit", str(plan.hard_seconds)]
    nice = ["nice", "-n", str(plan.niceness)] if plan.niceness else []
    command = [
        *(*nice, sys.executable, "-m", "celery", "--quiet", "--app", "workers.app", "worker", "--queues", ",".join(plan.queues)),
        *("--concurrency", str(plan.processes), "--hostname", f"{plan.name}@%h", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", *limits),
    ]
    name = f"worker:{plan.name}"
    return ProcessService(name, command, _log(f"worker-{plan.name}"), environment, _has_beaten(name), lanes=plan.queues)


def beat_service(port: int) -> ProcessService:
    """Its ticks are static and kept in memory: there is no file that a kill could damage."""
    words = ["--quiet", "--app", "workers.app", "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING"]
    command = [sys.executable, "-m", "celery", *words]
    # Ready once it runs: its first canary comes after a quarter of a minute, and from then on the watchdog listens for it.
    return ProcessService("beat", command, _log("beat"), child_env(port), lambda uptime: uptime > 0.5)


def _has_beaten(name: str) -> Callable[[float], bool]:
    """Whether the named sign of life is younger than the service."""
    return lambda uptime: ages().get(name, float("inf")) < uptime


def ages() -> dict[str, float]:
    """heartbeat_ages by a connection that is closed again; {} when the database does not answer."""
    try:
        return heartbeat_ages()
    except Error:
        return {}
    finally:
        connection.close()


def web_answers(host: str, port: int) -> bool:
    """Liveness only: it does not ask the database."""
    call = http.client.HTTPConnection(host, port, timeout=3)
    try:
        call.request("GET", "/healthz", headers={"Host": "localhost"})
        return call.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        call.close()


def _log(name: str) -> Path:
    return Path(settings.HOME) / "log" / f"{name}.log"
