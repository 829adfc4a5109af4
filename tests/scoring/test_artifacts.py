from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from scoring.artifacts import MANIFEST, ArtifactError, Bundle, read_bundle, write_bundle


def fill(folder: Path) -> None:
    (folder / "model.json").write_text('{"a": 1}')
    np.savez(folder / "weights.npz", w=np.arange(3.0))


def written(out: Path, **changes: str) -> Bundle:
    version = changes.get("version", "v1")
    return write_bundle(out, kind="order", version=version, trainer="quick", labels=("fraud",), fill=fill, meta={"seed": 3})


def test_it_reads_what_was_written(tmp_path: Path) -> None:
    bundle = written(tmp_path / "m")
    again = read_bundle(tmp_path / "m", kind="order")
    assert again == bundle
    assert again.model == "order@v1"
    assert again.meta["seed"] == 3
    assert again.read_json("model.json") == {"a": 1}
    assert again.read_arrays("weights.npz")["w"].tolist() == [0, 1, 2]


def test_it_leaves_nothing_beside_the_bundle(tmp_path: Path) -> None:
    written(tmp_path / "m")
    written(tmp_path / "m", version="v2")
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
    assert read_bundle(tmp_path / "m").version == "v2"


def test_it_keeps_the_old_bundle_when_writing_fails(tmp_path: Path) -> None:
    written(tmp_path / "m")

    def broken(folder: Path) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_bundle(tmp_path / "m", kind="order", version="v2", trainer="quick", labels=(), fill=broken)
    assert read_bundle(tmp_path / "m").version == "v1"
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_it_replaces_nothing_but_a_bundle_or_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.jsonl").write_text("mine")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.json").write_text('{"name": "an app", "files": []}')
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    written(tmp_path / "noted")
    (tmp_path / "noted" / "notes.txt").write_text("mine")
    monkeypatch.chdir(tmp_path / "web")
    places = [tmp_path / "data.jsonl", tmp_path / "web", tmp_path, tmp_path / "noted", tmp_path / "gone", Path("."), Path("..")]
    before = sorted(tmp_path.rglob("*"))
    for place in places:
        with pytest.raises(ArtifactError, match=re.escape(str(place))):
            written(place, version="v2")
    with pytest.raises(ArtifactError, match="is not a folder"):
        written(tmp_path / "data.jsonl" / "below" / "m")
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "data.jsonl").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert written(tmp_path / "empty", version="v2").version == "v2"


def test_it_puts_the_old_bundle_back_when_the_new_one_cannot_take_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "m")
    rename = os.replace

    def fails_for_new(source: Path, target: Path) -> None:
        if Path(target).name == "m" and Path(source).name != "bundle":
            raise OSError("no room")
        rename(source, target)

    monkeypatch.setattr("scoring.artifacts.os.replace", fails_for_new)
    with pytest.raises(OSError, match="no room"):
        written(tmp_path / "m", version="v2")
    assert read_bundle(tmp_path / "m").version == "v1"
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_it_refuses_a_changed_file(tmp_path: Path) -> None:
    bundle = written(tmp_path / "m")
    (bundle.path / "model.json").write_text('{"a": 2}')
    with pytest.raises(ArtifactError, match=r"model\.json does not have the checksum"):
        read_bundle(bundle.path)


def test_it_refuses_a_missing_file(tmp_path: Path) -> None:
    bundle = written(tmp_path / "m")
    (bundle.path / "weights.npz").unlink()
    with pytest.raises(ArtifactError, match=r"weights\.npz is missing"):
        read_bundle(bundle.path)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pt", "run.py"])
def test_it_lets_no_format_in_that_can_run_code(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtifactError, match="may be in a bundle"):
        write_bundle(tmp_path / "m", kind="order", version="v1", trainer="x", labels=(), fill=lambda f: (f / name).touch())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside.json", "/etc/hostname.json", "model.pkl"])
def test_it_opens_nothing_that_a_bundle_may_not_hold(tmp_path: Path, name: str) -> None:
    bundle = written(tmp_path / "m")
    (tmp_path / "outside.json").write_text("{}")
    manifest = json.loads((bundle.path / MANIFEST).read_text())
    manifest["files"][name] = "0" * 64
    (bundle.path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="not a file that a bundle may hold"):
        read_bundle(bundle.path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "order"}'])
def test_it_says_when_a_manifest_cannot_be_read(tmp_path: Path, text: str) -> None:
    bundle = written(tmp_path / "m")
    (bundle.path / MANIFEST).write_text(text)
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_bundle(bundle.path)


def test_it_says_when_a_folder_is_no_model_or_for_another_kind(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="not a model folder"):
        read_bundle(tmp_path)
    with pytest.raises(ArtifactError, match="a model for order, not for review"):
        read_bundle(written(tmp_path / "m").path, kind="review")


def test_it_opens_only_listed_files_and_no_object_arrays(tmp_path: Path) -> None:
    def sneaky(folder: Path) -> None:
        np.savez(folder / "weights.npz", w=np.array([{"a": 1}], dtype=object))

    bundle = write_bundle(tmp_path / "m", kind="order", version="v1", trainer="x", labels=(), fill=sneaky)
    with pytest.raises(ValueError, match="allow_pickle"):
        bundle.read_arrays("weights.npz")
    with pytest.raises(ArtifactError, match="has no file"):
        bundle.file("other.json")


def test_the_checksum_follows_the_content(tmp_path: Path) -> None:
    def other_fill(folder: Path) -> None:
        (folder / "model.json").write_text("[]")

    one, two = written(tmp_path / "a"), written(tmp_path / "b", version="v2")
    other = write_bundle(tmp_path / "c", kind="order", version="v1", trainer="quick", labels=(), fill=other_fill)
    assert one.checksum == two.checksum != other.checksum
