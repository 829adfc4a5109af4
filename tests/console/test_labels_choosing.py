"""Items for people to label: a budget a day, ordinary blind cases with a known chance, and more like a handful of examples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.services import source_ensure
from console.cases.models import Case
from console.common.errors import Conflict, Invalid
from console.flow import choose_work
from console.flow.label_work import label_work_do
from console.insights.models import ItemVector
from console.insights.search.alike import vectors_available, vectors_write
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.intake.services import items_insert
from console.policies.selectors import active_policy
from console.quality.models import Gold
from console.scores.models import Decision, Score
from console.training.budgets import budget_set, choices_ask
from console.training.label_work import work_request
from console.training.models import Choice, LabelWork
from console.verdicts.models import Label
from tests.console.quality import ALLOW, decide, settle

pytestmark = pytest.mark.django_db
Made = Callable[..., list[Item]]


@pytest.fixture
def made(ready: None, shop: Source) -> Made:
    """Reviews that the machine let through, with their risk and, as an option, vectors."""

    def _made(count: int, vectors: np.ndarray | None = None) -> list[Item]:
        first = Item.objects.count()
        bodies = [{"kind": "review", "external_id": f"m{first + n}", "payload": {"text": f"Soup {first + n}"}} for n in range(count)]
        rows = [parse_item(body) for body in bodies]
        ids = [answer.id for answer in items_insert(source=shop, rows=rows)]
        Item.objects.filter(pk__in=ids).update(status="decided")
        items = list(Item.objects.filter(pk__in=ids).order_by("pk"))
        policy = active_policy("review")[0]
        for n, item in enumerate(items):
            score = Score.objects.create(item=item, model="review@1", checksum="", risk=0.5 if n % 10 == 0 else 0.01)
            Decision.objects.create(
                item=item, number=1, outcome="allow", reason="threshold", sentence="", automated=True, score=score, model="review@1",
                policy_version=policy,
            )  # fmt: skip
        if vectors is not None:
            ItemVector.objects.bulk_create([ItemVector(item=item) for item in items])
            vectors_write(encoder="test", rows=[(item.pk, v.tolist()) for item, v in zip(items, vectors, strict=True)])
        return items

    return _made


def unit(rows: int, seed: int = 0) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(rows, 384))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_a_day_keeps_to_its_budget_and_each_case_knows_its_chance(made: Made, ada: User, rita: User) -> None:
    made(200, unit(200) if vectors_available() else None)
    budget_set(kind="review", per_day=20, random_share=0.2, user=ada)
    assert choices_ask() == 1
    work = LabelWork.objects.get(purpose="choose")
    label_work_do(work.pk)
    work.refresh_from_db()
    chosen = Choice.objects.select_related("case")
    assert work.state == "done"
    assert 14 <= chosen.count() <= 20
    assert all(c.case.blind and c.case.purpose == "review" and 0 < c.propensity <= 1 for c in chosen)
    assert {"uncertain", "random"} <= set(chosen.values_list("way", flat=True))
    unsure = Score.objects.filter(item__in=chosen.values("item"), risk=0.5).count()
    assert unsure >= 0.3 * chosen.count()  # 1 in 10 of all
    choice = chosen.first()
    assert choice is not None
    decide(choice.case, rita, ALLOW)
    settle()
    label = Label.objects.filter(item=choice.item).first()
    assert label is not None
    assert (label.propensity, label.model_visible) == (choice.propensity, False)
    assert Item.objects.get(pk=choice.item_id).status == "decided"


def test_what_is_labelled_known_or_with_people_is_not_chosen(made: Made, ada: User) -> None:
    labelled, known, open_one, free = made(4)
    Label.objects.create(item=labelled, name="spam", value=0, source="import")
    Gold.objects.create(item=known, outcome="allow")
    Item.objects.filter(pk=open_one.pk).update(status="in_review")
    budget_set(kind="review", per_day=10, random_share=1.0, user=ada)
    label_work_do(work_request(purpose="choose", kind="review").pk)
    assert list(Choice.objects.values_list("item_id", "propensity")) == [(free.pk, 1.0)]
    assert choices_ask() == 1  # something is left of the day, nothing to choose
    label_work_do(LabelWork.objects.filter(state="waiting").get().pk)
    assert Choice.objects.count() == 1


def test_neighbours_of_what_was_missed_are_proposed(made: Made, ada: User) -> None:
    if not vectors_available():
        pytest.fail("the database of the tests has pgvector")
    vectors = unit(120)
    vectors[1:6] = vectors[0] + 0.02 * unit(5, seed=9)
    items = made(120, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    missed = items[0]
    Label.objects.create(item=missed, name="spam", value=1, source="audit", propensity=0.02)
    budget_set(kind="review", per_day=20, random_share=0.2, user=ada)
    label_work_do(work_request(purpose="choose", kind="review").pk)
    near = Choice.objects.filter(way="missed")
    assert near.count() == 4  # a fifth of the budget
    assert set(near.values_list("item_id", flat=True)) <= {item.pk for item in items[1:6]}
    chances = list(near.values_list("propensity", flat=True))
    assert all(4 / 5 < chance < 1 for chance in chances), "taken as a neighbour, or by another draw"
    others = Choice.objects.exclude(way="missed").filter(item__in=items[1:6])
    assert all(choice.propensity > 4 / 5 for choice in others)


def test_an_item_that_is_not_read_by_meaning_yet_may_be_drawn_with_a_known_chance(made: Made, ada: User) -> None:
    if not vectors_available():
        pytest.fail("the database of the tests has pgvector")
    made(60, unit(60))
    bare = made(30)
    budget_set(kind="review", per_day=45, random_share=0.6, user=ada)
    label_work_do(work_request(purpose="choose", kind="review").pk)
    drawn = Choice.objects.filter(item__in=bare)
    assert drawn.exists()
    assert set(Choice.objects.values_list("way", flat=True)) >= {"random", "uncertain", "different"}
    assert all(27 / 90 <= choice.propensity <= 1 for choice in drawn)


def test_what_is_looked_at_of_a_large_pool_is_in_the_chance(made: Made, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 items 40 are compared with each other; all neighbours of what was missed are among them."""
    monkeypatch.setattr(choose_work, "LOOKED", 40)
    vectors = unit(80)
    vectors[1:6] = vectors[0] + 0.02 * unit(5, seed=9)
    items = made(80, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    Label.objects.create(item=items[0], name="spam", value=1, source="audit", propensity=0.02)
    near, pool = choose_work.near_missed("review"), [(item.pk, 0.2) for item in items[1:]]
    assert near == {item.pk for item in items[1:6]}
    counted = dict.fromkeys((pk for pk, _ in pool), 0.0)
    for seed in range(300):
        for one in choose_work._chosen("review", pool, near, 20, 0.2, seed=seed):
            counted[one.item_id] += 1 / one.propensity / 300
    assert np.mean([counted[pk] for pk in near]) == pytest.approx(1, abs=0.05)
    assert np.mean([counted[pk] for pk, _ in pool if pk not in near]) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("per_day", "share"), [(-1, 0.2), (10_001, 0.2), (5, 0.0), (5, 1.5)])
