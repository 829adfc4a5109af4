"""Ask for a backtest, cancel it, do it again, give it up: each in one transaction, with its job and its audit row."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.audit.services import audit_append
from console.backtests.models import OPEN, Backtest, State
from console.backtests.subjects import Asked, asked_of, live_now
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid, NotFound
from console.common.jobs import job_cancel, job_put_many
from console.dispatch import ring

TASK, LANE = "backtest", "heavy"
ATTEMPTS = 3
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MOST_OPEN = 8  # at once; more would only wait for each other


def backtest_request(
    *, asked: Asked, user: User, since: datetime | None = None, share: float = 1.0, source: Source | None = None
) -> Backtest:  # fmt: skip
    """Raises Invalid, or Conflict when enough are under way already."""
    if not 0 < share <= 1:
        raise Invalid({"share": ["A share lies above 0 and is at most 1."]})
    now = db_now()
    if since is not None and not EARLIEST <= since < now:
        raise Invalid({"since": ["There is no history after it yet." if since >= now else "Give a year from 1970 on."]})
    with transaction.atomic():
        _check_room()
        backtest = Backtest.objects.create(
            kind=asked.kind, what=asked.what, title=asked.title[:200], subject={**asked.subject, **live_now(asked, source).told()},
            document=asked.document.model_dump(mode="json"), source=source, since=since, until=now, share=share, requested_by=user,
        )  # fmt: skip
        put_turn(backtest)
        data = {"kind": asked.kind, "what": asked.what, "title": backtest.title, "share": share}
        audit_append(actor=f"user:{user.username}", verb="backtest.requested", subject=f"backtest:{backtest.pk}", data=data)
    backtest.refresh_from_db()
    return backtest


def backtest_again(*, backtest: Backtest, user: User) -> Backtest:
    """The same subject, as it was copied, on history up to now and beside what is proven now. Raises Conflict when enough are under way
    already."""
    asked = asked_of(backtest)
    subject = {name: value for name, value in asked.subject.items() if name != "live"} | live_now(asked, backtest.source).told()
    with transaction.atomic():
        _check_room()
        again = Backtest.objects.create(
            kind=backtest.kind, what=backtest.what, title=backtest.title, subject=subject, document=backtest.document,
            source=backtest.source, since=backtest.since, until=db_now(), share=backtest.share, requested_by=user,
        )  # fmt: skip
        put_turn(again)
        data = {"kind": again.kind, "what": again.what, "title": again.title, "again": str(backtest.pk)}
        audit_append(actor=f"user:{user.username}", verb="backtest.requested", subject=f"backtest:{again.pk}", data=data)
    again.refresh_from_db()
    return again


def _check_room() -> None:
    if Backtest.objects.filter(state__in=OPEN).count() >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} backtests are under way. Cancel one, or wait for one.", code="enough_open")


def backtest_cancel(*, backtest_id: UUID, user: User) -> Backtest:
    """Whoever works on it notices when it next writes, and leaves it."""
    with transaction.atomic():
        rows = Backtest.objects.filter(pk=backtest_id, state__in=OPEN)
        if not rows.update(state=State.CANCELLED, finished_at=Now(), error="Cancelled by hand."):
            found = Backtest.objects.filter(pk=backtest_id).first()
            if found is None:
                raise NotFound("There is no such backtest.")
            raise Conflict("This backtest has ended already.", code="backtest_ended")
        job_cancel(task=TASK, subject=str(backtest_id))
        audit_append(actor=f"user:{user.username}", verb="backtest.cancelled", subject=f"backtest:{backtest_id}")
    return Backtest.objects.get(pk=backtest_id)


def backtest_gave_up(*, backtest_id: UUID | str, error: str) -> None:
    """Every attempt of a turn failed: say so. What was counted so far is not shown as a result."""
    sentence = f"It stopped {ATTEMPTS} times at the same place: {error or 'no reason is known'}"[:500]
    if Backtest.objects.filter(pk=backtest_id, state__in=OPEN).update(state=State.FAILED, finished_at=Now(), error=sentence):
        audit_append(actor="system", verb="backtest.failed", subject=f"backtest:{backtest_id}", data={"error": sentence})


def put_turn(backtest: Backtest) -> None:
    """A job for the next turn; each is a job of its own, so that what else waits in the lane gets its turn between."""
    ids = job_put_many(task=TASK, lane=LANE, subjects=[str(backtest.pk)], max_attempts=ATTEMPTS, again=str(backtest.seen), priority=-1)
    transaction.on_commit(partial(ring, TASK, LANE, ids))


def backtest_progress(*, backtest: Backtest, seen_before: int, worked: float = 0.0, **changes: object) -> bool:
    """Write how far it came. False when it was cancelled, or another worker went on with it meanwhile."""
    rows = Backtest.objects.filter(pk=backtest.pk, state=State.RUNNING, seen=seen_before)
    return bool(rows.update(worked=F("worked") + worked, **changes))
