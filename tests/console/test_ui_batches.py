"""The batch page, without a browser: what is in the answer, what must not be, and what each step leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.html import escape

from console.accounts.models import User
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.ui.differences import differences
from console.verdicts.models import Batch, Verdict
from tests.console.ui_forms import HTMX, give_score

SPAM = "Half price tickets for everybody, visit cheap tix example and message me today, the offer ends on day {}."
Waiting = Callable[..., Case]


@pytest.fixture
def campaign(waiting: Waiting) -> list[Case]:
    return [waiting(SPAM.format(day), actor={"id": f"seller-{day % 2}"}) for day in range(4)]


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def opened(page: Client, case: Case, basis: str = "alike") -> Batch:
    answer = page.post(f"/cases/{case.pk}/batch", {"basis": basis})
    assert answer.status_code == 302, answer.content
    return Batch.objects.get(pk=answer["Location"].split("/")[2])


def html_of(page: Client, batch: Batch) -> str:
    answer = page.get(f"/batches/{batch.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_case_offers_what_belongs_with_it(page: Client, campaign: list[Case], rita: User) -> None:
    case_claim_one(case_id=campaign[0].pk, reviewer=rita)
    html = page.get(f"/cases/{campaign[0].pk}/").content.decode()
    assert "4 reviews say nearly the same, from 2 accounts." in html
    assert "2 reviews of this account wait." in html
    assert html.count('data-key="z"') == 1


def test_a_case_alone_offers_nothing(page: Client, waiting: Waiting, rita: User) -> None:
    case = waiting()
    case_claim_one(case_id=case.pk, reviewer=rita)
    assert "Decide them together" not in page.get(f"/cases/{case.pk}/").content.decode()
    refused = page.post(f"/cases/{case.pk}/batch", {"basis": "alike"}, headers=HTMX)
    assert refused.status_code == 409
    assert "Nothing waits beside it any more." in refused.content.decode()
    assert page.post(f"/cases/{case.pk}/batch", {"basis": "mood"}, headers=HTMX).status_code == 422


def test_it_lists_them_with_the_difference_marked(page: Client, campaign: list[Case]) -> None:
    html = html_of(page, opened(page, campaign[0]))
    assert "4 reviews that say nearly the same" in html
    assert "From 2 accounts. All are yours; each gets a verdict of its own." in html
    assert "<del>0.</del> <ins>3.</ins>" in html
    assert html.count("data-exclude") == 4


def test_it_says_nothing_of_what_the_machine_thinks(page: Client, campaign: list[Case]) -> None:
    give_score(campaign[0], SPAM.format(0), "tickets", risk=0.93)
    Case.objects.update(sentence="A rule found an offer.", severity=3)
    Case.objects.filter(pk=campaign[1].pk).update(blind=True)
    batch = opened(page, campaign[0])
    detail = page.get(f"/batches/{batch.pk}/cases/{campaign[0].pk}/").content.decode()
    for html in (html_of(page, batch), detail):
        for word in ("in 10", "review@test", 'class="ev"', "A rule found", "Severe"):
            assert word not in html
        assert "Half price tickets" in html
    assert not Claim.objects.filter(evidence_seen=True).exists()


def test_it_escapes_what_people_wrote(page: Client, waiting: Waiting) -> None:
    bad = "<script>alert({})</script> half price tickets for everybody, message me today, the offer ends soon <b>now</b>"
    cases = [waiting(bad.format(n)) for n in range(2)]
    html = html_of(page, opened(page, cases[0]))
    assert "<script>alert" not in html
    assert "<b>now</b>" not in html
    assert escape("<script>alert(0)</script>") in html


def test_it_decides_all_but_those_left_out_and_goes_on(page: Client, campaign: list[Case], waiting: Waiting) -> None:
    following = waiting("The bread was old.")
    batch = opened(page, campaign[0])
    form = {"outcome": "enforce", "clause": ["4.5"], "exclude": [str(campaign[1].pk)], "action": "", "note": "Same again"}
    answer = page.post(f"/batches/{batch.pk}/verdict", form)
    assert answer.status_code == 302
    assert Verdict.objects.filter(batch=batch, outcome="enforce", clauses=["4.5"], note="Same again", action="remove").count() == 3
    assert Case.objects.get(pk=campaign[1].pk).state in ("waiting", "claimed")
    html = page.get(answer["Location"]).content.decode()
    assert "3 removed" in html
    assert f"/batches/{batch.pk}/undo" in html
    assert following.item.headline in html or "Half price" in html
    undone = page.post(f"/batches/{batch.pk}/undo", headers=HTMX)
    assert undone["HX-Redirect"] == f"/batches/{batch.pk}/"
    assert Verdict.objects.filter(state="undone").count() == 3
    assert "3 undone. Everything is as it was before." in html_of(page, batch)


def test_it_says_by_line_what_was_not_decided(page: Client, campaign: list[Case], ravi: User) -> None:
    case_claim_one(case_id=campaign[2].pk, reviewer=ravi)
    batch = opened(page, campaign[0])
    assert "ravi decides it" in html_of(page, batch)
    Claim.objects.filter(case=campaign[3]).update(lease_until="2020-01-01T00:00:00Z")
    answer = page.post(f"/batches/{batch.pk}/verdict", {"outcome": "allow"}, headers=HTMX)
    assert answer["HX-Redirect"] == f"/batches/{batch.pk}/"
    html = html_of(page, batch)
    assert "2 kept. 1 was not decided; the line says why, and nothing of it is lost." in html
    assert "Went back to the queue" in html
    assert html.count("Kept</span>") == 2


def test_it_rejects_a_verdict_that_is_not_complete(page: Client, campaign: list[Case]) -> None:
    batch = opened(page, campaign[0])
    for form, sentence in (
        ({}, "Choose an outcome first."),
        ({"outcome": "enforce"}, "Choose the clause"),
        ({"outcome": "allow", "exclude": ["x"]}, "could not be read"),
        ({"outcome": "allow", "exclude": [str(case.pk) for case in campaign]}, "Leave at least one in."),
    ):
        answer = page.post(f"/batches/{batch.pk}/verdict", form, headers=HTMX)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert not Verdict.objects.exists()


def test_it_keeps_takes_again_and_gives_back(page: Client, campaign: list[Case]) -> None:
    batch = opened(page, campaign[0])
    assert page.post(f"/batches/{batch.pk}/heartbeat").json()["seconds"] > 500
    Claim.objects.update(lease_until="2020-01-01T00:00:00Z", state="expired")
    Case.objects.update(state="waiting")
    assert page.post(f"/batches/{batch.pk}/heartbeat").status_code == 409
    assert "Take 4 again" in html_of(page, batch)
    page.post(f"/batches/{batch.pk}/hold")
    assert Claim.objects.filter(state="open").count() == 4
    assert page.post(f"/batches/{batch.pk}/release")["Location"] == "/queues/reviews/"
    assert not Claim.objects.filter(state="open").exists()


def test_a_batch_is_there_for_its_person_only(page: Client, campaign: list[Case], ravi: User, petra: User, otto: User) -> None:
    batch = opened(page, campaign[0])
    for user, status in ((ravi, 404), (petra, 403), (otto, 403)):
        strange = Client()
        strange.force_login(user)
        assert strange.get(f"/batches/{batch.pk}/").status_code == status
        assert strange.get(f"/batches/{batch.pk}/cases/{campaign[0].pk}/").status_code == status
        for step in ("verdict", "undo", "hold", "heartbeat", "release"):
            assert strange.post(f"/batches/{batch.pk}/{step}", {"outcome": "allow"}).status_code == status, step
    assert Client().get(f"/batches/{batch.pk}/").status_code == 302
    assert Claim.objects.filter(state="open").count() == 4
    assert not Verdict.objects.exists()


def test_it_compares_word_by_word() -> None:
    assert differences("a b c", "a x c") == "a <del>b</del> <ins>x</ins> c"
    assert differences("a <b>", "a <i>") == "a <del>&lt;b&gt;</del> <ins>&lt;i&gt;</ins>"
    assert differences("a", "a b") == "a<ins> b</ins>"
    long = "word " * 900
    assert differences(long, long) == long
