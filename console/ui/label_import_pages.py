"""Labels from a file in the browser: bring it, say which column is what, see the first rows as they will be read, import."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.common.errors import DomainError, Invalid
from console.training.import_work import LARGEST, SUFFIXES, import_draft, import_preview, import_start, rejected_path
from console.training.label_work import work_get
from console.training.mapping import OWN
from console.training.models import LabelWork
from console.ui.access import page_for, person
from console.ui.labels_pages import OWNERS, frame, work_context
from console.ui.problems import sentence_of
from scoring.registry import KINDS

NEW_LABELS = 3  # empty lines of the form for labels that nobody guessed
NEWEST = 20
FIRST = ("text", "id", "label")  # always asked for, where the kind has them


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*OWNERS)
def upload(request: HttpRequest) -> HttpResponse:
    context, errors = frame(request, "import"), dict[str, list[str]]()
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if not isinstance(file, UploadedFile):
                raise Invalid({"file": ["Choose a file."]})
            work = import_draft(kind=context["kind"], upload=file, file_name=file.name or "", user=person(request))
        except Invalid as error:
            errors = error.fields
        else:
            return HttpResponseRedirect(reverse("ui:labels_import", args=[work.pk]))
    works = LabelWork.objects.filter(purpose=LabelWork.Purpose.IMPORT).select_related("requested_by").order_by("-pk")[:NEWEST]
    context |= {"errors": errors, "works": works, "suffixes": ", ".join(SUFFIXES), "most": LARGEST // 1024**2, "accept": ",".join(SUFFIXES)}
    return render(request, "labels/upload.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*OWNERS)
def show(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """A draft shows its form; what was started shows how far it is, what came of it, and what was left out."""
    work = work_get(work_id, purpose=LabelWork.Purpose.IMPORT)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            source, gold = request.POST.get("source", ""), "gold" in request.POST
            import_start(work=work, mapping=read_mapping(request, work), source=source, gold=gold, user=person(request))
        except Invalid as error:
            errors = error.fields
        except DomainError as error:
            messages.error(request, sentence_of(error))
        else:
            return HttpResponseRedirect(reverse("ui:labels_import", args=[work.pk]))
    context = {**frame(request, "import", work.kind), **work_context(work)}
    if work.state == LabelWork.State.DRAFT:
        context |= form_context(request, work, errors)
    else:
        context |= {"rejected": work.result.get("rejected", 0), "counts": work.result.get("counts", {})}
    return render(request, "labels/import.html", context, status=422 if errors else 200)


def read_mapping(request: HttpRequest, work: LabelWork) -> dict[str, str]:
    """From the form: one choice a target, and pairs of a name and a column for labels."""
    columns = set(work.asked["columns"])
    given = {target: column for target in _targets(work) if (column := request.POST.get(f"to.{target}", "")) in columns}
    pairs = zip(request.POST.getlist("label_name"), request.POST.getlist("label_column"), strict=False)
    return given | {f"label.{name.strip()}": column for name, column in pairs if name.strip() and column in columns}


def _targets(work: LabelWork) -> list[str]:
    guessed = [target for target in work.asked["map"] if not target.startswith("label.")]
    own = [*(name for name in KINDS[work.kind].payload.model_fields), *OWN]
    return list(dict.fromkeys([*(name for name in FIRST if name in own), *guessed, *own]))


def form_context(request: HttpRequest, work: LabelWork, errors: dict[str, list[str]]) -> dict[str, Any]:
    mapping = read_mapping(request, work) if request.method == "POST" else work.asked["map"]
    rows, wrong = import_preview(work, mapping) if not errors else ([], errors)
    targets = [(target, mapping.get(target, "")) for target in _targets(work)]
    labels = [(target[6:], column) for target, column in mapping.items() if target.startswith("label.")]
    return {
        "targets": sorted(targets, key=lambda row: not row[1] and row[0] not in FIRST), "columns": work.asked["columns"],
        "labels": [*labels, *([("", "")] * NEW_LABELS)], "rows": rows, "wrong": wrong, "payload_fields": _shown(rows),
        "told": sum(bool(column) or target in FIRST for target, column in targets),
        "source": request.POST.get("source", "import"), "gold": "gold" in request.POST,
    }  # fmt: skip


def _shown(rows: list[tuple[int, Any]]) -> list[str]:
    return list(dict.fromkeys(name for _, row in rows if isinstance(row, dict) for name in row["payload"]))[:6]


@require_POST
@never_cache
@page_for(*OWNERS)
def preview(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """The part of the page that follows the form."""
    work = work_get(work_id, purpose=LabelWork.Purpose.IMPORT)
    if work.state != LabelWork.State.DRAFT:
        raise Http404("It was imported already.")
    return render(request, "labels/preview.html", {**frame(request, "import", work.kind), **form_context(request, work, {})})


@require_safe
@never_cache
@page_for(*OWNERS)
def rejected(request: HttpRequest, work_id: UUID) -> HttpResponseBase:
    path = rejected_path(work_get(work_id, purpose=LabelWork.Purpose.IMPORT))
    if not path.is_file():
        raise Http404("Nothing was left out.")
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(path.open("rb"), as_attachment=True, filename="left-out.csv", content_type="text/csv", headers=headers)