def test_a_budget_has_bounds(ready: None, ada: User, per_day: int, share: float) -> None:
    with pytest.raises(Invalid):
        budget_set(kind="review", per_day=per_day, random_share=share, user=ada)


def test_an_admin_sets_the_budget_and_a_lead_only_sees_it(client: Client, ready: None, ada: User, lena: User) -> None:
    client.force_login(ada)
    client.post("/labels/choose/", {"kind": "review", "per_day": "12", "random_share": "25"})
    assert client.post("/labels/choose/", {"kind": "review", "per_day": "many", "random_share": "25"}).status_code == 422
    page = client.get("/labels/choose/?kind=review").content.decode()
    assert 'value="12"' in page
    client.post("/labels/choose/now", {"kind": "review"})
    assert LabelWork.objects.filter(purpose="choose").count() == 1
    client.force_login(lena)
    assert client.post("/labels/choose/", {"kind": "review", "per_day": "1", "random_share": "25"}).status_code == 403
    assert client.post("/labels/choose/now", {"kind": "review"}).status_code == 403


def test_a_handful_of_examples_finds_candidates_that_go_to_people(client: Client, made: Made, ada: User) -> None:
    vectors = unit(150, seed=2)
    vectors[:16] = vectors[0] + 0.9 * unit(16, seed=3)
    items = made(150, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    client.force_login(ada)
    form = {"kind": "review", "label": "unpaid_promotion", "items": "\n".join(f"/items/{item.pk}/" for item in items[:6])}
    few = client.post("/labels/new/", {**form, "items": str(items[0].pk), "label": "Bad Name"})
    assert few.status_code == 422
    assert "at least 5" in few.content.decode()
    client.post("/labels/new/", form)
    work = LabelWork.objects.get(purpose="alike")
    label_work_do(work.pk)
    work.refresh_from_db()
    ranked = [row["item"] for row in work.result["candidates"]]
    assert set(ranked[:10]) == {str(item.pk) for item in items[6:16]}
    assert "Like “Unpaid promotion”" in client.get("/labels/new/?kind=review").content.decode()
    client.post(f"/labels/new/{work.pk}/send", {"item": [*ranked[:3], str(items[0].pk)]})
    sent = Choice.objects.filter(way="alike")
    assert {str(pk) for pk in sent.values_list("item_id", flat=True)} == set(ranked[:3])
    assert set(Case.objects.filter(choice__in=sent).values_list("label", flat=True)) == {"unpaid_promotion"}
    assert set(sent.values_list("propensity", flat=True)) == {None}, "picked for their looks: they say nothing of what came in"


def test_examples_without_a_meaning_yet_are_told_as_such(made: Made, ada: User) -> None:
    items = made(6)
    work = work_request(purpose="alike", kind="review", asked={"label": "x", "items": [str(i.pk) for i in items]}, user=ada)
    with pytest.raises(Conflict):
        work_request(purpose="alike", kind="review", asked={}, user=ada)
    label_work_do(work.pk)
    work.refresh_from_db()
    assert (work.state, work.sentence[:11]) == ("failed", "6 examples ")
    assert source_ensure(name="shop")
