"""The gates that a challenger must pass: what each refuses, what it lets pass, and that none is silently skipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from scoring.calibration import sigmoid
from scoring.exam import Exam, Pair, Probe, Slice
from scoring.gates.calibrated import calibration
from scoring.gates.functions import directions, functions
from scoring.gates.gate import Gate, Side, Trial
from scoring.gates.hiding import evasion, injection
from scoring.gates.latency import latency
from scoring.gates.overall import leaks
from scoring.gates.report import FIRST, GATES, examine
from scoring.gates.slices import slices
from scoring.kind import Kind, Split
from scoring.registry import get_kind
from scoring.types import Example, Item, Json, RunContext, Score, as_json

TONGUES = ("English", "German", "Polish", "Turkish")


class Rule:
    """A model that is a function of the payload."""

    def __init__(self, risk: Callable[[Json], float]) -> None:
        self._risk = risk

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return [Score(risk=risk, labels={"hate": risk}) for risk in (self._risk(item.payload) for item in items)]

    explain = score


def kind(exam: Exam) -> Kind:
    class Declared(Kind):
        def load_exam(self) -> Exam:
            return exam

    review = get_kind("review")
    fields = {name: getattr(review, name) for name in Kind.__dataclass_fields__}
    return Declared(**fields)


def by_tongue() -> Slice:
    return Slice(title="Language", of=lambda e: [e.item.payload["tongue"]])


def stream(seed: int, n: int = 1200) -> tuple[list[Example], np.ndarray, np.ndarray]:
    """Examples in four languages, the log-odds that are true of them, and which language each is in."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1.0, 2.2, n)
    y = rng.random(n) < sigmoid(margin)
    tongue = rng.choice(4, n, p=[0.55, 0.25, 0.12, 0.08])
    examples = [
        Example(item=Item(id=str(i), kind="review", payload={"tongue": TONGUES[t]}), labels={"hate": int(v)})
        for i, (v, t) in enumerate(zip(y, tongue, strict=True))
    ]
    return examples, margin, tongue


def told(p: np.ndarray) -> list[Score]:
    return [Score(risk=float(v), labels={"hate": float(v)}) for v in p]


def trial(examples: list[Example], old: list[Score] | None, new: list[Score], exam: Exam, **more: object) -> Trial:
    side = None if old is None else Side(scores=old)
    return Trial(kind=kind(exam), examples=examples, champion=side, challenger=Side(scores=new), **more)  # type: ignore[arg-type]


def planted(seed: int, tongue: int) -> Trial:
    """The challenger is better everywhere but in one language, where it half guesses."""
    examples, margin, tongues = stream(seed)
    rng = np.random.default_rng(100 + seed)
    old = sigmoid(margin + rng.normal(0, 1.6, len(margin)))
    guess = np.where(tongues == tongue, 0.2 * margin + rng.normal(-1.0, 1.5, len(margin)), margin + rng.normal(0, 0.3, len(margin)))
    return trial(examples, told(old), told(sigmoid(guess)), Exam(slices=[by_tongue()]))


def test_a_regression_planted_in_one_slice_is_refused_though_the_whole_is_better() -> None:
    report = examine(planted(1, tongue=2))
    gates = {gate.name: gate for gate in report.gates}
    assert gates["gain"].result == "passed"
    assert gates["whole"].result == "passed"
    assert gates["slices"].result == "refused"
    assert not report.passed
    assert "“Polish” (language)" in gates["slices"].sentence
    words = {row.name: row.word for row in gates["slices"].tables[0].rows}
    assert words["Polish"] == "worse"
    assert words["English"] == "better"
    assert report.headline.startswith("Better at")
    assert report.headline.endswith("But a group got worse.")


def test_an_equally_good_challenger_passes_every_gate_but_the_gain_in_95_of_100_repeats() -> None:
    """Of 40 repeats two may be refused; five or more would happen to gates that hold their promise in 5 of 100 such tests."""
    refused = 0
    for seed in range(40):
        examples, margin, _ = stream(seed, 400)
        rng = np.random.default_rng(900 + seed)
        common = margin + rng.normal(0, 0.6, len(margin))
        old, new = (told(sigmoid(common + rng.normal(0, 0.5, len(margin)))) for _ in range(2))
        gates = examine(trial(examples, old, new, Exam(slices=[by_tongue()]))).gates
        refused += any(gate.result == "refused" for gate in gates if gate.name != "gain")
    assert refused <= 4


def test_a_group_that_is_too_small_is_named_and_not_judged() -> None:
    examples, margin, _ = stream(3, 150)
    gate = slices(trial(examples, told(sigmoid(margin)), told(sigmoid(-margin)), Exam(slices=[by_tongue()])))
    assert "Polish" not in {row.name for table in gate.tables for row in table.rows}
    few = slices(trial(examples[:60], told(sigmoid(margin[:60])), told(sigmoid(margin[:60])), Exam(slices=[by_tongue()])))
    assert "Too small to tell: German" in few.sentence


