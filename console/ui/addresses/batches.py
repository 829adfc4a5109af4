"""Batches: many cases decided together."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import batch_pages

pages: list[URLPattern | URLResolver] = [
    path("cases/<uuid:case_id>/batch", batch_pages.open_batch, name="batch_open"),
    path("batches/<uuid:batch_id>/", batch_pages.show, name="batch"),
    path("batches/<uuid:batch_id>/cases/<uuid:case_id>/", batch_pages.detail, name="batch_case"),
    path("batches/<uuid:batch_id>/verdict", batch_pages.decide, name="batch_verdict"),
    path("batches/<uuid:batch_id>/undo", batch_pages.undo, name="batch_undo"),
    path("batches/<uuid:batch_id>/hold", batch_pages.hold, name="batch_hold"),
    path("batches/<uuid:batch_id>/heartbeat", batch_pages.heartbeat, name="batch_heartbeat"),
    path("batches/<uuid:batch_id>/release", batch_pages.release, name="batch_release"),
]
