"""Reads: which policy is active, and its versions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import QuerySet

from console.common.errors import NotFound, Unavailable
from console.policies.models import Policy, PolicyVersion
from scoring.policy import PolicyDocument


def active_policy(kind: str) -> tuple[PolicyVersion, PolicyDocument]:
    """The version in force and its document. Raises Unavailable when the kind has none.

    The version is read each time (one indexed row), so an activation counts at once in every process; the document,
    which never changes, is parsed once for each checksum.
    """
    version = (
        PolicyVersion.objects.filter(policy__kind=kind, state=PolicyVersion.State.ACTIVE).select_related("policy").defer("document").first()
    )
    if version is None:
        raise Unavailable(f"There is no active policy for {kind}.", code="no_policy")
    return version, _documents.get(version)


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
