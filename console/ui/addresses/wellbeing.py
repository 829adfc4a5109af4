"""A person's day and choices; those who look after others; what the organisation decides."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import my_day_pages, preferences_pages, wellbeing_pages

pages: list[URLPattern | URLResolver] = [
    path("my-day/", my_day_pages.index, name="my_day"),
    path("my-day/beat", my_day_pages.beat, name="beat"),
    path("my-day/take-break", my_day_pages.take_break, name="take_break"),
    path("my-day/break/", my_day_pages.on_break, name="break"),
    path("my-day/resume", my_day_pages.resume, name="resume"),
    path("my-day/later", my_day_pages.later, name="break_later"),
    path("my-day/lighter", my_day_pages.lighter, name="lighter"),
    path("my-day/leave-out", my_day_pages.leave_out, name="leave_out"),
    path("my-day/finish", my_day_pages.finish, name="finish"),
    path("my-day/finished/", my_day_pages.finished, name="finished"),
    path("my-day/settings/", preferences_pages.settings, name="preferences"),
    path("my-day/keys/", preferences_pages.keys, name="keys"),
    path("my-day/single-keys", preferences_pages.single_keys, name="single_keys"),
    path("wellbeing/", wellbeing_pages.index, name="wellbeing"),
    path("wellbeing/rules/", wellbeing_pages.rules, name="care_rules"),
    path("wellbeing/duty", wellbeing_pages.duty, name="duty"),
    path("wellbeing/people/<str:username>/open", wellbeing_pages.open_person, name="wellbeing_open"),
    path("wellbeing/people/<str:username>/", wellbeing_pages.show_person, name="wellbeing_person"),
]
