"""What people do about serving: propose, agree, send back, try in shadow or in steps, stop, verify. Each is one post and a way back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from console.accounts.roles import Role, user_has_role
from console.common.errors import DomainError, Invalid
from console.training.models import ModelVersion, Promotion, Trial
from console.training.selectors import model_versions
from console.training.services import (
    canary_finish,
    canary_pace,
    canary_step,
    model_agree,
    model_confirm,
    model_promote,
    model_rollback,
    model_send_back,
    model_withdraw,
    shadow_start,
    trial_end,
    versions_verify,
)
from console.training.trials import canary_open
from console.training.whole import versions_kept
from console.ui.access import page_for, person
from console.ui.models_pages import OWNERS, kind_or_404
from console.ui.problems import sentence_of


def _do(request: HttpRequest, address: str, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return HttpResponseRedirect(address)


def _version(name: str, version: str) -> ModelVersion:
    kind_or_404(name)
    found = model_versions(name).filter(version=version).first()
    if found is None:
        raise Http404("There is no such version.")
    return found


def _place(version: ModelVersion) -> str:
    return reverse("models:version", args=[version.kind, version.version])


def _admins_only(request: HttpRequest) -> None:
    if not user_has_role(request.user, Role.ADMIN):
        raise PermissionDenied("This is for admins.")


def _whole(request: HttpRequest, name: str) -> int:
    try:
        return int(request.POST.get(name, ""))
    except ValueError as error:
        raise Invalid({name: ["Write a whole number."]}) from error


@require_POST
@page_for(*OWNERS)
def promote(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """Propose, agree as the second person, or override."""
    found, override = _version(name, version), "override" in request.POST
    if override:
        _admins_only(request)

    def act() -> str:
        model_promote(
            version=found, user=person(request), reason=request.POST.get("reason", ""), override=override,
            way=request.POST.get("way", "at_once"), despite="despite" in request.POST,
        )  # fmt: skip
        return _said(found)

    return _do(request, _place(found), act)


def _said(version: ModelVersion) -> str:
    if version.state == ModelVersion.State.CHAMPION:
        return f"{version.version} serves now. The workers take it at their next batch."
    canary = canary_open(version.kind)
    if canary is not None and canary.version_id == version.pk:
        return f"{version.version} decides {canary.share} in 100 items now."
    return f"{version.version} is proposed. Somebody else has to agree."


@require_POST
@page_for(*OWNERS)
def answer(request: HttpRequest, name: str, promotion_id: int) -> HttpResponse:
    kind_or_404(name)
    found = get_object_or_404(Promotion.objects.select_related("version", "proposed_by", "decided_by"), pk=promotion_id, kind=name)
    what, note, user = request.POST.get("what", ""), request.POST.get("note", ""), person(request)

    def act() -> str:
        if what == "agree":
            model_agree(promotion=found, user=user, note=note)
            found.version.refresh_from_db()
            return _said(found.version)
        if what == "send_back":
            model_send_back(promotion=found, user=user, note=note)
            return "Sent back. Who proposed it reads why on this page."
        if what == "confirm":
            model_confirm(promotion=found, user=user)
            return "Confirmed. The alert is over."
        model_withdraw(promotion=found, user=user)
        return "The proposal is taken back."

    return _do(request, _place(found.version), act)


@require_POST
@page_for(*OWNERS)
def shadow(request: HttpRequest, name: str, version: str) -> HttpResponse:
    found = _version(name, version)

    def act() -> str:
        trial = shadow_start(version=found, user=person(request), share=_whole(request, "share"))
        return f"{version} scores {trial.share} in 100 items beside what serves. It decides nothing."

    return _do(request, _place(found), act)


@require_POST
@page_for(*OWNERS)
def trial(request: HttpRequest, name: str, trial_id: int) -> HttpResponse:
    """Step, pace and finish are an admin's; ending a trial is always safe."""
    found = get_object_or_404(Trial.objects.select_related("version", "promotion__decided_by"), pk=trial_id, kind=name)
    what, user = request.POST.get("what", ""), person(request)
    if what != "end":
        _admins_only(request)

    def act() -> str:
        if what == "end":
            trial_end(trial=found, user=user, why=request.POST.get("why", ""))
            return f"{found.version.version} decides nothing any more." if found.mode == Trial.Mode.CANARY else "The shadow has ended."
        if what == "pace":
            canary_pace(
                trial=found, user=user, automatic="automatic" in request.POST, min_items=_whole(request, "min_items"),
                min_hours=_whole(request, "min_hours"),
            )  # fmt: skip
            return "Saved."
        if what == "finish":
            canary_finish(trial=found, user=user)
            return f"{found.version.version} serves now."
        share = _whole(request, "share")
        canary_step(trial=found, share=share, user=user)
        return f"It decides {share} in 100 items now."

    return _do(request, _place(found.version), act)


@require_POST
@page_for(Role.ADMIN)
def rollback(request: HttpRequest, name: str) -> HttpResponse:
    kind_or_404(name)

    def act() -> str:
        version = model_rollback(kind=name, user=person(request), reason=request.POST.get("reason", ""))
        return (
            f"{version.version} serves again. Certificates belong to a version: those of the one that left end, "
            "and where this one has none, people decide."
        )

    return _do(request, reverse("models:kind", args=[name]), act)


@require_POST
@page_for(*OWNERS)
def verify(request: HttpRequest, name: str) -> HttpResponse:
    kind_or_404(name)

    def act() -> str:
        found = versions_verify(versions_kept(name), user=person(request), by_hand=True)
        damaged = [one.version.version for one in found if one.error]
        if damaged:
            raise Invalid({"files": [f"Damaged: {', '.join(damaged)}. They score nothing until their files are whole again."]})
        return f"All {len(found)} versions are whole: every file is what was registered."

    return _do(request, reverse("models:kind", args=[name]), act)
