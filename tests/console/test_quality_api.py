"""Shares, known answers, reviews and agreement over REST: works, rejects, forbids."""

from __future__ import annotations

import pytest

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.quality.measuring import measure
from console.quality.models import CheckPlan, Gold, QaReview
from tests.console.calls import Calls, fields, of, problem
from tests.console.quality import Waiting, decide, settle


@pytest.fixture
def lena_calls(shop: Source, lena: User) -> Calls:
    return of(shop, Role.LEAD, lena)


def test_it_reads_and_changes_shares(lena_calls: Calls, plan: CheckPlan) -> None:
    rows = {row["queue"]: row for row in lena_calls.get("checks/plans").json()["results"]}
    assert rows["reviews"]["second_share"] == 0.05
    changed = lena_calls.send("PATCH", "checks/plans/reviews", {"second_share": 0.2, "feedback": True}).json()
    assert (changed["second_share"], changed["gold_share"], changed["feedback"]) == (0.2, 0.05, True)
    assert fields(problem(lena_calls.send("PATCH", "checks/plans/reviews", {"gold_share": 0.9}), 400)) == {"gold_share"}
    problem(lena_calls.send("PATCH", "checks/plans/nowhere", {}), 404)


def test_it_marks_lists_and_retires_known_answers_of_its_source(
    lena_calls: Calls, plan: CheckPlan, waiting: Waiting, rita: User, rival: Source, lena: User
) -> None:
    case = waiting()
    body = {"item": str(case.item_id), "outcome": "enforce", "clauses": ["4.4"]}
    problem(lena_calls.post("checks/known", body), 409, "not_decided")
    decide(case, rita)
    settle()
    problem(of(rival, Role.LEAD, lena).post("checks/known", body), 404)
    assert fields(problem(lena_calls.post("checks/known", {**body, "clauses": ["99"]}), 400)) == {"clauses"}
    gold = lena_calls.post("checks/known", body).json()
    assert [row["id"] for row in lena_calls.get("checks/known").json()["results"]] == [gold["id"]]
    assert of(rival, Role.LEAD, lena).get("checks/known").json()["results"] == []
    assert lena_calls.send("DELETE", f"checks/known/{gold['id']}").status_code == 204
    assert not Gold.objects.get().is_active
    problem(lena_calls.send("DELETE", f"checks/known/{gold['id']}"), 409)


def test_it_reviews_a_verdict(lena_calls: Calls, plan: CheckPlan, waiting: Waiting, rita: User) -> None:
    verdict = decide(waiting(), rita)
    problem(lena_calls.post(f"verdicts/{verdict.pk}/review", {"finding": "grey"}), 409)
    settle()
    assert lena_calls.post(f"verdicts/{verdict.pk}/review", {"finding": "grey"}).status_code == 201
    assert QaReview.objects.get().finding == "grey"
    problem(lena_calls.post(f"verdicts/{verdict.pk}/review", {"finding": "perhaps"}), 400)


def test_it_tells_what_was_measured(lena_calls: Calls, plan: CheckPlan) -> None:
    measure("review")
    found = lena_calls.get("checks/agreement", kind="review").json()
    assert (found["pairs"], found["gold"]["of"], found["leaning"]["more"]) == (0, 0, None)
    assert found["agreement"][0]["alpha"] is None
    problem(lena_calls.get("checks/agreement"), 400)


def test_moderators_and_policy_writers_are_refused(shop: Source, plan: CheckPlan) -> None:
    for role in (Role.MODERATOR, Role.POLICY, Role.INTEGRATION):
        for path in ("checks/plans", "checks/known", "checks/agreement"):
            problem(of(shop, role).get(path), 403)
