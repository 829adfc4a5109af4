"""How the team does."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import team_pages

pages: list[URLPattern | URLResolver] = [path("team/", team_pages.index, name="team")]
