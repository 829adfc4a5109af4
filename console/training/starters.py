"""Register the models that ship with the product, so that a fresh installation scores from its first item."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from console.audit.services import audit_append
from console.training.models import ModelVersion
from console.training.selectors import home_path
from scoring.artifacts import ArtifactError, Bundle, read_bundle
from scoring.registry import KINDS
from scoring.starters import starter_bundle

log = logging.getLogger(__name__)


def model_ensure_starters() -> list[str]:
    """Make the starter the champion of every kind that has none; returns the versions registered, as "kind@version".

    A kind whose starter is missing or damaged is left without a model: its items go to people, and the log says so.
    """
    registered = []
    for kind in KINDS:
        if ModelVersion.objects.filter(kind=kind, state=ModelVersion.State.CHAMPION).exists():
            continue
        try:
            bundle = starter_bundle(kind)
            if _register(bundle):
                registered.append(bundle.model)
        except ArtifactError as error:
            log.warning("no starter model for %s: %s", kind, error)
    return registered


def _register(source: Bundle) -> bool:
    with transaction.atomic():
        with connection.cursor() as cursor:  # several processes may start at once
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"champion:{source.kind}"])
        if ModelVersion.objects.filter(kind=source.kind, state=ModelVersion.State.CHAMPION).exists():
            return False
        bundle = bundle_install(source)
        version, created = ModelVersion.objects.get_or_create(
            kind=bundle.kind, version=bundle.version,
            defaults={
                "state": ModelVersion.State.CHAMPION, "path": bundle_path(bundle.kind, bundle.version), "checksum": bundle.checksum,
                "trainer": bundle.trainer, "metrics": bundle.meta.get("metrics") or {}, "card": card_text(bundle),
                "reasons": ["It ships with the product and serves until a better one is trained here."], "promoted_at": Now(),
            },
        )  # fmt: skip
        if not created:
            ModelVersion.objects.filter(pk=version.pk).update(
                state=ModelVersion.State.CHAMPION, checksum=bundle.checksum, promoted_at=Now()
            )
        audit_append(
            actor="system", verb="model.promoted", subject=f"model:{bundle.model}", data={"checksum": bundle.checksum, "starter": True}
        )
    return True


def bundle_path(kind: str, version: str) -> str:
    """Below the home folder."""
    return f"{Path(settings.MODELS_ROOT).relative_to(settings.HOME)}/{kind}/{version}"


def bundle_install(source: Bundle) -> Bundle:
    """Copy a bundle to its place below the home folder, whole or not at all, and verify the copy. Raises ArtifactError."""
    out = home_path(bundle_path(source.kind, source.version))
    if out.exists():
        try:
            if (there := read_bundle(out, kind=source.kind)).checksum == source.checksum:
                return there
        except ArtifactError as error:
            log.warning("replacing a damaged model folder: %s", error)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        shutil.copytree(source.path, work / "new", ignore=shutil.ignore_patterns("__pycache__", ".*"))
        if out.exists():
            os.replace(out, work / "old")
        os.replace(work / "new", out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    bundle = read_bundle(out, kind=source.kind)
    if bundle.checksum != source.checksum:
        raise ArtifactError(f"{source.model}: the copy in {out} differs from its source")
    return bundle


def card_text(bundle: Bundle) -> str:
    """The model card as markdown: the first .md file of the bundle, or nothing."""
    name = next((name for name in sorted(bundle.files) if name.endswith(".md")), None)
    return bundle.file(name).read_text("utf-8") if name else str(bundle.meta.get("card") or "")
