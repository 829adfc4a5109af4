"""Claims inside a throw-away console: over HTTP by a real web server, and in SQL beside an old snapshot."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from statistics import median
from threading import Event, Thread

import psycopg
from django.conf import settings
from django.db import connection

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases.claiming import case_claim_next
from console.cases.models import Queue
from console.cases.upkeep import tally_add_up
from console.operate.plan import web_service
from tests.bench.in_console import fill
from tests.bench.naive_urls import claim_naively
from tests.bench.people import Person, Shift, shift
from tests.bench.result import Result

SIZES = (10_000, 100_000, 1_000_000)
PEOPLE = (1, 8, 32)
EACH = 25
LOOKS = 1.0  # seconds that a person looks at a case in the calm measurement: a fast one
CHUNK = 480


def measure(rounds: int) -> list[Result]:
    results = []
    with web() as port, swept():
        for size in SIZES:
            fill(size)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE cases_case, intake_item")
            for count in PEOPLE:
                results.append(_over_http(port, size, count, rounds, pause=0.0))
            results.append(_over_http(port, size, 8, 1, pause=LOOKS))
    return [*results, _old_snapshot(1), _old_snapshot(8)]


@contextmanager
def web() -> Iterator[int]:
    """Granian as `manage.py up` runs it, with one more address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    service = web_service("127.0.0.1", port)
    service.env = {**service.env, "DJANGO_SETTINGS_MODULE": "tests.bench.naive_settings", "LOG_LEVEL": "WARNING", **_path()}
    service.start()
    try:
        service.wait_ready()
        yield port
    finally:
        service.stop()


@contextmanager
def swept() -> Iterator[None]:
    """The sweep adds up the notes of the counts beside it, as often as a worker does."""
    over = Event()

    def sweep() -> None:
        while not over.wait(settings.SWEEP_SECONDS):
            tally_add_up()
            connection.close()

    sweeper = Thread(target=sweep)
    sweeper.start()
    try:
        yield
    finally:
        over.set()
        sweeper.join()


def _path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(p for p in (str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")) if p)}


def _over_http(port: int, size: int, count: int, rounds: int, *, pause: float) -> Result:
    users = [User.objects.filter(username=f"b{n}").first() or user_create(username=f"b{n}", role=Role.MODERATOR) for n in range(count)]
    people = [Person(user, port) for user in users]
    each = max(5, EACH * 8 // count) if not pause else EACH
    ways = ("/queues/reviews/start", "/naive/reviews/start")
    for way in ways:
        shift(people, way, each=2)
    shifts: dict[str, list[Shift]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            shifts[way].append(shift(people, way, each=each, pause=pause))
    ours, naive = (Shift(seconds=[t for s in shifts[w] for t in s.seconds], cases=[c for s in shifts[w] for c in s.cases]) for w in ways)
    note = (
        f"p50 {ours.at(0.5):.1f} ms, p99 {ours.at(0.99):.1f} ms, {ours.doubles} doubles; "
        f"naive p50 {naive.at(0.5):.1f}, p99 {naive.at(0.99):.1f}, {naive.doubles} doubles"
    )
    calm = f", each looking {pause:.0f} s" if pause else ""
    sys.stderr.write(f"{size:,} waiting, {count} people{calm}: {note}\n")
    return Result(
        what=f"next case over HTTP, {size:,} waiting, {count} {'person' if count == 1 else 'people'}{calm}", naive_name="ORM, same screen",
        units=1, ours=[median(s.seconds) for s in shifts[ways[0]]], naive=[median(s.seconds) for s in shifts[ways[1]]], note=note,
    )  # fmt: skip


def _old_snapshot(count: int) -> Result:
    """Claims, by `count` people at once, while somebody's transaction stays open: what was claimed cannot be cleaned away."""
    queue = Queue.objects.get(kind="review")
    users = [User.objects.filter(username=f"b{n}").get() for n in range(count)]
    connection.close()  # to the pool, for the others
    with psycopg.connect(settings.DATABASE_URL) as old:
        old.execute("SET idle_in_transaction_session_timeout = 0")
        old.commit()
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM cases_queue")
        naive = [_chunk(partial(claim_naively, queue), users) for _ in range(4)]
        ours = [_chunk(lambda user: case_claim_next(queue=queue, reviewer=user), users) for _ in range(12)]
        old.rollback()
    rate = [f"{CHUNK / ours[0]:,.0f} to {CHUNK / ours[-1]:,.0f}", f"{CHUNK / naive[0]:,.0f} to {CHUNK / naive[-1]:,.0f}"]
    note = f"a second, first to last {CHUNK}: ours {rate[0]} after {12 * CHUNK:,} more, naive {rate[1]} after {4 * CHUNK:,}"
    sys.stderr.write(f"old snapshot, {count} at once: {note}\n")
    what = f"claim in SQL beside an old snapshot, {'1 person' if count == 1 else f'{count} people at once'}"
    return Result(what=what, naive_name="ORM, 4 statements", units=CHUNK, ours=ours[-3:], naive=naive[-3:], note=note)


def _chunk(claim: Callable[[User], object], users: Sequence[User]) -> float:
    def work(user: User) -> None:
        try:
            with connection.cursor() as cursor:  # the statement is measured, not the disk; the same for both ways
                cursor.execute("SET synchronous_commit = off")
            for _ in range(CHUNK // len(users)):
                if claim(user) is None:
                    raise RuntimeError("the queue ran dry")
        finally:
            connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(len(users)) as pool:
        list(pool.map(work, users))
    return time.perf_counter() - began
