"""Which version serves: promote, roll back. One champion per kind by constraint; each change is one transaction."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid
from console.common.ids import uuid7
from console.common.outbox import outbox_put
from console.training.models import ModelVersion
from console.training.runs import actor_name
from console.training.selectors import version_read
from scoring.artifacts import ArtifactError

State = ModelVersion.State


def model_promote(*, version: ModelVersion, user: User | None, reason: str = "", override: bool = False) -> ModelVersion:
    """Let a candidate serve. The workers take it at their next batch.

    A refused version, or one that was compared with another champion than serves now, needs `override` and a reason.
    Raises Conflict when it may not be promoted, Invalid when the reason is missing.
    """
    _whole(version)
    with transaction.atomic():
        kind_lock(version.kind)
        now = ModelVersion.objects.get(pk=version.pk)
        old = ModelVersion.objects.filter(kind=version.kind, state=State.CHAMPION).first()
        _may_serve(now, old, override=override)
        if override and not reason.strip():
            raise Invalid({"reason": ["Say why this version should serve although it was not found better."]})
        if old is not None:
            _leave(old, State.RETIRED)
        rows = ModelVersion.objects.filter(pk=now.pk, state=now.state)
        if not rows.update(state=State.CHAMPION, promoted_at=Now(), promoted_by=user):
            raise Conflict(f"{now.version} was changed by somebody else just now. Look again.")
        _tell(now, old, user=user, verb="model.promoted", reason=reason, override=override)
    version.refresh_from_db()
    return version


def model_rollback(*, kind: str, user: User | None, reason: str = "") -> ModelVersion:
    """Let the champion before this one serve again. The one that is left counts as refused: it needs an override to return.

    Raises Conflict when there is no champion before it, or its files cannot be trusted.
    """
    with transaction.atomic():
        kind_lock(kind)
        old = ModelVersion.objects.filter(kind=kind, state=State.CHAMPION).first()
        before = _before(old) if old else None
        if old is None or before is None:
            raise Conflict(f"There is no earlier model for {kind} to return to.", code="no_earlier_model")
        _whole(before)
        sentence = f"Rolled back to {before.version}" + (f": {reason.strip()}" if reason.strip() else ".")
        _leave(old, State.REFUSED, reasons=[*old.reasons, sentence])
        if not ModelVersion.objects.filter(pk=before.pk, state=State.RETIRED).update(state=State.CHAMPION):
            raise Conflict(f"{before.version} was changed by somebody else just now. Look again.")
        _tell(before, old, user=user, verb="model.rolled_back", reason=reason, override=False)
    before.refresh_from_db()
    return before


def rollback_target(kind: str) -> ModelVersion | None:
    """What model_rollback would return to."""
    champion = ModelVersion.objects.filter(kind=kind, state=State.CHAMPION).first()
    return _before(champion) if champion else None


def kind_lock(kind: str) -> None:
    """Changes of one kind's champion happen one after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"champion:{kind}"])


def _before(champion: ModelVersion) -> ModelVersion | None:
    """The retired version that was promoted last before it; what was rolled back is refused and so never returned to."""
    earlier = ModelVersion.objects.filter(kind=champion.kind, state=State.RETIRED, promoted_at__lt=champion.promoted_at or Now())
    return earlier.order_by("-promoted_at").first()


def _may_serve(version: ModelVersion, champion: ModelVersion | None, *, override: bool) -> None:
    if version.state == State.CHAMPION:
        raise Conflict(f"{version.version} serves already.", code="serves_already")
    if override:
        return
    if version.state == State.REFUSED:
        why = " ".join(map(str, version.reasons[-1:]))
        raise Conflict(f"{version.version} was refused: {why} Promoting it needs an override with a reason.", code="refused")
    serving = champion.version if champion else ""
    if version.parent != serving:
        raise Conflict(
            f"{version.version} was compared with {version.parent or 'nothing'}, but {serving or 'nothing'} serves now. "
            "Retrain, or override with a reason.",
            code="stale_comparison",
        )


def _whole(version: ModelVersion) -> None:
    try:
        version_read(version)
    except ArtifactError as error:
        raise Conflict(f"{version.version} cannot serve: {error}.", code="damaged") from error


def _leave(champion: ModelVersion, state: str, **changes: object) -> None:
    if not ModelVersion.objects.filter(pk=champion.pk, state=State.CHAMPION).update(state=state, **changes):
        raise Conflict("Another model was promoted just now. Look again.")


def _tell(version: ModelVersion, old: ModelVersion | None, *, user: User | None, verb: str, reason: str, override: bool) -> None:
    data = {
        "kind": version.kind, "version": version.version, "checksum": version.checksum, "replaces": old.version if old else None,
        "reason": reason.strip()[:1000], "override": override,
    }  # fmt: skip
    audit_append(actor=actor_name(user), verb=verb, subject=f"model:{version}"[:100], data=data)
    outbox_put(
        topic="model.promoted", source_id=None, subject=f"model:{version}"[:64], data={**data, "rollback": verb == "model.rolled_back"},
        dedupe_key=f"model:{version.pk}:{uuid7()}",
    )  # fmt: skip
