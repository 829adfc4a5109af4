"""Writes: the life of a policy version, draft -> active -> retired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, NotFound
from console.policies.documents import cautious, read_document
from console.policies.models import Policy, PolicyVersion
from console.policies.selectors import document_of
from scoring.policy import PolicyDocument, read_policy
from scoring.registry import KINDS

State = PolicyVersion.State


def policy_ensure_defaults(*, automation: bool = True) -> list[str]:
    """Give every kind without a policy the one it ships with, active at once; returns the kinds that got one.

    With automation=False the shipped policy is made cautious first: people decide everything.
    """
    made = []
    for kind in KINDS.values():
        document = read_policy(kind.policy)
        with transaction.atomic():
            policy, _ = Policy.objects.get_or_create(kind=kind.name, defaults={"title": document.title})
            Policy.objects.select_for_update().get(pk=policy.pk)
            if policy.versions.exists():
                continue
            document = document if automation else cautious(document)
            version = _create(policy, document, user=None, state=State.ACTIVE, activated_at=Now())
            audit_append(actor="system", verb="policy.activated", subject=_subject(version), data={"checksum": version.checksum})
            made.append(kind.name)
    return made


def policy_draft(*, kind: str, user: User, base: PolicyVersion | None = None, automation: bool = True) -> PolicyVersion:
    """A new draft, copied from `base` or from the active version. automation=False makes the cautious form of it."""
    with transaction.atomic():
        policy = Policy.objects.select_for_update().filter(kind=kind).first()
        if policy is None:
            raise NotFound(f"There is no policy for {kind}.")
        source = base or policy.versions.filter(state=State.ACTIVE).first()
        if source is None or source.policy_id != policy.pk:
            raise Conflict(f"There is no version of the {kind} policy to start from.")
        document = document_of(source)
        version = _create(policy, document if automation else cautious(document), user=user, note=f"From version {source.number}")
        audit_append(actor=f"user:{user.username}", verb="policy.drafted", subject=_subject(version), data={"base": source.number})
    return version


def policy_edit(*, version_id: int, document: Mapping[str, Any], user: User, seen: str | None = None) -> PolicyVersion:
    """Save a draft. `seen` is the checksum that the editor started from: somebody else's save in between is a Conflict.

    Raises Invalid with field paths when the document cannot be saved.
    """
    with transaction.atomic():
        version = _locked(version_id)
        parsed = read_document(document, kind=version.policy.kind)
        rows = PolicyVersion.objects.filter(pk=version.pk, state=State.DRAFT, checksum=seen or version.checksum)
        if not rows.update(document=parsed.model_dump(mode="json"), checksum=parsed.checksum):
            raise Conflict(_no_draft(version, "saved"))
        audit_append(actor=f"user:{user.username}", verb="policy.edited", subject=_subject(version), data={"checksum": parsed.checksum})
    version.refresh_from_db()
    return version


def policy_activate(*, version_id: int, user: User, seen: str | None = None) -> PolicyVersion:
    """Put a draft into force; the active version retires. Decisions made from now on name it."""
    with transaction.atomic():
        version = _locked(version_id)
        document = read_document(version.document, kind=version.policy.kind)
        if document.checksum != version.checksum:
            raise Conflict("The draft does not have the checksum that was saved with it. Save it again.")
        old = version.policy.versions.filter(state=State.ACTIVE).first()
        PolicyVersion.objects.filter(policy=version.policy, state=State.ACTIVE).update(state=State.RETIRED)
        draft = PolicyVersion.objects.filter(pk=version.pk, state=State.DRAFT, checksum=seen or version.checksum)
        if not draft.update(state=State.ACTIVE, activated_by=user, activated_at=Now()):
            raise Conflict(_no_draft(version, "activated"))
        Policy.objects.filter(pk=version.policy_id).update(title=document.title)
        data = {"checksum": version.checksum, "replaces": old.number if old else None, "automation": document.automation}
        audit_append(actor=f"user:{user.username}", verb="policy.activated", subject=_subject(version), data=data)
    version.refresh_from_db()
    return version


def policy_discard(*, version_id: int, user: User) -> None:
    """Throw a draft away. What has been active stays for ever."""
    with transaction.atomic():
        version = _locked(version_id)
        if not PolicyVersion.objects.filter(pk=version.pk, state=State.DRAFT).delete()[0]:
            raise Conflict(_no_draft(version, "discarded"))
        audit_append(actor=f"user:{user.username}", verb="policy.discarded", subject=_subject(version))


def _create(policy: Policy, document: PolicyDocument, *, user: User | None, **values: Any) -> PolicyVersion:
    """The caller holds the lock on the policy, so numbers do not collide."""
    number = (policy.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    raw = document.model_dump(mode="json")
    return PolicyVersion.objects.create(policy=policy, number=number, document=raw, checksum=document.checksum, created_by=user, **values)


def _locked(version_id: int) -> PolicyVersion:
    """The version as it is now, with its policy locked: drafts of one policy are activated one after the other."""
    version = PolicyVersion.objects.select_related("policy").filter(pk=version_id).first()
    if version is None:
        raise NotFound("This policy version is not there any more.")
    Policy.objects.select_for_update().get(pk=version.policy_id)
    version.refresh_from_db()
    return version


def _no_draft(version: PolicyVersion, done: str) -> str:
    if version.state == State.DRAFT:
        return f"Somebody else changed this draft, so it was not {done}. Open it again to see the change."
    return f"Version {version.number} is {version.state}, so it cannot be {done}."


def _subject(version: PolicyVersion) -> str:
    return f"policy:{version.policy.kind}@{version.number}"
