"""The naive way to the next case: read it, lock it, save it, add the claim and the audit row; then the same screen."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.models import Case, Claim, Queue
from console.ui.access import page_for, person
from console.ui.case_drawing import REVIEWERS, draw


def claim_naively(queue: Queue, reviewer: User) -> Claim:
    with transaction.atomic():
        waiting = Case.objects.select_for_update(skip_locked=True, of=("self",)).select_related("item__source", "queue")
        case = waiting.filter(queue=queue, state="waiting").order_by("-priority", "pk").first()
        assert case is not None, "the queue ran dry"
        case.state, case.lease_token = "claimed", case.lease_token + 1
        case.save()
        until = timezone.now() + timedelta(minutes=10)
        claim = Claim.objects.create(case=case, reviewer=reviewer, token=case.lease_token, lease_until=until)
        audit_append(actor=f"user:{reviewer.username}", verb="case.claimed", subject=f"case:{case.pk}", item_id=case.item_id)
    return claim


@require_POST
@page_for(*REVIEWERS)
def start(request: HttpRequest, slug: str) -> HttpResponse:
    claim = claim_naively(Queue.objects.get(slug=slug), person(request))
    return draw(request, claim.case, claim)


urlpatterns = [path("naive/<slug:slug>/start", start), path("", include("console.urls"))]
