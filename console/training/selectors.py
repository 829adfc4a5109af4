"""Reads: which model serves a kind, and its verified bundle."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from console.common.errors import NotFound
from console.training.models import ModelVersion, TrainingRun
from scoring.artifacts import ArtifactError, Bundle, read_bundle


def champion(kind: str) -> ModelVersion | None:
    """The version that serves, read from the database each time (one indexed row): a promotion counts at once everywhere."""
    return ModelVersion.objects.filter(kind=kind, state=ModelVersion.State.CHAMPION).defer("card", "metrics", "comparison").first()


def champion_bundle(kind: str) -> Bundle:
    """The champion's own bundle, verified. Raises ArtifactError when there is none or its files are not what was registered.

    What scores live items asks console.training.whole.serving_bundle, which knows what to do then.
    """
    version = champion(kind)
    if version is None:
        raise ArtifactError(f"no model serves {kind} yet")
    return version_bundle(version)


def version_bundle(version: ModelVersion) -> Bundle:
    """Raises ArtifactError when a file is missing or altered; verified once for each path and checksum in a process."""
    return _verified(home_path(version.path), version.kind, version.version, version.checksum)


def version_read(version: ModelVersion) -> Bundle:
    """As version_bundle(), but reads every file again: for what decides (promotion, rollback, comparison) and not for each batch."""
    return _read(home_path(version.path), version.kind, version.version, version.checksum)


def model_version(name: str) -> ModelVersion:
    """By "kind@version", or by the version alone when only one kind has it. Raises NotFound."""
    kind, _, version = name.rpartition("@")
    found = ModelVersion.objects.filter(version=version)
    rows = list((found.filter(kind=kind) if kind else found)[:2])
    if len(rows) != 1:
        raise NotFound(f"Several kinds have a version {version}; name it kind@version." if rows else f"There is no version {name}.")
    return rows[0]


def model_versions(kind: str) -> QuerySet[ModelVersion]:
    """Newest first."""
    return ModelVersion.objects.filter(kind=kind).select_related("promoted_by", "snapshot").prefetch_related("trials").order_by(
        "-created_at", "-pk"
    )


def training_runs(kind: str | None = None) -> QuerySet[TrainingRun]:
    """Newest first."""
    runs = TrainingRun.objects.select_related("model", "snapshot", "requested_by").order_by("-created_at")
    return runs.filter(kind=kind) if kind else runs


def training_run(run_id: UUID | str) -> TrainingRun:
    """Raises NotFound."""
    run = training_runs().filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def home_path(relative: str) -> Path:
    """Paths in the database are below the home folder, so that it can be moved."""
    return Path(settings.HOME) / relative


@lru_cache(maxsize=64)
def _verified(path: Path, kind: str, version: str, checksum: str) -> Bundle:
    """Failures raise and so are not remembered: a repaired folder is picked up."""
    return _read(path, kind, version, checksum)


def _read(path: Path, kind: str, version: str, checksum: str) -> Bundle:
    bundle = read_bundle(path, kind=kind)
    if bundle.checksum != checksum:
        raise ArtifactError(f"{kind}@{version}: the bundle does not have the checksum it was registered with")
    return bundle


def gates_failed(version: ModelVersion) -> list[dict[str, str]]:
    """Every gate that refused it: {"name", "title", "sentence"}; the title says what would hold, had it been passed."""
    gates = ((version.comparison or {}).get("report") or {}).get("gates") or []
    return [{name: str(gate.get(name, "")) for name in ("name", "title", "sentence")} for gate in gates if gate.get("result") == "refused"]


def refusals(version: ModelVersion) -> list[str]:
    """All that it was refused for: each gate that it failed, and what came later (a canary that was stopped, a rollback)."""
    gates = ((version.comparison or {}).get("report") or {}).get("gates") or []
    praise = {str(gate.get("sentence")) for gate in gates if gate.get("result") != "refused"}
    return [str(reason) for reason in version.reasons if str(reason) not in praise]
