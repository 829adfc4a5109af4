"""`{% gate_report version as report %}`: what the gates found of a version, or nothing."""

from __future__ import annotations

from django import template

from console.training.models import ModelVersion
from console.ui.gate_view import View, gate_view

register = template.Library()


@register.simple_tag
def gate_report(version: ModelVersion | None) -> View | None:
    return gate_view(version.comparison) if version else None
