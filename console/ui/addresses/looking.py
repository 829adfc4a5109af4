"""A look at masked data."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import looking_pages

pages: list[URLPattern | URLResolver] = [path("cases/<uuid:case_id>/unmask", looking_pages.unmask, name="unmask")]
