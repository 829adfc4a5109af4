"""What a person chooses for themselves: how content looks, what they leave out, their keys."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.care import LOOKS, care_rules, is_fixed, looks_of, preferences_change, preferences_of
from console.common.errors import Invalid
from console.ui.access import page_for, person
from console.ui.categories import categories
from console.ui.keys import key_rows, own_keys

WORDS = {
    "blur": ("Blur", "Pictures and films stay blurred until you look, for everybody"),
    "grey": ("Grey", "They open in grey, until you ask for colour"),
    "mute": ("Silent", "Films open without sound"),
    "edge": ("Edges", "They open as a drawing of edges"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for()
def settings(request: HttpRequest) -> HttpResponse:
    """How content looks, motion, and categories to leave out."""
    user = person(request)
    rules, own = care_rules(), preferences_of(user)
    error: Invalid | None = None
    if request.method == "POST":
        # What is as the organisation has it follows the organisation; a fixed choice has no switch that could be sent.
        given = {name: name in request.POST for name in LOOKS if not is_fixed(name, rules)}
        changes = {name: None if on == getattr(rules, name) else on for name, on in given.items()}
        wanted = request.POST.getlist("avoid")
        avoid = sorted({label for _, rows in categories() for row in rows if row.name in wanted for label in row.labels})
        try:
            preferences_change(user=user, changes={**changes, "motion": "motion" in request.POST, "avoid": avoid})
            messages.success(request, "Kept.")
            return HttpResponseRedirect(reverse("ui:preferences"))
        except Invalid as refused:
            error = refused
    looks = [
        {
            "name": name, "title": WORDS[name][0], "help": WORDS[name][1], "on": on,
            "fixed": is_fixed(name, rules),
        }
        for name, on in looks_of(rules, own).items()
    ]  # fmt: skip
    left_out = [row.name for _, rows in categories() for row in rows if set(row.labels) <= set(own.avoid)]
    context = {"looks": looks, "own": own, "rules": rules, "categories": categories(), "left_out": left_out, "error": error}
    return render(request, "wellbeing/settings.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for()
def keys(request: HttpRequest) -> HttpResponse:
    """Another key for any action, or none. Two actions with one key are refused in words, and nothing that was written is lost."""
    user = person(request)
    if request.method == "POST" and "reset" in request.POST:
        preferences_change(user=user, changes={"keys": {}})
        messages.success(request, "The keys are as they came.")
        return HttpResponseRedirect(reverse("ui:keys"))
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        wanted = {name.removeprefix("key:"): str(text) for name, text in request.POST.items() if name.startswith("key:")}
        try:
            preferences_change(user=user, changes={"keys": own_keys(wanted)})
            messages.success(request, "Kept. The caps on the buttons show your keys.")
            return HttpResponseRedirect(reverse("ui:keys"))
        except Invalid as refused:
            errors = refused.fields
    groups = [
        (title, [{"row": row, "value": request.POST.get(f"key:{row.key}", row.cap), "errors": errors.get(row.key, [])} for row in rows])
        for title, rows in key_rows(preferences_of(user).keys)
    ]
    return render(request, "wellbeing/keys.html", {"groups": groups, "errors": errors}, status=422 if errors else 200)


@require_POST
@page_for()
def single_keys(request: HttpRequest) -> HttpResponse:
    """Whether single keys act at all: in every browser that this person uses."""
    preferences_change(user=person(request), changes={"single_keys": "on" in request.POST})
    return HttpResponse(status=204)
