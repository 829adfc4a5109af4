"""A day's choice and the candidates for a new label, as a worker makes them. Heavy: workers only."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from numpy.typing import NDArray

from console.flow.choosing import Chosen, items_choose
from console.insights.search.alike import nearest, vector_of_item, vectors_available
from console.intake.models import Item
from console.quality.models import Gold
from console.scores.models import Decision, Score
from console.training.choices import budget_left
from console.training.label_work import WorkLog
from console.training.models import Choice, LabelBudget
from console.verdicts.models import Label
from scoring.choosing import FARTHEST, MISSED, NEIGHBOURS, alike, choose

POOL = 20_000  # newest items that are chosen from
LOOKED = 8000  # of them that are compared, with as many of the labelled
CANDIDATES = 60  # for a new label
LEAST_LIKE = 0.3
_VECTORS = "SELECT item_id, encoder, vector::real[] FROM insights_itemvector WHERE item_id = ANY(%s) AND encoder <> ''"

Vectors = NDArray[np.float32]


def choose_run(log: WorkLog) -> None:
    """What is left of today's budget: near what was missed, by chance, doubt and difference (scoring.choosing)."""
    kind = log.work.kind
    budget, room = LabelBudget.objects.filter(kind=kind).first(), budget_left(kind)
    if budget is None or room < 1:
        log.done("Nothing is left of today’s budget", chosen=0)
        return
    log.say(0.1, "Collecting what nobody labelled")
    pool = [(item.pk, getattr(item, "risk", None)) for item in _pool(kind).only("pk")[:POOL]]
    if not pool:
        log.done("Every item is labelled or with people", chosen=0)
        return
    near = near_missed(kind) & {pk for pk, _ in pool}
    log.say(0.4, f"Choosing among {len(pool):,} items")
    chosen = _chosen(kind, pool, near, room, budget.random_share, seed=log.work.token + len(pool))
    log.say(0.8, "Opening the cases")
    opened = items_choose(chosen, work=log.work)
    log.done(f"{opened:,} items go to people", chosen=opened, ways={way: sum(c.way == way for c in chosen) for way in Choice.Way.values})


def _pool(kind: str) -> QuerySet[Item, Item]:
    """Decided without a person, with no label and no open case, newest first; with the newest risk."""
    newest = Score.objects.filter(item=OuterRef("pk")).order_by("-pk").values("risk")[:1]
    labelled = Label.objects.filter(item=OuterRef("pk"), withdrawn=False)
    rows = Item.objects.filter(kind=kind, status=Item.Status.DECIDED).filter(~Exists(labelled))
    rows = rows.filter(~Exists(Gold.objects.filter(item=OuterRef("pk"))))
    return rows.annotate(risk=Subquery(newest)).order_by("-pk")


def _chosen(
    kind: str, pool: Sequence[tuple[UUID, float | None]], near: set[UUID], room: int, random_share: float, *, seed: int
) -> list[Chosen]:  # fmt: skip
    """Of a large pool a part is looked at, drawn by chance, with all that is near what was missed: that is in each item's chance too."""
    rest = [i for i, (pk, _) in enumerate(pool) if pk not in near]
    close = [i for i, (pk, _) in enumerate(pool) if pk in near]
    count = min(len(rest), LOOKED)
    looked = sorted([*close, *(rest[i] for i in np.random.default_rng([seed, 1]).choice(len(rest), count, replace=False).tolist())])
    ids = [pool[i][0] for i in looked]
    chances = np.array([np.nan if (risk := pool[i][1]) is None else risk for i in looked], float)
    vectors = _vectors_of(ids)
    labelled = _vectors(list(_labelled(kind)[:LOOKED]))[1] if vectors is not None else None
    same = labelled if labelled is not None and vectors is not None and labelled.shape[1] == vectors.shape[1] else None
    is_near = np.array([pk in near for pk in ids], bool)
    picks = choose(chances, room, vectors=vectors, labelled=same, near=is_near, random_share=random_share, seed=seed)
    share = np.where(is_near, 1.0, count / max(1, len(rest)))
    return [Chosen(item_id=ids[pick.index], way=pick.way, propensity=pick.propensity * float(share[pick.index])) for pick in picks]


