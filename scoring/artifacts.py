"""Versioned model bundles: a folder of data files and a manifest with their checksums. Never pickle.

A bundle is written beside its place and renamed into it, so a reader sees all of it or nothing. Only formats that
cannot run code are let in; every file is checked against the manifest before it is opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
SAFE_SUFFIXES = frozenset({".json", ".npz", ".npy", ".onnx", ".safetensors", ".txt", ".md"})


class ArtifactError(Exception):
    """The bundle cannot be trusted or read; the message says which file and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified bundle on disk."""

    path: Path
    kind: str
    version: str
    trainer: str
    labels: tuple[str, ...]
    created_at: str
    files: Mapping[str, str]  # relative name -> sha256
    meta: Mapping[str, Any] = field(default_factory=dict)  # seed, data hash, metrics, parameters, parents

    @property
    def model(self) -> str:
        return f"{self.kind}@{self.version}"

    @property
    def checksum(self) -> str:
        """One digest for the whole bundle: of the sorted names and digests of its files."""
        lines = "".join(f"{name}:{digest}\n" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def file(self, name: str) -> Path:
        if name not in self.files:
            raise ArtifactError(f"{self.model} has no file {name!r}")
        return self.path / name

    def read_json(self, name: str) -> Any:
        return json.loads(self.file(name).read_text("utf-8"))

    def read_arrays(self, name: str) -> dict[str, Any]:
        """Arrays of an .npz; object arrays are refused by numpy (allow_pickle=False)."""
        import numpy as np  # noqa: PLC0415 - keeps the web process free of numpy

        with np.load(self.file(name), allow_pickle=False) as data:
            return {key: data[key] for key in data.files}


def sha256_file(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_bundle(
    out: Path, *, kind: str, version: str, trainer: str, labels: tuple[str, ...],
    fill: Callable[[Path], None], meta: Mapping[str, Any] | None = None,
) -> Bundle:  # fmt: skip
    """Call `fill(folder)` to write the files, seal them with a manifest and move the folder to `out` at once.

    What lies at `out` is replaced only if it is a bundle or an empty folder; else ArtifactError, and it stays as it is.
    """
    check_place(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        fill(work)
        names = sorted(p.relative_to(work).as_posix() for p in work.rglob("*") if p.is_file())
        for name in names:
            if Path(name).suffix not in SAFE_SUFFIXES:
                raise ArtifactError(f"{name}: only {', '.join(sorted(SAFE_SUFFIXES))} may be in a bundle")
        manifest = {
            "schema": 1, "kind": kind, "version": version, "trainer": trainer, "labels": list(labels),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": {name: sha256_file(work / name) for name in names}, "meta": dict(meta or {}),
        }  # fmt: skip
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")
        os.chmod(work, 0o755)
        check_place(out)  # again: training may have taken hours
        _replace(work, out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return read_bundle(out)


def check_place(out: Path) -> None:
    """Whether a bundle may be written to `out`: nothing there, an empty folder, or a bundle and nothing else.

    Raises ArtifactError that names the path: whatever else lies there would be lost.
    """
    if Path.cwd().resolve().is_relative_to(out.resolve()):
        raise ArtifactError(f"{out} is the current folder or one above it; name a folder for the model")
    if not os.path.lexists(out):
        above = next(p for p in out.absolute().parents if os.path.lexists(p))
        if not above.is_dir():
            raise ArtifactError(f"{out} cannot be written: {above} is not a folder")
        return
    if not out.is_dir():
        raise ArtifactError(f"{out} is not a folder; it would be lost, so no model is written there")
    if any(out.iterdir()):
        _check_bundle_only(out)


def _check_bundle_only(out: Path) -> None:
    try:
        data = json.loads((out / MANIFEST).read_text("utf-8"))
        known = {MANIFEST, *data["files"]} if {"kind", "version", "trainer"} <= set(data) else set()
    except (OSError, ValueError, KeyError, TypeError):
        known = set()
    if not known:
        raise ArtifactError(f"{out} is not empty and is not a model folder; its files would be lost, so no model is written there")
    strange = sorted(name for p in out.rglob("*") if not p.is_dir() and (name := p.relative_to(out).as_posix()) not in known)
    if strange:
        raise ArtifactError(f"{out / strange[0]} is no part of the model there; it would be lost, so no model is written there")


def _replace(work: Path, out: Path) -> None:
    """Rename `work` to `out`; when that fails, what was there is back in its place."""
    if not out.exists():
        os.replace(work, out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    try:
        os.replace(out, old / "bundle")
        try:
            os.replace(work, out)
        except BaseException:
            os.replace(old / "bundle", out)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def read_bundle(path: Path, *, kind: str | None = None) -> Bundle:
    """Read and verify. Raises ArtifactError on a missing or unlisted file, a wrong checksum, or a wrong kind."""
    try:
        data = json.loads((path / MANIFEST).read_text("utf-8"))
        bundle = Bundle(
            path=path, kind=data["kind"], version=data["version"], trainer=data["trainer"],
            labels=tuple(data["labels"]), created_at=data["created_at"], files=data["files"], meta=data["meta"],
        )  # fmt: skip
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} is not a model folder: no {MANIFEST}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path / MANIFEST} cannot be read: {error}") from error
    if kind is not None and bundle.kind != kind:
        raise ArtifactError(f"{path} is a model for {bundle.kind}, not for {kind}")
    for name, digest in bundle.files.items():
        file = path / name
        if not file.resolve().is_relative_to(path.resolve()) or file.suffix not in SAFE_SUFFIXES:
            raise ArtifactError(f"{name}: not a file that a bundle may hold")
        if not file.is_file():
            raise ArtifactError(f"{bundle.model}: {name} is missing")
        if sha256_file(file) != digest:
            raise ArtifactError(f"{bundle.model}: {name} does not have the checksum of the manifest")
    return bundle
