"""What the machine and the people of the demo say, through the real pipeline, with nobody left to undo it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import timedelta

from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.common.jobs import job_claim
from console.common.models import Job
from console.flow import checks_settle, decisions_release, items_score, verdict_give
from console.flow.receive import SCORE
from console.intake.models import Item
from console.verdicts.models import Verdict
from console.verdicts.services import VerdictForm


def score_now(items: Sequence[Item]) -> None:
    """In this process, as a worker would; before one may, where the caller's transaction is the one that took them in."""
    ids = Job.objects.filter(task=SCORE, subject__in=[str(item.pk) for item in items]).values_list("pk", flat=True)
    items_score(jobs=job_claim(task=SCORE, owner="demo", ids=list(ids), limit=len(items)))


def say(case: Case, person: User, clause: str) -> Verdict:
    """`clause` is "" where the person keeps it."""
    claim = case_claim_one(case_id=case.pk, reviewer=person, is_lead=user_has_role(person, Role.LEAD))
    if claim is None:
        raise RuntimeError(f"{person} cannot have the case of {case.item_id}")
    taken = timedelta(seconds=_seconds(case.item.payload["text"], person))
    Claim.objects.filter(pk=claim.pk).update(started_at=Now() - taken)  # as long as somebody takes who reads it
    form = VerdictForm(outcome="enforce", clauses=(clause,)) if clause else VerdictForm(outcome="allow")
    return verdict_give(case_id=case.pk, reviewer=person, token=claim.token, form=form)


def settle(items: Sequence[Item]) -> None:
    """Let what was said of these count now."""
    Verdict.objects.filter(item__in=items, undo_until__gt=Now()).update(undo_until=Now())
    decisions_release()
    checks_settle()


def _seconds(text: str, person: User) -> float:
    """Three words a second, a moment for the verdict, and a little more or less, the same each time."""
    return len(text.split()) / 3 + 2 + zlib.crc32(f"{person.pk} {text}".encode()) % 60 / 10
