"""The video kind from payload to card: known content, frames, words, training, and what goes to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from scoring.artifacts import ArtifactError, write_bundle
from scoring.blocks import FramesBlock, NoticeBlock, TextBlock
from scoring.cli.scores import score_line
from scoring.decide import decide
from scoring.kind import Scorer, TrainOptions
from scoring.kinds.video import VIDEO
from scoring.kinds.video.features import peak, smooth
from scoring.kinds.video.words import TextFinding
from scoring.media.cli import hash_file
from scoring.policy import read_policy
from scoring.signals.frames import NOT_CONFIGURED
from scoring.signals.hashes import HashIndex
from scoring.starters import starter_bundle
from scoring.testing import check_kind
from scoring.types import Item, Json, RunContext, Score
from tests.scoring.made_media import Painter, box, flat, make_picture, make_video, scene, written
from tests.scoring.tiny_model import red_detector

RED, GREY, BLUE = (230, 20, 20), (128, 128, 128), (20, 20, 230)
ANGRY = "angry words"


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text model has tests of its own: here any text with "angry words" is harmful."""

    def score_texts(texts: list[tuple[str, str, float | None]], context: RunContext, *, explain: bool = False) -> list[TextFinding]:
        return [TextFinding(source=s, text=text, t=t, risk=0.93 if ANGRY in text.lower() else 0.04) for s, text, t in texts]

    monkeypatch.setattr("scoring.kinds.video.scorer.score_texts", score_texts)


@dataclass(frozen=True)
class Shelf:
    """A media folder with a few files in it, and a frame classifier that knows red."""

    root: Path
    model: Path

    def context(self, bank: HashIndex | None = None, **options: Json) -> RunContext:
        return RunContext(media_root=self.root, bank=bank, options=options)

    def with_model(self, bank: HashIndex | None = None) -> RunContext:
        return self.context(bank, frame_model=str(self.model))


