"""Items: one item, rows set aside."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import item_pages, story_pages

pages: list[URLPattern | URLResolver] = [
    path("items/set-aside/", item_pages.set_aside, name="set_aside"),
    path("items/<uuid:item_id>/", item_pages.show, name="item"),
    path("items/<uuid:item_id>/verify", story_pages.verify, name="item_verify"),
    path("items/<uuid:item_id>/story.json", story_pages.export, name="item_export"),
    path("verdicts/<uuid:verdict_id>/correct", story_pages.correct, name="correct"),
]