def _labelled(kind: str) -> QuerySet[Label, UUID]:
    return Label.objects.filter(item__kind=kind, withdrawn=False).order_by("-item_id").values_list("item_id", flat=True).distinct()


def near_missed(kind: str) -> set[UUID]:
    """The neighbours of what the machine let through and a person did not."""
    found: set[UUID] = set()
    for pk in missed_items(kind) if vectors_available() else ():
        mine = vector_of_item(pk)
        if mine is not None:
            found |= set(nearest(pk, mine, limit=NEIGHBOURS, farthest=FARTHEST))
    return found


def missed_items(kind: str) -> list[UUID]:
    """The newest that were let through without a person, and turned out to break a rule: by a verdict, a check or an appeal."""
    passed = Decision.objects.filter(item=OuterRef("pk"), outcome="allow", automated=True)
    broken = Decision.objects.filter(item=OuterRef("pk"), outcome="enforce", automated=False, state=Decision.State.EFFECTIVE)
    audited = Label.objects.filter(item=OuterRef("pk"), source=Label.Source.AUDIT, value=1, withdrawn=False)
    rows = Item.objects.filter(kind=kind).filter(Exists(passed)).filter(Exists(broken) | Exists(audited))
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:MISSED])


def _vectors_of(ids: Sequence[UUID]) -> Vectors | None:
    """A row for each, of NaN where it has none (of the usual encoder); None where nothing has one."""
    found, vectors = _vectors(ids)
    if not found:
        return None
    every = np.full((len(ids), vectors.shape[1]), np.nan, np.float32)
    place = {pk: i for i, pk in enumerate(ids)}
    every[[place[pk] for pk in found]] = vectors
    return every


def _vectors(ids: Sequence[UUID]) -> tuple[list[UUID], Vectors]:
    """Of those that have one, by the encoder that most of them were read with."""
    if not ids or not vectors_available():
        return [], np.zeros((0, 1), np.float32)
    with connection.cursor() as cursor:
        cursor.execute(_VECTORS, [list(ids)])
        rows = cursor.fetchall()
    if not rows:
        return [], np.zeros((0, 1), np.float32)
    encoders = [encoder for _, encoder, _ in rows]
    usual = max(set(encoders), key=encoders.count)
    kept = [(pk, vector) for pk, encoder, vector in rows if encoder == usual]
    return [pk for pk, _ in kept], np.array([vector for _, vector in kept], np.float32)


def alike_run(log: WorkLog) -> None:
    """Candidates for a new label: the items most like its examples, best first. Raises ValueError with too few examples."""
    examples = [UUID(pk) for pk in log.work.asked["items"]]
    log.say(0.1, "Reading what the examples are about")
    found, vectors = _vectors(examples)
    if len(found) < len(examples):
        raise ValueError(f"{len(examples) - len(found)} examples are not read by meaning yet; try again in a minute, or choose others")
    pool = list(_pool(log.work.kind).exclude(pk__in=examples).values_list("pk", flat=True)[:LOOKED])
    ids, others = _vectors(pool)
    log.say(0.5, f"Comparing {len(ids):,} items with {len(found)} examples")
    likeness = alike(others, vectors) if ids else np.zeros(0)
    best = [i for i in np.argsort(-likeness, kind="stable")[:CANDIDATES] if likeness[i] >= LEAST_LIKE]
    candidates = [{"item": str(ids[int(i)]), "like": round(float(likeness[i]), 4)} for i in best]
    log.done(f"{len(candidates)} items are like the examples, of {len(ids):,}", candidates=candidates)
