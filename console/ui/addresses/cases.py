"""Cases: the review screen and what is done on it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import case_pages

pages: list[URLPattern | URLResolver] = [
    path("cases/<uuid:case_id>/", case_pages.show, name="case"),
    path("cases/<uuid:case_id>/take", case_pages.take, name="take"),
    path("cases/<uuid:case_id>/verdict", case_pages.verdict, name="verdict"),
    path("cases/<uuid:case_id>/reveal", case_pages.reveal, name="reveal"),
    path("cases/<uuid:case_id>/heartbeat", case_pages.heartbeat, name="heartbeat"),
    path("cases/<uuid:case_id>/skip", case_pages.skip, name="skip"),
    path("cases/<uuid:case_id>/pass-on", case_pages.pass_on, name="pass_on"),
    path("cases/<uuid:case_id>/release", case_pages.release, name="release"),
    path("verdicts/<uuid:verdict_id>/undo", case_pages.undo, name="undo"),
]
