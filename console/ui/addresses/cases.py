"""Cases: the review screen and what is done on it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import ahead_pages, assign_pages, case_pages, hold_pages, item_pages, verdict_pages

pages: list[URLPattern | URLResolver] = [
    path("cases/<uuid:case_id>/", case_pages.show, name="case"),
    path("cases/<uuid:case_id>/item", item_pages.of_case, name="case_item"),
    path("cases/<uuid:case_id>/take", case_pages.take, name="take"),
    path("cases/<uuid:case_id>/verdict", verdict_pages.verdict, name="verdict"),
    path("cases/<uuid:case_id>/reveal", case_pages.reveal, name="reveal"),
    path("cases/<uuid:case_id>/heartbeat", hold_pages.heartbeat, name="heartbeat"),
    path("cases/<uuid:case_id>/skip", hold_pages.skip, name="skip"),
    path("cases/<uuid:case_id>/pass-on", hold_pages.pass_on, name="pass_on"),
    path("cases/<uuid:case_id>/release", hold_pages.release, name="release"),
    path("cases/<uuid:case_id>/here", hold_pages.here, name="here"),
    path("cases/<uuid:case_id>/draft", hold_pages.draft, name="draft"),
    path("cases/<uuid:case_id>/colleagues", assign_pages.colleagues, name="colleagues"),
    path("cases/<uuid:case_id>/hand-over", assign_pages.hand_over, name="hand_over"),
    path("cases/<uuid:case_id>/take-over", assign_pages.take_over, name="take_over"),
    path("queues/<slug:slug>/ahead", ahead_pages.ahead, name="ahead"),
    path("ahead/give-back", ahead_pages.give_back, name="give_back"),
    path("cases/assign", assign_pages.assign, name="assign"),
    path("verdicts/<uuid:verdict_id>/undo", verdict_pages.undo, name="undo"),
]
