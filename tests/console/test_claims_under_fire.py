"""F16 to F19: many at one queue, a lease that ends under the hand, a verdict sent ten times, undo at the last moment.

The small forms are in the suite; `make soak` runs them as often as the promise says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import perf_counter
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
    SELECT gen_random_uuid(), %s, 'review', %s || n, '', '{"text": "x"}', '', '{}', '', now(), 'in_review', 0, 0, 'x'
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


def many_claim(waiting: Waiting, *, people: int, items: int) -> list[list[float]]:
    """Each takes until nothing is left, and gives the tenth back: every item is held by one at a time, and all are had in the end.
    Returns the seconds of everybody's calls, the one that gave nothing last."""
    source = waiting().item.source_id
    queue = Queue.objects.get(kind="review")
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [source, uuid4().hex, items - 1, queue.pk])
    persons = [user_create(username=f"m{n}-{uuid4().hex[:6]}", role=Role.MODERATOR) for n in range(people)]
    seconds: list[list[float]] = [[] for _ in range(people)]

    def work(n: int) -> list[tuple[object, int]]:
        got = []
        while True:
            began = perf_counter()
            claim = case_claim_next(queue=queue, reviewer=persons[n])
            seconds[n].append(perf_counter() - began)
            if claim is None:
                return got
            if len(got) % 10 == 9:
                case_release(hold=Hold(case_id=claim.case_id, reviewer=persons[n], token=claim.token))
            got.append((claim.case_id, claim.token))
            connection.close()

    histories = together(work, people)
    taken = Counter(entry for history in histories for entry in history)
    assert set(taken.values()) == {1}  # no case was given twice under one token
    held = Claim.objects.filter(state="open").values_list("case_id", flat=True)
    assert len(held) == len(set(held)) == items
    assert Case.objects.filter(state="claimed").count() == items
    return seconds


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


def undo_races(waiting: Waiting, rita: User, times: int, *, spread: int = 0) -> Counter[str]:
    """Undo and the release of effects at the same moment: one of them happens, wholly. The window ends 10 ms later, or up to `spread` ms
    before or after that the two begin."""
    came_out: Counter[str] = Counter()
    for number in range(times):
        claim = case_claim_one(case_id=waiting().pk, reviewer=rita)
        assert claim is not None
        verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
        soon = Now() + timedelta(milliseconds=number % (2 * spread + 1) - spread if spread else 10)
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
        came_out["undone" if undone else "took effect"] += 1
        if undone:
            assert (verdict.state, decision.state, states) == ("undone", "undone", {"cancelled"})
        else:
            assert verdict.state == "given"
            assert decision.state == "effective" or decision.state == "held"  # the window may be open for a moment still
            assert "cancelled" not in states
    return came_out


def send_often(waiting: Waiting, rita: User) -> None:
    """Ten times at once with one key: given once, and the same key with another verdict is refused."""
    claim = case_claim_one(case_id=waiting().pk, reviewer=rita)
    assert claim is not None
    body = {"token": claim.token, "outcome": "allow", "key": str(uuid4())}

    def send(n: int) -> int:
        page = Client(raise_request_exception=False)
        page.force_login(rita)
        return page.post(f"/cases/{claim.case_id}/verdict", body, headers={"Accept": "application/json"}).status_code

    assert set(together(send, 10)) <= {200, 409}  # 409: the first is still running
    assert send(0) == 200
    assert Verdict.objects.filter(case=claim.case_id).count() == 1
    body["outcome"], body["clause"] = "enforce", "4.4"
    assert send(0) == 409
    assert Verdict.objects.get(case=claim.case_id).outcome == "allow"


def test_many_people_never_hold_the_same_case(waiting: Waiting) -> None:
    many_claim(waiting, people=16, items=200)


def test_a_lease_that_ends_under_the_hand_loses_nothing(waiting: Waiting, rita: User, ravi: User) -> None:
    lease_races(waiting, rita, ravi, 8)


def test_a_verdict_sent_ten_times_is_given_once(waiting: Waiting, rita: User) -> None:
    send_often(waiting, rita)


def test_undo_at_the_last_moment_happens_or_does_not(waiting: Waiting, rita: User) -> None:
    undo_races(waiting, rita, 8)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_sixty_four_people_at_a_thousand_items_twenty_times(waiting: Waiting) -> None:
    seconds: list[float] = []
    for _ in range(20):
        calls = many_claim(waiting, people=64, items=1000)
        assert min(len(own) for own in calls) > 1  # nobody went without
        seconds += [took for own in calls for took in own]
        Claim.objects.update(state="decided", ended_at=Now())
        Case.objects.update(state="closed", closed_at=Now())
    p50, p95 = (1000 * sorted(seconds)[int(share * len(seconds))] for share in (0.5, 0.95))
    print(f"F16: {len(seconds)} claims by 64 at once, p50 {p50:.1f} ms, p95 {p95:.1f} ms, no doubles, nobody without")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_leases_that_end_under_the_hand(waiting: Waiting, rita: User, ravi: User) -> None:
    lease_races(waiting, rita, ravi, 200)
    print(f"F17: 200 races, {Verdict.objects.count()} verdicts in time, {200 - Verdict.objects.count()} refused in words, none lost")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_verdicts_sent_ten_times_each(waiting: Waiting, rita: User) -> None:
    for _ in range(100):
        send_often(waiting, rita)
    print(f"F18: 100 verdicts sent 10 times at once each, {Verdict.objects.count()} stored")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_hundred_undos_at_the_last_moment(waiting: Waiting, rita: User) -> None:
    print(f"F19: {dict(undo_races(waiting, rita, 500, spread=50))}")
