"""A lead looks at what was decided: agree, disagree, or grey. The reviewer is told, alone."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, Forbidden, Invalid
from console.quality.bars import own_refuse
from console.quality.models import Check, QaReview
from console.quality.plans import luck
from console.verdicts.models import Verdict

NEWEST = 500  # the draw is from the newest verdicts: an old one helps nobody


def qa_open(kind: str, lead: User) -> QuerySet[Verdict]:
    """Verdicts in effect of others that no lead has looked at."""
    rows = Verdict.objects.filter(item__kind=kind, state=Verdict.State.GIVEN, undo_until__lte=Now(), decision__isnull=False)
    # What is looked at a second time is left alone until that is over: this lead may have to decide it blind.
    under_way = Check.objects.exclude(state=Check.State.CLOSED)
    return rows.filter(qa_review=None).exclude(reviewer=lead).exclude(measurements__in=under_way)


def qa_draw(*, kind: str, lead: User) -> Verdict | None:
    """Any of the newest, each as likely."""
    ids = list(qa_open(kind, lead).order_by("-created_at").values_list("pk", flat=True)[:NEWEST])
    return Verdict.objects.get(pk=ids[int(luck() * len(ids))]) if ids else None


def qa_give(*, verdict: Verdict, finding: str, note: str, lead: User) -> QaReview:
    """Raises Invalid for the finding, Forbidden for one's own verdict, Conflict where it was reviewed before or can be undone."""
    if finding not in QaReview.Finding.values:
        raise Invalid({"finding": ["Choose agree, disagree or grey."]})
    if verdict.reviewer_id == lead.pk:
        raise Forbidden("Nobody reviews a verdict of their own.")
    own_refuse(item=verdict.item, user=lead)
    if not qa_open(verdict.item.kind, lead).filter(pk=verdict.pk).exists():
        raise Conflict("This verdict was reviewed before, was undone, or measures another.", code="not_open")
    try:
        with transaction.atomic():
            review = QaReview.objects.create(verdict=verdict, reviewed_by=lead, finding=finding, note=note.strip()[:2000])
            audit_append(
                actor=f"user:{lead.get_username()}", verb="qa.reviewed", subject=f"verdict:{verdict.pk}", item_id=verdict.item_id,
                data={"finding": finding},
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("Somebody reviewed this verdict just now.", code="not_open") from error
    return review


def qa_read(*, reviewer: User) -> int:
    """The person has seen what leads said of their verdicts; returns how much of it was new."""
    return QaReview.objects.filter(verdict__reviewer=reviewer, read_at=None).update(read_at=Now())
