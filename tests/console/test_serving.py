"""One case on the screen and two ahead: fetched before their turn, begun by their token, gone back by themselves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from console.accounts.models import User
from console.cases.claiming import case_claim_next
from console.cases.holding import Hold, case_heartbeat, case_release, claims_expire
from console.cases.models import Case, Claim
from console.cases.selectors import queue_overview
from console.cases.serving import case_serve, case_take, cases_fetch_ahead, cases_give_back, claim_begin
from console.common.errors import Conflict
from console.flow import verdict_give
from console.verdicts.services import VerdictForm

Waiting = Callable[..., Case]


def hold(claim: Claim) -> Hold:
    return Hold(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token)


def current_and_ahead(person: User) -> tuple[int, int]:
    held = Claim.objects.filter(reviewer=person, state="open", lease_until__gt=Now())
    return held.filter(ahead=False).count(), held.filter(ahead=True).count()


@pytest.fixture
def five(waiting: Waiting) -> list[Case]:
    """In the order in which they are served."""
    cases = [waiting(f"Text {n}.") for n in range(5)]
    for n, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(priority=-n)
    return cases


def test_it_holds_one_and_at_most_two_ahead(five: list[Case], rita: User) -> None:
    queue = five[0].queue
    current = case_serve(queue=queue, reviewer=rita)
    assert current is not None
    again = case_serve(queue=queue, reviewer=rita)
    assert again is not None
    assert again.pk == current.pk
    ahead = cases_fetch_ahead(queue=queue, reviewer=rita, count=9)
    assert [claim.case_id for claim in ahead] == [five[1].pk, five[2].pk]
    assert all(claim.ahead for claim in ahead)
    assert [claim.pk for claim in cases_fetch_ahead(queue=queue, reviewer=rita)] == [claim.pk for claim in ahead]
    assert current_and_ahead(rita) == (1, 2)


def test_a_case_ahead_is_held_shortly_and_is_nobodys_work_yet(five: list[Case], rita: User, ravi: User) -> None:
    queue = five[0].queue
    (claim, _) = cases_fetch_ahead(queue=queue, reviewer=rita)
    assert claim.lease_until - claim.started_at < timedelta(seconds=100)
    assert next(row.people for row in queue_overview(rita) if row.queue.pk == queue.pk) == 0
    other = case_claim_next(queue=queue, reviewer=ravi)
    assert other is not None
    assert other.case_id == five[2].pk


def test_its_turn_comes_once_with_a_full_lease(five: list[Case], rita: User) -> None:
    (claim, _) = cases_fetch_ahead(queue=five[0].queue, reviewer=rita)
    begun = claim_begin(hold=hold(claim))
    assert not begun.ahead
    assert begun.lease_until - begun.started_at > timedelta(minutes=9)
    assert claim_begin(hold=hold(claim)).pk == begun.pk  # a repeated call changes nothing
    assert current_and_ahead(rita) == (1, 1)


def test_a_case_ahead_that_was_lost_cannot_begin(five: list[Case], rita: User, ravi: User) -> None:
    (claim, _) = cases_fetch_ahead(queue=five[0].queue, reviewer=rita)
    Claim.objects.filter(pk=claim.pk).update(lease_until=Now())
    with pytest.raises(Conflict, match="went back to the queue"):
        claim_begin(hold=hold(claim))
    claims_expire()
    other = case_claim_next(queue=five[0].queue, reviewer=ravi)
    assert other is not None
    assert other.case_id == claim.case_id
    with pytest.raises(Conflict):
        claim_begin(hold=hold(claim))


def test_what_was_fetched_ahead_comes_next_and_goes_back_on_leaving(five: list[Case], rita: User) -> None:
    queue = five[0].queue
    current = case_serve(queue=queue, reviewer=rita)
    assert current is not None
    ahead = cases_fetch_ahead(queue=queue, reviewer=rita)
    verdict_give(case_id=current.case_id, reviewer=rita, token=current.token, form=VerdictForm(outcome="allow"))
    following = case_serve(queue=queue, reviewer=rita)
    assert following is not None
    assert following.pk == ahead[0].pk
    assert cases_give_back(reviewer=rita, case_ids=[ahead[1].case_id, following.case_id]) == 1  # what is on the screen stays
    assert Case.objects.get(pk=ahead[1].case_id).state == "waiting"
    assert current_and_ahead(rita) == (1, 0)


def test_taking_another_case_lays_the_current_one_aside(five: list[Case], rita: User) -> None:
    queue = five[0].queue
    current = case_serve(queue=queue, reviewer=rita)
    cases_fetch_ahead(queue=queue, reviewer=rita)
    assert case_take(case_id=five[4].pk, reviewer=rita) is not None
    assert current is not None
    assert current_and_ahead(rita) == (1, 2)
    current.refresh_from_db()
    assert current.ahead
    assert Case.objects.get(pk=five[2].pk).state == "waiting"  # the third would be one too many


def test_who_works_keeps_what_is_ahead(five: list[Case], rita: User) -> None:
    queue = five[0].queue
    current = case_serve(queue=queue, reviewer=rita)
    assert current is not None
    cases_fetch_ahead(queue=queue, reviewer=rita)
    Claim.objects.filter(ahead=True).update(lease_until=Now() + timedelta(seconds=5))
    case_heartbeat(hold=hold(current))
    assert not Claim.objects.filter(ahead=True, lease_until__lt=Now() + timedelta(seconds=60)).exists()


def test_a_paused_queue_serves_only_what_is_held(five: list[Case], rita: User) -> None:
    queue = five[0].queue
    current = case_serve(queue=queue, reviewer=rita)
    assert current is not None
    queue.is_paused = True
    assert cases_fetch_ahead(queue=queue, reviewer=rita) == []
    again = case_serve(queue=queue, reviewer=rita)
    assert again is not None
    case_release(hold=hold(current))
    assert case_serve(queue=queue, reviewer=rita) is None


@pytest.mark.django_db(transaction=True)
def test_many_tabs_of_one_person_hold_one_case(five: list[Case], rita: User) -> None:
    queue = five[0].queue

    def work(n: int) -> object:
        try:
            if n % 2:
                return [claim.pk for claim in cases_fetch_ahead(queue=queue, reviewer=rita)]
            return case_serve(queue=queue, reviewer=rita)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    current, ahead = current_and_ahead(rita)
    assert current == 1
    assert ahead <= 2
