"""Reviews of verdicts by a lead, and what each person reads of the checks of their own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import flow
from console.common.errors import DomainError, Forbidden
from console.insights.agreement import mine
from console.insights.screen import item_blocks
from console.policies.selectors import active_policy
from console.quality.models import CheckPlan, QaReview
from console.quality.qa import qa_draw, qa_give, qa_open, qa_read
from console.ui.access import page_for, person
from console.ui.case_drawing import REVIEWERS
from console.ui.checks_pages import LEADS, item_to_judge, kind_of, kinds_context, kinds_open, verdict_words
from console.ui.problems import sentence_of
from console.verdicts.models import Verdict
from scoring.registry import KINDS


@require_safe
@never_cache
@page_for(*LEADS)
def index(request: HttpRequest) -> HttpResponse:
    """What was reviewed, newest first, and what can be."""
    kind = kind_of(request)
    document = active_policy(kind)[1]
    reviews = QaReview.objects.filter(verdict__item__kind=kind).select_related("verdict__item", "reviewed_by").order_by("-created_at")
    open_now = qa_open(kind, person(request)).select_related("item").order_by("-created_at")
    context = {
        **kinds_context(request, "reviews"), "reviews": reviews[:50],
        "open": [(verdict, verdict_words(verdict, document)) for verdict in open_now[:20]],
    }  # fmt: skip
    return render(request, "checks/qa.html", context)


@require_POST
@page_for(*LEADS)
def draw(request: HttpRequest) -> HttpResponse:
    """Any of the newest verdicts of others."""
    kind = request.POST.get("kind", "")
    verdict = qa_draw(kind=kind, lead=person(request)) if kind in kinds_open(request) else None
    if verdict is None:
        messages.info(request, "There is nothing to draw: every verdict of others was reviewed, or none is in effect.")
        return HttpResponseRedirect(f"{reverse('ui:checks_qa')}?kind={kind}" if kind in KINDS else reverse("ui:checks_qa"))
    return HttpResponseRedirect(reverse("ui:checks_qa_review", args=[verdict.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*LEADS)
def review(request: HttpRequest, verdict_id: UUID) -> HttpResponse:
    """Agree, disagree or grey. Who gave it is not shown: the verdict is reviewed, not the person."""
    verdict = get_object_or_404(Verdict.objects.select_related("item__source", "policy_version"), pk=verdict_id, decision__isnull=False)
    if verdict.reviewer_id == person(request).pk:
        raise Forbidden("Nobody reviews a verdict of their own.")
    item_to_judge(request, verdict.item_id)
    problem = ""
    if request.method == "POST":
        try:
            qa_give(
                verdict=verdict, finding=request.POST.get("finding", ""), note=request.POST.get("note", ""), lead=person(request)
            )
        except DomainError as error:
            problem = sentence_of(error)
        else:
            messages.success(request, "Noted. The reviewer is told, and may contest it.")
            return HttpResponseRedirect(f"{reverse('ui:checks_qa')}?kind={verdict.item.kind}")
    context = {
        **kinds_context(request, "reviews"), "kind": KINDS[verdict.item.kind], "verdict": verdict, "problem": problem,
        "said": verdict_words(verdict, active_policy(verdict.item.kind)[1]), "read_only": True,
        "blocks": [block for block in item_blocks(verdict.item, None) if block.area == "content"],
        "given": QaReview.objects.filter(verdict=verdict).first(), "note": request.POST.get("note", ""),
    }  # fmt: skip
    return render(request, "checks/qa_review.html", context, status=409 if problem else 200)


@require_safe
@never_cache
@page_for(*REVIEWERS)
def own(request: HttpRequest) -> HttpResponse:
    """Private: nobody else reads this page, a lead neither."""
    user = person(request)
    found = mine(user)
    rows = [(row, verdict_words(row.verdict, active_policy(row.verdict.item.kind)[1])) for row in found.reviews]
    feedback = CheckPlan.objects.filter(feedback=True).exists()
    response = render(request, "checks/mine.html", {"found": found, "rows": rows, "feedback": feedback})
    qa_read(reviewer=user)
    return response


@require_POST
@page_for(*REVIEWERS)
def contest(request: HttpRequest, review_id: int) -> HttpResponse:
    try:
        flow.qa_contest(review_id=review_id, reviewer=person(request), why=request.POST.get("why", ""))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, "Contested. A third person decides it blind; you read here what came out.")
    return HttpResponseRedirect(reverse("ui:checks_mine"))
