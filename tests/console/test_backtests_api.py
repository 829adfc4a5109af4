"""Backtests over the API: one subject each, of the caller's own source, without samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.backtests.models import Backtest
from console.backtests.run import backtest_turn
from console.intake.models import Item
from tests.console.calls import Calls, fields, of, problem, signed_in


@pytest.fixture
def calls(shop: Source, petra: User, ready: None) -> Calls:
    return of(shop, Role.POLICY, petra)


def test_a_rule_is_asked_for_and_read_when_it_is_done(calls: Calls, post: Callable[..., Item]) -> None:
    item = post("Cold soup.")
    asked = calls.post("backtests", {"kind": "review", "rule": 'payload.text.contains("Cold")'})
    assert asked.status_code == 201
    body = asked.json()
    assert (body["state"], body["result"], body["source"], body["seen"]) == ("waiting", None, "shop", 0)
    assert not backtest_turn(body["id"])
    done = calls.get(f"backtests/{body['id']}").json()
    assert (done["state"], done["result"]["hits"]["count"]) == ("done", 1)
    assert str(item.pk) not in str(done)
    assert [row["id"] for row in calls.get("backtests", kind="review").json()["results"]] == [body["id"]]
    problem(calls.post(f"backtests/{body['id']}/cancel"), 409, "backtest_ended")


def test_only_the_items_of_its_source_are_looked_at(calls: Calls, rival: Source, petra: User, post: Callable[..., Item]) -> None:
    theirs = post()
    post()
    Item.objects.filter(pk=theirs.pk).update(source=rival)
    mine = calls.post("backtests", {"kind": "review", "rule": "true"}).json()
    every = signed_in(petra).post("backtests", {"kind": "review", "rule": "true"}).json()
    for one in (mine, every):
        backtest_turn(one["id"])
    assert Backtest.objects.get(pk=mine["id"]).seen == 1
    assert Backtest.objects.get(pk=every["id"]).seen == 2
    problem(calls.get(f"backtests/{every['id']}"), 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "soup", "rule": "true"}, "kind"), ({"kind": "review"}, "rule"),
        ({"kind": "review", "rule": "true", "policy": 1}, "policy"),
        ({"kind": "review", "rule": "1 +"}, "rule"), ({"kind": "review", "thresholds": []}, "thresholds"),
        ({"kind": "review", "model": "none"}, "version"), ({"kind": "review", "rule": "true", "share": 0}, "share"),
        ({"kind": "review", "rule": "true", "since": "2999-01-01T00:00:00Z"}, "since"),
        ({"kind": "review", "rule": "true", "since": "0001-01-01T00:00:00+14:00"}, "since"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused_with_its_field(calls: Calls, body: dict[str, Any], field: str) -> None:
    assert field in fields(problem(calls.post("backtests", body), 400))
    assert not Backtest.objects.exists()


def test_each_of_the_other_subjects_can_be_asked_for(calls: Calls) -> None:
    bodies: list[dict[str, Any]] = [{"policy": 1}, {"thresholds": [{"label": "risk", "enforce": 0.9}]}]
    assert [calls.post("backtests", {"kind": "review", **body}).json()["what"] for body in bodies] == ["policy", "thresholds"]
    cancelled = calls.post(f"backtests/{Backtest.objects.first().pk}/cancel")  # type: ignore[union-attr]
    assert cancelled.json()["state"] == "cancelled"
    problem(calls.post("backtests", {"kind": "review", "policy": 99}), 404)


def test_the_same_key_asks_once(calls: Calls) -> None:
    body = {"kind": "review", "rule": "true"}
    one, two = (calls.post("backtests", body, Idempotency_Key="k") for _ in range(2))
    assert one.content == two.content
    assert Backtest.objects.count() == 1
