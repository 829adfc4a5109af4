"""Queues: the overview, one queue, start."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import ahead_pages, queue_pages

pages: list[URLPattern | URLResolver] = [
    path("", queue_pages.overview, name="queues"),
    path("queues/<slug:slug>/", queue_pages.queue, name="queue"),
    path("queues/<slug:slug>/start", queue_pages.start, name="start"),
    path("queues/<slug:slug>/ahead", ahead_pages.ahead, name="ahead"),
    path("ahead/give-back", ahead_pages.give_back, name="give_back"),
]
