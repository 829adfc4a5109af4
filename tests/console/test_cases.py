"""Claims: nobody collides, nothing is lost, nothing skipped comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases import claiming
from console.cases.claiming import case_claim_next, case_claim_one
from console.cases.holding import Hold, case_heartbeat, case_pass_on, case_release, case_skip, claims_expire
from console.cases.limits import ServeLimits
from console.cases.models import Case, Claim
from console.cases.selectors import next_cases, queue_overview
from console.cases.services import queue_for

Waiting = Callable[..., Case]


def hold(claim: Claim) -> Hold:
    return Hold(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token)


def test_it_serves_severe_cases_first(waiting: Waiting, rita: User) -> None:
    mild, severe = waiting(), waiting(severity_hint=3)
    queue = queue_for(mild.item)
    assert [c.pk for c in next_cases(queue)] == [severe.pk, mild.pk]
    claim = case_claim_next(queue=queue, reviewer=rita)
    assert claim is not None
    assert claim.case_id == severe.pk


def test_an_empty_or_paused_queue_gives_nothing(waiting: Waiting, rita: User) -> None:
    queue = queue_for(waiting().item)
    queue.is_paused = True
    assert case_claim_next(queue=queue, reviewer=rita) is None
    queue.is_paused = False
    assert case_claim_next(queue=queue, reviewer=rita) is not None
    assert case_claim_next(queue=queue, reviewer=rita) is None


def test_a_skipped_case_does_not_come_back_to_who_skipped_it(waiting: Waiting, rita: User, ravi: User) -> None:
    queue = queue_for(waiting().item)
    claim = case_claim_next(queue=queue, reviewer=rita)
    assert claim is not None
    case_skip(hold=hold(claim), reason="language")
    assert case_claim_next(queue=queue, reviewer=rita) is None
    other = case_claim_next(queue=queue, reviewer=ravi)
    assert other is not None
    assert other.case_id == claim.case_id


def test_an_escalated_case_is_for_leads(waiting: Waiting, rita: User, ravi: User, lena: User) -> None:
    queue = queue_for(waiting().item)
    claim = case_claim_next(queue=queue, reviewer=rita)
    assert claim is not None
    case_pass_on(hold=hold(claim), purpose="escalated", note=" Is this still humour? ")
    assert Case.objects.get(pk=claim.case_id).sentence == "Is this still humour?"
    assert case_claim_next(queue=queue, reviewer=ravi) is None
    assert case_claim_next(queue=queue, reviewer=lena, is_lead=True) is not None


def test_a_released_case_keeps_its_place(waiting: Waiting, rita: User, ravi: User) -> None:
    first = waiting(severity_hint=2)
    waiting()
    queue = queue_for(first.item)
    claim = case_claim_next(queue=queue, reviewer=rita)
    assert claim is not None
    case_release(hold=hold(claim))
    again = case_claim_next(queue=queue, reviewer=ravi)
    assert again is not None
    assert again.case_id == first.pk
    assert again.token == claim.token + 1


def test_a_heartbeat_extends_the_lease(claimed: Callable[..., Claim]) -> None:
    claim = claimed()
    Claim.objects.filter(pk=claim.pk).update(lease_until=Now() + timedelta(seconds=5))
    until = case_heartbeat(hold=hold(claim))
    assert until > claim.started_at + timedelta(minutes=9)


def test_an_expired_lease_returns_the_case(claimed: Callable[..., Claim], ravi: User) -> None:
    claim = claimed()
    assert claims_expire() == 0
    Claim.objects.filter(pk=claim.pk).update(lease_until=Now())
    assert claims_expire() == 1
    assert Case.objects.get(pk=claim.case_id).state == "waiting"
    other = case_claim_next(queue=claim.case.queue, reviewer=ravi)
    assert other is not None


def test_the_database_forbids_two_open_claims(claimed: Callable[..., Claim], ravi: User) -> None:
    claim = claimed()
    with pytest.raises(IntegrityError):
        Claim.objects.create(case=claim.case, reviewer=ravi, token=99, lease_until=Now())


def test_the_overview_counts_by_severity(waiting: Waiting, rita: User) -> None:
    case = waiting(severity_hint=3)
    waiting(severity_hint=2)
    waiting()
    line = next(r for r in queue_overview(rita) if r.queue.pk == case.queue_id)
    assert (line.waiting, line.severe, line.serious, line.people) == (3, 1, 1, 0)
    assert line.oldest_at is not None


@pytest.mark.django_db(transaction=True)
def test_many_reviewers_never_get_the_same_case(waiting: Waiting) -> None:
    cases = [waiting() for _ in range(40)]
    queue = queue_for(cases[0].item)
    people = [user_create(username=f"p{n}", role=Role.MODERATOR) for n in range(8)]

    def work(person: User) -> list[object]:
        got = []
        try:
            while claim := case_claim_next(queue=queue, reviewer=person):
                got.append(claim.case_id)
        finally:
            connection.close()
        return got

    with ThreadPoolExecutor(8) as pool:
        got = [case for person_cases in pool.map(work, people) for case in person_cases]
    assert sorted(map(str, got)) == sorted(str(c.pk) for c in cases)


def test_it_serves_an_assigned_case_to_that_person_first_and_to_nobody_else(waiting: Waiting, rita: User, ravi: User, lena: User) -> None:
    severe, mild = waiting(severity_hint=3), waiting()
    queue = queue_for(mild.item)
    Case.objects.filter(pk=mild.pk).update(assigned_to=rita)
    first = case_claim_next(queue=queue, reviewer=rita)
    assert first is not None
    assert first.case_id == mild.pk
    case_release(hold=hold(first))
    other = case_claim_next(queue=queue, reviewer=ravi)
    assert other is not None
    assert other.case_id == severe.pk
    assert case_claim_next(queue=queue, reviewer=ravi) is None
    assert case_claim_one(case_id=mild.pk, reviewer=ravi) is None
    assert case_claim_one(case_id=mild.pk, reviewer=lena, is_lead=True) is not None


def test_it_frees_an_assigned_case_that_its_person_skips(waiting: Waiting, rita: User, ravi: User) -> None:
    case = waiting()
    Case.objects.update(assigned_to=rita)
    claim = case_claim_next(queue=case.queue, reviewer=rita)
    assert claim is not None
    case_skip(hold=hold(claim), reason="language")
    assert case_claim_next(queue=case.queue, reviewer=ravi) is not None


@pytest.mark.parametrize("limits", [ServeLimits(max_severity=2), ServeLimits(avoid=("hate",))])
def test_it_does_not_serve_what_a_person_keeps_away_from(
    waiting: Waiting, rita: User, ravi: User, monkeypatch: pytest.MonkeyPatch, limits: ServeLimits
) -> None:
    severe, mild = waiting(severity_hint=3), waiting()
    Case.objects.filter(pk=severe.pk).update(label="hate")
    monkeypatch.setattr(claiming, "serve_limits", lambda user, kind="": limits if user == rita else ServeLimits())
    got = case_claim_next(queue=mild.queue, reviewer=rita)
    assert got is not None
    assert got.case_id == mild.pk
    assert case_claim_next(queue=mild.queue, reviewer=rita) is None
    other = case_claim_next(queue=mild.queue, reviewer=ravi)
    assert other is not None
    assert other.case_id == severe.pk
