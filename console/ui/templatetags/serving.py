"""Tags of the pages of models: `{% serving_now kind user as now %}` and the like read what the parts show."""

from __future__ import annotations

from django import template

from console.accounts.models import User
from console.training.models import ModelVersion, Promotion, Trial
from console.ui import serving_screen
from console.ui.serving_screen import Proposal, Serving, Tried
from scoring.kind import Kind
from scoring.registry import KINDS

register = template.Library()


@register.simple_tag
def serving_now(kind: Kind, user: User) -> Serving:
    return serving_screen.serving_of(kind.name, user)


@register.simple_tag
def serving_proposal(version: ModelVersion, user: User) -> Proposal:
    return serving_screen.proposal_of(version, user)


@register.simple_tag
def serving_tried(version: ModelVersion) -> Tried:
    return serving_screen.tried_of(version, KINDS[version.kind])


@register.simple_tag
def serving_history(kind: Kind) -> list[Promotion]:
    return serving_screen.history_of(kind.name)


@register.filter
def trials_now(version: ModelVersion) -> list[Trial]:
    """That are open, of those that may be fetched already."""
    return [trial for trial in version.trials.all() if trial.ended_at is None]


@register.filter
def in_hundred(part: int, whole: int) -> str:
    """"2 in 100", and no more than can be said: "fewer than 1 in 100"."""
    if not whole:
        return "nothing yet"
    share = 100 * part / whole
    if part and share < 1:
        return "fewer than 1 in 100"
    return "all" if part == whole else f"{share:.0f} in 100"
