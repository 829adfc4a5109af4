"""F16 to F19: many at one queue, a lease that ends under the hand, a verdict sent ten times, undo at the last moment.

The small forms are in the suite; `make soak` runs them as often as the promise says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases.claiming import case_claim_next, case_claim_one
from console.cases.holding import Hold, case_release, claims_expire
from console.cases.models import Case, Claim, Queue
from console.common.errors import Conflict
from console.common.models import OutboxEvent
from console.flow import decisions_release, verdict_give, verdict_undo
from console.scores.models import Decision
from console.verdicts.models import Verdict
from console.verdicts.services import VerdictForm

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
Waiting = Callable[..., Case]
ALLOW = VerdictForm(outcome="allow")
_FILL = """
WITH made AS (
    INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, status,
                             severity_hint, reports, headline)
    SELECT gen_random_uuid(), %s, 'review', 'many-' || n, '', '{"text": "x"}', '', '{}', '', now(), 'in_review', 0, 0, 'x'
    FROM generate_series(1, %s) n RETURNING id
)
INSERT INTO cases_case (id, item_id, queue_id, state, purpose, reason, sentence, severity, priority, blind, lease_token, created_at, due_at)
SELECT gen_random_uuid(), id, %s, 'waiting', 'review', 'uncertain', 'x', 0, random(), false, 0, now(), now() FROM made
"""


def together(work: Callable[[int], Any], count: int) -> list[Any]:
    """The same moment in `count` threads; each gives its connection back."""
    gate = Barrier(count)

    def one(n: int) -> Any:
        gate.wait(30)
        try:
            return work(n)
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def many_claim(waiting: Waiting, *, people: int, items: int) -> None:
    """Each takes until nothing is left, and gives the tenth back: every item is held by one at a time, and all are had in the end."""
    source = waiting().item.source_id
    queue = Queue.objects.get(kind="review")
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [source, items - 1, queue.pk])
    persons = [user_create(username=f"m{n}-{uuid4().hex[:6]}", role=Role.MODERATOR) for n in range(people)]

    def work(n: int) -> list[tuple[object, int]]:
        got = []
        while claim := case_claim_next(queue=queue, reviewer=persons[n]):
            if len(got) % 10 == 9:
                case_release(hold=Hold(case_id=claim.case_id, reviewer=persons[n], token=claim.token))
            got.append((claim.case_id, claim.token))
            connection.close()
        return got

    histories = together(work, people)
    taken = Counter(entry for history in histories for entry in history)
    assert set(taken.values()) == {1}  # no case was given twice under one token
    held = Claim.objects.filter(state="open").values_list("case_id", flat=True)
    assert len(held) == len(set(held)) == items
    assert Case.objects.filter(state="claimed").count() == items


def lease_races(waiting: Waiting, rita: User, ravi: User, times: int) -> None:
    """The lease ends while the verdict is on its way and another waits to take the case."""
    for _ in range(times):
        claim = case_claim_one(case_id=waiting().pk, reviewer=rita)
        assert claim is not None
        Claim.objects.filter(pk=claim.pk).update(lease_until=Now() + timedelta(milliseconds=15))

        def race(n: int, claim: Claim = claim) -> str:
            if n == 0:
                try:
                    verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
                except Conflict as error:
                    return "refused" if "kept here" in str(error) else str(error)
                return "given"
            claims_expire()
            return "taken" if case_claim_one(case_id=claim.case_id, reviewer=ravi) else "not taken"

        given, taken = together(race, 2)
        assert given in ("given", "refused")
        assert (given, taken) != ("given", "taken")
        assert Verdict.objects.filter(case_id=claim.case_id).count() == (given == "given")
        if taken == "taken":
            assert given == "refused"
            with pytest.raises(Conflict):
                verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)


def undo_races(waiting: Waiting, rita: User, times: int) -> None:
    """Undo and the release of effects at the same moment: one of them happens, wholly."""
    for _ in range(times):
        claim = case_claim_one(case_id=waiting().pk, reviewer=rita)
        assert claim is not None
        verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
        soon = Now() + timedelta(milliseconds=10)
        Verdict.objects.filter(pk=verdict.pk).update(undo_until=soon)
        OutboxEvent.objects.filter(dedupe_key__startswith=f"decision:{verdict.decision_id}:").update(not_before=soon)

        def race(n: int, verdict: Verdict = verdict) -> bool:
            if n == 0:
                decisions_release(limit=10)
                return False
            try:
                verdict_undo(verdict_id=verdict.pk, reviewer=rita)
            except Conflict:
                return False
            return True

        undone = together(race, 2)[1]
        decisions_release(limit=10)
        decision = Decision.objects.get(pk=verdict.decision_id)
        states = set(OutboxEvent.objects.filter(dedupe_key__startswith=f"decision:{decision.pk}:").values_list("state", flat=True))
        verdict.refresh_from_db()
        if undone:
            assert (verdict.state, decision.state, states) == ("undone", "undone", {"cancelled"})
        else:
            assert verdict.state == "given"
            assert decision.state == "effective" or decision.state == "held"  # the window may be open for a moment still
            assert "cancelled" not in states


def test_many_people_never_hold_the_same_case(waiting: Waiting) -> None:
    many_claim(waiting, people=16, items=200)


def test_a_lease_that_ends_under_the_hand_loses_nothing(waiting: Waiting, rita: User, ravi: User) -> None:
    lease_races(waiting, rita, ravi, 8)


def test_a_verdict_sent_ten_times_is_given_once(waiting: Waiting, rita: User) -> None:
    claim = case_claim_one(case_id=waiting().pk, reviewer=rita)
    assert claim is not None
    body = {"token": claim.token, "outcome": "allow", "key": str(uuid4())}

    def send(n: int) -> int:
        page = Client(raise_request_exception=False)
        page.force_login(rita, backend="django.contrib.auth.backends.ModelBackend")
        return page.post(f"/cases/{claim.case_id}/verdict", body, headers={"Accept": "application/json"}).status_code

    assert set(together(send, 10)) <= {200, 409}  # 409: the first is still running
    assert send(0) == 200
    assert Verdict.objects.count() == 1
    body["outcome"], body["clause"] = "enforce", "4.4"
    assert send(0) == 409
    assert Verdict.objects.get().outcome == "allow"


def test_undo_at_the_last_moment_happens_or_does_not(waiting: Waiting, rita: User) -> None:
    undo_races(waiting, rita, 8)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_sixty_four_people_at_a_thousand_items(waiting: Waiting) -> None:
    many_claim(waiting, people=64, items=1000)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_leases_that_end_under_the_hand(waiting: Waiting, rita: User, ravi: User) -> None:
    lease_races(waiting, rita, ravi, 200)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_hundred_undos_at_the_last_moment(waiting: Waiting, rita: User) -> None:
    undo_races(waiting, rita, 500)
