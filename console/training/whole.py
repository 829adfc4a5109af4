"""Are the files of a version what was registered? One that is damaged scores nothing: the version before it does, or people."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.alerts.models import Alert
from console.alerts.services import alert_clear, alert_raise
from console.audit.services import audit_append
from console.training.champions import earlier_champions
from console.training.models import ModelVersion
from console.training.runs import actor_name
from console.training.selectors import champion, version_bundle, version_read
from scoring.artifacts import ArtifactError, Bundle

log = logging.getLogger(__name__)
State = ModelVersion.State
ALERT = "model_damaged"


def serving_bundle(kind: str) -> Bundle:
    """The champion's, verified; where it is damaged, that of the last champion that is whole. Raises ArtifactError: then people decide.

    A decision records the version that scored, so a fall back shows in each of them.
    """
    version = champion(kind)
    if version is None:
        raise ArtifactError(f"no model serves {kind} yet")
    for one in _champions(version):
        if one.damage:
            continue
        try:
            return version_bundle(one)
        except ArtifactError as error:
            damage_note(version=one, error=str(error))
    raise ArtifactError(f"{version} is damaged, and no version that served before it is whole")


def serves_instead(serving: ModelVersion) -> ModelVersion | None:
    """While the champion is damaged: which version scores for it, as far as is known."""
    return next((one for one in earlier_champions(serving) if not one.damage), None) if serving.damage else None


def _champions(serving: ModelVersion) -> Iterator[ModelVersion]:
    yield serving
    yield from earlier_champions(serving).defer("card", "metrics", "comparison")[:10]


def damage_note(*, version: ModelVersion, error: str) -> None:
    """From now on nobody is scored by it, in any process, until its files are found whole again."""
    log.error("a model is damaged", extra={"model": str(version), "error": error})
    with transaction.atomic():
        if not ModelVersion.objects.filter(pk=version.pk, damage="").update(damage=error[:500] or "unreadable"):
            return
        version.damage = error[:500]
        audit_append(actor="system", verb="model.damaged", subject=f"model:{version}"[:100], data={"error": error[:500]})
        if version.state == State.CHAMPION:
            instead = serves_instead(version)
            who = f"{instead.version} scores meanwhile." if instead else "Everything goes to people meanwhile."
            alert_raise(
                code=ALERT, kind=version.kind, subject=f"model:{version}"[:100], level=Alert.Level.CRITICAL,
                sentence=f"The files of {version.version}, which serves, are not what was registered: {error[:300]}. {who}",
                data={"version": version.version, "instead": instead.version if instead else None},
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verified:
    version: ModelVersion
    error: str  # empty: whole


def versions_verify(versions: Iterable[ModelVersion], *, user: User | None = None, by_hand: bool = False) -> list[Verified]:
    """Read every file of each again. What is damaged stops scoring; what was damaged and is whole again scores again."""
    found = [Verified(version, _verify(version)) for version in versions]
    if by_hand:
        damaged = [str(one.version) for one in found if one.error]
        data = {"versions": len(found), "damaged": damaged}
        audit_append(actor=actor_name(user), verb="models.verified", subject="models", data=data)
    return found


def _verify(version: ModelVersion) -> str:
    try:
        version_read(version)
    except ArtifactError as error:
        damage_note(version=version, error=str(error))
        return str(error)
    with transaction.atomic():
        ModelVersion.objects.filter(pk=version.pk).update(verified_at=Now())
        if ModelVersion.objects.filter(pk=version.pk).exclude(damage="").update(damage=""):
            version.damage = ""
            audit_append(actor="system", verb="model.whole_again", subject=f"model:{version}"[:100])
            alert_clear(code=ALERT, kind=version.kind, subject=f"model:{version}"[:100], why="Its files are whole again.")
    return ""


def versions_kept(kind: str | None = None) -> QuerySet[ModelVersion]:
    """Those that still have files, newest first."""
    rows = ModelVersion.objects.filter(removed_at=None).defer("card", "metrics", "comparison").order_by("kind", "-created_at", "-pk")
    return rows.filter(kind=kind) if kind else rows


def damaged_look_again() -> None:
    """Each quarter of a minute: a folder that was repaired serves again without anybody saying so."""
    versions_verify(versions_kept().exclude(damage=""))


def serving_verify() -> None:
    """Each hour: what serves, what is tried, and what a roll back would return to."""
    tried = Q(state=State.CHAMPION) | Q(trials__isnull=False, trials__ended_at=None) | Q(state=State.RETIRED)
    versions_verify(versions_kept().filter(tried, damage="").distinct())
