"""The person themselves: help, account, keys."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import account_pages, design_pages, help_pages

pages: list[URLPattern | URLResolver] = [
    path("help/", help_pages.index, name="help"),
    path("help/design/", design_pages.design, name="design"),
    path("help/<slug:name>/", help_pages.topic, name="help_topic"),
    path("account/theme/", account_pages.theme, name="theme"),
]
