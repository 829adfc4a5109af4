"""Search, one item with its story, and what stays hidden while a person is still to decide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.accounts.models import User
from console.cases.models import Case, Claim, Queue
from console.flow import decisions_release
from console.intake.models import Item
from tests.console.ui_forms import HTMX, give_score, verdict_data

Post = Callable[..., Item]
TEXT = "The waiter laughed. What a complete muppet."


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def found(page: Client, query: str) -> str:
    answer = page.get(f"/items/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_finds_by_words_id_and_account(page: Client, post: Post) -> None:
    soup, bread = post("The soup was cold."), post("The bread was old.", actor={"id": "baker-7"})
    for query in ("?q=soup", f"?q={soup.external_id}", f"?q={soup.pk}"):
        html = found(page, query)
        assert soup.headline in html
        assert bread.headline not in html
    assert bread.headline in found(page, "?q=baker-7")


def test_it_filters_by_kind_state_and_time(page: Client, post: Post) -> None:
    review = post("The soup was cold.")
    contact = post(kind="contact", payload={"email": "jo@example.org", "company": "Marsh Ltd", "name": "Jo Marsh"})
    assert contact.headline not in found(page, "?kind=review")
    assert review.headline in found(page, "?kind=review&status=received")
    assert "Nothing fits" in found(page, "?status=decided")
    assert "Nothing fits" in found(page, "?until=2020-01-01")
    assert review.headline in found(page, "?since=2020-01-01")


def test_it_pages_by_key(page: Client, post: Post) -> None:
    for number in range(52):
        post(f"Soup number {number:02} was cold.")
    first = found(page, "?kind=review")
    assert "Soup number 51" in first
    assert "Soup number 01" not in first
    last = Item.objects.order_by("-pk")[49]
    second = found(page, f"?kind=review&before={last.pk}")
    assert "Soup number 01" in second
    assert "Soup number 02" not in second


@pytest.mark.parametrize("query", ["?before=nonsense", "?since=2026-99-99", "?q=%00", "?kind=unknown", "?source=%27;--", "?q=" + "x" * 900])
def test_it_says_which_filter_cannot_be_read_and_keeps_the_rest(page: Client, post: Post, query: str) -> None:
    post()
    answer = page.get(f"/items/{query}&author=baker-7")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="baker-7"' in html
    assert "Put right what is marked above" in html
    assert 'class="error"' in html or "This is not a page" in html


def test_it_says_what_to_do_when_there_are_no_items(page: Client, ready: None) -> None:
    assert "Post the first item" in found(page, "")


def test_it_tells_the_story_of_an_item(page: Client, claimed: Callable[..., Claim]) -> None:
    claim = claimed(TEXT)
    page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    html = found(page, f"{claim.case.item_id}/")
    assert "Received" in html
    assert "Gave a verdict" in html
    assert "Without the evidence" in html
    assert "4.4 Personal attack" in html
    assert "Takes effect when undo is over" in html
    assert "Statement of reasons" in html
    claim.case.verdicts.update(undo_until="2020-01-01T00:00:00Z")
    decisions_release()
    assert "In effect" in found(page, f"{claim.case.item_id}/")


def test_it_hides_the_machines_opinion_while_a_case_is_open(page: Client, waiting: Callable[..., Case]) -> None:
    case = waiting(TEXT)
    give_score(case, TEXT, "muppet")
    html = found(page, f"{case.item_id}/")
    assert '<mark class="ev">' not in html
    assert "in 10" not in html
    assert "Scored by" not in html
    assert f"/cases/{case.pk}/" in html


def test_it_shows_the_evidence_once_decided(page: Client, claimed: Callable[..., Claim]) -> None:
    claim = claimed(TEXT)
    give_score(claim.case, TEXT, "muppet")
    page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    html = found(page, f"{claim.case.item_id}/")  # the verdict can still be undone, and the case come back
    assert '<mark class="ev">' not in html
    assert "Scored by" not in html
    assert "or can undo" in html
    claim.case.verdicts.update(undo_until="2020-01-01T00:00:00Z")
    decisions_release()
    assert '<mark class="ev">muppet</mark>' in found(page, f"{claim.case.item_id}/")


def test_it_shows_the_evidence_of_a_case_that_one_holds_and_asked_for(page: Client, claimed: Callable[..., Claim]) -> None:
    claim = claimed(TEXT)
    give_score(claim.case, TEXT, "muppet")
    address = f"{claim.case.item_id}/"
    assert '<mark class="ev">' not in found(page, address)
    page.post(f"/cases/{claim.case_id}/reveal", {"token": claim.token}, headers=HTMX)
    assert '<mark class="ev">muppet</mark>' in found(page, address)


def test_the_list_does_not_say_what_the_machine_decided_while_a_person_looks(page: Client, waiting: Callable[..., Case]) -> None:
    case = waiting()
    case.item.decisions.update(outcome="allow", automated=True, score=case.item.scores.get(), model="review@starter")
    Item.objects.update(status="decided")  # an audit of an item that was let through
    assert "By the machine" not in found(page, "")
    Case.objects.update(state="closed")
    assert "By the machine" in found(page, "")


def test_an_item_of_a_queue_of_another_group_is_not_there(page: Client, post: Post, rita: User, petra: User) -> None:
    item, order = post("The soup was cold."), post("The bread was old.")
    Item.objects.filter(pk=order.pk).update(kind="contact")
    night = Group.objects.create(name="night shift")
    Queue.objects.get(slug="reviews").groups.add(night)
    assert item.headline not in found(page, "")
    assert order.headline in found(page, "")
    assert page.get(f"/items/{item.pk}/").status_code == 404
    rita.groups.add(night)
    assert item.headline in found(page, "")
    assert item.headline in found(page, f"{item.pk}/")
    rita.groups.remove(night)
    page.force_login(petra)
    assert item.headline in found(page, "")


def test_it_answers_404_for_an_item_that_is_not_there(page: Client, ready: None) -> None:
    assert page.get("/items/00000000-0000-7000-8000-000000000000/").status_code == 404


def test_it_shows_rows_set_aside_to_leads_only(page: Client, ready: None) -> None:
    assert page.get("/items/set-aside/").status_code == 403


def test_it_asks_the_database_as_often_for_one_item_as_for_twenty(page: Client, post: Post) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            found(page, "")
        return len(asked)

    post("Soup.")
    found(page, "")  # what is remembered from the first call on
    once = queries()
    for number in range(19):
        post(f"Soup number {number}.")
    assert queries() == once
