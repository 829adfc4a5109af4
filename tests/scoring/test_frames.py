"""The frame classifier with a small real model, made here and saved as a Hugging Face folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scoring.signals.frames import FrameModelError, frame_classifier, policy_label
from tests.scoring.tiny_model import red_detector


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return red_detector(tmp_path_factory.mktemp("model"))


def pictures() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    red, grey, blue = (230, 20, 20), (128, 128, 128), (20, 20, 230)
    return np.stack([np.full((40, 64, 3), colour, np.uint8) for colour in (red, grey, blue)])


def test_it_scores_frames_with_any_image_classification_model(model: Path) -> None:
    classifier = frame_classifier({"frame_model": str(model)})
    assert classifier is not None
    assert classifier.labels == ("violence",)
    red, grey, blue = classifier.scores(pictures())["violence"]
    assert red > 0.9
    assert max(grey, blue) < 0.2


def test_it_gives_the_same_score_alone_and_in_a_batch(model: Path) -> None:
    classifier = frame_classifier({"frame_model": str(model)})
    assert classifier is not None
    together = classifier.scores(np.concatenate([pictures()] * 5))["violence"]
    alone = classifier.scores(pictures()[:1])["violence"]
    assert together[[0, 3, 12]] == pytest.approx([alone[0]] * 3, abs=1e-5)


def test_it_takes_several_labels_at_once(tmp_path: Path) -> None:
    folder = red_detector(tmp_path, names=("red", "blue", "safe"), several=True)
    classifier = frame_classifier({"frame_model": str(folder), "frame_labels": {"red": "violence", "blue": "nudity"}})
    assert classifier is not None
    found = classifier.scores(pictures())
    assert sorted(found) == ["nudity", "violence"]
    assert found["violence"][0] > 0.9 > 0.2 > found["violence"][2]
    assert found["nudity"][2] > 0.9 > 0.2 > found["nudity"][0]


def test_it_says_when_no_model_is_configured() -> None:
    assert frame_classifier({}) is None
    assert frame_classifier({"frame_model": ""}) is None


def test_it_refuses_a_hub_model_without_a_pinned_revision() -> None:
    for revision in (None, "main", "v1.0"):
        with pytest.raises(FrameModelError, match="revision of 40 hex digits"):
            frame_classifier({"frame_model": "someone/some-model", "frame_model_revision": revision})


def test_it_refuses_a_folder_without_safe_weights(tmp_path: Path, model: Path) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04 not to be opened")
    with pytest.raises(FrameModelError, match="cannot be loaded"):
        frame_classifier({"frame_model": str(tmp_path)})


def test_it_refuses_a_model_that_knows_no_harm(tmp_path: Path) -> None:
    folder = red_detector(tmp_path, names=("safe", "neutral"))
    with pytest.raises(FrameModelError, match="none of its labels"):
        frame_classifier({"frame_model": str(folder)})


def test_it_refuses_options_of_the_wrong_type() -> None:
    with pytest.raises(FrameModelError, match="folder or a hub name"):
        frame_classifier({"frame_model": ["a", "b"]})


@pytest.mark.parametrize(
    ("name", "label"),
    [("NSFW", "nudity"), ("porn", "sexual_activity"), ("Non-Violence", None), ("neutral", None), ("Self Harm", "self_harm")],
)
def test_it_translates_the_names_of_public_models(name: str, label: str | None) -> None:
    assert policy_label(name) == label
