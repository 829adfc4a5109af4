"""Idempotency-Key: the same answer, once, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from console.accounts.models import Source
from console.accounts.roles import Role
from console.common.errors import Conflict, Invalid
from console.common.idempotency import Kept, answer_once, answers_forget
from console.common.models import IdempotencyKey
from console.intake.models import Item, Report
from console.verdicts.models import Verdict
from tests.console.calls import of, problem, review


def kept(body: bytes = b"{}") -> Kept:
    return Kept(status=200, body=body, content_type="application/json")


def test_it_runs_once_and_gives_the_same_bytes_again(db: None) -> None:
    calls: list[int] = []

    def run() -> Kept:
        calls.append(1)
        return kept(b'{"n":%d}' % len(calls))

    answers = [answer_once(caller="a", key="k", request_hash="h", run=run) for _ in range(3)]
    assert [answer.body for answer in answers] == [b'{"n":1}'] * 3
    assert [answer.replayed for answer in answers] == [False, True, True]
    assert len(calls) == 1


def test_keys_belong_to_their_caller(db: None) -> None:
    assert answer_once(caller="a", key="k", request_hash="h", run=lambda: kept(b"1")).body == b"1"
    assert answer_once(caller="b", key="k", request_hash="h", run=lambda: kept(b"2")).body == b"2"


def test_another_request_under_the_key_is_refused(db: None) -> None:
    answer_once(caller="a", key="k", request_hash="h", run=kept)
    with pytest.raises(Invalid, match="taken"):
        answer_once(caller="a", key="k", request_hash="other", run=kept)


def test_a_failure_leaves_no_trace(db: None) -> None:
    def fail() -> Kept:
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        answer_once(caller="a", key="k", request_hash="h", run=fail)
    assert not IdempotencyKey.objects.exists()
    assert not answer_once(caller="a", key="k", request_hash="h", run=kept).replayed


@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak", "caf\u00e9"])
def test_a_key_that_cannot_be_kept_is_refused(db: None, key: str) -> None:
    with pytest.raises(Invalid):
        answer_once(caller="a", key=key, request_hash="h", run=kept)


def test_old_answers_are_forgotten(db: None) -> None:
    from datetime import timedelta

    answer_once(caller="a", key="k", request_hash="h", run=kept)
    assert answers_forget() == 0
    assert answers_forget(older_than=timedelta(seconds=-1)) == 1


class Rival(threading.Thread):
    """A call on a connection of its own, outside the transaction of the test; what it commits is removed afterwards."""

    def __init__(self, run: Any) -> None:
        super().__init__()
        self.run_once, self.answer, self.error = run, None, None
        self.start()

    def run(self) -> None:
        try:
            self.answer = answer_once(caller="a", key="k", request_hash="h", run=self.run_once)
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    answer: Kept | None
    error: Exception | None


@pytest.fixture
def clean(db: None) -> Iterator[None]:
    def remove() -> None:
        IdempotencyKey.objects.filter(caller="a", key="k").delete()
        connection.close()

    yield
    remover = threading.Thread(target=remove)
    remover.start()
    remover.join(20)


def test_a_second_call_waits_for_the_first(clean: None) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> Kept:
        inside.set()
        assert go_on.wait(20)
        return kept(b"first")

    first = Rival(slow)
    assert inside.wait(20)
    second = Rival(lambda: kept(b"second"))
    go_on.set()
    first.join(20), second.join(20)
    assert (first.error, second.error) == (None, None)
    assert first.answer is not None
    assert second.answer is not None
    assert first.answer.body == second.answer.body == b"first"
    assert (first.answer.replayed, second.answer.replayed) == (False, True)


def test_a_second_call_does_not_wait_for_ever(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from console.common import idempotency

    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.05)
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> Kept:
        inside.set()
        go_on.wait(20)
        return kept()

    first = Rival(slow)
    assert inside.wait(20)
    second = Rival(kept)
    second.join(20)
    go_on.set()
    first.join(20)
    assert isinstance(second.error, Conflict)
    assert "still running" in str(second.error)


def test_a_repeated_post_gets_the_first_answer(shop: Source, ready: None) -> None:
    calls = of(shop)
    first = calls.post("items", review(), Idempotency_Key="post-1")
    again = calls.post("items", review(), Idempotency_Key="post-1")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (202, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    problem(calls.post("items", review("r-2"), Idempotency_Key="post-1"), 422, "idempotency_key_reused")
    problem(calls.post("items/bulk", review(), Idempotency_Key="post-1"), 422, "idempotency_key_reused")
    assert Item.objects.count() == 1


def test_a_refusal_is_given_again_and_its_writes_are_not_kept(shop: Source, ready: None) -> None:
    calls = of(shop)
    first = calls.post("items", review(text=5), Idempotency_Key="bad")
    again = calls.post("items", review(text=5), Idempotency_Key="bad")
    problem(first, 400)
    assert first.content == again.content


def test_a_retried_verdict_is_given_once(shop: Source, rita: Any, waiting: Any) -> None:
    calls = of(shop, Role.MODERATOR, rita)
    waiting()
    held = calls.post("queues/reviews/claim", Idempotency_Key="claim-1")
    assert calls.post("queues/reviews/claim", Idempotency_Key="claim-1").content == held.content
    hold = held.json()
    body = {"token": hold["token"], "outcome": "allow"}
    answers = [calls.post(f"cases/{hold['case']['id']}/verdict", body, Idempotency_Key="v-1") for _ in range(10)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert {answer.status_code for answer in answers} == {201}
    assert Verdict.objects.count() == 1


def test_a_fault_of_ours_leaves_the_key_free(shop: Source, ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from console import flow

    calls, real = of(shop), flow.item_report
    item = calls.post("items", review()).json()

    def broken(**given: Any) -> None:
        real(**given)
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(flow, "item_report", broken)
    answer = calls.post(f"items/{item['id']}/reports", {"reason": "rude"}, Idempotency_Key="r")
    problem(answer, 500)
    assert not Report.objects.exists()
    monkeypatch.setattr(flow, "item_report", real)
    assert calls.post(f"items/{item['id']}/reports", {"reason": "rude"}, Idempotency_Key="r").status_code == 202
    assert Report.objects.count() == 1


def test_a_waited_answer_is_the_one_that_is_kept(shop: Source, ready: None, monkeypatch: pytest.MonkeyPatch, score_all: Any) -> None:
    from console.api import items

    monkeypatch.setattr(items.time, "sleep", lambda seconds: score_all())
    calls = of(shop)

    def post() -> Any:
        return calls.client.post(
            "/api/v1/items?wait=2", review(), content_type="application/json", headers={**calls.headers, "Idempotency-Key": "w"}
        )

    first, again = post(), post()
    assert first.status_code == 200
    assert first.json()["decision"]
    assert first.content == again.content


def test_every_post_of_the_api_is_idempotent() -> None:
    """Found by walking the addresses, so that a new one cannot be forgotten."""
    from console.api.urls import v1

    views = [pattern.callback.view_class for pattern in v1 if hasattr(pattern.callback.view_class, "post")]
    assert len(views) >= 18
    for view in views:
        assert getattr(view.post, "idempotent", False), view
