"""Many at once over the API: list, hold, decide with a verdict for each, undo as one, correct one later."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases.models import Case, Claim
from console.flow import decisions_release
from console.verdicts.models import Verdict
from tests.console.calls import Calls, fields, of, problem

SPAM = "Half price tickets for everybody, visit cheap tix example and message me today, the offer ends on day {}."
Waiting = Callable[..., Case]


@pytest.fixture
def campaign(waiting: Waiting) -> list[Case]:
    return [waiting(SPAM.format(day), actor={"id": f"seller-{day % 2}"}) for day in range(4)]


@pytest.fixture
def calls(shop: Source, rita: User) -> Calls:
    return of(shop, Role.MODERATOR, rita)


def held(calls: Calls, case: Case) -> list[dict[str, object]]:
    return calls.post(f"cases/{case.pk}/similar", {"claim": True}).json()["cases"]  # type: ignore[no-any-return]


def test_it_lists_what_belongs_with_a_case_without_holding_it(calls: Calls, campaign: list[Case]) -> None:
    found = calls.post(f"cases/{campaign[0].pk}/similar").json()
    assert {row["id"] for row in found["cases"]} == {str(case.pk) for case in campaign[1:]}
    assert found["batch"] is None
    of_author = calls.post(f"cases/{campaign[0].pk}/similar", {"basis": "author"}).json()["cases"]
    assert [row["id"] for row in of_author] == [str(campaign[2].pk)]
    assert not Claim.objects.exists()


def test_it_decides_each_with_a_verdict_of_its_own_and_says_what_was_refused(calls: Calls, campaign: list[Case]) -> None:
    cases = held(calls, campaign[0])
    Claim.objects.filter(case=campaign[3]).update(lease_until=Now())
    strange = str(uuid4())
    answer = calls.post("verdicts/batch", {"cases": [*cases, {"id": strange, "token": 1}], "outcome": "enforce", "clauses": ["4.5"]})
    assert answer.status_code == 207
    rows = {row["case"]: row for row in answer.json()["results"]}
    assert [rows[str(case.pk)]["status"] for case in campaign] == [201, 201, 201, 409]
    assert rows[str(campaign[3].pk)]["code"] == "lease_over"
    assert (rows[strange]["status"], rows[strange]["code"]) == (404, "not_found")
    assert rows[str(campaign[0].pk)]["verdict"]["outcome"] == "enforce"
    undone = calls.post(f"batches/{answer.json()['batch']}/undo").json()
    assert undone["undone"] == 3
    assert Verdict.objects.filter(state="undone").count() == 3
    problem(calls.post(f"batches/{answer.json()['batch']}/undo"), 409, "already_undone")


def test_the_same_key_decides_once(calls: Calls, campaign: list[Case]) -> None:
    body = {"cases": held(calls, campaign[0]), "outcome": "allow"}
    first = calls.post("verdicts/batch", body, Idempotency_Key="k-1")
    again = calls.post("verdicts/batch", body, Idempotency_Key="k-1")
    assert first.content == again.content
    assert Verdict.objects.count() == 4


def test_it_rejects_what_is_not_complete_or_not_together(calls: Calls, campaign: list[Case], waiting: Waiting) -> None:
    cases = held(calls, campaign[0])
    assert "clauses" in fields(problem(calls.post("verdicts/batch", {"cases": cases, "outcome": "enforce"}), 400))
    assert "cases" in fields(problem(calls.post("verdicts/batch", {"cases": [], "outcome": "allow"}), 400))
    other = waiting(kind="order", payload={"amount": 5, "placed_at": "2026-01-01T00:00:00Z"})
    mixed = [*cases, {"id": str(other.pk), "token": 1}]
    assert "cases" in fields(problem(calls.post("verdicts/batch", {"cases": mixed, "outcome": "allow"}), 400))
    problem(calls.post("verdicts/batch", {"cases": [{"id": str(uuid4()), "token": 1}], "outcome": "allow"}), 404)
    problem(calls.post(f"cases/{other.pk}/similar", {"claim": True}), 409, "alone")
    assert not Verdict.objects.exists()


def test_it_holds_nothing_beside_a_case_that_is_closed(calls: Calls, campaign: list[Case]) -> None:
    Case.objects.filter(pk=campaign[0].pk).update(state="closed")
    problem(calls.post(f"cases/{campaign[0].pk}/similar", {"claim": True}), 409, "already_decided")
    assert not Claim.objects.exists()


def test_it_sees_and_holds_only_the_items_of_its_source(campaign: list[Case], rival: Source, ravi: User) -> None:
    strange = of(rival, Role.MODERATOR, ravi)
    problem(strange.post(f"cases/{campaign[0].pk}/similar"), 404)
    problem(strange.post("verdicts/batch", {"cases": [{"id": str(campaign[0].pk), "token": 1}], "outcome": "allow"}), 404)


def test_it_corrects_a_verdict_in_effect(calls: Calls, shop: Source, ravi: User, lena: User, campaign: list[Case]) -> None:
    calls.post("verdicts/batch", {"cases": held(calls, campaign[0]), "outcome": "allow"})
    Verdict.objects.update(undo_until=Now())
    decisions_release()
    first, second, *_ = Verdict.objects.order_by("created_at")
    body = {"outcome": "enforce", "clauses": ["4.5"], "why": "It is one of many."}
    answer = calls.post(f"verdicts/{first.pk}/correct", body)
    assert answer.status_code == 201
    assert answer.json()["verdict"]["outcome"] == "enforce"
    problem(calls.post(f"verdicts/{first.pk}/correct", body), 409, "superseded")
    assert "why" in fields(problem(calls.post(f"verdicts/{second.pk}/correct", {**body, "why": ""}), 400))
    problem(of(shop, Role.MODERATOR, ravi).post(f"verdicts/{second.pk}/correct", body), 404)
    assert of(shop, Role.LEAD, lena).post(f"verdicts/{second.pk}/correct", body).status_code == 201
