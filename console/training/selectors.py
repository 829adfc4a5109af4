"""Reads: which model serves a kind, and its verified bundle."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from console.training.models import ModelVersion
from scoring.artifacts import ArtifactError, Bundle, read_bundle


def champion(kind: str) -> ModelVersion | None:
    """The version that serves, read from the database each time (one indexed row): a promotion counts at once everywhere."""
    return ModelVersion.objects.filter(kind=kind, state=ModelVersion.State.CHAMPION).defer("card", "metrics", "comparison").first()


def champion_bundle(kind: str) -> Bundle:
    """The serving bundle, verified. Raises ArtifactError when there is none or its files are not what was registered."""
    version = champion(kind)
    if version is None:
        raise ArtifactError(f"no model serves {kind} yet")
    return version_bundle(version)


def version_bundle(version: ModelVersion) -> Bundle:
    """Raises ArtifactError when a file is missing or altered; verified once for each path and checksum in a process."""
    return _verified(home_path(version.path), version.kind, version.version, version.checksum)


def home_path(relative: str) -> Path:
    """Paths in the database are below the home folder, so that it can be moved."""
    return Path(settings.HOME) / relative


@lru_cache(maxsize=64)
def _verified(path: Path, kind: str, version: str, checksum: str) -> Bundle:
    """Failures raise and so are not remembered: a repaired folder is picked up."""
    bundle = read_bundle(path, kind=kind)
    if bundle.checksum != checksum:
        raise ArtifactError(f"{kind}@{version}: the bundle does not have the checksum it was registered with")
    return bundle
