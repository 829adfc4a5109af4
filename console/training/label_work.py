"""Ask for work on labels, and its live record. A worker that was thought dead writes nothing: every write names its token."""

from __future__ import annotations

import time
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid, NotFound
from console.common.jobs import job_cancel, job_put_many
from console.dispatch import ring
from console.training.models import LabelWork
from console.training.selectors import home_path
from scoring.registry import KINDS

TASK, LANE = "label_work", "train"
ATTEMPTS = 3
OPEN = (LabelWork.State.WAITING, LabelWork.State.RUNNING)
LEAST_SECONDS = 0.5  # between two words of progress


class WorkStopped(Exception):
    """It is no longer ours: cancelled, or taken over."""


def actor_name(user: User | None) -> str:
    return f"user:{user.username}" if user else "system"


@transaction.atomic
def work_request(
    *, purpose: str, kind: str, asked: dict[str, Any] | None = None, user: User | None = None, here: bool = False
) -> LabelWork:  # fmt: skip
    """A row, its job and its audit row. `here`: who asks does the work in this process, so no worker is told."""
    if kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]})
    draft = LabelWork.State.DRAFT
    work = LabelWork.objects.create(purpose=purpose, kind=kind, state=draft, asked=asked or {}, requested_by=user)
    work_start(work=work, user=user, here=here)
    return work


@transaction.atomic
def work_start(*, work: LabelWork, user: User | None, here: bool = False) -> None:
    """Of each purpose and kind one at a time; the database holds that, whoever starts in the same moment. Raises Conflict."""
    try:
        with transaction.atomic():
            begun = LabelWork.objects.filter(pk=work.pk, state=work.state).update(state=LabelWork.State.WAITING, asked=work.asked)
    except IntegrityError as error:
        raise Conflict("The same is under way already. Wait for it, or stop it.", code="work_open") from error
    if not begun:
        raise Conflict("Somebody was faster: it was begun, or thrown away.", code="work_begun")
    audit_append(
        actor=actor_name(user), verb=f"labels.{work.purpose}_asked", subject=f"labels:{work.pk}", data={"kind": work.kind}
    )
    if not here:
        ids = job_put_many(task=TASK, lane=LANE, subjects=[str(work.pk)], max_attempts=ATTEMPTS)
        transaction.on_commit(partial(ring, TASK, LANE, ids))


@transaction.atomic
def work_cancel(*, work_id: UUID, user: User | None, why: str = "Stopped by hand.") -> None:
    """What was written stays; the rest is not done."""
    rows = LabelWork.objects.filter(pk=work_id, state__in=[*OPEN, LabelWork.State.DRAFT])
    if not rows.update(state=LabelWork.State.CANCELLED, finished_at=Now(), sentence=why):
        raise Conflict("It has ended already.", code="work_ended")
    job_cancel(task=TASK, subject=str(work_id))
    if file := LabelWork.objects.values_list("file", flat=True).get(pk=work_id):
        transaction.on_commit(partial(home_path(file).unlink, missing_ok=True))
    audit_append(actor=actor_name(user), verb="labels.work_stopped", subject=f"labels:{work_id}")


def work_gave_up(*, work_id: str, error: str) -> None:
    """The worker died each time."""
    sentence = f"It was begun {ATTEMPTS} times and stopped each time: {error or 'no reason is known'}."[:300]
    LabelWork.objects.filter(pk=work_id, state__in=OPEN).update(state=LabelWork.State.FAILED, finished_at=Now(), sentence=sentence)


def work_get(work_id: UUID | str, *, purpose: str | None = None) -> LabelWork:
    """Raises NotFound."""
    rows = LabelWork.objects.select_related("requested_by").filter(pk=work_id)
    work = (rows.filter(purpose=purpose) if purpose else rows).first()
    if work is None:
        raise NotFound("There is no such work.")
    return work


def newest_work(purpose: str, kind: str, *states: str) -> LabelWork | None:
    rows = LabelWork.objects.filter(purpose=purpose, kind=kind).order_by("-pk")
    return (rows.filter(state__in=states) if states else rows).first()


class WorkLog:
    """The record of one execution."""

    def __init__(self, work: LabelWork) -> None:
        self.work = work
        self.rows = LabelWork.objects.filter(pk=work.pk, state=LabelWork.State.RUNNING, token=work.token)
        self._last = 0.0

    @classmethod
    def take(cls, work_id: UUID | str) -> WorkLog | None:
        """None when there is nothing to do: it ended, or was cancelled."""
        changes = {"state": LabelWork.State.RUNNING, "token": F("token") + 1}
        if not LabelWork.objects.filter(pk=work_id, state__in=OPEN).update(**changes):
            return None
        return cls(LabelWork.objects.get(pk=work_id))

    def say(self, share: float, sentence: str) -> None:
        """Cheap to call often. Raises WorkStopped."""
        if time.monotonic() - self._last < LEAST_SECONDS and share < 1:
            return
        self.keep(progress=round(min(1.0, max(0.0, share)), 4), sentence=sentence.replace("\x00", "")[:300])
        self._last = time.monotonic()

    def keep(self, **changes: Any) -> None:
        """Raises WorkStopped, and with it rolls back what the caller wrote in the same transaction."""
        if not self.rows.update(**changes):
            raise WorkStopped("the work was stopped or taken over by another worker")

    def done(self, sentence: str, **result: Any) -> None:
        self.keep(state=LabelWork.State.DONE, progress=1.0, finished_at=Now(), sentence=sentence[:300], result=result)

    def fail(self, reason: str) -> None:
        sentence = " ".join(reason.replace("\x00", "").split())[:290] or "It stopped without a reason"
        self.rows.update(state=LabelWork.State.FAILED, finished_at=Now(), sentence=sentence[:1].upper() + sentence[1:])
