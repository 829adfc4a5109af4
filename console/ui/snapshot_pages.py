"""Frozen data sets and their cards: from what a model learnt, how it was divided, and what was checked."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role
from console.audit.services import audit_append
from console.training.models import Snapshot
from console.training.selectors import home_path
from console.ui.access import page_for, person
from console.ui.labels_pages import READERS, SOURCES, frame
from console.ui.words import language_words
from scoring.registry import KINDS

NEWEST = 50
PARTS = ("train", "calibrate", "test")
WIDTH = 120.0  # of a bar in the tables
AGES = {"week": "Of the last week", "month": "Of the last month", "quarter": "Of three months", "year": "Of a year", "older": "Older"}


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    context = frame(request, "snapshots")
    context["snapshots"] = Snapshot.objects.filter(kind=context["kind"].name).order_by("-created_at", "-pk")[:NEWEST]
    return render(request, "labels/snapshots.html", context)


def _snapshot(request: HttpRequest, digest: str) -> Snapshot:
    """By its hash, or the beginning of it."""
    found = list(Snapshot.objects.filter(content_hash__startswith=digest[:64])[:2]) if len(digest) >= 8 and digest.isalnum() else []
    if len(found) != 1 or KINDS[found[0].kind] not in frame(request, "snapshots")["kinds"]:
        raise Http404("There is no such data set.")
    return found[0]


@require_safe
@never_cache
@page_for(*READERS)
def show(request: HttpRequest, digest: str) -> HttpResponse:
    snapshot = _snapshot(request, digest)
    counts, parts, total = snapshot.counts, snapshot.card.get("parts") or {}, max(1, snapshot.counts.get("items", 0))
    tables = [
        ("By source of the label", _rows({SOURCES.get(k, k): v for k, v in counts.get("sources", {}).items()}, total)),
        ("By label", _rows(counts.get("labels", {}), total)),
        ("By language", _rows({language_words(k) or "Not sure": v for k, v in counts.get("languages", {}).items()}, total)),
        ("By age of the label", _rows({AGES[k]: v for k, v in counts.get("ages", {}).items() if v}, total)),
        ("By platform", _rows(counts.get("platforms", {}), total)),
    ]  # fmt: skip
    context = {
        **frame(request, "snapshots", snapshot.kind), "snapshot": snapshot, "counts": counts, "tables": [t for t in tables if t[1]],
        "parts": [(name, parts[name]) for name in PARTS if name in parts], "card": snapshot.card,
        "versions": snapshot.models.order_by("pk").only("kind", "version", "state"),
    }  # fmt: skip
    return render(request, "labels/snapshot.html", context)


def _rows(counts: dict[str, int], total: int) -> list[dict[str, Any]]:
    return [{"name": name, "count": count, "width": f"{WIDTH * count / total:.1f}"} for name, count in counts.items()]


@require_safe
@never_cache
@page_for(Role.ADMIN)
def download(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The frozen bytes: `sha256sum` gives the name. They hold what people wrote, so the download stands in the audit trail."""
    snapshot = _snapshot(request, digest)
    path = home_path(snapshot.path)
    if not path.is_file():
        raise Http404("The file is not there any more.")
    actor = f"user:{person(request).username}"
    audit_append(actor=actor, verb="snapshot.downloaded", subject=f"snapshot:{snapshot.content_hash}"[:100], data={"kind": snapshot.kind})
    headers = {"X-Content-Type-Options": "nosniff"}
    name = f"{snapshot.kind}-{snapshot.content_hash[:12]}.jsonl"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/jsonl", headers=headers)
