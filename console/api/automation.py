"""What the machine decides alone: limits, certificates and the work that is left, for machine clients. Limits are set in the browser."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.accounts.models import Source
from console.api.automation_bodies import AutomationOut, BandSliceOut, CertificatePage
from console.api.base import OWNERS, Answer, ApiView
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.automation.certificates import certificate_valid, look_at
from console.automation.estimates import week_estimates
from console.automation.evidence import open_audits
from console.automation.models import AutomationRule, Certificate
from console.automation.rules import rules_of
from console.common.errors import Invalid
from console.policies.selectors import active_policy
from scoring.audits import Estimate
from scoring.registry import KINDS
from scoring.withheld import SOURCE

_KIND = OpenApiParameter("kind", str, enum=list(KINDS), required=True)
GIVEN_BACK = "A person gave it back."  # in place of what that person wrote
_ONE_KIND = OpenApiParameter("kind", str, enum=list(KINDS))


def certificate_row(row: Certificate, source: Source | None) -> dict[str, Any]:
    """A token bound to a source is told of no other."""
    slices = [one for one in row.slices.all() if one.cut != SOURCE or source is None or one.name == source.slug]
    return {
        "id": row.pk, "kind": row.kind, "label": row.label, "side": row.side, "cut": row.cut, "name": row.name, "basis": row.basis,
        "method": row.method, "risk": row.risk, "confidence": row.confidence, "model": row.model,
        "policy_version": row.policy_version.number, "threshold": row.threshold, "audits": row.audits, "of": row.of, "wrong": row.wrong,
        "upper": row.upper, "coverage": row.coverage, "made_at": row.made_at, "ends_at": row.ends_at, "state": row.state,
        "ended_at": row.ended_at, "why": GIVEN_BACK if source and row.state == Certificate.State.WITHDRAWN else row.why,
        "slices": [{name: getattr(one, name) for name in BandSliceOut.model_fields} for one in slices],
    }  # fmt: skip


def _kind(request: Request, *, required: bool) -> str:
    kind = request.query_params.get("kind", "")
    if kind not in KINDS and (kind or required):
        raise Invalid({"kind": [f"Name a kind: {', '.join(KINDS)}."]})
    return kind


def _band(rule: AutomationRule, source: Source | None) -> dict[str, Any]:
    valid = certificate_valid(rule)
    looked = look_at(rule)
    proof = looked.proof if looked else None
    return {
        "label": rule.label, "side": rule.side, "cut": rule.cut, "name": rule.name, "risk": rule.risk, "confidence": rule.confidence,
        "basis": rule.basis, "is_on": rule.is_on,
        "certificate": certificate_row(valid, source) if valid else None, "audits": proof.audits if proof else 0,
        "missing": proof.missing if proof and not valid else None, "floor": proof.floor if proof else None,
    }  # fmt: skip


def _told(rule: AutomationRule, source: Source | None) -> bool:
    return source is None or rule.cut != SOURCE or rule.name == source.slug


def _range(found: Estimate | None) -> dict[str, float] | None:
    return {"value": found.value, "low": found.low, "high": found.high} if found else None


class Automation(ApiView):
    roles = {"GET": OWNERS}

    @described("What the machine decides alone, by which proof, and what this week's audits say", {200: AutomationOut}, tag="automation",
               name="automation_get", problems=[400], parameters=[_KIND])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        kind, source = _kind(request, required=True), self.caller().source
        document = active_policy(kind)[1]
        week = week_estimates(kind=kind, document=document)
        found = {
            name: _range(getattr(week, name)) for name in ("wrongly_allowed", "wrongly_enforced", "missed", "found", "harm")
        }  # fmt: skip
        return Answer({
            "kind": kind, "automation": document.automation,
            "bands": [_band(rule, source) for rule in rules_of(kind) if _told(rule, source)],
            "waiting": open_audits(kind), "week": {"since": week.since, "until": week.until, "audits": week.audits, **found},
        })  # fmt: skip


class Certificates(ApiView):
    roles = {"GET": OWNERS}

    @described("Certificates, newest first; those that ended with the reason", {200: CertificatePage}, tag="automation",
               name="certificates_list", problems=[400], parameters=[_ONE_KIND, *CURSOR])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        kind = _kind(request, required=False)
        rows = Certificate.objects.select_related("policy_version").filter(**({"kind": kind} if kind else {})).prefetch_related("slices")
        source = self.caller().source
        rows = rows if source is None else rows.exclude(Q(cut=SOURCE) & ~Q(name=source.slug))
        return Answer(page_by_id(request, rows, partial(certificate_row, source=source)))
