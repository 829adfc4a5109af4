"""The score task: a batch, then one by one; an error comes back later and ends with a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from console import dispatch, flow
from console.common.jobs import Claimed, job_claim, job_put_many, jobs_done
from console.common.models import Job
from workers.score import score_item
from workers.sweep import sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[str]]]:
    """Replace the pipeline's scoring by one that fails for given subjects; returns the batches it was called with."""

    def install(*, failing: Sequence[str] = (), error: type[Exception] = ValueError) -> list[list[str]]:
        batches: list[list[str]] = []

        def items_score(*, jobs: Sequence[Claimed]) -> None:
            batches.append([job.subject for job in jobs])
            if any(job.subject in failing for job in jobs):
                raise error("cannot be read")
            jobs_done([(job.id, job.token) for job in jobs])

        monkeypatch.setattr(flow, "items_score", items_score)
        return batches

    return install


def _put(count: int) -> tuple[list[int], list[str]]:
    subjects = [str(uuid4()) for _ in range(count)]
    return job_put_many(task="score_item", lane="light", subjects=subjects), subjects


def _make_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_job SET next_run_at = clock_timestamp() - interval '1 minute'")


def test_it_scores_what_is_new_in_one_batch(scored: Callable[..., list[list[str]]]) -> None:
    batches = scored()
    ids, subjects = _put(5)
    score_item(ids)
    assert batches == [subjects]
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_it_does_nothing_for_a_message_that_comes_twice(scored: Callable[..., list[list[str]]]) -> None:
    batches = scored()
    ids, _ = _put(2)
    score_item(ids)
    score_item(ids)
    assert len(batches) == 1


def test_it_tries_one_by_one_when_a_batch_fails(scored: Callable[..., list[list[str]]]) -> None:
    ids, subjects = _put(3)
    batches = scored(failing=subjects[1:2])
    score_item(ids)
    assert batches == [subjects, *[[subject] for subject in subjects]]
    states = dict(Job.objects.values_list("subject", "state"))
    assert [states[subject] for subject in subjects] == ["done", "ready", "done"]
    assert Job.objects.get(subject=subjects[1]).error == "ValueError: cannot be read"


def test_it_scores_alone_what_was_tried_before(scored: Callable[..., list[list[str]]]) -> None:
    ids, subjects = _put(3)
    [tried] = job_claim(task="score_item", owner="dead", ids=ids[:1], lease_seconds=-1)
    batches = scored()
    score_item(ids)
    assert batches == [subjects[1:], [tried.subject]]


def test_it_gives_up_after_the_last_attempt_and_tells_why(scored: Callable[..., list[list[str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    ids, [subject] = _put(1)
    scored(failing=[subject])
    gave_up: list[tuple[str, str]] = []
    monkeypatch.setattr(flow, "scoring_gave_up", lambda *, item_id, error: gave_up.append((str(item_id), error)))
    for _ in range(4):
        score_item(ids)
        _make_due()
    assert gave_up == [(subject, "ValueError: cannot be read")]
    assert Job.objects.get().attempt == 3


def test_it_leaves_the_jobs_to_their_leases_when_the_database_is_away(scored: Callable[..., list[list[str]]]) -> None:
    ids, subjects = _put(2)
    scored(failing=subjects, error=OperationalError)
    with pytest.raises(OperationalError):
        score_item(ids)
    assert set(Job.objects.values_list("state", flat=True)) == {"running"}


def test_the_sweep_rings_again_for_what_is_due_and_alone_for_what_was_tried() -> None:
    ids, _ = _put(3)
    job_claim(task="score_item", owner="dead", ids=ids[:1], lease_seconds=-1)
    sweep()
    assert [message.ids for message in dispatch.memory] == [tuple(ids[1:]), (ids[0],)]


def test_the_sweep_is_silent_while_the_bell_still_rings() -> None:
    ids, _ = _put(1)
    for _ in range(60):
        dispatch.ring("score_item", "light", [1])
    sweep()
    assert ids[0] not in {found for message in dispatch.memory for found in message.ids} - {1}
    assert len(dispatch.memory) == 60


def test_the_sweep_gives_up_what_died_on_its_last_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    ids, [subject] = _put(1)
    for _ in range(3):
        job_claim(task="score_item", owner="dead", ids=ids, lease_seconds=-1)
    gave_up: list[str] = []
    monkeypatch.setattr(flow, "scoring_gave_up", lambda *, item_id, error: gave_up.append(f"{item_id} {error}"))
    sweep()
    sweep()
    assert gave_up == [f"{subject} the worker stopped before it was done, 3 times"]
