"""Vectors by content: sha256 of the encoder's id and the text -> float32 blob, in one SQLite file that processes share."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
CHUNK = 256
_READ = 500  # below SQLite's limit of bound values


class Encoder(Protocol):
    id: str

    def encode(self, texts: Sequence[str]) -> Vectors: ...


def content_key(encoder_id: str, text: str) -> bytes:
    return hashlib.sha256(f"{encoder_id}\0{text}".encode("utf-8", "surrogatepass")).digest()


class EmbeddingCache:
    """`folder` None keeps nothing. A damaged or locked file costs time, never a result: encoding goes on without it."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / "embeddings.sqlite3"

    def _open(self) -> sqlite3.Connection:
        assert self._path is not None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=60)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")  # a lost cache can be computed again
        connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        return connection

    def read(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        if self._path is None or not keys:
            return {}
        found: dict[bytes, Vectors] = {}
        try:
            with closing(self._open()) as connection:
                for start in range(0, len(keys), _READ):
                    part = keys[start : start + _READ]
                    marks = ",".join("?" * len(part))
                    rows = connection.execute(f"SELECT key, value FROM vectors WHERE key IN ({marks})", part)
                    found.update((key, np.frombuffer(value, np.float32)) for key, value in rows)
        except sqlite3.DatabaseError:
            return {}
        return found

    def write(self, rows: Sequence[tuple[bytes, Vectors]]) -> None:
        if self._path is None or not rows:
            return
        try:
            with closing(self._open()) as connection, connection:
                connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", [(k, v.tobytes()) for k, v in rows])
        except sqlite3.DatabaseError:
            return

    def encode(self, encoder: Encoder, texts: Sequence[str], progress: Callable[[float], None] = lambda share: None) -> Vectors:
        """As encoder.encode(), each distinct text computed once ever. `progress` gets shares from 0 to 1."""
        keys = [content_key(encoder.id, text) for text in texts]
        known = self.read(list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        todo = sorted(missing.items(), key=lambda pair: len(pair[1]))
        for start in range(0, len(todo), CHUNK):
            progress(start / len(todo))
            part = todo[start : start + CHUNK]
            vectors = encoder.encode([text for _, text in part])
            fresh = [(key, np.asarray(v, np.float32)) for (key, _), v in zip(part, vectors, strict=True)]
            self.write(fresh)
            known.update(fresh)
        progress(1.0)
        return np.stack([known[key] for key in keys]) if keys else np.zeros((0, 0), np.float32)
