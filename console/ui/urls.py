"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from console.ui import account_pages

pages: list[URLPattern | URLResolver] = [
    path("account/theme/", account_pages.theme, name="theme"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("", include((pages, "ui"))),
]
