"""Policies: what is in force, what is being drafted, what would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.roles import Role
from console.common.errors import Conflict, DomainError, Invalid, NotFound
from console.policies.differences import differences
from console.policies.models import PolicyVersion
from console.policies.selectors import document_of, policies_list, policy_version, policy_versions
from console.policies.services import policy_activate, policy_discard, policy_draft, policy_edit
from console.training.selectors import champion
from console.ui.access import page_for, person
from console.ui.models_pages import OWNERS, frame, kind_or_404
from console.ui.policy_form import document_from, errors_elsewhere, groups_of
from console.ui.problems import sentence_of
from scoring.policy import PolicyDocument, Threshold

READERS = (Role.MODERATOR, Role.LEAD, Role.POLICY, Role.ADMIN)
DRAFT = PolicyVersion.State.DRAFT
Errors = Mapping[str, Sequence[str]]


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    rows = []
    for policy in policies_list():
        versions = sorted(policy.versions.all(), key=lambda v: -v.number)
        active = next((v for v in versions if v.state == PolicyVersion.State.ACTIVE), None)
        drafts = [v for v in versions if v.state == DRAFT]
        rows.append({"policy": policy, "active": active, "drafts": drafts, "document": document_of(active) if active else None})
    return render(request, "policies/list.html", {"rows": rows})


@require_safe
@page_for(*READERS)
def show_kind(request: HttpRequest, name: str) -> HttpResponse:
    kind_or_404(name)
    active = policy_versions(name).filter(state=PolicyVersion.State.ACTIVE).first() or policy_versions(name).first()
    if active is None:
        raise Http404("There is no policy for this kind.")
    return redirect("policies:version", name, active.number)


def _version(name: str, number: int) -> PolicyVersion:
    try:
        return policy_version(name, number)
    except NotFound as error:
        raise Http404(str(error)) from error


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*READERS)
def show_version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Read a version; a draft can be edited here by those who write policy."""
    kind, version = kind_or_404(name), _version(name, number)
    context = frame(request, kind)
    if request.method == "POST":
        if not context["may_change"]:
            return render(request, "403.html", {"exception": "Policies are written by policy and admin."}, status=403)
        return _save(request, version, context)
    if version.state == DRAFT and context["may_change"]:
        return _editor(request, version, context, raw=version.document, errors={})
    return render(request, "policies/version.html", {**context, **_readable(version)})


def _readable(version: PolicyVersion) -> dict[str, Any]:
    document = document_of(version)
    active = policy_versions(version.policy.kind).filter(state=PolicyVersion.State.ACTIVE).first()
    bands = [_band(t, document) for t in document.thresholds]
    changed = differences(document_of(active), document) if active and active != version else []
    versions = policy_versions(version.policy.kind)[:30]
    return {"version": version, "document": document, "bands": bands, "active": active, "changed": changed, "versions": versions}


def _band(threshold: Threshold, document: PolicyDocument) -> dict[str, Any]:
    """Widths of a bar of 100: what is allowed, what goes to people, what is enforced, by how likely it breaks a rule."""
    acts = document.automation == "demo"
    allow = 100 * (threshold.allow or 0.0)
    enforce = 100 * (1 - threshold.enforce) if threshold.enforce is not None else 0.0
    title = "Any label" if threshold.label == "risk" else threshold.label.replace("_", " ").capitalize()
    return {
        "title": title, "threshold": threshold, "acts": acts, "allow": f"{allow:.1f}", "people": f"{100 - allow - enforce:.1f}",
        "enforce": f"{enforce:.1f}", "enforce_at": f"{100 - enforce:.1f}",
    }  # fmt: skip


def _editor(
    request: HttpRequest, version: PolicyVersion, context: Mapping[str, Any], *, raw: Mapping[str, Any], errors: Errors, status: int = 200
) -> HttpResponse:
    groups = groups_of(raw, errors)
    serving = champion(version.policy.kind)
    context = {
        **context, **_readable(version), "groups": groups, "elsewhere": errors_elsewhere(errors, groups), "wrong": bool(errors),
        "seen": request.POST.get("seen") or version.checksum, "serving": serving,
    }  # fmt: skip
    return render(request, "policies/editor.html", context, status=status)


def _save(request: HttpRequest, version: PolicyVersion, context: Mapping[str, Any]) -> HttpResponse:
    name, number = version.policy.kind, version.number
    raw = document_from(request.POST.dict(), name)
    try:
        saved = policy_edit(version_id=version.pk, document=raw, user=person(request), seen=request.POST.get("seen") or None)
        if request.POST.get("then") == "activate":
            policy_activate(version_id=version.pk, user=person(request), seen=saved.checksum)
            messages.success(request, f"Version {number} is in force. Decisions made from now on follow it.")
        else:
            messages.success(request, "The draft is saved.")
    except Invalid as error:
        return _editor(request, version, context, raw=raw, errors=error.fields, status=422)
    except Conflict as error:
        return _editor(request, version, context, raw=raw, errors={"document": [str(error)]}, status=409)
    return redirect("policies:version", name, number)


@require_POST
@page_for(*OWNERS)
def draft(request: HttpRequest, name: str) -> HttpResponse:
    """From the active version, or from the one named; the cautious form leaves everything to people."""
    kind_or_404(name)
    base = request.POST.get("base", "")
    try:
        source = _version(name, int(base)) if base.isdecimal() and len(base) < 9 else None
        version = policy_draft(kind=name, user=person(request), base=source, automation="cautious" not in request.POST)
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return redirect("policies:kind", name)
    return redirect("policies:version", name, version.number)


@require_POST
@page_for(*OWNERS)
def discard(request: HttpRequest, name: str, number: int) -> HttpResponse:
    try:
        policy_discard(version_id=_version(name, number).pk, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, f"Draft {number} is thrown away.")
    return redirect("policies:kind", name)
