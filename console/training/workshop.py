"""The folder in which one run makes its bundle, and what of it a successor may use again after a kill.

It lies beside the kind's models, so that a finished bundle is moved and never copied. Each execution writes into a folder
of its own: a worker that was thought dead must not write over what its successor registers.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from pathlib import Path

from console.training.models import TrainingRun
from console.training.selectors import home_path
from console.training.starters import bundle_path
from scoring.artifacts import ArtifactError, Bundle, read_bundle
from scoring.kind import Split

log = logging.getLogger(__name__)
PREFIX = ".run-"


def workshop(run: TrainingRun) -> Path:
    return home_path(bundle_path(run.kind, f"{PREFIX}{run.pk}"))


def parts_digest(parts: Split) -> str:
    """Of who stands in which part: a bundle may be examined only on the test part that it was kept away from."""
    digest = hashlib.sha256()
    for name, part in (("train", parts.train), ("tune", parts.tune), ("test", parts.test)):
        digest.update("\n".join([name, *sorted(e.item.id for e in part), ""]).encode())
    return digest.hexdigest()


def trained_record(run: TrainingRun, bundle: Bundle, parts: Split) -> dict[str, str]:
    """What the run's row keeps of a bundle that is trained and not yet registered."""
    return {
        "folder": bundle.path.relative_to(workshop(run)).as_posix(), "version": bundle.version, "checksum": bundle.checksum,
        "parts": parts_digest(parts),
    }  # fmt: skip


def trained_bundle(run: TrainingRun, parts: Split) -> Bundle | None:
    """The bundle that an execution before this one trained from the very same parts, whole; else None."""
    kept = run.trained
    if not kept or kept["parts"] != parts_digest(parts):
        return None
    # It was moved to its place already when the worker died between the move and the commit.
    for path in (workshop(run) / kept["folder"], home_path(bundle_path(run.kind, kept["version"]))):
        try:
            bundle = read_bundle(path, kind=run.kind)
        except ArtifactError:
            continue
        if bundle.checksum == kept["checksum"]:
            return bundle
    log.warning("run %s: the bundle that was trained is gone; training again", run.pk)
    return None


def settle(bundle: Path, out: Path) -> None:
    """Put the bundle in its place. What lies there belongs to no version: the row of this one is not committed yet."""
    if bundle == out:
        return
    shutil.rmtree(out, ignore_errors=True)
    os.replace(bundle, out)


def clear_up(run: TrainingRun, token: str) -> None:
    """After an execution: all of it when the run has ended, only this execution's own part when another took it over."""
    now = TrainingRun.objects.filter(pk=run.pk).values("state", "trained").first()
    if now is None or now["state"] != TrainingRun.State.RUNNING:
        shutil.rmtree(workshop(run), ignore_errors=True)
    elif now["trained"].get("folder") != token:
        shutil.rmtree(workshop(run) / token, ignore_errors=True)