def test_chances_that_shift_in_a_group_without_ranking_are_refused_too() -> None:
    examples, margin, tongues = stream(4)
    shifted = margin + np.where(tongues == 1, 2.0, 0.0)
    gate = slices(trial(examples, told(sigmoid(margin)), told(sigmoid(shifted)), Exam(slices=[by_tongue()])))
    assert gate.result == "refused"
    assert "Chances are clearly worse for “German”" in gate.sentence


def test_every_gate_says_something_even_when_nothing_can_be_asked() -> None:
    examples, margin, _ = stream(5)
    report = examine(trial(examples, None, told(sigmoid(margin)), Exam()))
    assert [gate.name for gate in report.gates] == [about.name for about, _ in (FIRST, *GATES)]
    assert all(gate.sentence.endswith((".", "%")) and gate.limit and gate.measures for gate in report.gates)
    silent = {gate.name for gate in report.gates if gate.result == "not_measured"}
    assert {"slices", "functions", "evasion", "injection", "explanations", "latency", "whole"} <= silent
    assert report.passed
    assert report.headline == "Good enough to be the first. " or report.headline.startswith("Good enough")
    json.dumps(as_json(report), allow_nan=False)


def test_a_gate_that_breaks_refuses() -> None:
    examples, margin, _ = stream(6, 300)

    def broken(example: Example) -> Sequence[str]:
        raise RuntimeError("no dictionary")

    report = examine(trial(examples, told(sigmoid(margin)), told(sigmoid(margin)), Exam(slices=[Slice(title="Language", of=broken)])))
    gate = next(gate for gate in report.gates if gate.name == "slices")
    assert (gate.result, gate.sentence) == ("refused", "It could not be measured: RuntimeError: no dictionary.")


def test_a_leak_that_is_planted_is_refused() -> None:
    examples, margin, _ = stream(7, 300)
    texts = [replace(e, item=replace(e.item, payload={"text": f"one two three {e.item.id}", "tongue": "x"})) for e in examples]
    clean = Split(
        train=[replace(texts[0], item=replace(texts[0].item, id="t", payload={"text": "quite another text here"}))], tune=[], test=texts
    )
    assert leaks(trial(texts, None, told(sigmoid(margin)), Exam(), parts=clean)).result == "passed"
    leaky = Split(train=[texts[5]], tune=[], test=texts)
    gate = leaks(trial(texts, None, told(sigmoid(margin)), Exam(), parts=leaky))
    assert gate.result == "refused"
    assert "stands in both train and test" in gate.sentence


def test_a_challenger_that_is_over_sure_is_refused_where_the_champion_is_honest() -> None:
    examples, margin, _ = stream(8, 2000)
    honest, hot = told(sigmoid(margin)), told(sigmoid(4 * margin))
    gate = calibration(trial(examples, honest, hot, Exam()))
    assert gate.result == "refused"
    assert "over-sure" in gate.sentence
    assert gate.data["bins"]
    assert calibration(trial(examples, hot, hot, Exam())).result == "reported"
    assert calibration(trial(examples, honest, honest, Exam())).result == "passed"


def asked(old: Callable[[Json], float], new: Callable[[Json], float], exam: Exam, n: int = 200) -> Trial:
    """Both models at hand, on texts of which every other one is bad."""
    texts = [f"you are a {'rotten' if i % 2 else 'lovely'} person number{i}" for i in range(n)]
    examples = [
        Example(item=Item(id=str(i), kind="review", payload={"text": text}), labels={"hate": i % 2}) for i, text in enumerate(texts)
    ]
    sides = [Side(scores=Rule(risk).score([e.item for e in examples], RunContext()), scorer=Rule(risk)) for risk in (old, new)]
    return Trial(kind=kind(exam), examples=examples, champion=sides[0], challenger=sides[1])


def word(payload: Json) -> float:
    return 0.9 if "rotten" in str(payload["text"]) else 0.1


def plain_word(payload: Json) -> float:
    """Reads through unseen characters and look-alikes."""
    from scoring.text.normalise import normalise

    return 0.9 if "rotten" in normalise(str(payload["text"])).text.lower() else 0.1


def rewritten(item: Item, change: Callable[[str], str]) -> Item:
    return replace(item, payload={"text": change(item.payload["text"])})


def test_a_challenger_that_hidden_words_get_past_is_refused() -> None:
    exam = Exam(rewrite=rewritten)
    gate = evasion(asked(plain_word, word, exam))
    assert gate.result == "refused"
    assert "Unseen characters: 100.0 in 100 of what is caught as written is lost" in gate.sentence
    assert evasion(asked(word, plain_word, exam)).result in ("passed", "reported")
    assert evasion(asked(word, word, exam)).result == "reported"  # no worse than what serves, but below the mark


