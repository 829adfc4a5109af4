"""The Celery application. `celery -A workers.app worker -Q light` or `beat`.

The broker is a doorbell: attempts, leases and times are columns in PostgreSQL. So nothing here uses ETA or countdown
(on Redis they are repeated after the visibility timeout), a message that is delivered twice finds its job claimed, and
a message that is lost is rung again by the sweep.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready
from django.conf import settings

from console.common.heartbeats import heartbeat_write
from console.operate.processes import die_with_parent_if_supervised
from workers.schedule import BEAT_SCHEDULE
from workers.slots import free_slots_always

die_with_parent_if_supervised()
free_slots_always()

app = Celery("second_look")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever: the broker may be away for hours
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_connect_timeout": 5,
        "socket_keepalive": not settings.BROKER_URL.startswith("redis+socket"),
        "health_check_interval": 20,
        "retry_on_timeout": True,
    },
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=False,  # a requeue is without limit; the lease runs out and the attempt is counted instead
    task_default_queue="sweep",
    task_create_missing_queues=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,  # one connection fewer that can stay half open
    worker_proc_alive_timeout=60,
    worker_max_memory_per_child=2_000_000,  # kB
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    imports=(
        "workers.score", "workers.deliver", "workers.train", "workers.sweep", "workers.lease", "workers.queues", "workers.embed",
        "workers.measure", "workers.labels", "workers.watch", "workers.serving", "workers.certify", "workers.backtest", "workers.replay",
    ),
    beat_schedule=BEAT_SCHEDULE,
    beat_max_loop_interval=2,
)


@worker_process_init.connect
def _child_starts(**_: Any) -> None:
    """A pool process is a grandchild of the supervisor: it asks for itself to die with its parent."""
    die_with_parent_if_supervised()


@worker_ready.connect
def _worker_is_ready(sender: Any, **_: Any) -> None:
    heartbeat_write(f"worker:{sender.hostname.partition('@')[0]}", {"pid": os.getpid()})
