"""The pages of the checks: for leads, and each person's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import User
from console.cases.models import Case
from console.common.jobs import job_claim
from console.flow import case_claim
from console.quality.gold import gold_mark
from console.quality.measuring import measure
from console.quality.models import Check, CheckPlan, Gold, QaReview, Reliability
from console.quality.qa import qa_give
from console.verdicts.models import Verdict
from tests.console.calls import signed_in
from tests.console.dice import dice
from tests.console.quality import ALLOW, ENFORCE, Waiting, decide, give, settle

LEADS_PAGES = ("/checks/", "/checks/settings/", "/checks/disagreements/", "/checks/known/", "/checks/reviews/")


@pytest.fixture
def lead(client: Client, lena: User, plan: CheckPlan) -> Client:
    client.force_login(lena)
    return client


@pytest.fixture
def decided(plan: CheckPlan, waiting: Waiting, rita: User) -> Callable[..., Verdict]:
    def _decided(text: str = "You are a liar.", *, second: bool = False) -> Verdict:
        verdict = decide(waiting(text), rita)
        with dice(0.0 if second else 0.99):
            settle()
        return verdict

    return _decided


@pytest.fixture
def disagreement(decided: Callable[..., Verdict], ravi: User) -> Check:
    decided(second=True)
    decide(Check.objects.select_related("case").get().case, ravi, ALLOW)
    settle()
    return Check.objects.select_related("case").get(purpose="adjudicate")


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("path", LEADS_PAGES)
def test_it_opens_for_leads_empty_and_without_inline_style(lead: Client, path: str) -> None:
    answer = lead.get(path)
    assert answer.status_code == 200
    assert text(answer).count("<h1>") == 1
    assert " style=" not in text(answer)


@pytest.mark.parametrize("path", LEADS_PAGES)
def test_it_is_closed_to_others(client: Client, path: str, rita: User, petra: User, otto: User, plan: CheckPlan) -> None:
    assert client.get(path).status_code == 302
    for user in (rita, petra, otto):
        client.force_login(user)
        assert client.get(path).status_code == 403
        assert client.post(path, {}).status_code in (403, 405)


def test_it_says_how_alike_people_decide_with_a_range_and_a_table(
    lead: Client, decided: Callable[..., Verdict], ravi: User, rita: User, waiting: Waiting
) -> None:
    for number, form in enumerate([ENFORCE, ALLOW, ENFORCE, ALLOW, ALLOW]):
        decide(waiting(f"Text number {number} of some."), rita, form)
        with dice(0.0):
            settle()
        decide(Check.objects.select_related("case").get(state="open").case, ravi, ENFORCE if number == 4 else form)
        settle()
    measure("review")
    html = text(lead.get("/checks/?kind=review"))
    assert "Whole policy" in html
    assert ">0.64<" in html  # 5 items, 10 values half and half, 2 of 10 ordered pairs differ: 1 - 9 * 2 / 50
    assert 'class="dot person"' in html
    assert "Where two people differ" in html
    assert '<td class="h3">33' in html


def test_a_lead_asks_a_worker_to_measure_now(lead: Client) -> None:
    assert lead.post("/checks/measure").status_code == 302
    assert len(job_claim(task="measure", owner="test")) == 1


def test_shares_are_set_in_percent_and_wrong_ones_are_said_at_their_field(lead: Client, plan: CheckPlan) -> None:
    values = {"queue": "reviews", "second_share": "7,5", "gold_share": "5", "gold_share_new": "10", "blind_share": "10"}
    assert lead.post("/checks/settings/", {**values, "feedback": "1"}).status_code == 302
    plan.refresh_from_db()
    assert (plan.second_share, plan.feedback) == (0.075, True)
    refused = lead.post("/checks/settings/", {**values, "second_share": "90"})
    assert refused.status_code == 422
    assert 'value="90"' in text(refused)
    assert "from 0 to 50%" in text(refused)
    assert "Write a number" in text(lead.post("/checks/settings/", {**values, "gold_share": "five"}))
    assert lead.post("/checks/settings/", {**values, "queue": "nowhere"}).status_code == 404


def test_both_verdicts_are_shown_only_after_the_blind_one(lead: Client, disagreement: Check, lena: User, ada: User) -> None:
    address = f"/checks/disagreements/{disagreement.pk}/"
    assert lead.get(address).status_code == 302
    html = text(lead.get("/checks/disagreements/"))
    assert "Decide blind" in html
    assert "Rita" not in html
    decide(Case.objects.get(pk=disagreement.case_id), lena, ALLOW, lead=True)
    settle()
    html = text(lead.get(address))
    assert "Rita Ray" in html
    assert "My verdict stands" in html
    refused = lead.post(address, {"word": "change", "outcome": "enforce"})
    assert refused.status_code == 409
    assert "Choose the clause" in text(refused)
    assert lead.post(address, {"word": "stands"}).status_code == 302
    disagreement.refresh_from_db()
    assert disagreement.final["outcome"] == "allow"
    assert "the decision was changed" in text(lead.get(address))


def test_a_lead_marks_and_retires_a_known_answer(lead: Client, decided: Callable[..., Verdict]) -> None:
    item = decided().item_id
    form = text(lead.get(f"/checks/known/?item={item}"))
    assert 'value="4.4" checked' in form
    assert lead.post("/checks/known/", {"item": item, "outcome": "enforce"}).status_code == 422
    assert lead.post("/checks/known/", {"item": item, "outcome": "enforce", "clause": ["4.4"]}).status_code == 302
    gold = Gold.objects.get()
    assert "too few" in text(lead.get("/checks/known/?kind=review"))
    assert lead.post(f"/checks/known/{gold.pk}/retire").status_code == 302
    assert "Retired" in text(lead.get("/checks/known/?kind=review"))
    assert lead.get("/checks/known/?item=no-id").status_code == 302


def test_a_lead_reads_only_answers_that_they_cannot_meet_any_more(
    lead: Client, client: Client, decided: Callable[..., Verdict], lena: User, ada: User, waiting: Waiting
) -> None:
    """Leads take cases too: what another lead marked is neither listed nor told by its labels, until it was met."""
    gold = gold_mark(item=decided("A secret text.").item, outcome="enforce", clauses=["4.4"], note="The note.", user=ada)
    mine = gold_mark(item=decided("My own text.").item, outcome="allow", clauses=[], note="", user=lena)
    page = text(lead.get("/checks/known/?kind=review"))
    assert "My own text" in page
    assert "A secret text" not in page
    assert "1 more that others marked" in page
    for address in ("/labels/?kind=review", "/labels/?kind=review&source=gold"):
        assert "A secret text" not in text(lead.get(address))
    calls = signed_in(lena)
    assert [row["id"] for row in calls.get("checks/known").json()["results"]] == [mine.pk]
    assert str(gold.item_id) not in calls.get("labels?source=gold").content.decode()
    assert str(mine.item_id) in calls.get("labels?source=gold").content.decode()
    assert lead.post(f"/checks/known/{gold.pk}/retire").status_code == 404
    other = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=other.queue, reviewer=lena)
    assert claim is not None
    assert claim.case.item_id == gold.item_id, "never their own"
    give(claim)
    settle()
    page = text(lead.get("/checks/known/?kind=review"))
    assert "A secret text" in page
    assert "more that others marked" not in page


def test_a_lead_draws_a_verdict_and_says_what_they_think(lead: Client, decided: Callable[..., Verdict]) -> None:
    assert lead.post("/checks/reviews/draw", {"kind": "review"})["Location"] == "/checks/reviews/?kind=review"
    verdict = decided()
    address = lead.post("/checks/reviews/draw", {"kind": "review"})["Location"]
    assert address == f"/checks/reviews/{verdict.pk}/"
    page = text(lead.get(address))
    assert "Rita" not in page
    assert lead.post(address, {"finding": "perhaps"}).status_code == 409
    assert lead.post(address, {"finding": "grey", "note": "The policy is silent."}).status_code == 302
    assert QaReview.objects.get().finding == "grey"
    assert "Grey" in text(lead.get("/checks/reviews/?kind=review"))


def test_a_verdict_that_is_looked_at_a_second_time_is_not_reviewed_meanwhile(
    lead: Client, decided: Callable[..., Verdict], ravi: User
) -> None:
    decided(second=True)
    assert lead.post("/checks/reviews/draw", {"kind": "review"})["Location"] == "/checks/reviews/?kind=review"


def test_my_checks_are_mine(client: Client, decided: Callable[..., Verdict], rita: User, ravi: User, lena: User) -> None:
    review = qa_give(verdict=decided(), finding="disagree", note="It is sarcasm.", lead=lena)
    client.force_login(ravi)
    assert "sarcasm" not in text(client.get("/checks/mine/"))
    client.force_login(rita)
    first = text(client.get("/checks/mine/"))
    assert "sarcasm" in first
    assert ">New<" in first
    assert ">New<" not in text(client.get("/checks/mine/"))
    assert "Known answers" not in first
    CheckPlan.objects.update(feedback=True)
    assert "Known answers" in text(client.get("/checks/mine/"))
    assert client.post(f"/checks/mine/{review.pk}/contest", {"why": "A plain insult."}).status_code == 302
    assert "a third person decides" in text(client.get("/checks/mine/"))


def test_help_is_offered_by_name_and_clause_without_a_share_or_a_rank(lead: Client, rita: User) -> None:
    Reliability.objects.create(
        reviewer=rita, kind="review", answers=80, weight=0.7, signs=[{"clause": "4.4", "right": 3, "of": 9}], matrix={}
    )
    html = text(lead.get("/checks/"))
    assert "<b>Rita Ray</b>" in html
    assert "0.7" not in html
    assert "3 of 9" not in html


def test_known_answers_met_are_told_of_the_team_with_a_range(
    lead: Client, decided: Callable[..., Verdict], waiting: Waiting, ravi: User, lena: User
) -> None:
    gold = gold_mark(item=decided().item, outcome="enforce", clauses=["4.4"], note="", user=lena)
    other = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=other.queue, reviewer=ravi)
    assert claim is not None
    assert claim.case.item_id == gold.item_id
    give(claim)
    settle()
    assert "1 of 1, range 2.5 % to 100 %" in text(lead.get("/checks/?kind=review"))
