"""Tags of search and author pages: masked text, addresses of accounts, what is alike and why, what was decided before."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse

from console.accounts.roles import roles_of
from console.cases.selectors import kinds_closed_to
from console.insights.search.filters import Viewer
from console.insights.search.similar import Likeness, similar_decided
from console.insights.told import decisions_told
from console.intake.models import Item
from console.ui.keys_in_words import KEY_WORDS
from scoring.registry import KINDS
from scoring.text.masking import mask

register = template.Library()


@register.filter
def masked(text: str) -> str:
    """Personal data in a line of a list by its kind: "[email]". Whoever must see it opens the item."""
    return mask(text or "")


@register.filter
def shown(text: str, unmasked: bool) -> str:
    return text if unmasked else mask(text)


@register.filter
def kind_word(kind: str) -> str:
    return KINDS[kind].words.one if kind in KINDS else kind


@register.simple_tag
def author_url(item: Item) -> str:
    """The page of the account that an item names; `item.source` is loaded."""
    return reverse("ui:author", args=[item.source.slug, item.actor_id])


@register.inclusion_tag("items/shared_with.html")
def shared_with(likeness: Likeness, item: Item) -> dict[str, Any]:
    """What this result shares with the item it is like, in words."""
    return {"shared": [KEY_WORDS.get(name, name) for name in likeness.shared.get(item.pk, ())]}


@register.simple_tag(takes_context=True)
def decided_before(context: Context, item: Item) -> dict[str, Any]:
    """The decided items of the same kind that are most alike, with how they ended. Only for where the evidence is shown."""
    user = context["request"].user
    viewer = Viewer(user=user, roles=roles_of(user), closed_kinds=kinds_closed_to(user))
    found = similar_decided(item, viewer)
    told = decisions_told([i.pk for i in found.items], user, viewer.roles)
    return {"how": found.how, "rows": [{"item": i, "decision": told[i.pk]} for i in found.items if i.pk in told]}
