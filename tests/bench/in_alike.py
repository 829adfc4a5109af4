"""A million made-up fingerprints in a throw-away console, twelve of each campaign; one campaign is a flood."""

from __future__ import annotations

import random
from statistics import median, quantiles
from time import perf_counter

import numpy as np
from django.db import connection

from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases.alike import together
from console.cases.models import Case
from scoring.alike import ALIKE, VALUES, text_bands
from tests.bench.in_console import fill
from tests.bench.result import Result, pairs

MILLION = 1_000_000
CAMPAIGN, FLOOD = 12, 20_004
ASKED = 50


def measure(rounds: int) -> list[Result]:
    queue = fill(MILLION)
    signatures, asked = _write(queue.pk)
    rita = user_create(username="bench-alike", role=Role.MODERATOR)
    cases = list(Case.objects.select_related("item").filter(item_id__in=asked))
    took = []

    def ours() -> None:
        for case in cases:
            started = perf_counter()
            if len(together(case, rita).near) != CAMPAIGN - 1:
                raise RuntimeError("a partner was not found")
            took.append(perf_counter() - started)

    def naive() -> None:
        for _ in range(2):
            own = signatures[0]
            if int(((signatures == own).mean(axis=1) >= ALIKE).sum()) < CAMPAIGN:
                raise RuntimeError("a partner was not found")

    ours_s, naive_s = pairs(ours, naive, rounds)
    naive_s = [seconds * len(cases) / 2 for seconds in naive_s]
    note = f"p50 {1000 * median(took):.1f} ms, p99 {1000 * quantiles(took, n=100)[98]:.1f} ms; {_flood(queue.pk, rita)}"
    return [
        Result(
            what=f"find 11 partners among {MILLION:,} waiting", naive_name="compare every signature (NumPy, in memory)", units=len(cases),
            ours=ours_s, naive=naive_s, note=note,
        )
    ]  # fmt: skip


def _write(queue_id: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint32]], list[str]]:
    """Signatures in groups of CAMPAIGN that share most values; the first FLOOD rows are one group."""
    rng = np.random.default_rng(1)
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id FROM cases_case WHERE queue_id = %s ORDER BY item_id", [queue_id])
        ids = [row[0] for row in cursor.fetchall()]
        bases = rng.integers(0, 2**32, (len(ids) // CAMPAIGN + 1, VALUES), dtype=np.uint32)
        group = np.arange(len(ids)) // CAMPAIGN
        group[:FLOOD] = 0
        signatures = bases[group]
        changed = rng.random(signatures.shape) < 0.05  # 95 in 100 values are those of the group
        signatures[changed] = rng.integers(0, 2**32, int(changed.sum()), dtype=np.uint32)
        with cursor.copy("COPY scores_fingerprint (item_id, kind, text, frames, bands) FROM STDIN") as copy:
            for item_id, values in zip(ids, signatures, strict=True):
                text = values.astype("<u4").tobytes()
                bands = "{" + ",".join(map(str, text_bands(text))) + "}"
                copy.write(f"{item_id}\treview\t\\\\x{text.hex()}\t\\\\x\t{bands}\n")
        cursor.execute("ANALYZE scores_fingerprint")
    whole = list(range(FLOOD // CAMPAIGN + 1, len(ids) // CAMPAIGN - 1))
    asked = [str(ids[g * CAMPAIGN]) for g in random.Random(2).sample(whole, ASKED)]
    return signatures[FLOOD:], asked


def _flood(queue_id: int, user: object) -> str:
    """The worst question: one of FLOOD equal ones."""
    case = Case.objects.select_related("item").filter(queue_id=queue_id).order_by("item_id")[0]
    times = []
    for _ in range(5):
        started = perf_counter()
        together(case, user)  # type: ignore[arg-type]
        times.append(perf_counter() - started)
    return f"one of a flood of {FLOOD:,}: {1000 * median(times):.0f} ms"
