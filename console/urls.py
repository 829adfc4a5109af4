"""Every address of the web process."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("console.api.urls")),
    path("", include("console.ui.urls")),
    path("", include("console.ui.admin_urls")),
]
