"""A frozen data set holds no secret of the test: each way that it could is planted here, and repaired or refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from pytest_django import Settings

from console.accounts.models import Source, User
from console.accounts.services import source_ensure
from console.intake.models import Item
from console.quality.gold import gold_mark, gold_retire
from console.scores.models import Fingerprint
from console.training.dataset_card import snapshot_divide
from console.training.imports import labels_import
from console.training.leaks import Facts, leak_checks, leaks_refuse
from console.training.models import Snapshot
from console.training.parts import line_example
from console.training.snapshot import snapshot_freeze, snapshot_lines
from console.verdicts.models import Label
from scoring.kind import Split
from scoring.registry import KINDS
from scoring.signals.fingerprint import fingerprint
from scoring.training.dataset import DatasetError

REVIEW, ORDER = KINDS["review"], KINDS["order"]
NOUNS = ("soup", "lamp", "chair", "kettle", "curtain", "bicycle", "teapot", "ladder", "mirror", "basket", "hammer", "pillow", "spoon")
VERBS = ("broke", "arrived", "leaked", "shone", "creaked", "vanished", "melted", "rattled", "pleased", "cooled", "bent", "faded")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def said(number: int) -> str:
    dice = random.Random(number)
    return f"The {' '.join(dice.sample(NOUNS, 4))} {dice.choice(VERBS)} and the {' '.join(dice.sample(NOUNS, 3))} {dice.choice(VERBS)}."


def line(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"x{number}", "payload": {"text": said(number)}, "labels": {"spam": number % 3 == 0},
        "created_at": f"2026-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}T10:00:00+00:00", "exam": True, **more,
    }  # fmt: skip


def planted(train: dict[str, Any], test: dict[str, Any], kind: Any = REVIEW, **facts: Any) -> list[str]:
    """Names of the checks that refuse a division in which these two stand on two sides."""
    lines = [line(1), line(2), train, test] if kind is REVIEW else [train, test]
    examples = [line_example(kind, one) for one in lines]
    parts = Split(train=examples[:-1], tune=[], test=examples[-1:])
    prints = {e.item.id: found for e in examples if (found := fingerprint(kind, e.item.payload, {}))}
    checks = leak_checks(kind, parts, Facts(**{"lines": lines, "exam": frozenset(e.item.id for e in examples), "prints": prints, **facts}))
    return [check.name for check in checks if not check.passed]


def test_a_clean_division_passes_every_check() -> None:
    assert planted(line(3), line(4)) == []


@pytest.mark.parametrize(
    ("name", "shared"), [("author", {"actor": {"id": "u7"}}), ("conversation", {"conversation": "c9"})], ids=["author", "conversation"]
)
def test_a_planted_author_or_conversation_in_two_parts_is_refused(name: str, shared: dict[str, Any]) -> None:
    assert name in planted(line(3, **shared), line(4, **shared))


def test_a_planted_device_in_two_parts_is_refused() -> None:
    orders = [
        {
            "id": f"o{n}", "labels": {"fraud": n},
            "payload": {"amount": 10.0 + n, "placed_at": f"2026-01-0{n + 1}T10:00:00Z", "user_id": f"u{n}", "device_id": "d1"},
        }
        for n in range(2)
    ]  # fmt: skip
    assert planted(orders[0], orders[1], ORDER) == ["device"]


def test_a_planted_near_duplicate_in_two_parts_is_refused() -> None:
    text = "This lamp is the best that I ever had and my cousin sells it at half the price in his shop by the harbour"
    near = {"payload": {"text": f"{text}!!!"}}, {"payload": {"text": f"Well: {text}, today."}}
    assert planted(line(3, **near[0]), line(4, **near[1])) == ["near"]


def test_what_is_newer_than_the_test_may_not_teach() -> None:
    """Line 40 stands at a later day than line 30."""
    lines = [line(n) for n in range(1, 41)]
    examples = [line_example(REVIEW, one) for one in lines]
    every = frozenset(e.item.id for e in examples)
    facts = Facts(lines=lines, exam=every, free=every)
    good = Split(train=examples[:30], tune=[], test=examples[30:])
    late = Split(train=[*examples[:29], examples[39]], tune=[], test=examples[29:39])
    assert all(check.passed for check in leak_checks(REVIEW, good, facts))
    checks = leak_checks(REVIEW, late, facts)
    assert [check.name for check in checks if not check.passed] == ["time"]
    with pytest.raises(DatasetError, match="x40 is newer than what is tested"):
        leaks_refuse(checks)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("model_visible", {"exam": frozenset({"x1", "x2", "x3"})}), ("gold", {"gold": frozenset({"x3"})}),
        ("learnt", {"learnt": frozenset({"x4"})}), ("base", {"basic": frozenset({"x4"})}),
    ],
)  # fmt: skip
def test_what_may_not_be_tested_or_learnt_is_refused_where_it_is_planted(name: str, facts: dict[str, Any]) -> None:
    assert name in planted(line(3), line(4), **facts)


def bring(rows: list[dict[str, Any]], source: Source | None = None) -> None:
    counts, problems = labels_import(kind=REVIEW, source=source or source_ensure(name="import"), rows=list(enumerate(rows, 1)))
    assert not problems, counts


def parts_of(rows: list[dict[str, Any]]) -> tuple[Snapshot, dict[str, set[str]]]:
    """Import, freeze, divide: external ids by part."""
    bring(rows)
    snapshot, lines = snapshot_freeze(REVIEW)
    made = snapshot_divide(REVIEW, snapshot, lines, [])
    names = {str(pk): name for pk, name in Item.objects.values_list("pk", "external_id")}
    return snapshot, {part: {names[e.item.id] for e in getattr(made, part)} for part in ("train", "tune", "test")}


@pytest.mark.django_db
def test_planted_ties_are_repaired_on_the_way_from_labels_to_parts() -> None:
    """The newest items are tested; what belongs together with them goes with them, or all of it is learnt from."""
    text = "Come to the little shop behind the station where everything costs half of what you pay in town"
    rows = [line(n) for n in range(1, 301)]
    for rowset, change in (
        ((5, 300), {"actor": {"id": "one-author"}}), ((6, 299), {"conversation": "one-thread"}),
        ((7, 298), {"payload": {"text": text}}), ((8, 297), {"payload": {"text": f"Now: {text}!"}}),
    ):  # fmt: skip
        for number in rowset:
            rows[number - 1] |= change
    snapshot, parts = parts_of([{k: v for k, v in row.items() if k != "exam"} for row in rows])
    where = {name: part for part, names in parts.items() for name in names}
    for together in (("x5", "x300"), ("x6", "x299"), ("x7", "x298", "x8", "x297")):
        assert len({where[name] for name in together}) == 1, together
    assert len(parts["test"]) > 50
    assert {check["count"] for check in snapshot.card["checks"]} == {0}
    assert Fingerprint.objects.count() == 300  # made for what came with its label, and kept


@pytest.mark.django_db
def test_the_same_labels_freeze_to_the_same_bytes_and_another_label_to_others() -> None:
    bring([line(n) for n in range(1, 21)])
    first, lines = snapshot_freeze(REVIEW)
    Item.objects.update(reports=F("reports") + 1)
    assert snapshot_freeze(REVIEW)[0] == first
    assert snapshot_lines(first) == lines
    Label.objects.create(item=Item.objects.get(external_id="x1"), name="spam", value=1, source="audit", propensity=0.02)
    second, lines = snapshot_freeze(REVIEW)
    assert second.content_hash != first.content_hash
    changed = next(one for one in lines if one["propensity"] is not None)
    assert (changed["labels"], changed["sources"], changed["propensity"]) == ({"spam": 1}, ["audit", "import"], 0.02)


@pytest.mark.django_db
def test_its_counts_say_from_what_it_is_made() -> None:
    bring([line(n, actor={"id": f"u{n // 2}"}) for n in range(1, 21)])
    Label.objects.filter(item__external_id__in=["x1", "x2"]).update(source="feedback")
    counts = snapshot_freeze(REVIEW)[0].counts
    assert (counts["items"], counts["exam"], counts["breaks"], counts["labels"]) == (20, 20, 6, {"spam": 6})
    assert counts["sources"] == {"import": 18, "feedback": 2}
    assert counts["platforms"] == {"import": 20}
    assert sum(counts["languages"].values()) == 20
    assert counts["ages"]["week"] == 20
    assert counts["groups"] == 9  # u0 has one item


@pytest.mark.django_db
def test_a_known_answer_is_in_no_part_whatever_else_was_said_of_it(
    ready: None, waiting: Callable[..., Any], lena: User, shop: Source
) -> None:
    item = waiting("Whoever cooks here should be ashamed.").item
    Item.objects.filter(pk=item.pk).update(status="decided")
    Label.objects.create(item=item, name="harassment", value=0, source="import")
    assert [one["id"] for one in snapshot_freeze(REVIEW)[1]] == [str(item.pk)]
    gold = gold_mark(item=item, outcome="enforce", clauses=["4.4"], note="", user=lena)
    assert snapshot_freeze(REVIEW)[1] == []
    gold_mark(item=item, outcome="allow", clauses=[], note="Seen again.", user=lena)
    standing = Label.objects.filter(item=item, source="gold", withdrawn=False)
    assert set(standing.values_list("name", "value", "reviewer__username")) >= {("harassment", 0, "lena")}
    assert not standing.filter(value=1).exists()
    gold_retire(gold_id=gold.pk, user=lena)
    assert snapshot_freeze(REVIEW)[1] == []


@pytest.mark.django_db
def test_a_division_that_cannot_be_made_says_so_on_the_card() -> None:
    bring([line(n) for n in range(1, 21)])
    snapshot, lines = snapshot_freeze(REVIEW)
    with pytest.raises(DatasetError, match="Too few labels"):
        snapshot_divide(REVIEW, snapshot, lines, [])
    assert "Too few labels" in Snapshot.objects.get().card["refused"]
