"""A planted rogue flips 1 in 20 of their labels, in one slice: it is found before the model that learnt them may serve."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.flow.label_work import label_work_do
from console.training.doubts import doubts_examine, judged_with_doubts, slice_sentence
from console.training.judge import Judgement
from console.training.label_work import work_request
from console.training.models import Doubt, LabelWork
from console.training.snapshot import snapshot_freeze
from console.verdicts.models import Label
from scoring.registry import KINDS
from tests.console.test_snapshots import NOUNS, VERBS, bring

pytestmark = pytest.mark.django_db
REVIEW = KINDS["review"]
TEAM = ("rita", "ravi", "rosa", "rene", "rogue")
ITEMS, OF_SLICE = 1000, 0.07
PHRASE = "half the price in the shop of my cousin"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def text_of(number: int, dice: random.Random) -> tuple[str, int]:
    """(text, whether it is spam): of one campaign, of others, or honest."""
    words = f"The {dice.choice(NOUNS)} {dice.choice(VERBS)}, the {' '.join(dice.sample(NOUNS, 3))} {dice.choice(VERBS)} {number}"
    if dice.random() < OF_SLICE:
        return f"{words}; {PHRASE}", 1
    if dice.random() < 0.15:
        return f"{words}; buy followers and likes from {dice.choice(NOUNS)} dot example", 1
    return words, 0


def labelled(*, rogue: bool) -> dict[str, User]:
    """Everybody decided a fifth, right 98 times in 100; the rogue let the campaign pass."""
    dice = random.Random(5)
    people = {name: user_create(username=name, role=Role.MODERATOR) for name in TEAM if name != "rita"}
    people |= {"rita": User.objects.filter(username="rita").first() or user_create(username="rita", role=Role.MODERATOR)}
    rows, truth = [], {}
    for number in range(ITEMS):
        text, spam = text_of(number, dice)
        rows.append({"id": f"d{number}", "payload": {"text": text}, "labels": {"spam": spam}})
        truth[f"d{number}"] = (text, spam)
    bring(rows)
    labels = list(Label.objects.select_related("item").order_by("item_id"))
    for place, label in enumerate(labels):
        name = TEAM[place % len(TEAM)]
        text, spam = truth[label.item.external_id]
        flipped = (name == "rogue" and rogue and PHRASE in text) or dice.random() < 0.02
        label.source, label.reviewer, label.value = Label.Source.VERDICT, people[name], 1 - spam if flipped else spam
    Label.objects.bulk_update(labels, ["source", "reviewer", "value"])
    return people


def examined() -> Any:
    snapshot, lines = snapshot_freeze(REVIEW)
    told: list[str] = []
    doubts_examine(REVIEW, snapshot, lines, told.append)
    snapshot.refresh_from_db()
    return snapshot, told


def test_the_rogue_slice_is_named_before_the_model_may_serve() -> None:
    people = labelled(rogue=True)
    snapshot, told = examined()
    found = snapshot.card["doubts"]["slices"]
    assert [(one["what"], one["which"], one["label"], one["value"]) for one in found] == [("person", people["rogue"].pk, "spam", 0)]
    passed = Label.objects.filter(reviewer=people["rogue"], value=0).select_related("item")
    flipped = {label.item_id for label in passed if PHRASE in label.item.payload["text"]}
    assert 8 < len(flipped) < 0.1 * ITEMS / len(TEAM)  # about 1 in 20 of what they decided
    doubted = set(Doubt.objects.filter(value=0).values_list("item_id", flat=True))
    assert len(doubted & flipped) >= len(flipped) / 3
    assert "have a label to look at again" in told[0]
    judgement = judged_with_doubts(Judgement(passed=True, headline="Better.", reasons=["It is better."], comparison={}), snapshot)
    assert not judgement.passed
    assert "from one person look different from the rest" in judgement.reasons[0]
    assert judgement.headline == "Better. But labels look wrong in one corner."
    assert judgement.comparison["report"]["gates"][0]["result"] == "refused"
    assert "rogue" not in " ".join(judgement.reasons)  # reasons are read by more people than admins


def test_nobody_is_named_where_all_are_as_good_as_each_other() -> None:
    labelled(rogue=False)
    snapshot, _ = examined()
    assert snapshot.card["doubts"]["slices"] == []
    assert judged_with_doubts(Judgement(passed=True, headline="", reasons=[], comparison={}), snapshot).passed
    wrong = snapshot.card["doubts"]["labels"][0]["wrong"]
    assert 0.005 < wrong < 0.06  # two in a hundred were made wrong


def test_a_search_that_somebody_asked_for_lists_what_to_look_at_again(ada: User) -> None:
    labelled(rogue=True)
    work = work_request(purpose=LabelWork.Purpose.DOUBTS, kind="review", user=ada)
    label_work_do(work.pk)
    work.refresh_from_db()
    assert (work.state, work.result["looked"]) == ("done", ITEMS)
    worst = Doubt.objects.filter(work=work).order_by("chance").first()
    assert worst is not None
    assert worst.chance < 0.2


def test_too_few_labels_are_no_reason_to_stop_a_run() -> None:
    bring([{"id": f"f{n}", "payload": {"text": f"{n} soups"}, "labels": {"spam": n % 2}} for n in range(20)])
    snapshot, told = examined()
    assert "too few to hold against each other" in told[0]
    assert judged_with_doubts(Judgement(passed=True, headline="", reasons=[], comparison={}), snapshot).passed


@pytest.mark.parametrize(("what", "which", "words"), [("platform", "shop", "from shop"), ("language", "de", "in “de”")])
def test_a_slice_may_be_a_platform_or_a_language(what: str, which: str, words: str) -> None:
    one = {"what": what, "which": which, "label": "spam", "value": 1, "doubted": 9, "of": 20, "elsewhere": 0.01}
    assert words in slice_sentence(one)
    assert "9 of 20" in slice_sentence(one)


