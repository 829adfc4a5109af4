"""Pictures and films."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import media

pages: list[URLPattern | URLResolver] = [
    path("media/<uuid:media_id>/blurred.jpg", media.blurred, name="media_blurred"),
    path("media/<uuid:media_id>/strip/<int:number>.jpg", media.strip_frame, name="media_strip"),
    path("media/<uuid:media_id>/clear", media.clear, name="media_clear"),
]
