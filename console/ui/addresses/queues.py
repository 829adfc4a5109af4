"""Queues: the overview, one queue, start."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import queue_pages

pages: list[URLPattern | URLResolver] = [
    path("", queue_pages.overview, name="queues"),
    path("queues/<slug:slug>/", queue_pages.queue, name="queue"),
    path("queues/<slug:slug>/start", queue_pages.start, name="start"),
]
