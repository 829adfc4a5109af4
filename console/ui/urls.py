"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from console.ui import account_pages
from console.ui.addresses import (
    automation,
    backtests,
    batches,
    cases,
    checks,
    items,
    labels,
    looking,
    media,
    people,
    queues,
    search,
    team,
    watch,
    wellbeing,
)

pages: list[URLPattern | URLResolver] = [
    *queues.pages,
    *cases.pages,
    *batches.pages,
    *items.pages,
    *labels.pages,
    *looking.pages,
    *media.pages,
    *people.pages,
    *search.pages,
    *wellbeing.pages,
    *team.pages,
    *checks.pages,
    *watch.pages,
    *automation.pages,
    *backtests.pages,
]

urlpatterns: list[URLPattern | URLResolver] = [
    # An admin makes accounts and sets passwords; nothing here sends mail, so what would need it is closed.
    re_path(r"^accounts/(signup|email|confirm-email|password/reset|inactive)\b", account_pages.closed),
    path("accounts/", include("allauth.urls")),
    path("", include((pages, "ui"))),
]