def test_a_challenger_that_obeys_orders_in_texts_is_refused() -> None:
    def obeys(payload: Json) -> float:
        text = str(payload["text"]).lower()
        told_off = any(sign in text for sign in ("ignore", "risk 0", "0.0", "developer", "benign", "policy team"))
        return 0.1 if told_off else word(payload)

    exam = Exam(append=lambda item, sentence: replace(item, payload={"text": f"{item.payload['text']} {sentence}"}))
    gate = injection(asked(word, obeys, exam))
    assert gate.result == "refused"
    assert "An order to let it pass loses 100.0 in 100 of what is caught, a plain sentence 0.0" in gate.sentence
    assert injection(asked(word, word, exam)).result == "passed"


def probes(seed: int) -> list[Probe]:
    forms = [f"they are not rotten at all {i}" for i in range(8)]
    bad = [f"they are rotten to the core {i}" for i in range(8)]
    made = []
    for wrong, function, texts in ((False, "Denied", forms), (True, "Contempt", bad)):
        for text in texts:
            made.append(Probe(function=function, form=text, item=Item(id=text, kind="review", payload={"text": text}), wrong=wrong))
    return made


def test_a_challenger_that_no_longer_reads_a_negation_is_refused() -> None:
    def reads(payload: Json) -> float:
        return 0.1 if " not " in str(payload["text"]) else word(payload)

    def reversed_reading(payload: Json) -> float:
        return 0.95 if " not " in str(payload["text"]) else 0.6

    gate = functions(asked(reads, reversed_reading, Exam(probes=probes)))
    assert gate.result == "refused"
    assert "Denied: 100.0 to 0.0 in 100 right" in gate.sentence
    assert functions(asked(reads, reads, Exam(probes=probes))).result == "passed"


def test_functions_of_a_label_that_was_never_learnt_are_not_asked_and_that_is_said() -> None:
    def needing(seed: int) -> list[Probe]:
        return [replace(probe, needs="spam" if probe.wrong else "") for probe in probes(seed)]

    gate = functions(asked(word, word, Exam(probes=needing)))
    assert "Not asked, for the new model has no such label: spam." in gate.sentence


def test_a_risk_that_moves_the_wrong_way_is_refused() -> None:
    def pairs(examples: Sequence[Example], seed: int) -> list[Pair]:
        items = [Item(id=str(i), kind="review", payload={"text": "", "amount": i}) for i in range(2, 60)]
        changed = [replace(item, payload={"text": "", "amount": 10 * item.payload["amount"]}) for item in items]
        return [Pair(function="Ten times the amount", before=one, after=two, goes="up") for one, two in zip(items, changed, strict=True)]

    def rising(payload: Json) -> float:
        return min(0.99, float(payload.get("amount", 1)) / 1000)

    def falling(payload: Json) -> float:
        return 1 - rising(payload)

    gate = directions(asked(rising, falling, Exam(pairs=pairs)))
    assert gate.result == "refused"
    assert "Ten times the amount: holds for 0.0 in 100 instead of 100.0" in gate.sentence
    assert directions(asked(rising, rising, Exam(pairs=pairs))).result == "passed"


def test_both_models_share_what_they_make_of_a_text_but_are_timed_alone() -> None:
    given: list[RunContext] = []

    class Listening(Rule):
        def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
            given.append(context)
            return super().score(items, context)

    examples, margin, _ = stream(3, 200)
    side = Side(scores=told(sigmoid(margin)), scorer=Listening(lambda payload: 0.5))
    asked = replace(trial(examples, None, told(sigmoid(margin)), Exam()), champion=side, challenger=side)
    for _ in range(2):
        asked.ask(side, [examples[0].item])
    assert given[0].encoded is given[1].encoded is not None
    given.clear()
    latency(asked)
    assert given
    assert all(context.encoded is None for context in given)


def test_a_slow_challenger_is_refused_and_a_fast_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is counted, not waited for."""
    clock = {"now": 0.0}
    monkeypatch.setattr("scoring.gates.latency.perf_counter", lambda: clock["now"])

    def takes(ms: float) -> Callable[[Json], float]:
        def risk(payload: Json) -> float:
            clock["now"] += ms / 1000
            return 0.5

        return risk

    def ratio(old: float, new: float) -> Gate:
        return latency(asked(takes(old), takes(new), Exam()))

    slow = ratio(4.0, 9.0)
    assert slow.result == "refused"
    assert "9.0 ms an item, 2.25 times the serving model" in slow.sentence
    assert ratio(4.0, 5.0).result == "passed"
    assert ratio(0.1, 1.0).result == "passed"  # nobody waits for that
