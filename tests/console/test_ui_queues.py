"""The overview: what waits where, and starting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import User
from console.cases.claiming import case_claim_next
from console.cases.models import Case, Claim, Queue
from console.intake.models import Quarantine

Waiting = Callable[..., Case]


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def test_it_sends_someone_who_is_not_signed_in_to_sign_in(client: Client, ready: None) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/")


def test_it_forbids_someone_without_a_role(client: Client, otto: User, ready: None) -> None:
    client.force_login(otto)
    answer = client.get("/")
    assert answer.status_code == 403
    assert "not for your role" in answer.content.decode()


def test_it_greets_and_counts_what_waits(page: Client, waiting: Waiting) -> None:
    case = waiting("The soup was cold.", severity_hint=3)
    waiting("The bread was old.")
    html = page.get("/").content.decode()
    assert ", Rita" in html
    assert "2 items wait for a person." in html
    assert "1 severe" in html
    assert case.item.headline in html


def test_it_says_so_when_nothing_waits(page: Client, ready: None) -> None:
    html = page.get("/").content.decode()
    assert "Nothing waits." in html
    assert "Start <kbd>" not in html


def test_it_does_not_ask_more_of_the_database_for_more_cases(page: Client, waiting: Waiting, django_assert_max_num_queries: object) -> None:
    for number in range(12):
        waiting(f"Soup number {number}.")
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page.get("/")


def test_it_starts_a_queue_with_its_next_case(page: Client, waiting: Waiting, rita: User) -> None:
    case = waiting()
    answer = page.post(f"/queues/{case.queue.slug}/start")
    assert answer.status_code == 302
    assert answer["Location"] == f"/cases/{case.pk}/"
    assert Claim.objects.get(case=case).reviewer == rita


def test_it_goes_on_with_the_case_that_is_held(page: Client, waiting: Waiting, rita: User) -> None:
    held, _other = waiting("One."), waiting("Two.")
    claim = case_claim_next(queue=held.queue, reviewer=rita)
    assert claim is not None
    assert "Continue" in page.get("/").content.decode()
    assert page.post(f"/queues/{held.queue.slug}/start")["Location"] == f"/cases/{claim.case_id}/"


def test_it_does_not_start_a_paused_queue(page: Client, waiting: Waiting) -> None:
    case = waiting()
    Queue.objects.update(is_paused=True)
    assert "Paused" in page.get("/").content.decode()
    answer = page.post(f"/queues/{case.queue.slug}/start", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert not Claim.objects.exists()


def test_it_does_not_tell_what_a_rule_says_before_the_case_is_decided(page: Client, waiting: Waiting, rita: User) -> None:
    case = waiting()
    Case.objects.update(reason="rule", sentence="The thread reads like a scam.", severity=3)
    for path in ("/", "/queues/reviews/", f"/cases/{case.pk}/"):
        html = page.get(path).content.decode()
        assert "reads like a scam" not in html
        assert "A rule asks for a person." in html
    page.post(f"/cases/{case.pk}/take")
    claim = Claim.objects.get(case=case)
    assert "reads like a scam" not in page.get(f"/cases/{case.pk}/").content.decode()
    page.post(f"/cases/{case.pk}/reveal", {"token": claim.token})
    assert "reads like a scam" in page.get(f"/cases/{case.pk}/").content.decode()


def test_it_says_that_nothing_waits_in_a_queue(page: Client, ready: None) -> None:
    answer = page.post("/queues/reviews/start", follow=True)
    assert "Nothing waits here" in answer.content.decode()


def test_it_lets_policy_writers_look_but_not_start(client: Client, petra: User, waiting: Waiting) -> None:
    case = waiting()
    client.force_login(petra)
    html = client.get("/").content.decode()
    assert "data-start" not in html
    assert client.post(f"/queues/{case.queue.slug}/start").status_code == 403


def test_it_hides_a_queue_of_another_group(page: Client, waiting: Waiting, lena: User) -> None:
    case = waiting()
    case.queue.groups.set(lena.groups.all())
    assert case.item.headline not in page.get("/").content.decode()
    assert page.post(f"/queues/{case.queue.slug}/start").status_code == 404
    assert page.get(f"/cases/{case.pk}/").status_code == 404


def test_it_shows_leads_what_needs_a_hand(client: Client, lena: User, shop: object, ready: None) -> None:
    Quarantine.objects.create(source=shop, external_id="bad-1", body={"kind": "review"}, errors={"payload.text": ["must be given"]})
    client.force_login(lena)
    html = client.get("/").content.decode()
    assert "1 row set aside at import" in html
    aside = client.get("/items/set-aside/").content.decode()
    assert "payload.text: must be given" in aside

