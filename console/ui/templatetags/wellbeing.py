"""Tags of a person's choices and day. `{% load wellbeing %}` gives the attributes of the page, the keys, the meter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from console.accounts.day import Day
from console.accounts.roles import Role, user_has_role
from console.ui import care
from console.ui.keys import Row, key_rows, pressed_map

register = template.Library()


@register.simple_tag(takes_context=True)
def motion(context: Context) -> SafeString:
    """On <html>: nothing moves for who chose so."""
    found = care.care_of(context["request"]) if "request" in context else None
    return SafeString("" if found is None or found.own.motion else ' data-motion="off"')


@register.simple_tag(takes_context=True)
def care_attributes(context: Context) -> SafeString:
    """On <body>: how media look after they were opened, and the person's own keys. Scripts read them; without them all is careful."""
    found = care.care_of(context["request"]) if "request" in context else None
    if found is None:
        return SafeString("")
    pairs = [(name, "on" if on else "off") for name, on in found.looks.items()]
    pairs.append(("single-keys", "on" if found.own.single_keys else "off"))
    if found.own.keys:
        pairs.append(("keys", json.dumps(pressed_map(found.own.keys))))
    return format_html(" {}", format_html_join(" ", 'data-{}="{}"', pairs))


@register.simple_tag(takes_context=True)
def key_groups(context: Context) -> Sequence[tuple[str, Sequence[Row]]]:
    """The list of keys as this person has them: `{% key_groups as groups %}`."""
    found = care.care_of(context["request"]) if "request" in context else None
    return key_rows({} if found is None else found.own.keys, short=True)


@register.simple_tag(takes_context=True)
def single_keys(context: Context) -> bool:
    found = care.care_of(context["request"]) if "request" in context else None
    return found is None or found.own.single_keys


@register.simple_tag(takes_context=True)
def my_day(context: Context) -> Day | None:
    """The person's own day: `{% my_day as day %}`."""
    return care.day_today(context["request"])


@register.simple_tag(takes_context=True)
def break_due(context: Context) -> bool:
    """Whether a break may be suggested now: never twice in a quarter of an hour."""
    return care.break_is_due(context["request"])


@register.simple_tag(takes_context=True)
def after_skip(context: Context) -> Any:
    """What to offer once after a case distressed the person: {"name", "title"} of its category, "" when it cannot be left out."""
    return context["request"].session.pop(care.AFTER_SKIP, None)


@register.simple_tag(takes_context=True)
def shapes(context: Context) -> bool:
    """Whether the person leads, writes policy or is an admin: who may see how the product is drawn."""
    return any(user_has_role(context["request"].user, role) for role in (Role.LEAD, Role.POLICY, Role.ADMIN))
