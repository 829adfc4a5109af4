"""Inside a throw-away console: how long the overview takes when a million cases wait, and what the counts cost a claim."""

from __future__ import annotations

from time import perf_counter

from django.conf import settings
from django.db import connection
from django.test import Client

from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases.claiming import case_claim_next
from console.cases.models import Queue
from console.cases.selectors import queue_rows
from console.cases.upkeep import tally_add_up
from tests.bench.in_console import CLAIMS, fill
from tests.bench.result import Result, pairs

WAITING = 1_000_000
_COUNTED = """
SELECT queue_id, severity, count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'claimed'),
       min(created_at) FILTER (WHERE state = 'waiting')
FROM cases_case WHERE state IN ('waiting', 'claimed') GROUP BY 1, 2
"""
_SPREAD = "UPDATE cases_case SET severity = (lease_token + get_byte(uuid_send(id), 15)) % 4 WHERE severity = 0"


def measure(rounds: int) -> list[Result]:
    settings.ALLOWED_HOSTS = ["*"]
    queue = fill(WAITING)
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD)
        cursor.execute("VACUUM ANALYZE cases_case")
    tally_add_up()
    rita = user_create(username="bench", role=Role.MODERATOR)
    client = Client()
    client.force_login(rita)
    queues = list(Queue.objects.all())

    def page() -> None:
        if client.get("/").status_code != 200:
            raise RuntimeError("the page could not be drawn")

    def counted() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_COUNTED)
            cursor.fetchall()

    def claims() -> None:
        for _ in range(CLAIMS):
            if case_claim_next(queue=queue, reviewer=rita) is None:
                raise RuntimeError("the queue ran dry")

    def claims_without_notes() -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cases_case DISABLE TRIGGER cases_tally_update")
        started = perf_counter()
        claims()
        took.append(perf_counter() - started)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cases_case ENABLE TRIGGER cases_tally_update")

    took: list[float] = []
    rows, naive = pairs(lambda: queue_rows(queues), counted, rounds)
    drawn, drawn_naive = pairs(page, lambda: (counted(), page()), rounds)
    noted, _ = pairs(claims, claims_without_notes, rounds)
    return [
        Result(what=f"counts of every queue, {WAITING:,} waiting", naive_name="count(*) by group", units=1, ours=rows, naive=naive),
        Result(what=f"the overview page, {WAITING:,} waiting", naive_name="the same with count(*)", units=1, ours=drawn, naive=drawn_naive),
        Result(
            what="claims with the counts kept", naive_name="without the trigger", units=CLAIMS, ours=noted, naive=took[1:],
            note="below 1x is what the counts cost",
        ),
    ]  # fmt: skip
