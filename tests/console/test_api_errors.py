"""What goes wrong outside a view's own rules: each has a problem document and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from console.accounts.models import Source, User
from console.common.errors import Unavailable
from console.intake.models import Item
from tests.console.calls import Calls, of, problem, review


def test_an_unknown_address_is_a_problem(db: None) -> None:
    problem(Calls().get("nothing/here"), 404, "not_found")


def test_a_method_that_an_address_does_not_take_is_a_problem(shop: Source) -> None:
    problem(of(shop).send("DELETE", "items"), 405)
    problem(of(shop).send("PUT", "items", review()), 405)


def test_a_fault_of_ours_tells_no_secrets(shop: Source, ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from console import flow

    def broken(**given: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(flow, "items_receive", broken)
    body = problem(of(shop).post("items", review()), 500, "internal")
    assert "hunter2" not in str(body)


@pytest.mark.parametrize("path", ["items", "items/bulk"])
def test_a_database_that_is_down_says_so_and_when_to_try_again(
    shop: Source, ready: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    from console import flow

    def down(**given: Any) -> None:
        raise OperationalError("could not connect to server at 10.0.0.5")

    monkeypatch.setattr(flow, "items_receive", down)
    body = review() if path == "items" else {"items": [review()]}
    for key in ({}, {"Idempotency_Key": "k"}):
        answer = of(shop).post(path, body, **key)
        assert "10.0.0.5" not in str(problem(answer, 503, "database_down"))
        assert int(answer["Retry-After"]) > 0
    monkeypatch.undo()
    assert not Item.objects.exists()
    assert of(shop).post(path, body).status_code in (202, 207)


def test_a_database_that_is_down_before_anybody_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from console.api import auth, operate

    def down(*given: Any) -> None:
        raise OperationalError("the connection pool timed out")

    monkeypatch.setattr(auth, "token_find", down)
    answer = Calls({"Authorization": "Token sl_x"}).get("items")
    problem(answer, 503, "database_down")
    assert answer["Retry-After"]
    monkeypatch.setattr(operate.connection, "cursor", down)
    for probe in ("readyz", "metrics"):
        found = Client(raise_request_exception=False).get(f"/{probe}")
        problem(found, 503, "database_down")
        assert found["Retry-After"]
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_what_is_not_available_now_may_be_tried_again(shop: Source, ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from console import flow

    def away(**given: Any) -> None:
        raise Unavailable("No policy is active.", code="no_policy")

    monkeypatch.setattr(flow, "items_receive", away)
    answer = of(shop).post("items", review())
    problem(answer, 503, "no_policy")
    assert answer["Retry-After"]


def test_too_many_calls_are_slowed_when_a_rate_is_set(shop: Source, settings: Any) -> None:
    from django.core.cache import cache

    settings.API_RATE = "2/min"
    cache.clear()
    calls = of(shop)
    assert [calls.get("items").status_code for _ in range(2)] == [200, 200]
    answer = calls.get("items")
    problem(answer, 429)
    assert int(answer["Retry-After"]) > 0
    cache.clear()


def test_a_host_that_is_not_ours_is_refused(db: None) -> None:
    problem(Client(raise_request_exception=False).get("/api/v1/items", headers={"Host": "evil.example"}), 400)


def test_errors_of_pages_stay_pages(rita: User) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(rita)
    assert client.get("/nothing/here")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "nonsense"])
def test_the_answer_is_json_whatever_is_asked_for(shop: Source, accept: str) -> None:
    calls = of(shop)
    answer = calls.client.get("/api/v1/items", headers={**calls.headers, "Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
