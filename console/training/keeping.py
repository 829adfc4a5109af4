"""Old versions: their files go when nobody can need them any more. What is known about a version stays for ever."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Set
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from console.audit.services import audit_append
from console.scores.models import Score
from console.training.champions import earlier_champions, kind_lock
from console.training.models import ModelVersion, Promotion, Trial
from console.training.selectors import champion, home_path
from scoring.registry import KINDS

log = logging.getLogger(__name__)
NEWEST = 5  # of each kind stay, however old
RETURNS = 3  # so many champions of before stay ready to be returned to


def versions_tidy(*, keep: Set[str]) -> list[str]:
    """Remove the files of versions that are older than MODELS_KEEP_DAYS and not needed; returns their names.

    Needed is what serves or served just before, what is tried or proposed, what scored anything in that time, and what
    `keep` names ("kind@version": certificates).
    """
    gone = []
    for kind in KINDS:
        for version in _old(kind).exclude(pk__in=_needed(kind)):
            if str(version) not in keep and not _has_scored(version) and _remove(version):
                gone.append(str(version))
    return gone


def _old(kind: str) -> QuerySet[ModelVersion]:
    age = timedelta(days=settings.MODELS_KEEP_DAYS)
    old = ModelVersion.objects.filter(kind=kind, removed_at=None, created_at__lt=Now() - age)
    return old.order_by("pk").defer("card", "metrics", "comparison")


def _needed(kind: str) -> set[int]:
    serving = champion(kind)
    needed = {serving.pk, *earlier_champions(serving).values_list("pk", flat=True)[:RETURNS]} if serving else set()
    needed |= set(ModelVersion.objects.filter(kind=kind).order_by("-created_at").values_list("pk", flat=True)[:NEWEST])
    needed |= set(Trial.objects.filter(kind=kind, ended_at=None).values_list("version_id", flat=True))
    return needed | set(Promotion.objects.filter(kind=kind, state=Promotion.State.OPEN).values_list("version_id", flat=True))


def _has_scored(version: ModelVersion) -> bool:
    age = timedelta(days=settings.MODELS_KEEP_DAYS)
    return Score.objects.filter(model=str(version), created_at__gte=Now() - age).exists()


def _remove(version: ModelVersion) -> bool:
    """The row first: a crash in between leaves files that nobody uses, never a version without its files."""
    with transaction.atomic():
        kind_lock(version.kind)
        if version.pk in _needed(version.kind):
            return False
        if not ModelVersion.objects.filter(pk=version.pk, state=version.state, removed_at=None).update(removed_at=Now()):
            return False
        audit_append(actor="system", verb="model.files_removed", subject=f"model:{version}"[:100], data={"checksum": version.checksum})
    shutil.rmtree(home_path(version.path), ignore_errors=True)
    log.info("removed the files of an old model", extra={"model": str(version)})
    return True
