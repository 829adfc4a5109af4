"""What the tests of the checks share: verdicts, and that their undo is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import User
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.flow import case_claim, checks_settle, decisions_release, verdict_give
from console.verdicts.models import Verdict
from console.verdicts.services import VerdictForm
from tests.console.dice import dice

ENFORCE = VerdictForm(outcome="enforce", clauses=("4.4",))
ALLOW = VerdictForm(outcome="allow")
Waiting = Callable[..., Case]


def give(claim: Claim, form: VerdictForm = ENFORCE) -> Verdict:
    return verdict_give(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=form)


def time_passes(**by: int) -> None:
    """As if every verdict had been given so much earlier."""
    Verdict.objects.update(undo_until=F("undo_until") - timedelta(**by))


def settle() -> None:
    """The undo of every verdict is over, and the worker comes round."""
    Verdict.objects.update(undo_until=Now() - timedelta(seconds=1))
    decisions_release()
    checks_settle()


def decide(case: Case, reviewer: User, form: VerdictForm = ENFORCE, *, lead: bool = False) -> Verdict:
    claim = case_claim_one(case_id=case.pk, reviewer=reviewer, is_lead=lead)
    assert claim is not None, "this person may not have the case"
    return give(claim, form)


def next_of(case: Case, reviewer: User, *, lead: bool = False) -> Claim | None:
    """What the queue of this case gives."""
    with dice(0.99):
        return case_claim(queue=case.queue, reviewer=reviewer, is_lead=lead)
