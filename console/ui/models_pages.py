"""Models: which version serves a kind, and how a new one compares."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role, user_has_role
from console.common.errors import DomainError
from console.training.models import ModelVersion
from console.training.selectors import model_versions
from console.ui.access import page_for
from console.ui.compared import compared_rows, label_rows
from console.ui.markdown import card_html
from console.ui.problems import sentence_of
from scoring.kind import Kind
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
OWNERS = (Role.POLICY, Role.ADMIN)  # train and schedule
NEWEST = 20


def kind_or_404(name: str) -> Kind:
    if name not in KINDS:
        raise Http404(f"There is no kind {name}.")
    return KINDS[name]


def may_change(request: HttpRequest) -> bool:
    return any(user_has_role(request.user, role) for role in OWNERS)


def frame(request: HttpRequest, kind: Kind) -> dict[str, Any]:
    """What every page of a kind shows around it."""
    may_promote = user_has_role(request.user, Role.ADMIN)
    return {"kind": kind, "kinds": KINDS.values(), "may_change": may_change(request), "may_promote": may_promote}


@require_safe
@never_cache
@page_for(*READERS)
def show_kind(request: HttpRequest, name: str) -> HttpResponse:
    kind = kind_or_404(name)
    versions = list(model_versions(name).defer("card")[:NEWEST])
    serving = (
        next((v for v in versions if v.state == ModelVersion.State.CHAMPION), None)
        or model_versions(name).filter(state=ModelVersion.State.CHAMPION).first()
    )
    newest = versions[0] if versions and versions[0] != serving and versions[0].comparison.get("metrics") else None
    context = {
        **frame(request, kind), **compared_context(newest), "versions": versions, "serving": serving, "challenger": newest,
    }  # fmt: skip
    return render(request, "models/kind.html", context)


def compared_context(version: ModelVersion | None) -> dict[str, Any]:
    comparison = version.comparison if version else {}
    return {"rows": compared_rows(comparison), "labels": label_rows(comparison), "compared": comparison}


@require_safe
@never_cache
@page_for(*READERS)
def show_version(request: HttpRequest, name: str, version: str) -> HttpResponse:
    kind = kind_or_404(name)
    found = model_versions(name).filter(version=version).first()
    if found is None:
        raise Http404(f"There is no version {version} of {kind.words.many}.")
    context = {
        **frame(request, kind), **compared_context(found), "version": found, "card": card_html(found.card),
        "serving": model_versions(name).filter(state=ModelVersion.State.CHAMPION).first(), "run": found.runs.first(),
    }  # fmt: skip
    return render(request, "models/version.html", context)


def back_to(request: HttpRequest, address: str, done: str = "", error: DomainError | None = None) -> HttpResponse:
    if error is not None:
        messages.error(request, sentence_of(error))
    elif done:
        messages.success(request, done)
    return HttpResponseRedirect(address)
