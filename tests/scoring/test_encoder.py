"""The encoder: pinned, verified, exported once, the same vector in any company."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.artifacts import ArtifactError, sha256_file
from scoring.registry import KINDS
from scoring.signals import text_encoder
from scoring.signals.embedding_cache import EmbeddingCache
from scoring.signals.encoder_source import TOKENIZER, WEIGHTS, EncoderError, find_source, verify
from scoring.signals.text_encoder import (
    GRAPH,
    GRAPH_SHA256,
    SEAL,
    TextEncoder,
    encode_once,
    encoder_for,
    encoder_home,
    encoder_id,
    ensure_encoder,
    get_encoder,
    is_sealed,
)
from scoring.starters import starter_bundle
from scoring.text.encoder import main as export_now
from scoring.types import Item, RunContext

TEXTS = [
    "The soup was cold.", "A kind and quick waiter", "x",
    "The soup was not warm at all, I had to send it back twice before they listened",
]  # fmt: skip


def test_it_gives_unit_vectors_that_know_meaning() -> None:
    vectors = get_encoder().encode(TEXTS)
    assert vectors.shape == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[1] + 0.2


def test_it_gives_a_text_the_same_vector_in_any_company() -> None:
    encoder = get_encoder()
    assert np.array_equal(encoder.encode(TEXTS)[1], encoder.encode([TEXTS[1]])[0])
    assert encoder.encode([]).shape == (0, 384)
    assert np.isfinite(encoder.encode(["", " \n", "\ud83d", "word " * 5000])).all()


def test_it_agrees_with_the_float_model() -> None:
    """Against transformers on the same weights: the graph that we write is the network that was trained."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = str(find_source().folder)
    batch = AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder).eval()(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    mean = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1)).numpy()
    assert ((get_encoder().encode(TEXTS) * mean).sum(axis=1) > 0.97).all()


def test_it_refuses_weights_that_are_not_the_pinned_ones(tmp_path: Path) -> None:
    source = find_source().folder
    for name in ("config.json", TOKENIZER):
        shutil.copyfile(source / name, tmp_path / name)
    with pytest.raises(EncoderError, match=f"no {WEIGHTS}"):
        verify(tmp_path, "a folder")
    (tmp_path / WEIGHTS).write_bytes(b"other")
    with pytest.raises(EncoderError, match="not the pinned"):
        find_source(str(tmp_path))
    with pytest.raises(EncoderError, match="no folder"):
        find_source(str(tmp_path / "nowhere"))


def test_it_loads_from_a_verified_folder(tmp_path: Path) -> None:
    assert find_source(str(find_source("wheel").folder)).folder == find_source().folder


def test_it_exports_again_when_a_file_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, exports = tmp_path / "encoder", []
    good = ensure_encoder()

    def copy(source: Path, folder: Path, progress: object = None) -> None:
        exports.append(folder)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(good, folder)

    monkeypatch.setattr(text_encoder, "export_encoder", copy)
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: ensure_encoder(home=home), range(4)))
    assert set(folders) == {home / encoder_id()}
    assert len(exports) == 1
    (folders[0] / GRAPH).write_bytes(b"torn")
    ensure_encoder(home=home)
    assert len(exports) == 2
    assert set(json.loads((folders[0] / SEAL).read_text())["files"]) == {GRAPH, TOKENIZER}


def test_an_export_is_the_graph_that_the_starters_were_made_with() -> None:
    """Byte for byte; when the locked versions change and this fails, the starters must be made again."""
    assert get_encoder().graph_sha256 == sha256_file(ensure_encoder() / GRAPH) == GRAPH_SHA256


def test_it_writes_nothing_into_a_folder_that_is_not_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECOND_LOOK_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert encoder_home() == tmp_path / "cache" / "second-look" / "encoder"
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        monkeypatch.setenv("HOME", str(tmp_path / "me"))
        assert encoder_home() == tmp_path / "me" / ".cache" / "second-look" / "encoder"
    (tmp_path / "manage.py").touch()
    (tmp_path / "scoring").mkdir()
    assert encoder_home() == Path("var/encoder")
    monkeypatch.setenv("SECOND_LOOK_HOME", str(tmp_path / "set"))
    assert encoder_home() == tmp_path / "set" / "encoder"


