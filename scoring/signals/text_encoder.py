"""The sentence encoder as it serves: int8 ONNX, one thread, sorted by length; no torch."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.artifacts import ArtifactError, Bundle, sha256_file
from scoring.signals.embedding_cache import Encoder
from scoring.signals.encoder_source import CONFIG, MODEL_NAME, REVISION, TOKENIZER, WEIGHTS, WEIGHTS_SHA256, EncoderError, find_source

DIMENSIONS = 384
MAX_TOKENS = 128
MOST_KNOWN = 100_000  # vectors that one context keeps: 150 MB, and their texts
GRAPH, SEAL = "encoder.onnx", "seal.json"
# The seal lies beside the graph, so whoever changes one can change both. Exports are equal byte for byte with the versions of
# requirements.lock; this is the graph that the starters were made with. What is trained here names the graph in its bundle.
GRAPH_SHA256 = "d95ea13ac568bc0d5e38c2c1f38ec30ef58c70c4b38c7a07926645e97c6f02c6"
Progress = Callable[[float, str], None]
Vectors = NDArray[np.float32]


def _silent(share: float, sentence: str) -> None:
    """The default progress: says nothing."""


def encoder_id() -> str:
    """Model, revision, quantisation and weights: two ids are equal only where the vectors are."""
    from scoring.signals.encoder_graph import QUANTISATION

    return f"{MODEL_NAME.split('/')[-1]}-{REVISION[:8]}-{QUANTISATION}-{WEIGHTS_SHA256[:8]}"


def encoder_home() -> Path:
    """$SECOND_LOOK_HOME/encoder, or ./var/encoder in the repository; elsewhere the user's own cache, not somebody's folder."""
    if home := os.environ.get("SECOND_LOOK_HOME"):
        return Path(home) / "encoder"
    if Path("manage.py").is_file() and Path("scoring").is_dir():
        return Path("var") / "encoder"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "")
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "second-look" / "encoder"


def is_sealed(folder: Path) -> bool:
    """Whether every file listed in the seal is there with its digest."""
    try:
        files = json.loads((folder / SEAL).read_text("utf-8"))["files"]
        return bool(files) and all(sha256_file(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # released by the kernel if this process dies
        yield


def export_encoder(source_folder: Path, folder: Path, progress: Progress = _silent) -> None:
    """Write graph, tokenizer and seal beside `folder`, then rename into it."""
    from safetensors.numpy import load_file

    from scoring.signals.encoder_graph import build_graph, quantise

    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        progress(0.2, "Building the encoder's graph")
        config = json.loads((source_folder / CONFIG).read_text("utf-8"))
        model = build_graph(load_file(source_folder / WEIGHTS), config)
        progress(0.5, "Quantising to int8, one scale a channel")
        quantise(model, work / GRAPH)
        shutil.copyfile(source_folder / TOKENIZER, work / TOKENIZER)
        files = {name: sha256_file(work / name) for name in (GRAPH, TOKENIZER)}
        (work / SEAL).write_text(json.dumps({"id": folder.name, "files": files}, indent=1), "utf-8")
        os.chmod(work, 0o755)
        if folder.exists():  # half-written by hand or damaged: is_sealed() said no
            shutil.rmtree(folder)
        os.replace(work, folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def ensure_encoder(progress: Progress = _silent, *, source: str | None = None, home: Path | None = None) -> Path:
    """The folder of the exported encoder, exporting it first if it is not there. Safe for many processes at once.

    Raises EncoderError when the source is missing or is not the pinned model.
    """
    folder = (home or encoder_home()) / encoder_id()
    if is_sealed(folder):
        progress(1.0, "The encoder is ready")
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.parent / f".{folder.name}.lock"):
        if not is_sealed(folder):  # another process may have been first
            progress(0.0, "Checking the encoder's weights")
            export_encoder(find_source(source).folder, folder, progress)
    progress(1.0, "The encoder is ready")
    return folder


class TextEncoder:
    """Texts to unit vectors. One intra-op thread: workers are scaled by process, not by thread.

    Dynamic int8 takes one activation scale for a whole batch, so a text's vector would depend on its company (cosine down to
    .971). On one thread a batch of one costs 7 % more time and gives the same vector always; hence the default.
    """

    def __init__(self, folder: Path, *, graph: Path | None = None, max_tokens: int = MAX_TOKENS, batch: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = graph or folder / GRAPH
        try:
            body = path.read_bytes()  # read once: what is measured is what runs
            self.graph_sha256 = hashlib.sha256(body).hexdigest()
            self._session = onnxruntime.InferenceSession(body, options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # the runtimes raise types of their own
            raise EncoderError(f"the encoder at {folder} cannot be loaded: {error}") from error
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()
        self._batch = max(1, batch)
        self.id = f"{folder.name}/{max_tokens}"
        self.folder = folder
        self.outputs = tuple(o.name for o in self._session.get_outputs())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32, len(texts) x 384, each row of length 1."""
        out = np.zeros((len(texts), DIMENSIONS), np.float32)
        for rows, values, _ in self.run(texts, ("embedding",)):
            out[rows] = values[0]
        return out

    def run(self, texts: Sequence[str], outputs: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], list[Any], list[Any]]]:
        """Yield (row numbers, arrays named by `outputs`, encodings) for each batch, longest texts last."""
        encodings = self._tokenizer.encode_batch([_readable(t) for t in texts])
        order = np.argsort([len(e.ids) for e in encodings], kind="stable")
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            longest = max(len(encodings[r].ids) for r in rows)
            ids = np.zeros((len(rows), longest), np.int64)
            mask = np.zeros_like(ids)
            for place, row in enumerate(rows):
                tokens = encodings[row].ids
                ids[place, : len(tokens)] = tokens
                mask[place, : len(tokens)] = 1
            values = self._session.run(list(outputs), {"input_ids": ids, "attention_mask": mask})
            yield rows, values, [encodings[r] for r in rows]


