"""The starter models that ship with the product: small bundles, one folder a kind, verified when they are read."""

from __future__ import annotations

from pathlib import Path

from scoring.artifacts import ArtifactError, Bundle, read_bundle

FOLDER = Path(__file__).parent


def starter_bundle(kind: str) -> Bundle:
    """The starter model of a kind. Raises ArtifactError when there is none or its checksums are wrong."""
    path = FOLDER / kind
    if not path.is_dir():
        raise ArtifactError(f"there is no starter model for {kind}")
    return read_bundle(path, kind=kind)
