"""The review screen, without a browser: what is in the answer, and what must not be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import User
from console.cases.models import Case, Claim, Skip
from console.intake.models import Item
from console.verdicts.models import Verdict
from tests.console.ui_forms import HTMX, give_score, verdict_data

Claimed = Callable[..., Claim]
Waiting = Callable[..., Case]
TEXT = "The waiter laughed. What a complete muppet."


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def html_of(page: Client, claim: Claim) -> str:
    answer = page.get(f"/cases/{claim.case_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_draws_the_item_the_policy_and_the_verdict_bar(page: Client, claimed: Claimed) -> None:
    html = html_of(page, claimed(TEXT))
    assert "What a complete muppet." in html
    assert "Personal attack" in html
    assert "Does it insult" in html
    assert 'data-key="a"' in html
    assert "Only you are here" in html


def test_it_escapes_what_people_wrote(page: Client, claimed: Claimed) -> None:
    html = html_of(page, claimed("<script>alert(1)</script><img src=x onerror=alert(2)>"))
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_it_leaves_the_evidence_out_until_it_is_asked_for(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    give_score(claim.case, TEXT, "muppet")
    html = html_of(page, claim)
    assert '<mark class="ev">' not in html
    assert "in 10" not in html
    assert "review@test" not in html
    shown = page.post(f"/cases/{claim.case_id}/reveal", {"token": claim.token}, headers=HTMX).content.decode()
    assert '<mark class="ev">muppet</mark>' in shown
    assert "<b>7 in 10</b>" in shown
    claim.refresh_from_db()
    assert claim.evidence_seen


def test_it_never_shows_why_or_evidence_of_a_blind_case(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT, severity_hint=3)
    give_score(claim.case, TEXT, "muppet")
    Case.objects.update(blind=True, sentence="A rule held it.")
    html = html_of(page, claim)
    assert "A rule held it." not in html
    assert "For review." in html
    assert "Severe" not in html
    assert 'data-key="e"' not in html
    refused = page.post(f"/cases/{claim.case_id}/reveal", {"token": claim.token}, headers=HTMX)
    assert refused.status_code == 409
    assert "muppet</mark>" not in refused.content.decode()


def test_it_stores_the_verdict_and_answers_with_the_next_case(page: Client, claimed: Claimed, waiting: Waiting) -> None:
    claim = claimed(TEXT)
    following = waiting("The bread was old.")
    answer = page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim, note="Look again"), headers=HTMX)
    verdict = Verdict.objects.get(case_id=claim.case_id)
    assert (verdict.outcome, verdict.clauses, verdict.note, verdict.certain) == ("enforce", ["4.4"], "Look again", True)
    assert answer["HX-Push-Url"] == f"/cases/{following.pk}/"
    html = answer.content.decode()
    assert "The bread was old." in html
    assert "Last one: removed" in html
    assert f"/verdicts/{verdict.pk}/undo" in html


def test_it_says_afterwards_which_action_was_taken(page: Client, claimed: Claimed, waiting: Waiting) -> None:
    claim = claimed(TEXT)
    waiting("The bread was old.")
    answer = page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim, action="suspend"), headers=HTMX)
    assert "Last one: removed, suspend" in answer.content.decode()


def test_it_works_without_script(page: Client, claimed: Claimed, waiting: Waiting) -> None:
    claim = claimed(TEXT)
    following = waiting("The bread was old.")
    answer = page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim))
    assert answer.status_code == 302
    assert answer["Location"] == f"/cases/{following.pk}/"


def test_it_says_when_nothing_is_left_and_where_something_waits(page: Client, claimed: Claimed, waiting: Waiting) -> None:
    claim = claimed(TEXT)
    waiting(kind="contact", payload={"email": "jo@example.org", "company": "Marsh Ltd", "name": "Jo Marsh"})
    html = page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX).content.decode()
    assert "Nothing waits here" in html
    assert "Go to Contacts, 1 waits" in html
    assert "Undo" in html


def test_it_marks_what_is_not_sure(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim, unsure="1", outcome="allow"), headers=HTMX)
    verdict = Verdict.objects.get()
    assert verdict.certain is False
    assert verdict.clauses == []


def test_it_rejects_a_verdict_that_is_not_complete(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    url = f"/cases/{claim.case_id}/verdict"
    nothing = page.post(url, {"token": claim.token}, headers=HTMX)
    assert nothing.status_code == 422
    assert "Choose an outcome first." in nothing.content.decode()
    no_reason = page.post(url, {"token": claim.token, "outcome": "enforce"}, headers=HTMX)
    assert no_reason.status_code == 422
    assert no_reason["HX-Retarget"] == "#problem"
    assert page.post(url, {"token": "x", "outcome": "allow"}, headers=HTMX).status_code == 422
    assert not Verdict.objects.exists()


def test_it_says_in_words_that_the_hold_is_gone(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    Claim.objects.update(lease_until="2020-01-01T00:00:00Z")
    answer = page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    assert answer.status_code == 409
    assert "ran out" in answer.content.decode()
    assert f"/cases/{claim.case_id}/take" in answer.content.decode()
    beat = page.post(f"/cases/{claim.case_id}/heartbeat", {"token": claim.token})
    assert beat.status_code == 409
    assert "ran out" in beat.json()["sentence"]


def test_it_keeps_the_case_longer(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    answer = page.post(f"/cases/{claim.case_id}/heartbeat", {"token": claim.token})
    assert 595 <= answer.json()["seconds"] <= 600


def test_it_undoes_and_brings_the_case_back(page: Client, claimed: Claimed, rita: User) -> None:
    claim = claimed(TEXT)
    page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    verdict = Verdict.objects.get()
    answer = page.post(f"/verdicts/{verdict.pk}/undo", headers=HTMX)
    assert answer["HX-Push-Url"] == f"/cases/{claim.case_id}/"
    verdict.refresh_from_db()
    assert verdict.state == Verdict.State.UNDONE
    assert Item.objects.get().status == Item.Status.IN_REVIEW
    assert Claim.objects.get(case_id=claim.case_id, state="open").reviewer == rita


def test_it_refuses_to_undo_twice_or_for_another(page: Client, claimed: Claimed, ravi: User) -> None:
    claim = claimed(TEXT)
    page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    verdict = Verdict.objects.get()
    page.force_login(ravi)
    assert page.post(f"/verdicts/{verdict.pk}/undo", headers=HTMX).status_code == 404
    verdict.refresh_from_db()
    assert verdict.state == Verdict.State.GIVEN


def test_it_shows_another_person_who_decides_and_no_verdict_bar(page: Client, claimed: Claimed, ravi: User) -> None:
    claim = claimed(TEXT)
    page.force_login(ravi)
    html = html_of(page, claim)
    assert "Rita Ray decides this one." in html
    assert 'id="verdict"' not in html
    refused = page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    assert refused.status_code == 409
    assert not Verdict.objects.exists()


def test_it_takes_a_waiting_case(page: Client, waiting: Waiting, rita: User) -> None:
    case = waiting(TEXT)
    assert "Nobody holds this one." in page.get(f"/cases/{case.pk}/").content.decode()
    assert page.post(f"/cases/{case.pk}/take", headers=HTMX).status_code == 200
    assert Claim.objects.get(case=case).reviewer == rita


def test_it_skips_with_a_reason_and_does_not_get_it_again(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    url = f"/cases/{claim.case_id}/skip"
    assert page.post(url, {"token": claim.token, "reason": "nonsense"}, headers=HTMX).status_code == 422
    html = page.post(url, {"token": claim.token, "reason": "distress"}, headers=HTMX).content.decode()
    assert "Nothing waits here" in html
    assert Skip.objects.get().reason == "distress"
    assert page.post(f"/cases/{claim.case_id}/take", headers=HTMX).status_code == 409


@pytest.mark.parametrize("purpose", ["second", "escalated"])
def test_it_passes_a_case_on(page: Client, claimed: Claimed, purpose: str) -> None:
    claim = claimed(TEXT)
    page.post(f"/cases/{claim.case_id}/pass-on", {"token": claim.token, "to": purpose}, headers=HTMX)
    assert Case.objects.get().purpose == purpose


def test_it_gives_back(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    answer = page.post(f"/cases/{claim.case_id}/release", {"token": claim.token})
    assert answer["Location"] == "/"
    assert Case.objects.get().state == Case.State.WAITING


def test_it_sends_a_decided_case_to_its_item(page: Client, claimed: Claimed) -> None:
    claim = claimed(TEXT)
    page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim))
    assert page.get(f"/cases/{claim.case_id}/")["Location"] == f"/items/{claim.case.item_id}/"


def test_it_asks_for_each_field_of_a_record(page: Client, waiting: Waiting, rita: User) -> None:
    case = waiting(kind="contact", payload={"email": "jo@example.org", "company": "Marsh Ltd", "name": "Jo Marsh"})
    page.post(f"/cases/{case.pk}/take")
    claim = Claim.objects.get(case=case)
    html = html_of(page, claim)
    assert 'name="field:email" value="right"' in html
    assert 'name="field:phone"' not in html  # nothing was given, so there is nothing to judge
    data = {"token": claim.token, "outcome": "enforce", "field:email": "wrong", "field:company": "right", "clause": ["5.1"]}
    page.post(f"/cases/{case.pk}/verdict", data, headers=HTMX)
    assert Verdict.objects.get().fields == {"email": "wrong", "company": "right"}


def test_it_answers_404_for_a_case_that_is_not_there(page: Client, ready: None) -> None:
    answer = page.get("/cases/00000000-0000-7000-8000-000000000000/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_it_needs_the_csrf_token(claimed: Claimed, rita: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rita)
    claim = claimed(TEXT)
    answer = strict.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim))
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()
    assert not Verdict.objects.exists()
