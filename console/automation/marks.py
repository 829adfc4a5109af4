"""Which marks are proven now: what the pipeline asks before it lets the machine decide alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from django.db.models import QuerySet
from django.db.models.functions import Now

from console.automation.models import Certificate, Side
from console.policies.selectors import document_of, policy_versions
from scoring.policy import PolicyDocument, Threshold

Marks = Mapping[str, Threshold]  # by label
NOTHING: Marks = {}


def certified_marks(kind: str, document: PolicyDocument) -> Mapping[str, Marks]:
    """Of what has no limit of its own, by model, "<kind>@<version>": a certificate says nothing of another model, nor of a policy with
    other clauses. Read each time (one indexed query), so one that ends counts no more from the next batch on. Empty unless the policy
    asks for certificates."""
    if document.automation != "certified":
        return {}
    sides: dict[tuple[str, str], dict[str, float]] = {}
    for row in valid_certificates(kind).filter(standard=standard_of(document), name=""):
        sides.setdefault((row.model, row.label), {})[row.side] = row.threshold
    found: dict[str, dict[str, Threshold]] = {}
    for (model, label), at in sides.items():
        found.setdefault(model, {})[label] = Threshold(label=label, allow=at.get(Side.ALLOW), enforce=at.get(Side.ENFORCE))
    return found


def valid_certificates(kind: str) -> QuerySet[Certificate]:
    return Certificate.objects.filter(kind=kind, state=Certificate.State.VALID, ends_at__gt=Now())


def standard_of(document: PolicyDocument) -> str:
    """Of the clauses alone: what counts as a break. Marks, rules and actions may change without a certificate being worth less."""
    return _standard(document.model_dump_json(include={"clauses"}))


def standard_since(kind: str, document: PolicyDocument) -> datetime | None:
    """Since when the clauses have been what they are: what was said by other clauses proves nothing now. None: there were never others."""
    wanted, since = standard_of(document), None
    for version in policy_versions(kind).filter(activated_at__isnull=False).order_by("-activated_at"):
        if standard_of(document_of(version)) != wanted:
            return since
        since = version.activated_at
    return None


@lru_cache(maxsize=64)
def _standard(text: str) -> str:
    return hashlib.sha256(json.dumps(json.loads(text), sort_keys=True).encode()).hexdigest()
