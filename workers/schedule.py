"""What beat rings for, and how often. The ticks are idempotent, so two beats do no harm.

`expires` keeps missed ticks from piling up while the broker or a worker is away. Schedules that people make in the
browser are rows in PostgreSQL; the tick `schedules` looks for those that are due.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from console.dispatch import LANES


def _every(seconds: float, task: str, *, queue: str = "sweep", args: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "args": args, "options": {"queue": queue, "expires": seconds * 2}}


BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": _every(settings.SWEEP_SECONDS, "sweep"),
    "leases": _every(15, "leases"),
    "effects": _every(2, "effects"),
    "queues": _every(5, "queues"),
    "measure-queues": _every(60, "measure_queues"),
    "seal": _every(10, "seal"),
    "schedules": _every(20, "schedules"),
    "trials": _every(15, "trials"),
    "shadow-light": _every(5, "shadow", queue="train", args=("light",)),
    "shadow-heavy": _every(5, "shadow", queue="heavy", args=("heavy",)),
    "verify-models": _every(3600, "verify_models"),
    "vectors": _every(5, "vectors", queue="light"),
    "measure-checks": _every(3600, "measure_checks"),
    "watch": _every(300, "watch", queue="light"),
    "certificates": _every(30, "certificates"),
    "audits": _every(1800, "audits"),
    "choose-labels": _every(3600, "choose_labels"),
    "tidy": _every(3600, "tidy"),
    **{f"canary-{lane}": _every(15, "canary", queue=lane, args=(lane,)) for lane in (*LANES, "sweep")},
}
