"""Labels: what was said of each item by whom and what, and what it adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.roles import Role, roles_of, user_has_role
from console.cases.selectors import kinds_closed_to
from console.common.errors import DomainError, Invalid, NotFound
from console.insights.sealed import sealed_cases
from console.quality.gold import golds_hidden_from
from console.training.label_rows import COUNTED, LabelFilter, LabelPage, label_counts, label_page
from console.training.label_work import OPEN, work_cancel, work_get
from console.training.models import LabelWork
from console.ui.access import page_for, person
from console.ui.problems import sentence_of
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
OWNERS = (Role.POLICY, Role.ADMIN)
SOURCES = {
    "verdict": "Verdict", "second": "Second look", "adjudicated": "Lead’s last word", "gold": "Known answer", "audit": "Random check",
    "appeal": "Appeal", "feedback": "Feedback", "import": "Import",
}  # fmt: skip


def kinds_open(request: HttpRequest) -> list[str]:
    """Raises NotFound for who works in no queue at all."""
    closed = kinds_closed_to(person(request))
    found = [name for name in KINDS if name not in closed]
    if not found:
        raise NotFound("There is no kind that is yours to look at.")
    return found


def frame(request: HttpRequest, here: str, kind: str = "") -> dict[str, Any]:
    """What every page of the labels shows around it."""
    kinds = kinds_open(request)
    name = kind or request.POST.get("kind") or request.GET.get("kind", "")
    return {
        "kind": KINDS[name if name in kinds else kinds[0]], "kinds": [KINDS[one] for one in kinds], "here": here,
        "may_change": any(user_has_role(request.user, role) for role in OWNERS), "is_admin": user_has_role(request.user, Role.ADMIN),
    }  # fmt: skip


def work_context(work: LabelWork | None) -> dict[str, Any]:
    return {"work": work, "polls": work is not None and work.state in OPEN}


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    context = frame(request, "labels")
    kind, errors = context["kind"].name, dict[str, list[str]]()
    try:
        asked = LabelFilter.read(kind, request.GET.dict())
        page = label_page(asked, after=_after(request.GET.get("before", "")))
    except Invalid as error:
        asked, errors, page = LabelFilter(kind=kind), error.fields, LabelPage(rows=(), next_after=None)
    older = request.GET.copy()
    older["before"] = str(page.next_after or "")
    newer = request.GET.copy()
    newer.pop("before", None)
    user = person(request)
    ids = [item.pk for item, _ in page.rows]
    sealed = {*sealed_cases(ids, user, roles_of(user)), *golds_hidden_from(user).filter(item__in=ids).values_list("item_id", flat=True)}
    counted = label_counts(kind)
    context |= {  # of what this person may still decide blind not even the row: that it stands here, under a filter, would tell
        "rows": [(item, labels) for item, labels in page.rows if item.pk not in sealed], "asked": asked, "errors": errors,
        "sources": SOURCES, "names": sorted({name for row in counted for name in row["names"]}), "counts": _counts(counted),
        "counted": COUNTED if sum(row["labels"] for row in counted) >= COUNTED else 0, "filtered": asked != LabelFilter(kind=kind),
        "older": older.urlencode() if page.next_after else "",
        "newer": (newer.urlencode() or f"kind={kind}") if "before" in request.GET else "",
    }  # fmt: skip
    return render(request, "labels/index.html", context, status=400 if errors else 200)


def _after(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid({"before": ["This is not a page that was given out here."]}) from error


def _counts(counted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "source": SOURCES.get(row["source"], row["source"]), "items": row["items"],
            "names": [(name, ones, of) for name, (of, ones) in sorted(row["names"].items())],
        }
        for row in counted
    ]  # fmt: skip


@require_safe
@never_cache
@page_for(*READERS)
def live(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """The part that polls. When the work has ended, the page is loaded anew."""
    work = work_get(work_id)
    context = {**frame(request, "", work.kind), **work_context(work)}
    response = render(request, "labels/live.html", context)
    if not context["polls"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@page_for(*OWNERS)
def stop(request: HttpRequest, work_id: UUID) -> HttpResponse:
    try:
        work_cancel(work_id=work_id, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.info(request, "Stopped. What was done already stays.")
    return HttpResponseRedirect(back_of(work_get(work_id)))


def back_of(work: LabelWork) -> str:
    if work.purpose == LabelWork.Purpose.IMPORT:
        return reverse("ui:labels_import", args=[work.pk])
    name = {"doubts": "ui:labels_doubts", "choose": "ui:labels_choose", "alike": "ui:labels_new"}[work.purpose]
    return f"{reverse(name)}?kind={work.kind}"


