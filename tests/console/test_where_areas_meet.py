"""Where claims, checks, queues, corrections and lists meet: what one part does must not undo what another part promises."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases import hints
from console.cases.assigning import case_assign, case_hand_over, case_take_over
from console.cases.claiming import case_claim_next, case_claim_one
from console.cases.holding import Hold, case_pass_on
from console.cases.models import Case, Claim, Queue
from console.cases.queue_services import QueueForm, queue_archive, queue_create, queue_merge, queue_pause
from console.cases.serving import case_serve, cases_fetch_ahead, claim_begin
from console.cases.transfers import transfers_go_on
from console.common.errors import Conflict, Forbidden, Invalid
from console.common.ids import uuid7, uuid7_at
from console.flow import decisions_release, item_feedback, qa_contest, verdict_correct, verdict_undo
from console.insights.search.filters import SearchFilter, Viewer
from console.insights.search.find import search
from console.quality.gold import gold_mark
from console.quality.models import Check, CheckPlan, OwnAccount
from console.quality.qa import qa_give
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm
from tests.console.calls import of
from tests.console.dice import dice
from tests.console.quality import ALLOW, Waiting, decide, next_of, settle

TEXT = "You are a liar and a thief."


@pytest.fixture
def second(plan: CheckPlan, waiting: Waiting, rita: User, ravi: User) -> Check:
    """Rita removed an item; Ravi may be given the second look."""
    decide(waiting(TEXT), rita)
    with dice(0.0):
        settle()
    return Check.objects.select_related("case__queue", "item__source").get(purpose="second")


@pytest.fixture
def other(waiting: Waiting, lena: User, ready: None) -> Queue:
    """A second queue for reviews."""
    return queue_create(form=QueueForm(title="Other reviews", kind="review"), user=lena)


def hold(claim: Claim) -> Hold:
    return Hold(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token)


# What nobody may know


def test_look_alikes_and_the_account_do_not_tell_a_second_look(second: Check, waiting: Waiting, shop: Source, ravi: User) -> None:
    like = waiting(TEXT)
    row = next(r for r in of(shop, Role.MODERATOR, ravi).get(f"items/{like.item_id}/similar").json()["results"])
    assert (row["id"], row["status"]) == (str(second.item_id), "in_review")


def test_the_page_of_an_account_does_not_tell_a_second_look(
    plan: CheckPlan, waiting: Waiting, client: Client, rita: User, ravi: User
) -> None:
    decide(waiting(TEXT, actor={"id": "jo"}), rita)
    with dice(0.0):
        settle()
    client.force_login(ravi)
    page = client.get("/authors/shop/jo/")
    assert [row["item"].status for row in page.context["rows"]] == ["in_review"]


def test_a_list_says_the_same_age_as_the_case_itself(second: Check, client: Client, ravi: User) -> None:
    first = Case.objects.get(item=second.item, measurement=None)
    Case.objects.filter(pk=first.pk).update(created_at=F("created_at") - timedelta(hours=3))
    first.refresh_from_db()
    client.force_login(ravi)
    assert [c.created_at for c in client.get(f"/queues/{second.case.queue.slug}/").context["next_cases"]] == [first.created_at]
    assert [c.created_at for c in client.get("/").context["next_cases"]] == [first.created_at]


def test_the_id_of_a_check_is_as_old_as_the_case_seems(second: Check) -> None:
    first = Case.objects.get(item=second.item, measurement=None)
    assert abs((second.case_id.int >> 80) - first.created_at.timestamp() * 1000) < 2
    old = uuid7_at(first.created_at - timedelta(hours=1))
    assert (old.version, old.variant) == (7, uuid7().variant)
    assert (uuid7().int >> 80) - (old.int >> 80) >= 3_600_000


def test_nothing_is_told_while_the_blind_verdict_can_be_undone(second: Check, shop: Source, client: Client, ravi: User) -> None:
    decide(second.case, ravi, ALLOW)
    calls, address = of(shop, Role.MODERATOR, ravi), f"items/{second.item_id}"
    body = calls.get(address).json()
    assert (body["decision"], body["scores"], body["status"]) == (None, [], "in_review")
    assert {line["sentence"] for line in body["history"]} == {"Received", "Taken for review"}
    viewer = Viewer(user=ravi, roles=frozenset({Role.MODERATOR}))
    assert search(SearchFilter(outcome="enforce"), viewer).items == []
    client.force_login(ravi)
    page = client.get(f"/items/{second.item_id}/")
    assert (page.context["decision"], page.context["score"], page.context["case"]) == (None, None, None)
    Verdict.objects.update(undo_until=F("undo_until") - timedelta(minutes=1))
    assert calls.get(address).json()["decision"]["outcome"] == "enforce"
    assert len(search(SearchFilter(outcome="enforce"), viewer).items) == 1


def test_the_labels_of_an_item_are_not_told_to_a_lead_who_may_be_asked_the_same(
    second: Check, shop: Source, client: Client, lena: User
) -> None:
    assert Label.objects.filter(item=second.item, value=1).exists()
    calls = of(shop, Role.LEAD, lena)
    assert str(second.item_id) not in {row["item"] for row in calls.get("labels").json()["results"]}
    client.force_login(lena)
    for query in ("", "&source=verdict", "&blind=1"):  # not even that it is here
        assert str(second.item_id) not in client.get(f"/labels/?kind=review{query}").content.decode(), query
    Case.objects.filter(pk=second.case_id).update(state=Case.State.CLOSED)
    assert str(second.item_id) in {row["item"] for row in calls.get("labels").json()["results"]}
    assert str(second.item_id) in client.get("/labels/?kind=review").content.decode()


def test_a_lead_reads_no_verdict_of_an_item_that_they_may_be_given(second: Check, client: Client, lena: User) -> None:
    client.force_login(lena)
    assert client.get(f"/checks/reviews/{second.about_id}/").status_code == 404
    assert client.get(f"/checks/known/?item={second.item_id}").status_code == 404


def test_a_lead_checks_no_kind_that_is_closed_to_them(second: Check, client: Client, lena: User, petra: User) -> None:
    team = Group.objects.create(name="Night shift")
    for queue in Queue.objects.filter(kind="review"):
        queue.groups.add(team)
    Check.objects.update(state="closed")
    client.force_login(lena)
    for address in (f"/checks/reviews/{second.about_id}/", f"/checks/known/?item={second.item_id}"):
        assert client.get(address).status_code == 404
    for address in ("/checks/reviews/?kind=review", "/checks/known/?kind=review"):
        assert client.get(address).context["kind"].name != "review"
    gold_mark(item=second.item, outcome="enforce", clauses=["4.4"], note="", user=None)
    calls = of(second.item.source, Role.LEAD, lena)
    assert calls.get("checks/known").json()["results"] == []
    assert calls.post(f"verdicts/{second.about_id}/review", {"finding": "agree", "note": ""}).status_code == 404


# Who may not decide


def test_who_decided_first_does_not_take_the_second_look_over(
    plan: CheckPlan, waiting: Waiting, lena: User, ravi: User, ada: User
) -> None:
    decide(waiting(TEXT), lena)
    with dice(0.0):
        settle()
    case = Check.objects.get(purpose="second").case
    assert next_of(case, ravi) is not None
    with pytest.raises(Conflict, match="somebody else"):
        case_take_over(case_id=case.pk, lead=lena, reason="I will do it.")
    assert case_take_over(case_id=case.pk, lead=ada, reason="I will do it.").reviewer == ada


def test_a_lead_neither_corrects_nor_reviews_what_they_wrote(
    waiting: Waiting, plan: CheckPlan, shop: Source, rita: User, lena: User
) -> None:
    OwnAccount.objects.create(user=lena, source=shop, actor_id="lena-at-home")
    with dice(0.99):
        verdict = decide(waiting(TEXT, actor={"id": "lena-at-home"}), rita)
        settle()
    with pytest.raises(Forbidden):
        verdict_correct(verdict_id=verdict.pk, reviewer=lena, is_lead=True, form=ALLOW, why="It was fine.")
    with pytest.raises(Forbidden):
        qa_give(verdict=verdict, finding="disagree", note="", lead=lena)
    verdict.refresh_from_db()
    assert verdict.state == "given"


def test_a_disagreement_stays_with_leads_whoever_passes_it_on(second: Check, rita: User, ravi: User, lena: User, ada: User) -> None:
    decide(second.case, ravi, ALLOW)
    settle()
    case = Check.objects.get(purpose="adjudicate").case
    otherwise = User.objects.create_user("mo")
    otherwise.groups.add(Group.objects.get(name="moderator"))
    with pytest.raises(Invalid):
        case_assign(case_id=case.pk, to=otherwise, by=lena)
    claim = case_claim_one(case_id=case.pk, reviewer=lena, is_lead=True)
    assert claim is not None
    with pytest.raises(Invalid):
        case_hand_over(hold=hold(claim), to=otherwise)
    case_pass_on(hold=hold(claim), purpose="second", note="")
    assert case_claim_one(case_id=case.pk, reviewer=otherwise) is None
    assert case_claim_one(case_id=case.pk, reviewer=ada, is_lead=True) is not None


# Queues that go


def test_undo_after_the_queue_was_archived_opens_the_case_where_people_work(
    waiting: Waiting, other: Queue, rita: User, lena: User
) -> None:
    case = waiting()
    verdict = decide(case, rita)
    queue_archive(queue=case.queue, user=lena)
    verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    case.refresh_from_db()
    assert (case.state, case.queue) == ("waiting", other)


def test_who_holds_a_case_finishes_it_after_a_merge_into_a_queue_for_others(
    waiting: Waiting, other: Queue, client: Client, rita: User, ravi: User, lena: User
) -> None:
    case = waiting()
    client.force_login(rita)
    client.post(f"/cases/{case.pk}/take")
    other.groups.add(Group.objects.create(name="Others"))
    queue_merge(queue=case.queue, into=other, user=lena)
    assert client.get(f"/cases/{case.pk}/").status_code == 200
    token = Claim.objects.get(case=case).token
    assert client.post(f"/cases/{case.pk}/heartbeat", {"token": token}).status_code == 200
    client.post(f"/cases/{case.pk}/verdict", {"token": token, "outcome": "allow"})
    assert Verdict.objects.get(case=case).reviewer == rita
    client.force_login(ravi)
    assert client.get(f"/cases/{case.pk}/").status_code == 404


def test_undo_after_a_merge_opens_the_case_in_the_queue_that_took_over(waiting: Waiting, other: Queue, rita: User, lena: User) -> None:
    case = waiting()
    verdict = decide(case, rita)
    queue_merge(queue=case.queue, into=other, user=lena)
    verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    case.refresh_from_db()
    assert (case.state, case.queue) == ("waiting", other)


def test_a_contest_goes_where_people_work(
    plan: CheckPlan, waiting: Waiting, other: Queue, rita: User, lena: User
) -> None:
    with dice(0.99):
        verdict = decide(waiting(TEXT), rita)
        settle()
    review = qa_give(verdict=verdict, finding="disagree", note="", lead=lena)
    queue_archive(queue=verdict.case.queue, user=lena)
    qa_contest(review_id=review.pk, reviewer=rita, why="I stand by it.")
    assert Check.objects.get(purpose="contest").case.queue == other


def test_what_reaches_an_archived_queue_late_is_moved_on(waiting: Waiting, other: Queue, rita: User) -> None:
    case = waiting()
    Queue.objects.filter(pk=case.queue_id).update(archived_at=case.created_at)
    transfers_go_on()
    case.refresh_from_db()
    assert case.queue == other


def test_a_paused_queue_gives_nobody_what_was_fetched_ahead(waiting: Waiting, rita: User, lena: User) -> None:
    for number in range(3):
        waiting(f"Number {number}")
    queue = Queue.objects.get(kind="review")
    current = case_serve(queue=queue, reviewer=rita)
    ahead = cases_fetch_ahead(queue=queue, reviewer=rita)
    assert (current is not None, len(ahead)) == (True, 2)
    queue_pause(queue=queue, paused=True, user=lena)
    queue.refresh_from_db()
    with pytest.raises(Conflict):
        claim_begin(hold=hold(ahead[0]))
    assert case_serve(queue=queue, reviewer=rita) == current
    assert Case.objects.filter(state="waiting").count() == 2


# Places and locks


def test_an_assigned_case_says_nothing_of_where_others_begin(
    waiting: Waiting, rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [waiting(f"Number {number}") for number in range(4)]
    for place, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(priority=10.0 - place, assigned_to=rita if place == 3 else None)
    monkeypatch.setattr(hints, "OFTEN", 1)
    monkeypatch.setattr(hints, "PERIOD", 3600.0)
    monkeypatch.setattr(hints, "_periods", {})
    served = [case_claim_next(queue=cases[0].queue, reviewer=rita) for _ in range(3)]
    assert [claim.case_id for claim in served if claim] == [cases[3].pk, cases[0].pk, cases[1].pk]


def test_undo_and_taking_effect_lock_the_item_first_like_a_correction(waiting: Waiting, rita: User) -> None:
    """In another order two of them at the window's end would wait for each other."""

    def first_lock(queries: CaptureQueriesContext) -> str:
        return next(q["sql"] for q in queries if "FOR UPDATE" in q["sql"] or q["sql"].startswith("UPDATE"))

    verdict = decide(waiting(), rita)
    with CaptureQueriesContext(connection) as undoing:
        verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    decide(waiting(), rita)
    Verdict.objects.update(undo_until=F("undo_until") - timedelta(minutes=1))
    with CaptureQueriesContext(connection) as releasing:
        assert decisions_release() == 1
    assert 'FOR UPDATE OF "intake_item"' in first_lock(undoing)
    assert 'FOR UPDATE OF "intake_item"' in first_lock(releasing)


