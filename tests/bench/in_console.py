"""Measurements inside a throw-away console: intake and claim, against the plain ORM way."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from console.accounts.roles import Role
from console.accounts.services import source_ensure, user_create
from console.audit.services import audit_append
from console.cases.claiming import case_claim_next
from console.cases.models import Case, Claim, Queue
from console.flow import items_receive
from console.intake.models import Item
from console.intake.parsing import parse_item
from tests.bench.result import Result, pairs

CLAIMS = 200


def measure(rounds: int) -> list[Result]:
    return [_intake(rounds, 100), *(_claim(rounds, waiting) for waiting in (10_000, 100_000))]


def _bodies(count: int) -> list[dict[str, Any]]:
    names = [f"b{random.getrandbits(64):x}" for _ in range(count)]
    return [
        {"kind": "review", "external_id": name, "payload": {"text": f"The soup was cold, {name}."}, "actor": {"id": f"u{n}"}}
        for n, name in enumerate(names)
    ]


def _intake(rounds: int, size: int) -> Result:
    source = source_ensure(name="bench")

    def ours() -> None:
        items_receive(source=source, rows=[parse_item(body) for body in _bodies(size)], actor="source:bench")

    def naive() -> None:
        from console.common.models import Job

        for body in _bodies(size):
            with transaction.atomic():
                item = Item.objects.create(
                    source=source, kind="review", external_id=body["external_id"], body_hash="", payload=body["payload"],
                    actor=body["actor"], actor_id=body["actor"]["id"], created_at=timezone.now(), headline=body["payload"]["text"],
                )  # fmt: skip
                Job.objects.create(task="score_item", lane="light", subject=str(item.pk), dedupe_key=f"naive:{item.pk}")
                audit_append(actor="source:bench", verb="item.received", subject=f"item:{item.pk}", item_id=item.pk)

    ours_s, naive_s = pairs(ours, naive, rounds)
    return Result(
        what="accept 100 items (row, keys, job, audit)", naive_name="ORM create, one by one", units=size, ours=ours_s, naive=naive_s
    )


_FILL = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, status,
                         severity_hint, reports, headline)
SELECT gen_random_uuid(), %s, 'review', 'fill-' || n, '', '{"text": "x"}', '', '{}', '', now(), 'in_review', 0, 0, 'x'
FROM generate_series(%s::bigint, %s::bigint) n;
"""
_CASES = """
INSERT INTO cases_case (id, item_id, queue_id, state, purpose, reason, sentence, severity, priority, blind, lease_token, created_at, due_at)
SELECT gen_random_uuid(), i.id, %s, 'waiting', 'review', 'uncertain', 'x', 0, random(), false, 0, now(), now()
FROM intake_item i WHERE i.external_id LIKE 'fill-%%' AND NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.item_id = i.id);
"""


def fill(waiting: int) -> Queue:
    """Make `waiting` cases wait in the queue of reviews."""
    source, queue = source_ensure(name="bench"), Queue.objects.get(kind="review")
    have = Item.objects.filter(external_id__startswith="fill-").count()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0" if connection.in_atomic_block else "SET statement_timeout = 0")
        cursor.execute(_FILL, [source.pk, have + 1, waiting])
        cursor.execute(_CASES, [queue.pk])
        cursor.execute("ANALYZE cases_case")
    return queue


def _claim(rounds: int, waiting: int) -> Result:
    queue = fill(waiting)
    rita = user_create(username=f"bench-{waiting}", role=Role.MODERATOR)

    def ours() -> None:
        for _ in range(CLAIMS):
            if case_claim_next(queue=queue, reviewer=rita) is None:
                raise RuntimeError("the queue ran dry")

    def naive() -> None:
        for _ in range(CLAIMS):
            with transaction.atomic():
                case = (
                    Case.objects.select_for_update(skip_locked=True)
                    .filter(queue=queue, state="waiting")
                    .order_by("-priority", "pk")
                    .first()
                )
                assert case is not None
                case.state, case.lease_token = "claimed", case.lease_token + 1
                case.save()
                Claim.objects.create(case=case, reviewer=rita, token=case.lease_token, lease_until=timezone.now() + timedelta(minutes=10))
                audit_append(actor="user:rita", verb="case.claimed", subject=f"case:{case.pk}", item_id=case.item_id)

    ours_s, naive_s = pairs(ours, naive, rounds)
    note = "both write the claim and the audit row; ours also leaves out what the reviewer skipped"
    return Result(
        what=f"claim next of {waiting:,} waiting", naive_name="ORM, 4 statements", units=CLAIMS, ours=ours_s, naive=naive_s, note=note
    )
