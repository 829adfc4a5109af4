"""How content looks to a person, which keys they use, what they leave out; and what the organisation decides of it.

A person's own choices are theirs: they leave no row in the audit trail, which others read. What the organisation changes does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.day import days_forget
from console.accounts.models import CareRules, Preferences, User
from console.audit.services import audit_append
from console.common.errors import Invalid

LOOKS = {"blur": "blur", "grey": "grey", "mute": "silence", "edge": "the edge view"}  # each is the careful choice when it is on
LOOSE = tuple(name for name in LOOKS if name != "blur")  # nothing graphic is clear before somebody asks: that is no choice
LIGHTER_MINUTES = 60
MINUTES = ("serious_minutes", "severe_minutes", "break_minutes", "break_hard_minutes")
MOST_MINUTES = 480


def care_rules() -> CareRules:
    """The rules in force; the defaults of the product while nobody changed anything."""
    return CareRules.objects.filter(pk=1).first() or CareRules(pk=1)


def preferences_of(user: User) -> Preferences:
    """The person's choices; unsaved defaults when they made none."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)


def is_fixed(name: str, rules: CareRules) -> bool:
    """The organisation has it on and lets nobody switch it off."""
    return name not in LOOSE or bool(getattr(rules, name) and getattr(rules, f"{name}_fixed"))


def look_of(name: str, rules: CareRules, own: Preferences) -> bool:
    """The person's choice, unless it is loosening what the organisation holds fixed."""
    house: bool = name not in LOOSE or getattr(rules, name)
    chosen: bool | None = getattr(own, name)
    return house if chosen is None or is_fixed(name, rules) else chosen


def looks_of(rules: CareRules, own: Preferences) -> dict[str, bool]:
    return {name: look_of(name, rules, own) for name in LOOKS}


def preferences_change(*, user: User, changes: Mapping[str, Any]) -> None:
    """Keep the person's own choices. Raises Invalid in words where the organisation does not leave the choice."""
    rules = care_rules()
    refused = {
        name: [f"Your organisation keeps {words} on for everybody."]
        for name, words in LOOKS.items()
        if changes.get(name) is False and is_fixed(name, rules)
    }
    if changes.get("avoid") and not rules.may_avoid:
        refused["avoid"] = ["Your organisation does not let people leave out categories. Skip what is too much; nobody counts it."]
    if refused:
        raise Invalid(refused)
    Preferences.objects.update_or_create(user=user, defaults=dict(changes))
    days_forget(user)


@transaction.atomic
def category_avoid(*, user: User, labels: Collection[str]) -> None:
    """Leave out a category more: cases of these labels. Raises Invalid where the organisation does not let people."""
    Preferences.objects.get_or_create(user=user)
    own = Preferences.objects.select_for_update().get(user=user)
    preferences_change(user=user, changes={"avoid": list(dict.fromkeys([*own.avoid, *labels]))})


def lighter_start(*, user: User) -> None:
    """Only mild cases for an hour."""
    Preferences.objects.update_or_create(user=user, defaults={"lighter_until": Now() + timedelta(minutes=LIGHTER_MINUTES)})
    days_forget(user)


def lighter_stop(*, user: User) -> None:
    Preferences.objects.filter(user=user).update(lighter_until=None)
    days_forget(user)


@transaction.atomic
def care_rules_change(*, actor: User, changes: Mapping[str, bool | int]) -> None:
    """What the organisation decides. Raises Invalid for figures out of range; the audit row names what changed."""
    _figures_check(changes)
    CareRules.objects.get_or_create(pk=1)
    rules = CareRules.objects.select_for_update().get(pk=1)
    changed = {name: value for name, value in changes.items() if getattr(rules, name) != value}
    if not changed:
        return
    CareRules.objects.filter(pk=1).update(**changed)
    days_forget()
    audit_append(actor=f"user:{actor.get_username()}", verb="care.rules_changed", subject="care:rules", data=changed)


def _figures_check(changes: Mapping[str, bool | int]) -> None:
    wrong: dict[str, Sequence[str]] = {}
    for name in MINUTES:
        if name in changes and not 1 <= changes[name] <= MOST_MINUTES:
            wrong[name] = [f"From 1 to {MOST_MINUTES} minutes."]
    if "day_starts" in changes and not 0 <= changes["day_starts"] <= 23:
        wrong["day_starts"] = ["An hour from 0 to 23."]
    if changes.get("severe_minutes", 0) > changes.get("serious_minutes", MOST_MINUTES):
        wrong["severe_minutes"] = ["Severe content is part of the first figure, so this cannot be more."]
    if wrong:
        raise Invalid(wrong)
