"""What the machine decides alone."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import automation_pages as pages_of

pages: list[URLPattern | URLResolver] = [
    path("automation/", pages_of.index, name="automation"),
    path("automation/<slug:name>/", pages_of.show_kind, name="automation_kind"),
    path("automation/<slug:name>/limit", pages_of.set_limit, name="automation_limit"),
    path("automation/<slug:name>/look", pages_of.look, name="automation_look"),
    path("automation/<slug:name>/withdraw", pages_of.withdraw, name="automation_withdraw"),
    path("automation/<slug:name>/draw", pages_of.draw, name="automation_draw"),
    path("automation/<slug:name>/audits", pages_of.audits, name="automation_audits"),
]
