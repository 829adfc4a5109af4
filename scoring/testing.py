"""check_kind(): the contract that any kind must pass, one named step at a time.

    from scoring.testing import check_kind
    def test_it_keeps_the_contract(tmp_path): check_kind(REVIEW, LINES, folder=tmp_path)

`examples` are labelled lines as the shell reads them: at least 12, of both classes, in time order where time matters.
A failure says which step broke and how; all steps are tried, so one run shows everything that is wrong.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from scoring.artifacts import Bundle
from scoring.blocks import BLOCK_TYPES, ReasonsBlock
from scoring.history import examples_with_past
from scoring.kind import Kind, Split, TrainOptions
from scoring.policy import read_policy
from scoring.starters import starter_bundle
from scoring.training.dataset import example_from_line, split
from scoring.types import Around, Evidence, Example, Item, Json, RunContext, Score, as_json, score_from_json

HEADLINE_MAX = 120
LEAKS = frozenset({"weight", "score", "chance_right", "spans", "label"})
JUNK: tuple[Json, ...] = (None, 3, "junk", [], [{}], True)


class ContractError(AssertionError):
    """A kind breaks its contract; the message names the step and what it found."""


@dataclass
class Subject:
    """A kind under test with what the steps share."""

    kind: Kind
    examples: Sequence[Example]
    context: RunContext = field(default_factory=RunContext)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="check-kind-")))
    trainer: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)

    @property
    def items(self) -> list[Item]:
        return [example.item for example in self.examples]


def need(truth: object, sentence: str) -> None:
    if not truth:
        raise ContractError(sentence)


def check_words(s: Subject) -> None:
    """The name and the words of the console are there and short; the icon is an SVG path."""
    need(re.fullmatch(r"[a-z][a-z0-9_]{1,30}", s.kind.name), f"name {s.kind.name!r} must be lower case, letters first")
    for name in ("one", "many", "allow", "allowed", "enforce", "enforced"):
        word = getattr(s.kind.words, name)
        need(isinstance(word, str) and 0 < len(word) <= 24 and word == word.strip(), f"words.{name} {word!r} must be 1 to 24 characters")
    need(re.fullmatch(r"[MmLlHhVvCcSsQqTtAaZz0-9 ,.+-]+", s.kind.icon), "icon must be an SVG path")
    need(s.kind.trainers, "there must be a trainer")


def check_payload(s: Subject) -> None:
    """Good payloads parse to JSON, twice the same; junk is refused with the path of the field."""
    for item in s.items:
        again = s.kind.parse(item.payload)
        need(again == dict(item.payload), f"{item.id}: parsing a parsed payload changes it")
        json.dumps(again, allow_nan=False)
    kept = s.kind.parse({**s.items[0].payload, "an_unknown_field": 1})
    need(kept.get("an_unknown_field") == 1, "unknown fields must be kept")
    for junk in JUNK:
        _must_refuse(s, junk, ())
    refused = 0
    for name in s.kind.payload.model_fields:
        payload = {**s.items[0].payload, name: {"junk": [None, {}]}}
        try:
            s.kind.parse(payload)
        except ValidationError as error:
            refused += 1
            paths = [part["loc"] for part in error.errors()]
            need(any(path and path[0] == name for path in paths), f"junk in {name} is refused without its path: {paths}")
    need(refused, "a mapping in place of any field is accepted: no field is checked")


def _must_refuse(s: Subject, junk: Json, path: tuple[str, ...]) -> None:
    try:
        s.kind.parse(junk)
    except ValidationError as error:
        need(error.errors(), f"payload {junk!r} is refused without a reason")
    else:
        raise ContractError(f"payload {junk!r} at {path} is accepted")


def check_lines(s: Subject) -> None:
    """headline, text, keys, facts and at give what lists, search and history need."""
    for item in s.items:
        headline = s.kind.headline(item.payload)
        fits = isinstance(headline, str) and 0 < len(headline) <= HEADLINE_MAX and "\n" not in headline
        need(fits, f"headline {headline!r} must be one line of 1 to {HEADLINE_MAX} characters")
        need(isinstance(s.kind.text(item.payload), str), "text() must give a string")
        keys, facts = s.kind.keys(item), s.kind.facts(item)
        plain = all(isinstance(k, str) and isinstance(v, str) and v for k, v in keys.items())
        need(plain, f"keys {keys!r} must map names to non-empty strings")
        json.dumps(dict(facts), allow_nan=False)
        at = s.kind.at(item)
        need(at is None or (isinstance(at, datetime) and at.tzinfo), f"at {at!r} must be an aware time or None")
    if s.kind.history is not None:
        need(any(s.kind.keys(item) for item in s.items), "a kind with history needs keys by which items are found")


def check_policy(s: Subject) -> None:
    """The starter policy is valid and for this kind, and its clauses have what the review screen shows."""
    document = read_policy(s.kind.policy)
    need(document.kind == s.kind.name, f"the policy is for {document.kind!r}")
    need(document.clauses, "the policy has no clauses")
    for clause in document.clauses:
        need(clause.test and clause.title, f"clause {clause.id} needs a title and a one-sentence test")
    if document.automation == "demo":
        need("demo" in document.note.casefold(), "a policy that automates for the demo must say so in its note")


def check_card(s: Subject, bundle: Bundle) -> None:
    """Blind and open cards are known blocks in JSON; the blind one shows nothing of the score."""
    scores = s.kind.load_scorer(bundle).explain(s.items, s.context)
    for item, score in zip(s.items, scores, strict=True):
        around = Around(measured=score.extra.get("measured") or {}, now=item.created_at)  # what a blind reviewer is told all the same
        blind, open_ = s.kind.card(replace(item, around=around), None), s.kind.card(item, score)
        for block in (*blind, *open_):
            need(isinstance(block, BLOCK_TYPES), f"{type(block).__name__} is not a block with a template")
            json.dumps(as_json(block), allow_nan=False)
        need(any(block.area == "content" for block in blind), f"{item.id}: the blind card shows no content")
        for block in blind:
            need(block.area != "evidence" and not isinstance(block, ReasonsBlock), f"{item.id}: the blind card has evidence: {block.type}")
            leaks = [name for name, value in _walk(as_json(block)) if name in LEAKS and value]
            need(not leaks, f"{item.id}: the blind card shows {', '.join(leaks)} in its {block.type} block")
        empty = s.kind.card(item, Score(risk=None, errors={"model": "failed"}))
        need(all(isinstance(block, BLOCK_TYPES) for block in empty), f"{item.id}: no card for a score that failed")


def _walk(value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            if name != "hidden":  # characters that do not look like what they are: a property of the text, not of the score
                yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


def check_scores(s: Subject, bundle: Bundle) -> None:
    """One valid Score per item in order; the batch does not matter; explain() agrees with score()."""
    scorer = s.kind.load_scorer(bundle)
    need(scorer.score([], s.context) == [], "no items must give no scores")
    together = scorer.score(s.items, s.context)
    need(len(together) == len(s.items), f"{len(together)} scores for {len(s.items)} items")
    for item, score in zip(s.items, together, strict=True):
        valid_score(score, item, bundle)
    by_risk = sorted(zip(s.items, together, strict=True), key=lambda pair: pair[1].risk or 0.0)
    for item, score in (by_risk[0], by_risk[len(by_risk) // 2], by_risk[-1]):
        alone = scorer.score([item], s.context)[0]
        need(_near(alone, score), f"{item.id}: risk {alone.risk} alone and {score.risk} in a batch")
    for item, score, told in zip(s.items, together, scorer.explain(s.items, s.context), strict=True):
        valid_score(told, item, bundle)
        need(_near(told, score), f"{item.id}: explain() says {told.risk}, score() says {score.risk}")


def _near(a: Score, b: Score) -> bool:
    if a.risk is None or b.risk is None:
        return a.risk is b.risk
    return abs(a.risk - b.risk) < 0.02  # quantised encoders may differ a little by the padding of a batch


def valid_score(score: Score, item: Item, bundle: Bundle) -> None:
    """Raises ContractError unless the score is well formed for this item."""
    where = f"{item.id}: "
    need(score.risk is None or 0.0 <= score.risk <= 1.0, f"{where}risk {score.risk} is not a probability")
    need(0.0 <= score.uncertainty <= 1.0, f"{where}uncertainty {score.uncertainty} is outside 0 to 1")
    for name, p in score.labels.items():
        need(isinstance(p, float) and 0.0 <= p <= 1.0, f"{where}label {name} has {p!r}, not a probability")
    need(score.model == bundle.model, f"{where}model {score.model!r} should be {bundle.model!r}")
    need(score.risk is not None or score.errors, f"{where}no risk and no error that says why")
    for evidence in score.evidence:
        need(math.isfinite(evidence.weight), f"{where}evidence weight {evidence.weight} is not finite")
        if evidence.type in ("span", "quote"):
            need(_quoted(evidence, item) is not None, f"{where}{evidence} does not point into the payload")
    again = score_from_json(json.loads(json.dumps(as_json(score), allow_nan=False)))
    need(as_json(again) == as_json(score), f"{where}the score does not survive JSON")


def _quoted(evidence: Evidence, item: Item) -> str | None:
    """The text that a span or quote points at; None when it points nowhere."""
    text = item.payload.get(evidence.field or "")
    if evidence.type == "quote":
        messages = item.payload.get("messages") or []
        inside = evidence.index is not None and 0 <= evidence.index < len(messages)
        text = messages[evidence.index].get("text") if inside and evidence.index is not None else None
    start, end = evidence.start, evidence.end
    if not isinstance(text, str) or start is None or end is None or not 0 <= start < end <= len(text):
        return None
    return text[start:end]


def check_bad_items(s: Subject, bundle: Bundle) -> None:
    """Items that never went through validation neither raise nor disturb their neighbours."""
    scorer = s.kind.load_scorer(bundle)
    good = s.items[0]
    odd = [replace(good, id=f"odd-{i}", payload=payload, past=()) for i, payload in enumerate(_odd_payloads(good))]
    for call in (scorer.score, scorer.explain):
        scores = call([good, *odd, good], s.context)
        need(len(scores) == len(odd) + 2, f"{len(scores)} scores for {len(odd) + 2} items, some of them bad")
        for item, score in zip([good, *odd, good], scores, strict=True):
            valid_score(replace(score, evidence=()) if item is not good else score, item, bundle)
        need(_near(scores[0], scores[-1]), "a bad item changes the scores of its neighbours")


def _odd_payloads(good: Item) -> list[Mapping[str, Json]]:
    values: tuple[Json, ...] = (None, {"junk": []}, [None], "\x00\ud83d", float("nan"))
    return [{}, {"x": 1}, *({name: value for name in good.payload} for value in values)]  # noqa: C420 - values may be mutable


def check_training(s: Subject) -> Bundle:
    """The trainer learns from a small set, reports progress, and gives the same model for the same seed."""
    parts = split(s.examples, s.kind, seed=1, test=0.0, tune=0.25)
    parts = Split(train=parts.train, tune=parts.tune)
    told: list[tuple[float, str]] = []
    bundles = []
    for name in ("first", "second"):
        options = TrainOptions(
            seed=7, version="check", cache_dir=s.folder / "cache", progress=lambda share, sentence: told.append((share, sentence)),
            parameters=s.parameters,
        )  # fmt: skip
        bundles.append(s.kind.load_trainer(s.trainer)(parts, s.folder / name, options))
    told_well = told and all(0 <= share <= 1 and sentence for share, sentence in told)
    need(told_well, f"progress must be told in shares of 1 with a sentence: {told[:3]}")
    bundle = bundles[0]
    need(bundle.kind == s.kind.name and bundle.version == "check", f"the bundle is {bundle.model}, not {s.kind.name}@check")
    need(bundle.labels, "the bundle names no labels")
    first, second = (s.kind.load_scorer(b).score(s.items, s.context) for b in bundles)
    pairs = list(zip(first, second, strict=True))
    need(all(_same(a.risk, b.risk) for a, b in pairs), "two trainings with the same seed and data give different scores")
    return bundle


def _same(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(a - b) < 1e-6


def check_cancel(s: Subject) -> None:
    """progress() may raise to cancel; then no bundle is left behind."""

    class Cancelled(Exception):
        pass

    def cancel(share: float, sentence: str) -> None:
        raise Cancelled

    parts = split(s.examples, s.kind, seed=1, test=0.0, tune=0.25)
    out = s.folder / "cancelled"
    try:
        s.kind.load_trainer(s.trainer)(parts, out, TrainOptions(cache_dir=s.folder / "cache", progress=cancel, parameters=s.parameters))
    except Cancelled:
        need(not out.exists(), "a cancelled training leaves a bundle")
    else:
        raise ContractError("the trainer swallows a cancellation")


def steps(s: Subject, *, training: bool = True) -> Iterator[tuple[str, Callable[[], object]]]:
    """(name, call) of every step, cheap ones first."""
    for check in (check_words, check_payload, check_lines, check_policy):
        yield check.__name__, partial(check, s)
    for check_with_model in (check_scores, check_bad_items, check_card):
        yield f"starter: {check_with_model.__name__}", partial(_with_starter, check_with_model, s)
    if training:
        yield "check_training", lambda: check_scores(s, check_training(s))
        yield "check_cancel", lambda: check_cancel(s)


def _with_starter(check: Callable[[Subject, Bundle], None], s: Subject) -> None:
    check(s, starter_bundle(s.kind.name))


def check_kind(
    kind: Kind, examples: Sequence[Mapping[str, Json]], *, folder: Path | None = None, context: RunContext | None = None,
    trainer: str | None = None, parameters: Mapping[str, Json] | None = None, training: bool = True,
) -> None:  # fmt: skip
    """Raises ContractError with every step that failed. `folder` is where trained bundles go (a temporary one without it)."""
    read = [example_from_line(kind, line) for line in examples]
    if len(read) < 12:
        raise ContractError(f"{len(read)} examples are too few: give at least 12")
    s = Subject(kind=kind, examples=examples_with_past(kind, read), trainer=trainer, parameters=parameters or {})
    s.context, s.folder = context or s.context, folder or s.folder
    failures = []
    for name, call in steps(s, training=training):
        try:
            call()
        except ContractError as error:
            failures.append(f"{name}: {error}")
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            failures.append(f"{name}: raised {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})")
    if failures:
        raise ContractError(f"{kind.name} breaks its contract:\n  " + "\n  ".join(failures))