def shot(colour: tuple[int, int, int], seed: int = 9) -> Painter:
    """A plain colour with a little texture."""
    texture = scene(seed, size=(96, 64))
    return lambda n: (0.85 * np.array(colour) + 0.15 * texture(n)).astype(np.uint8)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    root = tmp_path_factory.mktemp("media")
    make_video(root / "calm.mp4", [(2, shot(GREY)), (2, shot(BLUE))], rate=10)
    make_video(root / "red.mp4", [(3, shot(GREY)), (2, shot(RED)), (3, shot(BLUE))], rate=10)
    make_video(root / "scenes.mp4", [(1.5, scene(1)), (1.5, scene(2)), (1.5, scene(3))], rate=10)
    make_video(root / "scenes-again.mp4", [(1.5, scene(1)), (1.5, scene(2)), (1.5, scene(3))], rate=10, options={"crf": "30"})
    make_video(root / "part.mp4", [(1.5, scene(1)), (1.5, scene(5)), (1.5, scene(6))], rate=10)
    make_video(root / "caption.mp4", [(1, flat(GREY, size=(640, 240))), (2, lambda n: written("some angry words\nfor you"))], rate=10)
    make_picture(root / "picture.png")
    (root / "broken.mp4").write_bytes((root / "red.mp4").read_bytes()[:900])
    return Shelf(root, red_detector(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return VIDEO.load_scorer(starter_bundle("video"))


def item(media: str, **payload: Json) -> Item:
    actor = {"id": "u1", "uploads": 14, "trusted": False}
    return Item(id=media, kind="video", payload=VIDEO.parse({"media": media, **payload}), actor=actor)


def outcome(score: Score, media: str = "x") -> tuple[str, str]:
    decision = decide(item(media), score, read_policy(VIDEO.policy))
    return decision.outcome, decision.reason


# Payload


@pytest.mark.parametrize(
    "payload",
    [{}, {"title": "only words"}, {"media": "a", "path": "b"}, {"media": "../a"}, {"media": "/a"}, {"media": "a//b"}, {"media": ".a"},
     {"media": "a", "duration_s": -1}, {"media": "a", "title": 3}, {"path": ""}],
)  # fmt: skip
def test_it_refuses_a_payload_without_one_good_source(payload: Mapping[str, Json]) -> None:
    with pytest.raises(ValidationError):
        VIDEO.parse(payload)


def test_it_writes_one_line_for_lists() -> None:
    assert VIDEO.headline({"title": "Evening\nat the harbour", "duration_s": 124.2}) == "Evening at the harbour (2:04)"
    assert VIDEO.headline({"media": "m"}) == "Untitled video"
    assert len(VIDEO.headline({"title": "x" * 500, "duration_s": 9999})) == 120


# Without a frame classifier


def test_it_sends_a_video_to_a_person_when_no_frame_classifier_is_configured(shelf: Shelf, scorer: Scorer) -> None:
    score = scorer.score([item("calm.mp4")], shelf.context())[0]
    assert score.risk is None
    assert score.errors["frames"] == NOT_CONFIGURED
    assert outcome(score) == ("review", "detector_failed")
    notices = [b.text for b in VIDEO.card(item("calm.mp4"), score) if isinstance(b, NoticeBlock)]
    assert NOT_CONFIGURED in notices


def test_it_scores_the_words_of_title_and_frames(shelf: Shelf, scorer: Scorer) -> None:
    kind_words, harsh = scorer.score([item("calm.mp4", title="A walk"), item("calm.mp4", title="Angry words")], shelf.context())
    assert (kind_words.labels["text_harm"], harsh.labels["text_harm"]) == (0.04, 0.93)
    caption = scorer.score([item("caption.mp4")], shelf.context())[0]
    assert caption.labels["text_harm"] == 0.93
    found = next(e for e in caption.evidence if e.label == "text_harm")
    assert found.type == "frame"
    assert found.t is not None
    assert 0.9 <= found.t < 3
    assert "angry words" in str(found.text)


def test_it_says_when_text_could_not_be_read(shelf: Shelf, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.signals.ocr.is_installed", lambda: False)
    make_video(shelf.root / "unread.mp4", [(1, scene(31))], rate=10)
    score = scorer.score([item("unread.mp4")], shelf.with_model())[0]
    assert "OCR is not installed" in score.errors["ocr"]
    assert outcome(score)[0] == "review"


# With a frame classifier


def test_it_finds_the_shot_and_cites_it(shelf: Shelf, scorer: Scorer) -> None:
    calm, red = scorer.explain([item("calm.mp4"), item("red.mp4")], shelf.with_model())
    assert calm.labels["violence"] < 0.3
    assert red.labels["violence"] > 0.8
    assert red.errors == {}
    assert red.signals["frames_checked"] is True
    cited = [e for e in red.evidence if e.type == "frame"]
    assert cited
    assert all(e.t is not None and 2.9 <= e.t <= 5.1 for e in cited)
    assert not [e for e in calm.evidence if e.type == "frame"]


def test_it_scores_lower_when_the_cited_frames_are_painted_over(shelf: Shelf, scorer: Scorer, tmp_path: Path) -> None:
    red = scorer.explain([item("red.mp4")], shelf.with_model())[0]
    cited = [e for e in red.evidence if e.type == "frame"]
    assert cited[-1].value > 0.1
    times = [e.t for e in cited if e.t is not None]
    grey = np.full((64, 96, 3), GREY, np.uint8)

    def masked(n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        t = n / 10
        colour = RED if 3 <= t < 5 else GREY if t < 3 else BLUE
        return grey if any(abs(t - c) <= 1.5 for c in times) else shot(colour)(n)

    make_video(shelf.root / "masked.mp4", [(8, masked)], rate=10)
    again = scorer.score([item("masked.mp4")], shelf.with_model())[0]
    assert again.labels["violence"] < red.labels["violence"] - 0.05


def test_it_lets_no_single_noisy_frame_decide() -> None:
    times = [0.0, 1.0, 2.0, 3.0]
    lone, shown = np.array([0.1, 0.95, 0.1, 0.1]), np.array([0.1, 0.95, 0.9, 0.1])
    assert peak(times, lone) == pytest.approx(0.525)
    assert peak(times, shown) > 0.9
    assert peak([0.0], np.array([0.9])) == 0.9
    assert smooth([], np.zeros(0)).shape == (0,)


def test_it_says_when_the_frame_classifier_cannot_be_used(shelf: Shelf, scorer: Scorer) -> None:
    score = scorer.score([item("calm.mp4")], shelf.context(frame_model="someone/model"))[0]
    assert "revision of 40 hex digits" in score.errors["frames"]
    assert outcome(score)[0] == "review"


# Known content


@pytest.fixture(scope="module")
def bank(shelf: Shelf) -> HashIndex:
    rows = [hash_file(shelf.root / "scenes.mp4"), hash_file(shelf.root / "picture.png")]
    return HashIndex([{"id": "b1", "label": "violence", **rows[0]}, {"id": "b2", "pdq": rows[1]["pdq"]}])


@pytest.mark.parametrize(("media", "entry"), [("scenes.mp4", "b1"), ("scenes-again.mp4", "b1"), ("picture.png", "b2")])
def test_it_enforces_known_content(shelf: Shelf, scorer: Scorer, bank: HashIndex, media: str, entry: str) -> None:
    score = scorer.score([item(media)], shelf.context(bank))[0]
    assert score.signals["known_match"] is True
    match = next(e for e in score.evidence if e.type == "match")
    assert (match.value, match.weight <= 31) == (entry, True)
    assert outcome(score) == ("enforce", "match")
    frames = next(b for b in VIDEO.card(item(media), score) if isinstance(b, FramesBlock))
    assert any(entry in line for line in frames.matches)


def test_it_shows_a_part_of_known_content_to_a_person(shelf: Shelf, scorer: Scorer, bank: HashIndex) -> None:
    score = scorer.score([item("part.mp4")], shelf.context(bank))[0]
    assert (score.signals["known_match"], score.signals["partial_match"]) == (False, True)
    assert outcome(score)[0] == "review"


def test_it_matches_nothing_that_is_new(shelf: Shelf, scorer: Scorer, bank: HashIndex) -> None:
    score = scorer.score([item("calm.mp4")], shelf.context(bank))[0]
    assert score.signals["bank_checked"] is True
    assert not [e for e in score.evidence if e.type == "match"]


def test_it_says_what_a_bank_should_keep_of_it(shelf: Shelf, scorer: Scorer) -> None:
    clip, picture = scorer.score([item("scenes.mp4"), item("picture.png")], shelf.context())
    kept = HashIndex([{"id": "clip", "vpdq": clip.signals["vpdq"]}, {"id": "picture", "pdq": picture.signals["pdq"]}])
    (shelf.root / "repacked.mp4").write_bytes((shelf.root / "scenes.mp4").read_bytes() + box(b"free", b"other bytes"))
    again = scorer.score([item("repacked.mp4"), item("picture.png")], shelf.context(kept))
    assert [s.signals["known_match"] for s in again] == [True, True]
    assert {e.value for s in again for e in s.evidence} == {"clip", "picture"}


# Files that cannot be read


@pytest.mark.parametrize(("media", "sentence"), [("broken.mp4", "broken or cut short"), ("gone.mp4", "not in the media folder")])
def test_it_sends_what_it_cannot_read_to_a_person(shelf: Shelf, scorer: Scorer, media: str, sentence: str) -> None:
    score = scorer.score([item(media)], shelf.with_model())[0]
    assert score.risk is None
    assert sentence in score.errors["media"]
    assert outcome(score) == ("review", "detector_failed")
    assert any(sentence in b.text for b in VIDEO.card(item(media), score) if isinstance(b, NoticeBlock))


def test_calm_words_say_nothing_of_a_video_that_could_not_be_read(shelf: Shelf, scorer: Scorer) -> None:
    one = item("broken.mp4", title="A calm day in the garden")
    score = scorer.score([one], shelf.with_model())[0]
    assert score.risk is None
    assert score.labels["text_harm"] < 0.5
    line = score_line(one, score)
    assert line["risk"] is None
    assert "broken or cut short" in str(line["error"])


def test_it_reads_no_path_for_a_stranger(shelf: Shelf, scorer: Scorer) -> None:
    asked = Item(id="p", kind="video", payload={"path": str(shelf.root / "calm.mp4")})
    assert "command line only" in scorer.score([asked], shelf.with_model())[0].errors["media"]
    assert scorer.score([asked], RunContext())[0].signals["media_read"] is True


# The card


def test_it_draws_a_strip_that_was_written_by_the_worker(shelf: Shelf, scorer: Scorer) -> None:
    score = scorer.score([item("red.mp4", title="A day out", description="By the sea")], shelf.with_model())[0]
    blocks = VIDEO.card(item("red.mp4", title="A day out", description="By the sea"), score)
    strip = next(b for b in blocks if isinstance(b, FramesBlock))
    assert strip.duration_s == pytest.approx(8, abs=0.2)
    assert all(frame.image and frame.image.startswith("red.mp4/strip/") for frame in strip.frames if frame.label)
    assert any(frame.label == "violence" and (frame.score or 0) > 0.8 for frame in strip.frames)
    assert len(list((shelf.root / "red.mp4.strip").glob("*.jpg"))) == len(score.signals["strip"])
    assert [b.text for b in blocks if isinstance(b, TextBlock)] == ["A day out", "By the sea"]
    assert strip.title == "Video"  # the title itself is said once, where its marks can stand


def test_it_says_nothing_of_the_score_in_a_blind_card(shelf: Shelf) -> None:
    blocks = VIDEO.card(item("red.mp4", title="A day out"), None)
    strip = next(b for b in blocks if isinstance(b, FramesBlock))
    assert (strip.media, strip.frames, strip.matches) == ("red.mp4", [], [])
    assert not [b for b in blocks if isinstance(b, NoticeBlock)]


# Training


def labelled(shelf: Shelf) -> list[dict[str, Json]]:
    """Sixteen clips: those with a red shot break the rule."""
    lines: list[dict[str, Json]] = []
    for n in range(16):
        bad, rest = n % 2, (GREY, BLUE)[n // 2 % 2]
        path = shelf.root / f"train-{n}.mp4"
        if not path.exists():
            make_video(path, [(0.7, shot(rest, 100 + n)), (0.7, shot(RED if bad else rest, 100 + n))], rate=10)
        lines.append({"id": str(n), "payload": {"media": path.name}, "labels": {"violence": bad}})
    return lines


def test_it_keeps_the_contract_of_a_kind(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.testing.TrainOptions", lambda **given: TrainOptions(**given, context=shelf.context()))
    check_kind(VIDEO, labelled(shelf), folder=tmp_path, context=shelf.context())


def test_it_learns_from_labels_with_a_frame_classifier(shelf: Shelf, tmp_path: Path) -> None:
    from scoring.testing import example_from_line, split

    examples = [example_from_line(VIDEO, line) for line in labelled(shelf)]
    parts = split(examples, VIDEO, seed=1, test=0.25, tune=0.25)
    bundle = VIDEO.load_trainer()(parts, tmp_path / "model", TrainOptions(seed=1, version="v1", context=shelf.with_model()))
    assert (bundle.labels, bundle.meta["frame_labels"]) == (("violence",), ["violence"])
    trained = VIDEO.load_scorer(bundle)
    items = [e.item for e in examples]
    risks = [s.risk or 0.0 for s in trained.score(items, shelf.with_model())]
    bad = [risk for risk, e in zip(risks, examples, strict=True) if e.labels["violence"]]
    good = [risk for risk, e in zip(risks, examples, strict=True) if not e.labels["violence"]]
    assert min(bad) > max(good)
    without = trained.score(items[:1], shelf.context())[0]
    assert "frame classifier that it was trained with" in without.errors["frames"]
    assert outcome(without)[0] == "review"


def test_it_refuses_a_head_made_for_other_features(tmp_path: Path) -> None:
    head = {"schema": 1, "frame_labels": [], "features": ["one"], "mean": [0.0], "scale": [1.0], "parts": {
        "risk": {"weights": [1.0], "bias": 0.0, "calibrator": {"method": "platt", "scale": "margin", "params": [1, 0], "x": [], "y": []}},
    }}  # fmt: skip
    for name, text in (("other", json.dumps(head)), ("broken", '{"parts": 3}')):
        bundle = write_bundle(
            tmp_path / name, kind="video", version="1", trainer="quick", labels=("violence",),
            fill=lambda folder, text=text: (folder / "head.json").write_text(text, "utf-8") and None,
        )  # fmt: skip
        with pytest.raises(ArtifactError):
            VIDEO.load_scorer(bundle)
