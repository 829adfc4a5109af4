"""Queues, claims and verdicts over REST: works, rejects, forbids."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases.models import Case, Claim, Queue
from console.common.models import OutboxEvent
from console.flow import decisions_release
from console.scores.models import Decision
from console.verdicts.models import Label, Verdict
from tests.console.calls import Calls, fields, of, problem, signed_in

Waiting = Callable[..., Case]
ALLOW = {"outcome": "allow"}
ENFORCE = {"outcome": "enforce", "clauses": ["4.4"]}


@pytest.fixture
def rita_calls(shop: Source, rita: User) -> Calls:
    return of(shop, Role.MODERATOR, rita)


@pytest.fixture
def hold(rita_calls: Calls, waiting: Waiting) -> dict[str, Any]:
    waiting("The soup was cold.")
    answer = rita_calls.post("queues/reviews/claim")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def case_path(hold: dict[str, Any], verb: str) -> str:
    return f"cases/{hold['case']['id']}/{verb}"


def test_it_lists_queues_with_counts(rita_calls: Calls, waiting: Waiting) -> None:
    waiting()
    rows = {row["slug"]: row for row in rita_calls.get("queues").json()["results"]}
    assert rows["reviews"]["waiting"] == 1
    assert rows["orders"]["waiting"] == 0


def test_it_hands_out_the_next_case_with_everything_to_decide_it(hold: dict[str, Any], rita: User) -> None:
    assert set(hold) == {"case", "token", "lease_until", "item", "blocks", "policy", "evidence_shown", "verdict_first", "present", "ahead"}
    assert hold["item"]["payload"]["text"] == "The soup was cold."
    assert any(block["type"] == "text" and block["text"] == "The soup was cold." for block in hold["blocks"])
    assert {clause["id"] for clause in hold["policy"]["document"]["clauses"]} >= {"4.4"}
    assert hold["case"]["reason"] == "scorer_failed"
    assert Claim.objects.get().reviewer == rita


def test_it_keeps_the_evidence_back_until_it_is_asked_for(rita_calls: Calls, hold: dict[str, Any]) -> None:
    assert not hold["evidence_shown"]
    assert all(block["area"] != "evidence" for block in hold["blocks"])
    revealed = rita_calls.post(case_path(hold, "reveal"), {"token": hold["token"]}).json()
    assert revealed["evidence_shown"]
    assert Claim.objects.get().evidence_seen


def test_it_sends_the_evidence_at_once_when_asked_and_remembers_it(rita_calls: Calls, waiting: Waiting) -> None:
    waiting()
    assert rita_calls.post("queues/reviews/claim", {"evidence": True}).json()["evidence_shown"]
    assert Claim.objects.get().evidence_seen


def test_a_blind_case_says_neither_reason_nor_score(rita_calls: Calls, waiting: Waiting) -> None:
    case = waiting()
    Case.objects.filter(pk=case.pk).update(blind=True, purpose="audit")
    body = rita_calls.post("queues/reviews/claim", {"evidence": True}).json()
    assert not body["evidence_shown"]
    assert (body["case"]["reason"], body["case"]["purpose"]) == (None, "review")
    item = rita_calls.get(f"items/{case.item_id}").json()
    assert (item["scores"], item["decision"]) == ([], None)


def test_who_holds_a_case_does_not_read_the_score_elsewhere(rita_calls: Calls, hold: dict[str, Any]) -> None:
    assert rita_calls.get(f"items/{hold['item']['id']}").json()["scores"] == []
    rita_calls.post(case_path(hold, "reveal"), {"token": hold["token"]})
    assert len(rita_calls.get(f"items/{hold['item']['id']}").json()["scores"]) == 1


def test_nobody_who_reviews_reads_the_score_of_an_open_case(shop: Source, ravi: User, lena: User, hold: dict[str, Any]) -> None:
    path = f"items/{hold['item']['id']}"
    for calls in (signed_in(ravi), signed_in(lena), of(shop, Role.MODERATOR, ravi), of(shop, Role.ADMIN)):
        item = calls.get(path).json()
        assert (item["scores"], item["decision"]) == ([], None)
        assert not any("Scored" in event["sentence"] or "Decided" in event["sentence"] for event in item["history"])
    assert len(of(shop).get(path).json()["scores"]) == 1


def test_the_score_stays_back_while_the_verdict_can_be_undone(rita_calls: Calls, hold: dict[str, Any]) -> None:
    path = f"items/{hold['item']['id']}"
    rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ALLOW})
    held = rita_calls.get(path).json()
    assert (held["scores"], held["decision"]["outcome"]) == ([], "allow")
    Verdict.objects.update(undo_until="2020-01-01T00:00:00Z")
    decisions_release()
    assert len(rita_calls.get(path).json()["scores"]) == 1


def test_the_words_of_a_rule_wait_for_the_evidence(rita_calls: Calls, shop: Source, waiting: Waiting) -> None:
    case = waiting()
    Case.objects.update(reason="rule", sentence="The thread reads like a scam.", severity=2)
    body = rita_calls.post("queues/reviews/claim").json()
    assert (body["case"]["sentence"], body["case"]["severity"]) == ("A rule asks for a person.", 2)
    assert rita_calls.get(f"items/{case.item_id}").json()["case"]["sentence"] == "A rule asks for a person."
    assert of(shop).get(f"items/{case.item_id}").json()["case"]["sentence"] == "The thread reads like a scam."
    shown = rita_calls.post(case_path(body, "reveal"), {"token": body["token"]}).json()
    assert shown["case"]["sentence"] == "The thread reads like a scam."


@pytest.mark.parametrize("blind", [False, True])
def test_only_who_holds_a_case_asks_for_its_evidence(
    shop: Source, rita_calls: Calls, ravi: User, hold: dict[str, Any], blind: bool
) -> None:
    Case.objects.update(blind=blind)
    path = case_path(hold, "reveal")
    problem(of(shop, Role.MODERATOR, ravi).post(path, {"token": hold["token"]}), 409, "not_held")
    problem(rita_calls.post(path, {"token": hold["token"] + 1}), 409, "not_held")
    problem(rita_calls.post(path, {"token": hold["token"] - 1}), 409, "not_held")
    assert not Claim.objects.get().evidence_seen
    Claim.objects.update(lease_until="2020-01-01T00:00:00Z")
    problem(rita_calls.post(path, {"token": hold["token"]}), 409, "lease_over")


def test_an_empty_queue_answers_204(rita_calls: Calls, ready: None) -> None:
    answer = rita_calls.post("queues/reviews/claim")
    assert (answer.status_code, answer.content) == (204, b"")


def test_two_reviewers_never_get_the_same_case(rita_calls: Calls, shop: Source, waiting: Waiting) -> None:
    waiting("One."), waiting("Two.")
    ravi_calls = of(shop, Role.MODERATOR)
    taken = [calls.post("queues/reviews/claim") for calls in (rita_calls, ravi_calls, rita_calls)]
    assert [answer.status_code for answer in taken] == [200, 200, 200]
    ids = [answer.json()["case"]["id"] for answer in taken]
    assert ids[0] != ids[1]
    assert ids[2] == ids[0]  # who has one on the screen gets that one again


def test_it_prolongs_the_lease(rita_calls: Calls, hold: dict[str, Any]) -> None:
    answer = rita_calls.post(case_path(hold, "heartbeat"), {"token": hold["token"]})
    assert answer.status_code == 200
    assert answer.json()["lease_until"] > hold["lease_until"]


@pytest.mark.parametrize("verb", ["release", "skip", "escalate", "second-opinion"])
def test_it_gives_a_case_back(rita_calls: Calls, hold: dict[str, Any], verb: str) -> None:
    answer = rita_calls.post(case_path(hold, verb), {"token": hold["token"], "note": "Not sure.", "reason": "language"})
    assert answer.status_code == 200, answer.content
    assert Case.objects.get().state == "waiting"
    again = rita_calls.post("queues/reviews/claim")
    assert again.status_code == (200 if verb == "release" else 204)


def test_a_lead_gets_what_was_escalated(rita_calls: Calls, hold: dict[str, Any], shop: Source, lena: User) -> None:
    rita_calls.post(case_path(hold, "escalate"), {"token": hold["token"]})
    assert of(shop, Role.MODERATOR).post("queues/reviews/claim").status_code == 204
    assert of(shop, Role.LEAD, lena).post("queues/reviews/claim").json()["case"]["id"] == hold["case"]["id"]


def test_it_takes_a_verdict_and_undoes_it(rita_calls: Calls, hold: dict[str, Any]) -> None:
    answer = rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ENFORCE, "note": "Advertising."})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    verdict = Verdict.objects.get()
    assert body["verdict"]["id"] == str(verdict.pk)
    assert body["undo_until"]
    decision = Decision.objects.get(verdict=verdict)
    assert (decision.state, decision.outcome, decision.clause) == ("held", "enforce", "4.4")
    assert decision.statement["decision_ground"] == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert Label.objects.filter(withdrawn=False).exists()
    undone = rita_calls.post(f"verdicts/{verdict.pk}/undo")
    assert undone.status_code == 200
    assert undone.json()["verdict"]["state"] == "undone"
    assert not Label.objects.filter(withdrawn=False).exists()
    assert not OutboxEvent.objects.filter(state="pending").exists()
    problem(rita_calls.post(f"verdicts/{verdict.pk}/undo"), 409, "already_undone")


def test_it_refuses_to_undo_after_the_window(rita_calls: Calls, hold: dict[str, Any], settings: Any) -> None:
    settings.UNDO_SECONDS = 0
    verdict = rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ALLOW}).json()["verdict"]
    problem(rita_calls.post(f"verdicts/{verdict['id']}/undo"), 409, "undo_over")


def test_a_stale_token_writes_nothing(rita_calls: Calls, hold: dict[str, Any]) -> None:
    for verb in ("heartbeat", "release", "skip", "escalate", "second-opinion", "reveal"):
        problem(rita_calls.post(case_path(hold, verb), {"token": hold["token"] + 1}), 409, "not_held")
    problem(rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"] - 1, **ALLOW}), 409, "not_held")
    assert not Verdict.objects.exists()


def test_a_second_verdict_is_refused(rita_calls: Calls, hold: dict[str, Any]) -> None:
    assert rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ALLOW}).status_code == 201
    problem(rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ENFORCE}), 409, "already_decided")
    assert Verdict.objects.get().outcome == "allow"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "outcome"), ({"outcome": "maybe"}, "outcome"), ({"outcome": "enforce"}, "clauses"),
        ({"outcome": "enforce", "clauses": ["9"]}, "clauses"),
        ({**ENFORCE, "action": "explode"}, "action"), ({**ALLOW, "severity": 7}, "severity"), ({**ALLOW, "labels": {"hate": 2}}, "labels"),
        ({**ALLOW, "fields": {"email": "right"}}, "fields"), ({**ALLOW, "note": 5}, "note"), ({**ALLOW, "token": "x"}, "token"),
        ({**ALLOW, "note": "nul \x00"}, "body"), ({**ALLOW, "clauses": "4.4"}, "clauses"), ({**ALLOW, "token": 2**70}, "token"),
    ],
)  # fmt: skip
def test_it_names_the_field_of_a_verdict_that_is_wrong(rita_calls: Calls, hold: dict[str, Any], form: dict[str, Any], field: str) -> None:
    body = problem(rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **form}), 400)
    assert any(name.split(".")[0] == field for name in fields(body)), body
    assert not Verdict.objects.exists()


def test_a_token_of_another_source_neither_claims_nor_sees_the_case(
    hold: dict[str, Any], rita_calls: Calls, rival: Source, waiting: Waiting
) -> None:
    waiting("Another.")
    stranger = of(rival, Role.MODERATOR)
    assert stranger.post("queues/reviews/claim").status_code == 204
    for verb in ("heartbeat", "release", "skip", "escalate", "second-opinion", "reveal"):
        problem(stranger.post(case_path(hold, verb), {"token": hold["token"]}), 404)
    problem(stranger.post(case_path(hold, "verdict"), {"token": hold["token"], **ALLOW}), 404)
    verdict = rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ALLOW}).json()["verdict"]
    problem(stranger.post(f"verdicts/{verdict['id']}/undo"), 404)


def test_another_reviewer_cannot_undo(rita_calls: Calls, hold: dict[str, Any], shop: Source) -> None:
    verdict = rita_calls.post(case_path(hold, "verdict"), {"token": hold["token"], **ALLOW}).json()["verdict"]
    problem(of(shop, Role.MODERATOR).post(f"verdicts/{verdict['id']}/undo"), 404)
    assert Verdict.objects.get().state == "given"


def test_a_queue_of_a_group_is_not_there_for_others(rita_calls: Calls, waiting: Waiting, rita: User) -> None:
    waiting()
    group = Group.objects.create(name="night shift")
    Queue.objects.get(slug="reviews").groups.add(group)
    problem(rita_calls.post("queues/reviews/claim"), 404)
    assert "reviews" not in {row["slug"] for row in rita_calls.get("queues").json()["results"]}
    rita.groups.add(group)
    assert rita_calls.post("queues/reviews/claim").status_code == 200


def test_who_may_review(shop: Source, otto: User, petra: User, waiting: Waiting) -> None:
    waiting()
    problem(Calls().post("queues/reviews/claim"), 401)
    for calls in (of(shop), signed_in(otto), of(shop, Role.POLICY, petra)):
        problem(calls.post("queues/reviews/claim"), 403)
    problem(of(shop).get("queues"), 403)
    problem(of(shop).post(f"cases/{uuid.uuid4()}/verdict", {"token": 1, **ALLOW}), 403)


def test_what_does_not_exist_answers_404(rita_calls: Calls, ready: None) -> None:
    problem(rita_calls.post("queues/nothing/claim"), 404)
    problem(rita_calls.post(f"cases/{uuid.uuid4()}/heartbeat", {"token": 1}), 404)
    problem(rita_calls.post(f"verdicts/{uuid.uuid4()}/undo"), 404)
    problem(rita_calls.post("cases/not-an-id/heartbeat", {"token": 1}), 404)
