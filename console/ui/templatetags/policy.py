"""`{% load policy %}`: parts of the case page that hang on the version of the policy alone."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from console.policies.models import PolicyVersion
from console.ui.screen import policy_parts
from scoring.policy import PolicyDocument

register = template.Library()


@register.simple_tag
def by_policy(name: str, version: PolicyVersion, document: PolicyDocument) -> SafeString:
    """The template of this name, drawn once for each version: they are immutable, and drawing them is a fifth of a case page."""
    return _drawn(name, _Version(version, document))


class _Version:
    """A version and its document; equal where the rows are."""

    def __init__(self, row: PolicyVersion, document: PolicyDocument) -> None:
        self.row, self.document = row, document
        self._key = (row.pk, row.checksum, row.activated_at)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Version) and self._key == other._key


@lru_cache(maxsize=64)
def _drawn(name: str, version: _Version) -> SafeString:
    return render_to_string(name, {"version": version.row, "policy": version.document, **policy_parts(version.document)})