@pytest.fixture
def another_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TextEncoder:
    """A graph that somebody swapped, with a seal that fits it."""
    folder = tmp_path / "encoder" / encoder_id()
    shutil.copytree(ensure_encoder(), folder)
    with (folder / GRAPH).open("ab") as graph:
        graph.write(b"\x12\x01x")  # the field producer_name once more: a valid graph of other bytes
    files = {name: sha256_file(folder / name) for name in (GRAPH, TOKENIZER)}
    (folder / SEAL).write_text(json.dumps({"id": folder.name, "files": files}))
    assert is_sealed(folder)
    monkeypatch.setenv("SECOND_LOOK_HOME", str(tmp_path))
    return get_encoder()


@pytest.mark.parametrize(
    ("kind", "payload"), [("review", {"text": "Fine."}), ("chat", {"messages": [{"sender": "a", "text": "Hello you"}]})]
)
def test_a_swapped_graph_with_a_fitting_seal_serves_no_model(kind: str, payload: dict[str, object], another_graph: TextEncoder) -> None:
    bundle = starter_bundle(kind)
    items = [Item(id="1", kind=kind, payload=KINDS[kind].parse(payload))]
    with pytest.raises(ArtifactError, match=f"{bundle.model} was trained with the encoder graph {GRAPH_SHA256[:12]}, but"):
        KINDS[kind].load_scorer(bundle).score(items, RunContext())


def test_what_was_trained_here_is_served_by_the_graph_that_it_names() -> None:
    starter, encoder = starter_bundle("review"), get_encoder()
    assert encoder_for(replace(starter, meta={"encoder_graph": encoder.graph_sha256})) is encoder
    with pytest.raises(ArtifactError, match=f"trained with the encoder graph 0000.* holds {GRAPH_SHA256[:12]}: remove that folder"):
        encoder_for(replace(starter, meta={"encoder_graph": "0" * 64}))


def test_it_says_what_is_wrong_with_a_graph_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / GRAPH).write_bytes(b"no graph")
    shutil.copyfile(find_source().folder / TOKENIZER, tmp_path / TOKENIZER)
    with pytest.raises(EncoderError, match="cannot be loaded"):
        TextEncoder(tmp_path)


def test_it_serves_without_torch() -> None:
    ensure_encoder()
    code = "import sys; from scoring.signals.text_encoder import get_encoder; get_encoder().encode(['a']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


class Counting:
    """Counts what it is asked to encode."""

    id = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], np.float32)


def test_it_caches_vectors_by_content(tmp_path: Path) -> None:
    encoder, shares = Counting(), []
    cache = EmbeddingCache(tmp_path)
    first = cache.encode(encoder, ["a", "bbb", "a"], shares.append)
    again = EmbeddingCache(tmp_path).encode(encoder, ["bbb", "cc", "a"])
    assert sorted(encoder.asked) == ["a", "bbb", "cc"]
    assert first.tolist() == [[1, 1], [3, 1], [1, 1]]
    assert again.tolist() == [[3, 1], [2, 1], [1, 1]]
    assert shares[-1] == 1.0


def test_it_works_on_when_the_cache_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "embeddings.sqlite3").write_bytes(b"this is no database, but long enough to be looked at" * 50)
    assert EmbeddingCache(tmp_path).encode(Counting(), ["abc"]).tolist() == [[3, 1]]


def test_it_can_be_exported_from_the_shell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert export_now([]) == 0
    assert capsys.readouterr().out.strip().endswith(encoder_id())
    assert export_now(["--source", str(tmp_path), "--home", str(tmp_path / "home")]) == 1
    assert "has no model.safetensors" in capsys.readouterr().err


class Listening:
    id = "listening"

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(texts)
        return np.array([[len(text), 1.0] for text in texts], np.float32)


def test_what_is_known_is_not_encoded_again_and_is_the_same() -> None:
    encoder, known = Listening(), dict[tuple[str, str], Any]()
    first = encode_once(encoder, ["one", "three", "one"], known)
    second = encode_once(encoder, ["three", "eleven"], known)
    assert encoder.asked == [["one", "three"], ["eleven"]]
    assert (first == encoder.encode(["one", "three", "one"])).all()
    assert (second == encoder.encode(["three", "eleven"])).all()
    assert encode_once(encoder, ["three"], None)[0, 0] == 5
    assert len(known) == 3


def test_what_is_known_has_a_bound_and_the_rest_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.signals.text_encoder.MOST_KNOWN", 2)
    encoder, known = Listening(), dict[tuple[str, str], Any]()
    texts = ["a", "bb", "ccc", "bb"]
    for _ in range(2):
        assert (encode_once(encoder, texts, known)[:, 0] == [1, 2, 3, 2]).all()
    assert encoder.asked == [["a", "bb", "ccc"], ["ccc"]]
    assert [text for _, text in known] == ["a", "bb"]
