"""Many at once: each case of a batch keeps its own hold, gets its own verdict, and is refused by itself; undo takes all of them back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.alike import Partner, together
from console.cases.claiming import actor_of, case_claim_one
from console.cases.holding import Hold, case_heartbeat, case_release
from console.cases.models import Case
from console.cases.serving import holds_begin, holds_together
from console.common.clock import db_now
from console.common.errors import Conflict, DomainError, Invalid, NotFound
from console.common.models import OutboxEvent
from console.flow.review import verdict_give, verdict_undo
from console.scores.models import Decision
from console.verdicts.models import Batch, BatchCase, Verdict
from console.verdicts.services import VerdictForm

MOST = 100  # cases in a batch
CHUNK = 20  # verdicts in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one case: its verdict, or why there is none."""

    case_id: UUID
    verdict: Verdict | None = None
    error: DomainError | None = None


@transaction.atomic
def batch_open(*, case: Case, reviewer: User, basis: str, is_lead: bool = False, source_id: int | None = None) -> Batch:
    """Hold what belongs with a case, and the case itself. What somebody else holds is listed without a hold."""
    groups = together(case, reviewer, source_id=source_id)
    partners: Sequence[Partner] = groups.near if basis == Batch.Basis.ALIKE else groups.author
    if not partners:
        raise Conflict("Nothing waits beside it any more.", code="alone")
    batch = Batch.objects.create(reviewer=reviewer, queue_id=case.queue_id, basis=basis)
    ids = [case.pk, *(partner.case_id for partner in partners[: MOST - 1])]
    BatchCase.objects.bulk_create(BatchCase(batch=batch, case_id=case_id, place=place) for place, case_id in enumerate(ids))
    batch_hold(batch=batch, is_lead=is_lead)
    audit_append(actor=actor_of(reviewer), verb="batch.opened", subject=f"batch:{batch.pk}", data={"basis": basis, "cases": len(ids)})
    return batch


@transaction.atomic
def batch_hold(*, batch: Batch, is_lead: bool = False, undone: bool = False) -> None:
    """Hold every case of the batch that waits; keep the holds that this person has already, for a full lease. `undone`: they decided them
    and took that back, so the cap of their day does not part them from it."""
    members = list(batch.members.select_for_update().order_by("place"))
    mine = holds_begin(case_ids=[member.case_id for member in members], reviewer=batch.reviewer)
    for member in members:
        taken = None
        if member.case_id not in mine:
            taken = case_claim_one(case_id=member.case_id, reviewer=batch.reviewer, is_lead=is_lead, undone=undone)
        member.token = taken.token if taken else mine.get(member.case_id)
    holds_together(case_ids=[member.case_id for member in members], reviewer=batch.reviewer)
    BatchCase.objects.bulk_update(members, ["token"])


def batch_keep(*, batch: Batch) -> datetime | None:
    """Keep every case for another full lease; returns until when, None when none is held any more."""
    until: datetime | None = None
    for hold in _holds(batch):
        try:
            until = case_heartbeat(hold=hold)
        except Conflict:
            continue  # its row says so when it is decided
    return until


def batch_release(*, batch: Batch) -> None:
    """Give back what is still held; each case waits at its old place."""
    for hold in _holds(batch):
        _let_go(hold)


def _holds(batch: Batch, *, excluded: bool | None = None) -> Iterator[Hold]:
    members = batch.members.exclude(token=None).order_by("place")
    for member in members if excluded is None else members.filter(excluded=excluded):
        yield Hold(case_id=member.case_id, reviewer=batch.reviewer, token=member.token or 0)


def batch_of(*, holds: Sequence[Hold], queue_id: int) -> Batch:
    """A batch of cases that whoever asks holds already."""
    batch = Batch.objects.create(reviewer=holds[0].reviewer, queue_id=queue_id, basis=Batch.Basis.CHOSEN)
    BatchCase.objects.bulk_create(BatchCase(batch=batch, case_id=h.case_id, token=h.token, place=n) for n, h in enumerate(holds))
    return batch


def batch_decide(*, batch: Batch, form: VerdictForm, exclude: Collection[UUID] = ()) -> list[Row]:
    """One verdict for each case that is held and not left out, a few in each transaction; one that is refused takes none with it.

    What is left out goes back to the queue. Raises Invalid, before anything is written, when the verdict itself is not complete.
    """
    batch.members.update(excluded=False)
    batch.members.filter(case__in=exclude).update(excluded=True)
    holds = list(_holds(batch, excluded=False))
    if not holds:
        raise Invalid({"cases": ["Leave at least one in."]}, "Leave at least one in.")
    rows: list[Row] = []
    for start in range(0, len(holds), CHUNK):
        with transaction.atomic():
            rows += [_decide(batch, hold, form) for hold in holds[start : start + CHUNK]]
    for hold in _holds(batch, excluded=True):
        _let_go(hold)
    _one_window(batch)
    return rows


def _decide(batch: Batch, hold: Hold, form: VerdictForm) -> Row:
    try:
        verdict = verdict_give(case_id=hold.case_id, reviewer=hold.reviewer, token=hold.token, form=form, batch=batch)
    except (Conflict, NotFound) as error:
        return Row(case_id=hold.case_id, error=error)
    return Row(case_id=hold.case_id, verdict=verdict)


def _let_go(hold: Hold) -> None:
    try:
        case_release(hold=hold)
    except Conflict:
        return  # it went back by itself


def _one_window(batch: Batch) -> None:
    """The seconds of undo count from the last verdict, the same for all: what is decided as one can be undone as one."""
    held = Verdict.objects.filter(batch=batch, state=Verdict.State.GIVEN, decision__state=Decision.State.HELD)
    until = db_now() + timedelta(seconds=settings.UNDO_SECONDS)
    with transaction.atomic():
        decisions = list(held.values_list("decision_id", flat=True))
        held.update(undo_until=until)
        keys = [f"decision:{pk}:{topic}" for pk in decisions for topic in ("item.decided", "item.enforced", "item.restored")]
        OutboxEvent.objects.filter(dedupe_key__in=keys, state=OutboxEvent.State.PENDING).update(not_before=until)


@transaction.atomic
def batch_undo(*, batch_id: UUID, reviewer: User) -> list[Verdict]:
    """Take every verdict of the batch back, or none: raises Conflict when one of them took effect."""
    given = Verdict.objects.filter(batch=batch_id, reviewer=reviewer)
    if not given.exists():
        raise NotFound("There is no such batch of yours.")
    ids = list(given.filter(state=Verdict.State.GIVEN).order_by("item_id").values_list("pk", flat=True))
    if not ids:
        raise Conflict("These verdicts were undone already.", code="already_undone")
    undone = [verdict_undo(verdict_id=pk, reviewer=reviewer) for pk in ids]
    audit_append(actor=actor_of(reviewer), verb="batch.undone", subject=f"batch:{batch_id}", data={"cases": len(undone)})
    return undone
