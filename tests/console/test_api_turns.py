"""Ahead, begin, assign, take over and presence over REST: works, rejects, forbids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases.models import Case, Claim
from tests.console.calls import Calls, of, problem

Waiting = Callable[..., Case]


@pytest.fixture
def rita_calls(shop: Source, rita: User) -> Calls:
    return of(shop, Role.MODERATOR, rita)


@pytest.fixture
def lena_calls(shop: Source, lena: User) -> Calls:
    return of(shop, Role.LEAD, lena)


@pytest.fixture
def taken(rita_calls: Calls, waiting: Waiting) -> Any:
    for n in range(4):
        waiting(f"Text {n}.")
    return rita_calls.post("queues/reviews/claim", {"ahead": 2}).json()


def path(screen: Any, verb: str) -> str:
    return f"cases/{screen['case']['id']}/{verb}"


def test_it_claims_ahead_and_begins(rita_calls: Calls, taken: Any) -> None:
    assert len(taken["ahead"]) == 2
    following = taken["ahead"][0]
    assert not following["evidence_shown"]
    assert following["lease_until"] < taken["lease_until"]
    rita_calls.post(path(taken, "verdict"), {"token": taken["token"], "outcome": "allow"})
    begun = rita_calls.post(path(following, "begin"), {"token": following["token"]})
    assert begun.status_code == 200, begun.content
    assert begun.json()["lease_until"] > following["lease_until"]
    again = rita_calls.post("queues/reviews/claim").json()
    assert again["case"]["id"] == following["case"]["id"]


def test_it_rejects_too_many_ahead_and_a_stale_begin(rita_calls: Calls, taken: Any) -> None:
    problem(rita_calls.post("queues/reviews/claim", {"ahead": 3}), 400)
    problem(rita_calls.post(path(taken["ahead"][0], "begin"), {"token": 99}), 409, "ahead_lost")


def test_a_lead_assigns_and_frees(lena_calls: Calls, rita: User, waiting: Waiting) -> None:
    case = waiting()
    assert lena_calls.post(f"cases/{case.pk}/assign", {"to": "rita"}).status_code == 200
    case.refresh_from_db()
    assert case.assigned_to == rita
    problem(lena_calls.post(f"cases/{case.pk}/assign", {"to": "nobody"}), 400)
    assert lena_calls.post(f"cases/{case.pk}/assign", {}).status_code == 200
    case.refresh_from_db()
    assert case.assigned_to is None


def test_a_moderator_hands_on_only_what_they_hold(rita_calls: Calls, taken: Any, ravi: User, waiting: Waiting) -> None:
    problem(rita_calls.post(path(taken, "assign"), {"to": "ravi"}), 403)
    assert rita_calls.post(path(taken, "assign"), {"to": "ravi", "token": taken["token"]}).status_code == 200
    assert Case.objects.get(pk=taken["case"]["id"]).assigned_to == ravi


def test_a_lead_takes_over_with_a_reason(rita_calls: Calls, lena_calls: Calls, taken: Any) -> None:
    problem(lena_calls.post(path(taken, "take-over"), {"reason": ""}), 400)
    problem(rita_calls.post(path(taken, "take-over"), {"reason": "Mine."}), 403)
    mine = lena_calls.post(path(taken, "take-over"), {"reason": "The customer calls."})
    assert mine.status_code == 200, mine.content
    told = problem(rita_calls.post(path(taken, "heartbeat"), {"token": taken["token"]}), 409, "taken_over")
    assert "lena took this case over: The customer calls." in told["detail"]


def test_it_names_who_else_looks(rita_calls: Calls, taken: Any, lena: User) -> None:
    from console.cases.presence import presence_note

    presence_note(case_id=Claim.objects.get(token=taken["token"], case_id=taken["case"]["id"]).case_id, person=lena)
    assert rita_calls.post("queues/reviews/claim").json()["present"] == ["lena"]
