"""What each kind declares for its examination, asked of the starters: sets that can be read, reasons that add up, words that count."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from scoring.exam import Erasing, Exam, Rewriting
from scoring.explain.spans import find_words
from scoring.gates.faithful import explanations
from scoring.gates.functions import directions, functions
from scoring.gates.gate import Side, Trial
from scoring.gates.rewriting import ORDERS, PLAIN, WAYS
from scoring.gates.slicing import NOBODY, UNSURE, band, by_identity, by_language, by_length, by_stakes
from scoring.kind import Kind
from scoring.kinds.review.exam import EXAM as REVIEW_EXAM
from scoring.kinds.review.exam import templates
from scoring.registry import KINDS, get_kind
from scoring.starters import starter_bundle
from scoring.text.normalise import normalise
from scoring.training.dataset import example_from_line
from scoring.training.fit import score_examples
from scoring.training.starters.contact import draw
from scoring.training.starters.review_talk import read_templates
from scoring.types import Evidence, Example, Item, RunContext, Score
from tests.scoring.order_lines import order_lines


def review(text: str) -> Example:
    return Example(item=Item(id="r", kind="review", payload={"text": text}), labels={"hate": 0})


def text_of(payload: object) -> str:
    return str(payload["text"])  # type: ignore[index]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_declares_an_exam_and_says_what_it_cannot_measure(name: str) -> None:
    kind = get_kind(name)
    exam = kind.load_exam()
    assert exam.slices
    asked = {"functions": exam.probes, "directions": exam.pairs, "evasion": exam.rewrite, "injection": exam.append}
    for gate, declared in asked.items():
        assert declared or exam.unmeasured.get(gate) or name in ("order", "contact"), f"{name} is silent about {gate}"
    assert exam.erasing or exam.additive or exam.masking or exam.unmeasured["explanations"]


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.load_exam().probes])
def test_its_functional_set_is_valid_balanced_and_repeatable(name: str) -> None:
    kind = get_kind(name)
    make = kind.load_exam().probes
    assert make is not None
    probes = make(3)
    assert [p.item for p in probes] == [p.item for p in make(3)]
    for probe in probes:
        assert kind.parse(probe.item.payload)
    assert len({p.function for p in probes if p.wrong}) >= 2
    assert len({p.function for p in probes if not p.wrong}) >= 2


def test_no_model_was_trained_on_the_functional_texts() -> None:
    """The starter learnt from templates too: a function test that mirrors them would show that it learnt, not that it reads."""

    def bare(form: str) -> str:
        return " ".join(re.sub(r"\{\w+\}", "", form).lower().split())

    trained = {bare(template.form) for template in read_templates()}
    assert trained.isdisjoint(bare(form) for _, form, _ in templates())


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_hidden_words_differ_and_are_read_again_by_undoing_them(way: Rewriting) -> None:
    rng, text = random.Random(1), "that waiter is a complete idiot and everybody knows it"
    hidden = way.change(text, rng)
    assert hidden != text
    if way.title != "Digits for letters":  # which letter a digit stands for is a guess
        kept = set(normalise(hidden).text.lower().split()) & set(text.split())
        assert len(kept) >= 7


def test_a_plain_sentence_is_as_long_as_an_order() -> None:
    orders, plain = (sum(map(len, sentences)) / len(sentences) for sentences in (ORDERS, PLAIN))
    assert abs(orders - plain) < 8


def test_slices_name_what_people_call_things() -> None:
    assert by_language(text_of).of(review("Das Essen war leider kalt und die Bedienung sehr langsam, schade um den Abend.")) == ["German"]
    assert by_language(text_of).of(review("ok")) == [UNSURE]
    assert by_length(text_of).of(review("one two three")) == ["Up to 5 words"]
    assert by_length(text_of).of(review("word " * 200)) == ["121 words and more"]
    assert by_identity(text_of).of(review("Two Muslim women and a deaf man")) == ["Women and men", "Religion", "Disability and illness"]
    assert by_identity(text_of).of(review("The manual explains the womanly art of mending")) == [NOBODY]
    amounts = by_stakes(lambda payload: payload.get("amount"), (25.0, 100.0))
    found = [amounts.of(Example(item=Item(id="o", kind="order", payload=p), labels={})) for p in ({"amount": 5.0}, {"amount": 25.0}, {})]
    assert found == [["Below 25"], ["25 to 100"], ["Not known"]]
    assert band(7, (6, 16), "{} to {}", "up to {}", "{} and more") == "6 to 15"


def starter_trial(kind: Kind, examples: Sequence[Example]) -> Trial:
    bundle = starter_bundle(kind.name)
    side = Side(scores=score_examples(bundle, examples), bundle=bundle, scorer=kind.load_scorer(bundle))
    return Trial(kind=kind, examples=examples, champion=side, challenger=side)


def test_reasons_of_the_order_starter_add_up_and_its_promises_hold() -> None:
    kind = get_kind("order")
    from scoring.history import examples_with_past

    examples = examples_with_past(kind, [example_from_line(kind, line) for line in order_lines()])
    trial = starter_trial(kind, examples)
    gate = explanations(trial)
    assert gate.result == "passed", gate.sentence
    assert [row.word for row in gate.tables[0].rows] == ["met", "met"]
    moved = directions(trial)
    assert moved.result == "passed"
    assert {row.name for row in moved.tables[0].rows} >= {"Two-factor check passed, not failed", "Account opened a minute before"}


def test_the_contact_starter_knows_syntax_and_grows_surer_with_age() -> None:
    kind, rng = get_kind("contact"), random.Random(2)
    trial = starter_trial(kind, [draw(rng, number).example for number in range(60)])
    assert functions(trial).result in ("passed", "reported")
    assert directions(trial).result == "passed"
    assert explanations(trial).result == "passed"


class Worded:
    """Risk by one word; explains by it, or by any other when it lies."""

    def __init__(self, honest: bool) -> None:
        self._honest = honest

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return self.explain(items, context)

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        found = []
        for item in items:
            text = text_of(item.payload)
            words = find_words(text)
            bad = [w for w in words if text[slice(*w)].lower() == "rotten"]
            shown = bad if self._honest else [w for w in words if w not in bad][:1]
            evidence = tuple(Evidence(type="span", field="text", start=s, end=e, weight=1.0) for s, e in shown)
            found.append(Score(risk=0.95 if bad else 0.05, evidence=evidence))
        return found


def explained(honest: bool) -> Trial:
    erasing = REVIEW_EXAM.erasing
    assert erasing is not None

    class Declared(Kind):
        def load_exam(self) -> Exam:
            return Exam(erasing=replace_scrambled(erasing))

    examples = [review(f"this rotten place number{i} was full of rather loud guests") for i in range(12)]
    kind = Declared(**{name: getattr(get_kind("review"), name) for name in Kind.__dataclass_fields__})
    model = Worded(honest)
    side = Side(scores=model.score([e.item for e in examples], RunContext()), bundle=starter_bundle("review"), scorer=model)
    return Trial(kind=kind, examples=examples, challenger=side)


def replace_scrambled(erasing: Erasing) -> Erasing:
    return replace(erasing, scrambled=lambda bundle, seed: Worded(False))


def test_reasons_that_carry_the_score_pass_and_reasons_that_do_not_are_refused() -> None:
    good, bad = explanations(explained(True)), explanations(explained(False))
    assert good.result == "passed", good.sentence
    assert {row.word for row in good.tables[0].rows} == {"met"}
    assert bad.result == "refused"
    assert "hardly more than chance" in bad.sentence
