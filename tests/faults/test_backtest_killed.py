"""A worker that is killed in the middle of a backtest costs a chunk: the next one goes on, and counts nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.faults.product import ROOT, Product, until

pytestmark = pytest.mark.faults

ITEMS = 30_000
_HISTORY = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, received_at,
                         status, severity_hint, reports, headline)
SELECT gen_random_uuid(), (SELECT min(id) FROM accounts_source), 'review', 'past-' || n, '', jsonb_build_object('text', 'Soup ' || n), '',
       '{}', '', now() - make_interval(secs => n), now(), 'decided', 0, 0, ''
FROM generate_series(1, %s) AS n RETURNING 1
"""
_ASK = """
from console.accounts.models import User
from console.backtests.services import backtest_request
from console.backtests.subjects import asked_rule
user, _ = User.objects.get_or_create(username="petra-of-history")
print(backtest_request(asked=asked_rule(kind="review", when='payload.text.matches("(1|3)$")'), user=user).pk)
"""
_WORK = """
from console.common.models import Job
from workers.backtest import backtest
while ids := list(Job.objects.filter(task="backtest", state__in=["ready", "running"]).values_list("pk", flat=True)):
    backtest(ids)
    if not Job.objects.filter(task="backtest", state="ready").exists():
        break
"""


def test_it_goes_on_where_the_killed_worker_was(product: Product) -> None:
    product.manage("shell", "-v", "0", "-c", "from console.accounts.services import source_ensure; source_ensure(name='past')")
    product.ask(_HISTORY, ITEMS)
    whole, killed = (product.manage("shell", "-v", "0", "-c", _ASK).split()[-1] for _ in range(2))

    def state(pk: str) -> tuple[str, int, int]:
        return product.ask("SELECT state, seen, (result->'hits'->>'count')::int FROM backtests_backtest WHERE id = %s::uuid", pk)[0]  # type: ignore[return-value]

    product.ask("UPDATE common_job SET next_run_at = now() + interval '1 hour' WHERE subject = %s RETURNING 1", whole)
    worker = subprocess.Popen([sys.executable, ROOT / "manage.py", "shell", "-v", "0", "-c", _WORK], env=product.env, cwd=ROOT)
    try:
        until(lambda: state(killed)[1] > 0, seconds=60, what="the worker is in the middle of it")
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
    was, seen, _ = state(killed)
    assert (was, seen % 2000) == ("running", 0)
    assert seen < ITEMS
    product.ask("UPDATE common_job SET next_run_at = now() WHERE subject = %s RETURNING 1", whole)

    def both_done() -> bool:
        product.manage("shell", "-v", "0", "-c", _WORK)
        return state(whole)[0] == state(killed)[0] == "done"

    until(both_done, seconds=90, what="both are done")
    assert state(killed) == state(whole) == ("done", ITEMS, ITEMS // 5)
