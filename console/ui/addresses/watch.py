"""Alerts, and what an admin asks of the machine."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import alerts_pages, insights_pages

pages: list[URLPattern | URLResolver] = [
    path("alerts/", alerts_pages.index, name="alerts"),
    path("insights/", insights_pages.index, name="insights"),
    path("overview/", insights_pages.moved, name="overview"),
]
