"""Reads: which policy is active, and its versions."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from console.common.errors import NotFound, Unavailable
from console.common.rows import row
from console.policies.models import Policy, PolicyVersion
from scoring.policy import PolicyDocument


def active_policy(kind: str) -> tuple[PolicyVersion, PolicyDocument]:
    """The version in force and its document. Raises Unavailable when the kind has none.

    Which version it is, is read each time (one indexed row), so an activation counts at once in every process; the version and
    its document, which never change, are read once.
    """
    return policy_found(kind, row(f"SELECT v.id, v.checksum FROM {IN_FORCE}", {"kind": kind}) or ())


# Also for statements that read something else beside it.
IN_FORCE = """
policies_policyversion v JOIN policies_policy p ON p.id = v.policy_id AND p.kind = %(kind)s AND v.state = 'active'
"""


def policy_found(kind: str, found: Sequence[Any]) -> tuple[PolicyVersion, PolicyDocument]:
    """What `v.id, v.checksum` of IN_FORCE stand for. Raises Unavailable for nothing."""
    if not found:
        raise Unavailable(f"There is no active policy for {kind}.", code="no_policy")
    version = _version(*found)
    return copy(version), _documents.get(version)


@lru_cache(maxsize=128)
def _version(version_id: int, checksum: str) -> PolicyVersion:
    """One that is active: nothing of it changes while it is. The checksum tells it from one of another database with its number."""
    return PolicyVersion.objects.select_related("policy").defer("document").get(pk=version_id)


def active_policies() -> dict[str, PolicyDocument]:
    """The documents in force by kind, with one query."""
    versions = PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).select_related("policy").defer("document")
    return {version.policy.kind: _documents.get(version) for version in versions.order_by("policy__kind")}


class _Documents:
    """Parsed documents by version id and checksum."""

    def __init__(self) -> None:
        self._read = lru_cache(maxsize=128)(self._parse)

    def get(self, version: PolicyVersion) -> PolicyDocument:
        return self._read(version.checksum, version.pk)

    @staticmethod
    def _parse(checksum: str, version_id: int) -> PolicyDocument:
        raw = PolicyVersion.objects.values_list("document", flat=True).get(pk=version_id)
        return PolicyDocument.model_validate(raw)


_documents = _Documents()


def document_of(version: PolicyVersion) -> PolicyDocument:
    return PolicyDocument.model_validate(version.document)


def policies_list() -> Sequence[Policy]:
    return list(Policy.objects.order_by("kind").prefetch_related("versions"))


def policy_versions(kind: str) -> QuerySet[PolicyVersion]:
    """Newest first."""
    return PolicyVersion.objects.filter(policy__kind=kind).select_related("policy", "created_by", "activated_by").order_by("-number")


def policy_version(kind: str, number: int) -> PolicyVersion:
    """Raises NotFound."""
    version = policy_versions(kind).filter(number=number).first()
    if version is None:
        raise NotFound(f"There is no policy version {number} for {kind}.")
    return version
