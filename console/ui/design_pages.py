"""The design system on one page: every token and every part with its states, drawn from the templates that the product uses."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.accounts.roles import Role
from console.ui.access import page_for
from console.ui.help_pages import TOPICS
from console.ui.icons import ICONS

_COLOUR = re.compile(r"^\s*--([\w-]+): light-dark\((#\w+), (#\w+)\);", re.MULTILINE)
_LENGTH = re.compile(r"^\s*--((?:s-\d|size-\w+|r-\w+|control[\w-]*)): ([\d.]+(?:rem|px));", re.MULTILINE)


@cache
def _tokens() -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """(name, light, dark) of each colour and (name, length) of each size, as the style sheet has them: nothing is written twice."""
    text = (Path(settings.BASE_DIR) / "templates/static/tokens.css").read_text("utf-8")
    colours: dict[str, tuple[str, str, str]] = {}
    for name, light, dark in _COLOUR.findall(text):
        colours.setdefault(name, (name, light, dark))  # later ones are for high contrast
    return list(colours.values()), _LENGTH.findall(text)


@require_safe
@page_for(Role.LEAD, Role.POLICY, Role.ADMIN)
def design(request: HttpRequest) -> HttpResponse:
    colours, lengths = _tokens()
    context = {"topics": TOPICS.items(), "topic": "design", "title": "Design", "colours": colours, "lengths": lengths, "icons": ICONS}
    return render(request, "docs/design.html", context)
