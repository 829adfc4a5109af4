"""Queues that leads make: limits by severity, places, counts, moving and merging. Nothing is lost while somebody holds a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.models import AuditRow
from console.cases.claiming import case_claim_next
from console.cases.holding import Hold, case_release
from console.cases.models import Case, Claim, Queue, Tally, Transfer
from console.cases.queue_services import QueueForm, queue_archive, queue_change, queue_create, queue_merge, queue_pause, queue_shift
from console.cases.routing import RoutingRule, router_load, routing_current
from console.cases.routing_services import routing_replace
from console.cases.selectors import cases_viewed, next_cases, queue_overview
from console.cases.services import queue_for
from console.cases.transfers import cases_move, transfer_step, transfers_go_on
from console.cases.upkeep import cases_urge, tally_add_up
from console.common.errors import Conflict, Invalid
from console.flow import item_report, item_viewed
from console.flow.measure import queues_measure
from scoring.queueing import key_of, urgent_key
from tests.console.ui_forms import give_score

Waiting = Callable[..., Case]


@pytest.fixture
def german(lena: User, ready: None) -> Queue:
    return queue_create(form=QueueForm(title="Reviews", subtitle="German", kind="review"), user=lena)


def row_of(user: User, queue: Queue) -> tuple[int, int, int]:
    row = next(row for row in queue_overview(user) if row.queue.pk == queue.pk)
    return row.waiting, row.severe, row.claimed


def counted() -> dict[tuple[int, int, str], int]:
    rows = Case.objects.exclude(state="closed").values_list("queue_id", "severity", "state")
    return {key: list(rows).count(key) for key in rows}


def tallied() -> dict[tuple[int, int, str], int]:
    found: dict[tuple[int, int, str], int] = {}
    for tally in Tally.objects.all():
        for state in ("waiting", "claimed"):
            key = (tally.queue_id, tally.severity, state)
            found[key] = found.get(key, 0) + getattr(tally, state)
    return {key: count for key, count in found.items() if count}


def test_it_opens_several_queues_of_a_kind_with_addresses_of_their_own(german: Queue, lena: User) -> None:
    again = queue_create(form=QueueForm(title="Reviews", subtitle="German", kind="review"), user=lena)
    assert (german.slug, again.slug) == ("reviews-german", "reviews-german-2")
    assert AuditRow.objects.filter(verb="queue.created").count() == 2


def test_it_says_everything_that_is_wrong_with_a_queue(lena: User, ready: None) -> None:
    form = QueueForm(title=" ", kind="review", sla_severe=0, capacity=-1, groups=("nobody",), verdict_first_above=-3)
    with pytest.raises(Invalid) as refused:
        queue_create(form=form, user=lena)
    assert set(refused.value.fields) == {"title", "sla_severe", "capacity", "groups", "verdict_first_above"}
    with pytest.raises(Invalid, match="cannot be saved"):
        queue_create(form=QueueForm(title="Letters", kind="letter"), user=lena)


def test_each_severity_has_its_own_limit(waiting: Waiting, lena: User) -> None:
    mild, severe = waiting(severity_hint=1), waiting(severity_hint=3)
    queue_change(queue=mild.queue, changes={"sla_severe": 30, "sla_minutes": 600}, user=lena)
    for case, minutes in ((mild, 600), (severe, 30)):
        case.refresh_from_db()
        assert case.due_at - case.created_at == timedelta(minutes=minutes)
    fresh = waiting(severity_hint=3)
    assert fresh.due_at - fresh.created_at == timedelta(minutes=30)
    audited = AuditRow.objects.get(verb="queue.changed")
    assert audited.data["sla_severe"] == [None, 30]


def test_many_are_placed_anew_exactly_as_one_would_be(waiting: Waiting, lena: User) -> None:
    """The statement that places many and the functions that place one agree."""
    cases = [waiting(f"Soup {n}.", severity_hint=n % 4) for n in range(4)]
    Case.objects.filter(pk=cases[2].pk).update(created_at=Now() - timedelta(minutes=9))
    queue_change(queue=cases[0].queue, changes={"sla_minutes": 77, "sla_serious": 11}, user=lena)
    for case in Case.objects.all():
        due = case.due_at.timestamp()
        urgent, usual = urgent_key(severity=case.severity, due=due), key_of(rank=case.rank, due=due, usual_seconds=77 * 60.0)
        assert case.priority == pytest.approx(urgent if case.pk == cases[2].pk else usual, abs=1e-5)
        assert (case.urgent_at is None) == (case.pk == cases[2].pk)
    transfer = Transfer.objects.get()
    assert (transfer.state, transfer.moved) == ("done", 4)


def test_a_case_near_its_limit_goes_before_all_others_and_the_severe_first(waiting: Waiting) -> None:
    mild, serious, severe, fresh = (waiting(f"Soup {s}.", severity_hint=s) for s in (1, 2, 3, 3))
    old = Case.objects.filter(pk__in=[mild.pk, serious.pk, severe.pk])
    old.update(urgent_at=Now() - timedelta(seconds=1))
    Case.objects.filter(pk=severe.pk).update(due_at=F("due_at") + timedelta(hours=50))
    assert cases_urge() == 3
    assert cases_urge() == 0
    assert [case.pk for case in next_cases(queue_for(mild.item))] == [severe.pk, serious.pk, mild.pk, fresh.pk]


def test_an_urgent_case_keeps_its_place_when_it_is_reported(waiting: Waiting) -> None:
    case = waiting(severity_hint=2)
    Case.objects.update(urgent_at=Now(), created_at=Now() - timedelta(hours=10))
    cases_urge()
    item_report(item=case.item, reporter="u1", reason="rude", text="", actor="source:shop")
    case.refresh_from_db()
    assert case.priority > 0
    assert case.reports == 1


def test_reports_and_views_bring_a_case_forward_and_a_smaller_count_is_no_news(waiting: Waiting) -> None:
    case, other = waiting("One."), waiting("Two.")
    assert case.place["rate"] == 1
    item_viewed(item=case.item, views=90_000, actor="source:shop")
    case.refresh_from_db()
    assert case.place["rate"] > 1000
    assert case.priority > other.priority
    before = case.priority
    item_viewed(item=case.item, views=10, actor="source:shop")
    case.refresh_from_db()
    assert case.priority == before
    assert AuditRow.objects.filter(verb="item.viewed").count() == 1
    item_report(item=case.item, reporter="u1", reason="rude", text="", actor="source:shop")
    case.refresh_from_db()
    assert case.priority > before


def test_followers_of_the_account_count_for_the_place(waiting: Waiting) -> None:
    assert waiting("One.", actor={"id": "a", "followers": 1_000_000}).place["rate"] > 1000


def test_who_was_placed_by_chance_is_noted_and_never_later_than_its_value(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = waiting("One.")
    monkeypatch.setattr("console.cases.priority.draw_of", lambda case_id: 1.0)
    chosen = waiting("Two.")
    monkeypatch.setattr("console.cases.priority.draw_of", lambda case_id: 0.0)
    unlucky = waiting("Three.")
    assert (usual.explored, chosen.explored, unlucky.explored) == (False, True, True)
    assert chosen.rank == 1.0
    assert unlucky.rank == usual.rank


def test_the_counts_are_the_sums_of_what_the_trigger_noted(waiting: Waiting, german: Queue, rita: User, lena: User) -> None:
    cases = [waiting(f"Soup {n}.", severity_hint=n % 4) for n in range(6)]
    claim = case_claim_next(queue=cases[0].queue, reviewer=rita)
    assert claim is not None
    cases_move(origin=cases[0].queue, target=german, user=lena, criteria={"severity": 3})
    assert tallied() == counted()
    before = queue_overview(lena)
    assert tally_add_up() > 0
    assert tally_add_up() == 0
    assert tallied() == counted()
    assert queue_overview(lena) == before
    Case.objects.filter(pk=claim.case_id).update(state="closed", closed_at=Now())
    row = next(row for row in queue_overview(lena) if row.queue.pk == claim.case.queue_id)
    assert (row.closed_hour, row.claimed) == (1, 0)
    Claim.objects.all().delete()
    Case.objects.all().delete()
    assert tallied() == {}


def test_old_slots_become_hours_and_at_last_no_time_at_all(waiting: Waiting, lena: User) -> None:
    case = waiting()
    tally_add_up()
    Tally.objects.update(slot=Now() - timedelta(days=2))
    tally_add_up()
    assert Tally.objects.get().slot.minute == 0
    Tally.objects.update(slot=Now() - timedelta(days=60))
    tally_add_up()
    assert (Tally.objects.get().slot.year, Tally.objects.get().arrived) == (1970, 1)
    assert row_of(lena, case.queue) == (1, 0, 0)


def test_it_moves_what_waits_and_leaves_what_is_held(waiting: Waiting, german: Queue, rita: User, lena: User) -> None:
    cases = [waiting(f"Soup {n}.") for n in range(3)]
    origin = cases[0].queue
    claim = case_claim_next(queue=origin, reviewer=rita)
    assert claim is not None
    transfer = cases_move(origin=origin, target=german, user=lena, criteria={})
    assert (transfer.state, transfer.moved) == ("done", 2)
    assert Case.objects.get(pk=claim.case_id).queue == origin
    case_release(hold=Hold(case_id=claim.case_id, reviewer=rita, token=claim.token))
    assert row_of(lena, origin) == (1, 0, 0)
    assert AuditRow.objects.filter(verb="case.moved", data__queue=german.slug).count() == 2
    assert AuditRow.objects.filter(verb="queue.moved").count() == 1


@pytest.mark.parametrize(
    ("criteria", "expected"), [({"severity": 3}, 1), ({"label": "spam"}, 1), ({"source": "shop"}, 3), ({"source": "rival"}, 0)]
)
def test_it_moves_only_what_fits(waiting: Waiting, german: Queue, lena: User, criteria: dict[str, object], expected: int) -> None:
    _mild, spam, _severe = waiting("One."), waiting("Two."), waiting("Three.", severity_hint=3)
    Case.objects.filter(pk=spam.pk).update(label="spam")
    transfer = cases_move(origin=spam.queue, target=german, user=lena, criteria=criteria)
    assert transfer.moved == transfer.expected == Case.objects.filter(queue=german).count() == expected


def test_it_moves_chosen_cases(waiting: Waiting, german: Queue, lena: User) -> None:
    first, second = waiting("One."), waiting("Two.")
    cases_move(origin=first.queue, target=german, user=lena, criteria={"cases": [str(second.pk)]})
    assert list(Case.objects.filter(queue=german)) == [second]


def test_it_moves_many_in_steps_that_anybody_may_do(waiting: Waiting, german: Queue, lena: User) -> None:
    cases = [waiting(f"Soup {n}.") for n in range(7)]
    origin = cases[0].queue
    transfer = Transfer.objects.create(origin=origin, target=german, expected=7, requested_by=lena)
    assert transfer_step(transfer_id=transfer.pk, limit=3)
    transfer.refresh_from_db()
    assert (transfer.moved, transfer.state) == (3, "running")
    late = waiting("It came meanwhile.")
    transfers_go_on()
    transfer.refresh_from_db()
    assert (transfer.moved, transfer.state) == (8, "done")
    assert Case.objects.get(pk=late.pk).queue == german
    assert not transfer_step(transfer_id=transfer.pk)


@pytest.mark.django_db(transaction=True)
def test_a_move_is_never_in_the_way_of_a_claim(waiting: Waiting, german: Queue, rita: User, lena: User) -> None:
    """What is being claimed at this moment is left where it is."""
    first, second = waiting("One."), waiting("Two.")
    held, free = sorted((first, second), key=lambda case: str(case.pk))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE cases_case SET state = 'claimed', lease_token = 1 WHERE id = %s", [held.pk])
            transfer = cases_move(origin=held.queue, target=german, user=lena, criteria={})
            assert transfer.moved == 1
            cursor.execute("COMMIT")
    finally:
        other.close()
    assert Case.objects.get(pk=held.pk).queue == held.queue
    assert Case.objects.get(pk=free.pk).queue == german


def test_it_does_not_move_cases_to_another_kind_or_an_archived_queue(waiting: Waiting, german: Queue, lena: User) -> None:
    case = waiting()
    with pytest.raises(Invalid):
        cases_move(origin=case.queue, target=Queue.objects.get(kind="order"), user=lena, criteria={})
    with pytest.raises(Invalid):
        cases_move(origin=case.queue, target=case.queue, user=lena, criteria={})
    queue_archive(queue=german, user=lena)
    german.refresh_from_db()
    with pytest.raises(Conflict, match="archived"):
        cases_move(origin=case.queue, target=german, user=lena, criteria={})


def test_merging_takes_all_along_and_points_the_rules(waiting: Waiting, german: Queue, rita: User, lena: User) -> None:
    cases = [waiting(f"Soup {n}.") for n in range(3)]
    origin = cases[0].queue
    routing_replace(rules=[RoutingRule(id="a", name="All", when="true", queue=origin.slug)], user=lena, seen=0)
    claim = case_claim_next(queue=origin, reviewer=rita)
    assert claim is not None
    transfer = queue_merge(queue=origin, into=german, user=lena)
    assert (transfer.state, transfer.moved) == ("done", 3)
    case_release(hold=Hold(case_id=claim.case_id, reviewer=rita, token=claim.token))
    assert set(Case.objects.values_list("queue", "state")) == {(german.pk, "waiting")}
    current = routing_current()
    assert current is not None
    assert current.rules[0]["queue"] == german.slug
    origin.refresh_from_db()
    assert origin.archived_at is not None
    assert origin.merged_into == german
    assert router_load("review").usual == german
    Case.objects.filter(pk=cases[0].pk).update(queue=origin)  # as an undone verdict would bring it back
    transfers_go_on()
    assert Case.objects.get(pk=cases[0].pk).queue == german


def test_the_only_queue_of_a_kind_cannot_go_nor_one_in_use(waiting: Waiting, german: Queue, lena: User) -> None:
    case = waiting()
    with pytest.raises(Conflict, match="still wait"):
        queue_archive(queue=case.queue, user=lena)
    routing_replace(rules=[RoutingRule(id="a", name="All", when="false", queue=german.slug)], user=lena, seen=0)
    with pytest.raises(Conflict, match="still sends items"):
        queue_archive(queue=german, user=lena)
    with pytest.raises(Conflict, match="only queue of its kind"):
        queue_archive(queue=Queue.objects.get(kind="order"), user=lena)
    with pytest.raises(Invalid):
        queue_merge(queue=german, into=german, user=lena)


def test_it_pauses_resumes_and_orders(waiting: Waiting, german: Queue, rita: User, lena: User) -> None:
    queue = waiting().queue
    queue_pause(queue=queue, paused=True, user=lena)
    with pytest.raises(Conflict):
        queue_pause(queue=queue, paused=True, user=lena)
    queue.refresh_from_db()
    assert case_claim_next(queue=queue, reviewer=rita) is None
    queue_pause(queue=queue, paused=False, user=lena)
    for _ in range(5):
        german.refresh_from_db()
        queue_shift(queue=german, up=True, user=lena)
    assert Queue.objects.order_by("position").first() == german
    with pytest.raises(Conflict):
        queue_shift(queue=german, up=True, user=lena)


def test_it_says_how_many_people_it_takes(waiting: Waiting, lena: User) -> None:
    cases = [waiting(f"Soup {n}.", severity_hint=3) for n in range(6)]
    queue = cases[0].queue
    Queue.objects.filter(pk=queue.pk).update(sla_severe=1, measured={"seconds": 60})
    row = next(row for row in queue_overview(lena) if row.queue.pk == queue.pk)
    assert row.needed == 8  # six minutes of work within one, with room for waves, and what still comes
    assert row.seconds == 60


def test_views_find_the_severe_the_reported_and_mine(waiting: Waiting, rita: User) -> None:
    mild, severe, mine = waiting("One."), waiting("Two.", severity_hint=3), waiting("Three.")
    item_report(item=mild.item, reporter="u", reason="", text="", actor="source:shop")
    Case.objects.filter(pk=mine.pk).update(assigned_to=rita)
    found = {view: {case.pk for case in cases_viewed(mild.queue, view, rita)} for view in ("", "severe", "reported", "mine")}
    assert found == {"": {mild.pk, severe.pk, mine.pk}, "severe": {severe.pk}, "reported": {mild.pk}, "mine": {mine.pk}}


def test_it_learns_from_verdicts_how_long_one_takes_and_how_often_people_act(claimed: Callable[..., Claim], rita: User) -> None:
    from console.flow import verdict_give
    from console.verdicts.services import VerdictForm

    for number in range(5):
        claim = claimed(f"The soup was cold {number}.")
        Claim.objects.filter(pk=claim.pk).update(started_at=Now() - timedelta(seconds=42))
        give_score(claim.case, f"The soup was cold {number}.", "cold", risk=0.95)
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=VerdictForm(outcome="allow"))
    assert queues_measure() == 1
    assert queues_measure() == 0
    measured = Queue.objects.get(kind="review").measured
    assert 41 <= measured["seconds"] <= 60
    assert measured["changes"][9] == [5, 0]
