"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from console.ui import account_pages, case_pages, help_pages, item_pages, media, queue_pages

pages: list[URLPattern | URLResolver] = [
    path("", queue_pages.overview, name="queues"),
    path("queues/<slug:slug>/", queue_pages.queue, name="queue"),
    path("queues/<slug:slug>/start", queue_pages.start, name="start"),
    path("cases/<uuid:case_id>/", case_pages.show, name="case"),
    path("cases/<uuid:case_id>/take", case_pages.take, name="take"),
    path("cases/<uuid:case_id>/verdict", case_pages.verdict, name="verdict"),
    path("cases/<uuid:case_id>/reveal", case_pages.reveal, name="reveal"),
    path("cases/<uuid:case_id>/heartbeat", case_pages.heartbeat, name="heartbeat"),
    path("cases/<uuid:case_id>/skip", case_pages.skip, name="skip"),
    path("cases/<uuid:case_id>/pass-on", case_pages.pass_on, name="pass_on"),
    path("cases/<uuid:case_id>/release", case_pages.release, name="release"),
    path("verdicts/<uuid:verdict_id>/undo", case_pages.undo, name="undo"),
    path("items/", item_pages.search, name="items"),
    path("items/set-aside/", item_pages.set_aside, name="set_aside"),
    path("items/<uuid:item_id>/", item_pages.show, name="item"),
    path("media/<uuid:media_id>/blurred.jpg", media.blurred, name="media_blurred"),
    path("media/<uuid:media_id>/strip/<int:number>.jpg", media.strip_frame, name="media_strip"),
    path("media/<uuid:media_id>/clear", media.clear, name="media_clear"),
    path("help/", help_pages.index, name="help"),
    path("help/<slug:name>/", help_pages.topic, name="help_topic"),
    path("account/theme/", account_pages.theme, name="theme"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    # An admin makes accounts and sets passwords; nothing here sends mail, so what would need it is closed.
    re_path(r"^accounts/(signup|email|confirm-email|password/reset|inactive)\b", account_pages.closed),
    path("accounts/", include("allauth.urls")),
    path("", include((pages, "ui"))),
]
