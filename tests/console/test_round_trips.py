"""What the hot path asks of the database: how often, and together where it can."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.utils import DataError
from django.test import Client

from console.accounts.backends import PeopleBackend
from console.accounts.day import day_kept, day_once, days_forget
from console.accounts.models import User
from console.accounts.roles import Role, roles_of
from console.cases.claiming import case_claim_one
from console.cases.holding import Hold, case_release
from console.cases.models import Case, Claim
from console.cases.selectors import case_found
from console.cases.serving import case_serve
from console.common.rows import one_trip, row, run
from tests.console.dice import dice
from tests.console.ui_forms import HTMX

Waiting = Callable[..., Case]
# Who it is (session, person with groups), the queue; the turn, whether something is held, the day, the claim; then what the screen tells:
# the content with its policy, undo, who else is here, the place in the queue, what is alike (four, together), the draft.
NEXT_CASE = 2 + 1 + 4 + 9


def release(person: User) -> None:
    claim = Claim.objects.get(reviewer=person, state="open")
    case_release(hold=Hold(case_id=claim.case_id, reviewer=person, token=claim.token))


def test_the_next_case_is_claimed_and_drawn_with_few_statements(client: Client, waiting: Waiting, rita: User, asked: list[str]) -> None:
    waiting()
    client.force_login(rita)
    assert b'id="verdict"' in client.post("/queues/reviews/start", headers=HTMX).content  # the policy is read and drawn once
    release(rita)
    days_forget()
    asked.clear()
    with dice(0.99):
        assert b'id="verdict"' in client.post("/queues/reviews/start", headers=HTMX).content
    assert len(asked) == NEXT_CASE, "\n\n".join(asked)


def test_what_is_in_memory_already_is_kept_with_few_statements(client: Client, waiting: Waiting, rita: User, asked: list[str]) -> None:
    for n in range(3):
        waiting(f"Text {n}.")
    client.force_login(rita)
    client.post("/queues/reviews/start", headers=HTMX)
    with dice(0.99):
        have = [row["name"] for row in client.post("/queues/reviews/ahead").json()["ahead"]]
    asked.clear()
    again = client.post("/queues/reviews/ahead", {"have": have}).json()["ahead"]
    assert [row["name"] for row in again] == have
    assert not any("html" in row for row in again)
    # Who it is, the queue, the turn, whether something is held, what, how severe it may be, a little longer.
    assert len(asked) <= 2 + 1 + 2 + 2 + 1, "\n\n".join(asked)


def test_the_case_of_an_address_is_read_with_whether_one_may_see_it_by_one_statement(
    waiting: Waiting, rita: User, ravi: User, asked: list[str]
) -> None:
    case = waiting()
    claim = case_claim_one(case_id=case.pk, reviewer=rita)
    case.queue.groups.add(Group.objects.create(name="some"))
    asked.clear()
    assert claim is not None
    assert [found and (found.pk, found.item.source.slug) for found in (case_found(rita, case.pk), case_found(ravi, case.pk))] == [
        (case.pk, "shop"), None,
    ]  # fmt: skip
    assert len(asked) == 2


def test_a_claim_is_one_statement_after_the_turn_and_the_day(waiting: Waiting, rita: User, asked: list[str]) -> None:
    queue = waiting().queue
    days_forget()
    asked.clear()
    assert case_serve(queue=queue, reviewer=rita)
    assert len(asked) == 4, "\n\n".join(asked)


def test_who_is_signed_in_is_read_with_their_groups_by_one_statement(rita: User, lena: User, asked: list[str]) -> None:
    asked.clear()
    found = [PeopleBackend().get_user(person.pk) for person in (rita, lena)]
    assert [roles_of(person) for person in found if person] == [{Role.MODERATOR}, {Role.MODERATOR, Role.LEAD}]
    assert len(asked) == 2


def test_who_left_is_not_signed_in_any_more(rita: User) -> None:
    User.objects.filter(pk=rita.pk).update(is_active=False)
    assert PeopleBackend().get_user(rita.pk) is None
    assert PeopleBackend().get_user(rita.pk + 1000) is None


def test_statements_of_one_trip_run_one_after_the_other(db: None) -> None:
    with one_trip():
        run("SELECT set_config('second_look.said', 'first', false)", ())
        assert row("SELECT current_setting('second_look.said')", ()) == ("first",)


def test_an_error_in_one_trip_is_one_of_django_and_ends_there(db: None) -> None:
    def divide() -> None:
        with transaction.atomic(), one_trip():
            run("SELECT 1 / %s::int", [0])
            row("SELECT 1", ())

    with pytest.raises(DataError, match="division by zero"):
        divide()
    assert row("SELECT 1", ()) == (1,)


def test_a_page_reads_the_day_of_its_person_once_and_anew_when_it_wrote_it(rita: User, asked: list[str]) -> None:
    days_forget()
    asked.clear()
    assert day_kept(rita) == day_once(rita)
    assert len(asked) == 1
    days_forget(rita)
    assert day_once(rita)
    assert len(asked) == 2


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_the_disk_to_hold_a_case_but_for_what_is_written_with_it(waiting: Waiting, rita: User) -> None:
    queue, seen = waiting().queue, []

    def look(ahead: bool) -> None:
        seen.append(row("SHOW synchronous_commit", ()))

    with connection.cursor() as cursor:  # the server of the tests has it off
        cursor.execute("SET synchronous_commit = on")
    try:
        assert case_serve(queue=queue, reviewer=rita, instead=look)
        seen.append(row("SHOW synchronous_commit", ()))
        release(rita)
        with transaction.atomic():
            assert case_serve(queue=queue, reviewer=rita, instead=look)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
    assert seen == [("off",), ("on",), ("on",)]
