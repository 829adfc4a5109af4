"""How groups fare: counts with ranges, a planted gap that lasts, and no alarm about gaps that are chance or that harm nobody."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from console.accounts.models import Source, User
from console.alerts.selectors import alerts_open
from console.common.clock import db_now
from console.flow.slices import slices_watch
from console.intake.models import Item
from console.scores.models import Decision, Score
from console.training.models import Choice
from console.watch.models import SliceReading
from console.watch.slices import Counted, newest_slices, slices_take
from scoring.binomial import wilson
from scoring.weighed import Weighed, alike
from tests.console.traffic import KIND, drawn, judged, serving, traffic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
DAY = timedelta(hours=25)


Count = tuple[int, int]
Counts = dict[tuple[str, str, str], Weighed]


def counted(counts: Counts) -> Counted:
    moment = SliceReading.objects.order_by("-until").values_list("until", flat=True).first()
    now = db_now() if moment is None else moment + DAY
    return Counted(kind=KIND, model="review@a", since=now - 28 * DAY, until=now, counts=counts)


def of_languages(measure: str, **counts: Count) -> Counts:
    every = alike(sum(hits for hits, _ in counts.values()), sum(of for _, of in counts.values()))
    return {("Language", "", measure): every, **{("Language", name, measure): alike(*count) for name, count in counts.items()}}


def test_it_counts_what_people_and_the_machine_said_by_group(shop: Source, rival: Source, rita: User) -> None:
    serving()
    calm = traffic(shop, 40, ago=timedelta(days=2), risk=lambda rng: 0.1, language="en", outcome=lambda risk: "allow")
    harsh = traffic(rival, 40, ago=timedelta(days=2), risk=lambda rng: 0.8, language="de", seed=2)
    drawn(judged(calm[:20], rita, lambda item: "enforce" if item in calm[:5] else "allow", ago=timedelta(days=1)), chance=0.5)
    judged(harsh[:30], rita, lambda item: "allow" if item in harsh[:10] else "enforce", ago=timedelta(days=1))
    judged(harsh[30:], rita, lambda item: "allow", ago=timedelta(days=1), seen=True)  # had asked for the machine's opinion
    Decision.objects.filter(item=calm[0]).update(state="superseded")
    Decision.objects.create(
        item=calm[0], number=2, outcome="enforce", reason="verdict", sentence="x", automated=False,
        policy_version=Decision.objects.filter(item=calm[0]).get().policy_version,
    )  # fmt: skip
    assert slices_watch(KIND) > 0
    rows = {(row.cut, row.name, row.measure): (row.hits, row.of) for row in newest_slices(KIND, str(serving()))}
    assert rows["", "", "review"] == (40, 80)
    assert rows["Source", "shop", "review"] == (0, 40)
    assert rows["Language", "German", "review"] == (40, 40)
    assert rows["Language", "English", "false_allow"] == (5, 5)
    assert rows["Language", "English", "false_enforce"] == (0, 15)
    assert rows["Language", "German", "false_allow"] == (0, 20)
    assert rows["Language", "German", "false_enforce"] == (10, 10)
    assert rows["Language", "English", "overturn"] == (1, 40)
    assert rows["Who is written about", "Nobody named", "review"] == (40, 80), "what the kind's exam cuts its tests by"
    assert not [key for key in rows if key[0] and not key[1]]
    assert slices_watch(KIND) == 0, "once a day"


def test_it_weighs_what_was_drawn_by_its_chance_and_leaves_out_what_was_not_drawn(shop: Source, rita: User) -> None:
    """Audits look at the doubtful five times as often: of 30 let through, 10 doubtful ones and 10 others were seen to break a rule by
    chances of 1 in 2 and 1 in 10. People got 20 more anyway, all acted on. What somebody picked by hand counts for nothing."""
    serving()
    allowed = traffic(shop, 30, ago=timedelta(days=2), risk=lambda rng: 0.1, outcome=lambda risk: "allow")
    asked = traffic(shop, 20, ago=timedelta(days=2), risk=lambda rng: 0.8, seed=2)
    doubtful, others, by_hand = allowed[:10], allowed[10:20], allowed[20:]
    drawn(judged(doubtful, rita, lambda item: "enforce", ago=timedelta(days=1)), chance=0.5)
    drawn(judged(others, rita, lambda item: "enforce" if item in others[:2] else "allow", ago=timedelta(days=1)), chance=0.1)
    judged(by_hand, rita, lambda item: "enforce", ago=timedelta(days=1))
    judged(asked, rita, lambda item: "enforce", ago=timedelta(days=1))
    doubted = judged(traffic(shop, 5, ago=timedelta(days=2), risk=lambda rng: 0.1, seed=3), rita, lambda item: "enforce", ago=DAY)
    Choice.objects.bulk_create(Choice(item=verdict.item, case=verdict.case, kind=KIND, way="doubt") for verdict in doubted)
    assert slices_watch(KIND) > 0
    row = next(row for row in newest_slices(KIND, str(serving())) if not row.cut and row.measure == "false_allow")
    weights = 10 * 2 + 2 * 10
    assert (row.hits, row.of) == (12, 32)
    assert row.share == pytest.approx(weights / (weights + 20))
    assert row.worth < 0.6 * 32, "two answers that stand for ten each say little"
    low, high = row.interval
    plain = wilson(12, 32)
    assert high - low > 1.3 * (plain[1] - plain[0])


def test_it_raises_an_alert_about_a_gap_that_lasts_and_clears_it_when_it_closed(shop: Source) -> None:
    gap = of_languages("false_enforce", en=(60, 1000), de=(60, 200))
    row = next(row for row in slices_take(counted(gap)) if row.name == "de")
    assert (row.apart, row.alarmed, row.rest_hits, row.rest_of) == (True, False, 60, 1000)
    assert not alerts_open().exists()
    slices_take(counted(gap))
    alert = alerts_open(kind=KIND, code="fairness_gap").get()
    assert alert.sentence == (
        "Language de: more reviews that are in order would be acted on than elsewhere (30 in 100, 6 in 100 of the others)."
    )
    assert alert.data["groups"] == [{"cut": "Language", "name": "de", "measure": "false_enforce", "hits": 60, "of": 200, "share": 0.3}]
    for _ in range(2):
        assert alerts_open().exists()
        slices_take(counted(of_languages("false_enforce", en=(60, 1000), de=(14, 200))))
    assert not alerts_open().exists()


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (of_languages("false_enforce", en=(60, 1000), de=(4, 12)), "too few to tell"),
        (of_languages("false_enforce", en=(60, 1000), de=(20, 200)), "the ranges meet"),
        (of_languages("false_enforce", en=(6000, 100_000), de=(1800, 20_000)), "sure, but too small to matter"),
        (of_languages("false_enforce", en=(300, 1000), de=(10, 200)), "it fares better"),
        (of_languages("review", en=(60, 1000), de=(190, 200)), "a person looking is not an error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_raises_none_about(counts: Counts, why: str) -> None:
    for _ in range(3):
        slices_take(counted(counts))
    assert not alerts_open().exists() or (why == "it fares better" and _only_the_other())


def _only_the_other() -> bool:
    """Where one fares better, the other fares worse: that one is named."""
    return [group["name"] for group in alerts_open().get().data["groups"]] == ["en"]


def test_it_seldom_calls_a_group_worse_off_by_chance() -> None:
    """A hundred readings of twelve groups with one true rate."""
    rng = random.Random(5)
    loud = 0
    for number in range(100):
        counts: Counts = {}
        for measure in ("false_allow", "false_enforce"):
            groups = {f"g{i}": (sum(rng.random() < 0.15 for _ in range(n)), n) for i, n in enumerate((400, 200, 100, 60, 40, 30))}
            counts |= of_languages(measure, **groups)
        moment = counted(counts)
        rows = slices_take(Counted(kind="chat", model=f"chat@{number}", since=moment.since, until=moment.until, counts=counts))
        loud += any(row.apart for row in rows)
    assert loud <= 5


def test_it_reads_only_what_the_serving_model_scored(shop: Source) -> None:
    serving(since_days=1)
    traffic(shop, 30, ago=timedelta(hours=2))
    traffic(shop, 30, ago=timedelta(days=5), seed=2)
    slices_watch(KIND)
    rows = {(row.cut, row.name, row.measure): row.of for row in newest_slices(KIND, str(serving()))}
    assert rows["", "", "review"] == 30
    assert Item.objects.count() == Score.objects.count() == 60