def test_an_answer_from_outside_opens_a_case_beside_a_second_look(plan: CheckPlan, waiting: Waiting, rita: User, ravi: User) -> None:
    order = {"amount": 10, "placed_at": "2026-11-21T08:00:00Z", "merchant_id": "m"}
    case = waiting(kind="order", payload=order)
    CheckPlan.objects.update_or_create(queue=case.queue, defaults={"second_share": 0.5})
    decide(case, rita, VerdictForm(outcome="enforce", clauses=("9.1",), action="verify"))
    with dice(0.0):
        settle()
    assert Check.objects.filter(purpose="second", state="open").exists()
    item_feedback(item=case.item, event="confirmed", data={}, actor="source:shop")
    assert Case.objects.filter(item=case.item, purpose="review").exclude(state="closed").exists()


STRANGE = ['{"note":"\\u0000"}', '{"note":"\\ud800"}', "[" * 20_000, '{"a":' * 5_000, '{"n":99999999999999999999}', "x"]


@pytest.mark.parametrize("draft", STRANGE)
def test_a_draft_that_cannot_be_stored_is_refused_in_words(client: Client, waiting: Waiting, rita: User, draft: str) -> None:
    client.force_login(rita)
    assert client.post(f"/cases/{waiting().pk}/draft", {"draft": draft}).status_code == 422


@pytest.mark.parametrize("path", ["pass-on", "verdict", "hand-over", "take-over"])
def test_a_form_with_the_nul_character_is_refused_in_words(client: Client, waiting: Waiting, lena: User, path: str) -> None:
    client.force_login(lena)
    form = {"to": "second", "outcome": "allow", "token": "1", "note": "a\x00b", "colleague": "a\x00b", "reason": "a\x00b"}
    assert client.post(f"/cases/{waiting().pk}/{path}", form).status_code == 422
