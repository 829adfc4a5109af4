"""Jobs: claimed once, counted at the claim, fenced by their token."""

from __future__ import annotations

import pytest
from django.db import connection

from console.common import jobs
from console.common.models import Job

pytestmark = pytest.mark.django_db


def _put(*subjects: str, max_attempts: int = 3) -> list[int]:
    return jobs.job_put_many(task="score_item", lane="light", subjects=subjects, max_attempts=max_attempts)


def _claim(**options: object) -> list[jobs.Claimed]:
    return jobs.job_claim(lane="light", task="score_item", owner="test", **options)  # type: ignore[arg-type]


def _expire_leases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_job SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'running'")


def test_it_puts_each_subject_once() -> None:
    first = _put("a", "b", "a")
    assert len(first) == 2
    assert _put("b", "c") == [Job.objects.get(subject="c").pk]
    assert Job.objects.count() == 3


def test_it_puts_a_subject_again_when_that_is_meant() -> None:
    _put("a")
    assert len(jobs.job_put_many(task="score_item", lane="light", subjects=["a"], again="policy:2")) == 1


def test_it_claims_the_most_urgent_first() -> None:
    _put("calm")
    jobs.job_put_many(task="score_item", lane="light", subjects=["urgent"], priority=5)
    assert [claimed.subject for claimed in _claim(limit=1)] == ["urgent"]


def test_it_gives_a_claimed_job_to_nobody_else() -> None:
    ids = _put("a", "b")
    assert [claimed.attempt for claimed in _claim(ids=ids)] == [1, 1]
    assert _claim(ids=ids) == []


def test_it_leaves_other_ids_lanes_and_tasks_alone() -> None:
    ids = _put("a", "b")
    jobs.job_put_many(task="score_item", lane="heavy", subjects=["video"])
    assert [claimed.id for claimed in _claim(ids=ids[:1])] == ids[:1]
    assert [claimed.subject for claimed in _claim()] == ["b"]


def test_it_lets_an_expired_lease_be_claimed_with_a_new_token() -> None:
    _put("a")
    [first] = _claim()
    _expire_leases()
    [second] = _claim()
    assert (second.token, second.attempt) == (first.token + 1, 2)
    assert jobs.job_done(job_id=first.id, token=first.token) is False
    assert jobs.job_done(job_id=second.id, token=second.token) is True


def test_it_does_not_finish_a_job_twice() -> None:
    _put("a")
    [claimed] = _claim()
    assert jobs.job_done(job_id=claimed.id, token=claimed.token)
    assert not jobs.job_done(job_id=claimed.id, token=claimed.token)


def test_it_finishes_many_at_once_and_says_which_were_lost() -> None:
    _put("a", "b")
    held, lost = _claim()
    assert jobs.jobs_done([(held.id, held.token), (lost.id, lost.token - 1)]) == {held.id}
    assert jobs.jobs_done([(held.id, held.token)]) == set()


def test_it_prolongs_only_the_leases_that_are_held() -> None:
    _put("a", "b")
    held, lost = _claim()
    assert jobs.job_heartbeat([(held.id, held.token), (lost.id, lost.token - 1)]) == {held.id}


def test_it_returns_a_failed_job_later_and_ends_it_after_the_last_attempt() -> None:
    _put("a", max_attempts=2)
    [first] = _claim()
    assert jobs.job_fail(job_id=first.id, token=first.token, error="no luck", retry_in=0) == "ready"
    [second] = _claim()
    assert jobs.job_fail(job_id=second.id, token=second.token, error="no luck\x00", retry_in=0) == "failed"
    assert _claim() == []
    assert Job.objects.get().error == "no luck"
    assert jobs.job_fail(job_id=second.id, token=second.token, error="", retry_in=0) == "lost"


def test_it_keeps_a_job_that_waits_for_its_time() -> None:
    _put("a")
    [claimed] = _claim()
    jobs.job_fail(job_id=claimed.id, token=claimed.token, error="later", retry_in=3600)
    assert _claim() == []
    assert jobs.jobs_due("light") == []


def test_it_leaves_what_was_tried_before_out_of_a_fresh_batch() -> None:
    _put("a", "b")
    [claimed] = _claim(limit=1)
    jobs.job_fail(job_id=claimed.id, token=claimed.token, error="x", retry_in=0)
    assert [again.subject for again in _claim(fresh_only=True)] == ["b"]
    assert [again.subject for again in _claim()] == ["a"]


def test_it_gives_up_a_job_whose_workers_all_died() -> None:
    _put("poison", "good", max_attempts=1)
    poison, good = _claim()
    jobs.job_done(job_id=good.id, token=good.token)
    assert jobs.jobs_give_up(task="score_item") == []
    _expire_leases()
    [given_up] = jobs.jobs_give_up(task="score_item")
    assert (given_up.id, given_up.subject) == (poison.id, "poison")
    assert "stopped before it was done" in given_up.error
    assert jobs.jobs_give_up(task="score_item") == []
    assert jobs.job_done(job_id=poison.id, token=poison.token) is False


def test_it_lists_what_is_due_with_the_attempts_used() -> None:
    ids = _put("a", "b")
    [claimed] = _claim(limit=1)
    assert [(due.id, due.attempt) for due in jobs.jobs_due("light")] == [(ids[1], 0)]
    _expire_leases()
    assert {(due.id, due.attempt) for due in jobs.jobs_due("light")} == {(claimed.id, 1), (ids[1], 0)}


def test_it_cancels_what_has_not_finished() -> None:
    _put("a")
    [claimed] = _claim()
    assert jobs.job_cancel(task="score_item", subject="a") == 1
    assert jobs.job_done(job_id=claimed.id, token=claimed.token) is False
