"""The one version of a kind that serves. Each change is one transaction, one audit row, one event, and ends what it overtakes."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.alerts.selectors import alerts_open
from console.alerts.services import alert_clear
from console.audit.services import audit_append
from console.common.errors import Conflict
from console.common.ids import uuid7
from console.common.outbox import outbox_put
from console.training.models import ModelVersion, Promotion, Trial
from console.training.runs import actor_name
from console.training.selectors import champion, version_read
from scoring.artifacts import ArtifactError

State = ModelVersion.State


def kind_lock(kind: str) -> None:
    """Changes of what serves a kind happen one after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"champion:{kind}"])


def earlier_champions(serving: ModelVersion) -> QuerySet[ModelVersion]:
    """Retired versions that were promoted before it, the last first; what was rolled back is refused and so never returned to."""
    earlier = ModelVersion.objects.filter(kind=serving.kind, state=State.RETIRED, promoted_at__lt=serving.promoted_at or Now())
    return earlier.filter(removed_at=None).order_by("-promoted_at")


def rollback_target(kind: str) -> ModelVersion | None:
    """What model_rollback would return to."""
    serving = champion(kind)
    return earlier_champions(serving).first() if serving else None


def version_require_whole(version: ModelVersion) -> None:
    """Reads every file again. Raises Conflict when they are not what was registered."""
    try:
        version_read(version)
    except ArtifactError as error:
        raise Conflict(f"{version.version} cannot serve: {error}.", code="damaged") from error


def champion_set(version: ModelVersion, *, user: User | None, reason: str, override: bool = False) -> str:
    """Let it serve; returns what it replaces. Must run inside a transaction that holds kind_lock."""
    old = ModelVersion.objects.filter(kind=version.kind, state=State.CHAMPION).first()
    if old is not None:
        champion_leave(old, State.RETIRED)
    if not ModelVersion.objects.filter(pk=version.pk, state=version.state).update(
        state=State.CHAMPION, promoted_at=Now(), promoted_by=user
    ):
        raise Conflict(f"{version.version} was changed by somebody else just now. Look again.")
    serving_changed(version, old, user=user, verb="model.promoted", reason=reason, override=override)
    return old.version if old else ""


def champion_leave(serving: ModelVersion, state: str, **changes: object) -> None:
    if not ModelVersion.objects.filter(pk=serving.pk, state=State.CHAMPION).update(state=state, **changes):
        raise Conflict("Another model was promoted just now. Look again.")


def serving_changed(
    version: ModelVersion, old: ModelVersion | None, *, user: User | None, verb: str, reason: str, override: bool
) -> None:  # fmt: skip
    """Tell it, and end what was built on the champion before: trials, an open proposal, alerts about what serves. What people wrote
    as a reason stays here: an endpoint belongs to one source."""
    Trial.objects.filter(kind=version.kind, ended_at=None).update(
        end=Trial.End.OVERTAKEN, ended_at=Now(), ended_by=user, why=f"{version.version} began to serve."
    )
    Promotion.objects.filter(kind=version.kind, state=Promotion.State.OPEN).update(
        state=Promotion.State.WITHDRAWN, decided_at=Now(), note=f"{version.version} began to serve meanwhile."
    )
    for alert in alerts_open(kind=version.kind).filter(code__in=["promotion_override", "canary_stopped"]):
        alert_clear(code=alert.code, kind=alert.kind, subject=alert.subject, why=f"{version.version} serves now.")
    data = {
        "kind": version.kind, "version": version.version, "checksum": version.checksum, "replaces": old.version if old else None,
        "override": override,
    }  # fmt: skip
    audit_append(actor=actor_name(user), verb=verb, subject=f"model:{version}"[:100], data={**data, "reason": reason.strip()[:1000]})
    outbox_put(
        topic="model.promoted", source_id=None, subject=f"model:{version}"[:64], data={**data, "rollback": verb == "model.rolled_back"},
        dedupe_key=f"model:{version.pk}:{uuid7()}",
    )  # fmt: skip
