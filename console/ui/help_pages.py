"""The help that ships with the product: one template a topic under templates/docs."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.ui.access import page_for
from scoring.registry import KINDS

TOPICS = {  # in the order in which they are needed: deciding, then how the machine learns, then how it is watched
    "start": "Getting started", "keys": "Keys", "aloud": "With a screen reader", "wellbeing": "Wellbeing",
    "many": "Many at once, and corrections", "queues": "Queues and routing", "search": "Search and accounts",
    "records": "Orders and records", "checks": "Checks of verdicts", "roles": "Roles",
    "first-item": "Post the first item", "loop": "How the loop works", "labels": "Labels and data sets", "runs": "Training runs",
    "gates": "When a new model may serve", "serving": "Which model serves", "automation": "Automation and the demo policy",
    "backtests": "Backtests and replays", "watch": "Insights, drift and alerts", "glossary": "Words",
}  # fmt: skip


@require_safe
@page_for()
def index(request: HttpRequest) -> HttpResponseBase:
    return topic(request, "start")


@require_safe
@page_for()
def topic(request: HttpRequest, name: str) -> HttpResponse:
    if name not in TOPICS:
        raise Http404("There is no such help page.")
    context = {
        "topics": TOPICS.items(), "topic": name, "title": TOPICS[name], "kinds": KINDS.values(), "address": settings.PUBLIC_URL,
        "keep_days": settings.MODELS_KEEP_DAYS,
    }  # fmt: skip
    return render(request, f"docs/{name}.html", context)
