"""Checks of what people decide: for leads, and each person's own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import checks_pages, gold_pages, qa_pages

pages: list[URLPattern | URLResolver] = [
    path("checks/", checks_pages.index, name="checks"),
    path("checks/measure", checks_pages.measure_now, name="checks_measure"),
    path("checks/settings/", checks_pages.shares, name="checks_settings"),
    path("checks/disagreements/", checks_pages.disagreements, name="checks_disagreements"),
    path("checks/disagreements/<int:check_id>/", checks_pages.disagreement, name="checks_disagreement"),
    path("checks/known/", gold_pages.index, name="checks_gold"),
    path("checks/known/<int:gold_id>/retire", gold_pages.retire, name="checks_gold_retire"),
    path("checks/reviews/", qa_pages.index, name="checks_qa"),
    path("checks/reviews/draw", qa_pages.draw, name="checks_qa_draw"),
    path("checks/reviews/<uuid:verdict_id>/", qa_pages.review, name="checks_qa_review"),
    path("checks/mine/", qa_pages.own, name="checks_mine"),
    path("checks/mine/<int:review_id>/contest", qa_pages.contest, name="checks_contest"),
]