@lru_cache(maxsize=2)
def _shared(folder: Path, max_tokens: int) -> TextEncoder:
    return TextEncoder(folder, max_tokens=max_tokens)


def get_encoder(max_tokens: int = MAX_TOKENS) -> TextEncoder:
    """The process's encoder, loaded once; exports it if need be."""
    return _shared(ensure_encoder(), max_tokens)


def encoder_for(bundle: Bundle) -> TextEncoder:
    """The process's encoder, if its graph is the one that the bundle was trained with. Raises EncoderError, ArtifactError."""
    encoder = get_encoder()
    wanted = str(bundle.meta.get("encoder_graph") or GRAPH_SHA256)
    if encoder.graph_sha256 != wanted:
        raise ArtifactError(
            f"{bundle.model} was trained with the encoder graph {wanted[:12]}, but {encoder.folder} holds {encoder.graph_sha256[:12]}: "
            "remove that folder, so that the graph is exported again with the locked versions of onnx and onnxruntime"
        )
    return encoder


def encode_once(encoder: Encoder, texts: Sequence[str], known: MutableMapping[tuple[str, str], Any] | None) -> Vectors:
    """As encoder.encode(), but what is known already is not encoded again: a text's vector is the same in any company. `known` takes
    MOST_KNOWN; what comes after them is encoded each time, as an examination asks of ever more variants of its texts."""
    if known is None or not texts:
        return encoder.encode(texts)
    keys = [(encoder.id, text) for text in texts]
    fresh = [key for key in dict.fromkeys(keys) if key not in known]
    made = dict(zip(fresh, encoder.encode([text for _, text in fresh]), strict=True)) if fresh else {}
    known.update(islice(made.items(), max(0, MOST_KNOWN - len(known))))
    return np.stack([made[key] if key in made else known[key] for key in keys])


def _readable(text: str) -> str:
    """Lone surrogates cannot be encoded, and a text of nothing has no mean."""
    return text.encode("utf-8", "replace").decode("utf-8") if text.strip() else "."
