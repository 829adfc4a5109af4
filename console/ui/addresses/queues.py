"""Queues: the overview, one queue, start; what leads do with them, and the rules that fill them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import queue_lead_pages as lead
from console.ui import queue_pages, routing_pages

pages: list[URLPattern | URLResolver] = [
    path("", queue_pages.overview, name="queues"),
    path("queues/new/", lead.create, name="queue_new"),
    path("queues/<slug:slug>/", queue_pages.queue, name="queue"),
    path("queues/<slug:slug>/start", queue_pages.start, name="start"),
    path("queues/<slug:slug>/settings/", lead.settings, name="queue_settings"),
    path("queues/<slug:slug>/pause", lead.pause, name="queue_pause"),
    path("queues/<slug:slug>/shift", lead.shift, name="queue_shift"),
    path("queues/<slug:slug>/archive", lead.archive, name="queue_archive"),
    path("queues/<slug:slug>/merge", lead.merge, name="queue_merge"),
    path("queues/<slug:slug>/move", lead.move, name="queue_move"),
    path("transfers/<uuid:transfer_id>/", lead.transfer, name="transfer"),
    path("routing/", routing_pages.index, name="routing"),
    path("routing/save", routing_pages.save, name="routing_save"),
    path("routing/step", routing_pages.step, name="routing_step"),
    path("routing/restore", routing_pages.restore, name="routing_restore"),
    path("routing/try", routing_pages.attempt, name="routing_try"),
]
