"""Backtests over stored history: what is read, in turns that a kill cannot spoil, and who may ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.backtests import run as running
from console.backtests.history import Window, history_chunk, history_count
from console.backtests.models import Backtest
from console.backtests.run import Stopped, backtest_turn
from console.backtests.selectors import quick_try
from console.backtests.services import MOST_OPEN, backtest_again, backtest_cancel, backtest_request
from console.backtests.subjects import asked_model, asked_policy, asked_rule, asked_thresholds
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid, NotFound
from console.common.models import Job
from console.intake.models import Item, Report
from console.policies.models import PolicyVersion
from console.policies.services import policy_draft, policy_edit
from console.scores.models import Decision, Score
from console.training.models import ModelVersion
from console.training.parts import Seen
from console.verdicts.models import Label
from workers.backtest import backtest as backtest_task

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
History = Callable[..., list[Item]]


@pytest.fixture
def history(shop: Source, rival: Source, ready: None) -> History:
    """Decided reviews, six hours apart: risk rises from 0 to 1 over every 20; the policy was what it ships with."""
    version = PolicyVersion.objects.get(policy__kind="review", state="active")

    def make(count: int, *, labels: bool = False, source: Source = shop) -> list[Item]:
        made = []
        first = Item.objects.count()
        for n in range(first, first + count):
            risk = (n % 20) / 20
            outcome = "allow" if risk < 0.3 else "enforce" if risk > 0.9 else "review"
            payload = {"text": f"Review number {n}, {'spam' if n % 4 == 0 else 'soup'}", "language": "de-AT" if n % 2 else "en"}
            item = Item.objects.create(
                source=source, kind="review", external_id=f"h-{n}", body_hash="0", payload=payload, status="decided",
                created_at=START + timedelta(hours=6 * n), headline=payload["text"],
            )  # fmt: skip
            score = Score.objects.create(
                item=item, model="review@1", checksum="0", risk=risk, labels={"spam": risk}, uncertainty=0.1, signals={"n": n}
            )
            Decision.objects.create(
                item=item, number=1, outcome=outcome, reason="uncertain" if outcome == "review" else "threshold", sentence="",
                automated=True, score=score, model="review@1", policy_version=version,
            )  # fmt: skip
            if labels:
                Label.objects.create(item=item, name="spam", value=int(risk > 0.5), source="import")
            made.append(item)
        return made

    return make


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(running, "CHUNK", 7)
    return 7


def finish(backtest: Backtest) -> Backtest:
    while backtest_turn(backtest.pk):
        pass
    backtest.refresh_from_db()
    return backtest


def ask(user: User, when: str = "score.risk > 0.5", **more: Any) -> Backtest:
    return backtest_request(asked=asked_rule(kind="review", when=when), user=user, **more)


def test_it_reads_every_item_once_in_the_order_of_time(history: History, small: int) -> None:
    items = history(40)
    Item.objects.filter(pk__in=[i.pk for i in items[:20]]).update(created_at=START)  # the same moment: the id decides
    window, place, seen = Window(kind="review", until=db_now()), None, []
    while True:
        rows, place_then = history_chunk(window, after=place, limit=small, payload=True, names={})
        if place_then is None:
            break
        seen += [row.item.id for row in rows]
        place = place_then
    assert seen == [str(i.pk) for i in Item.objects.order_by("created_at", "pk")]
    assert history_count(window) == 40


def test_it_reads_what_was_known_then(history: History, shop: Source) -> None:
    item = history(1)[0]
    Item.objects.filter(pk=item.pk).update(reports=2)
    decision = Decision.objects.get(item=item)
    early = Report.objects.create(item=item, reporter="a")
    Report.objects.filter(pk=early.pk).update(created_at=decision.created_at - timedelta(minutes=1))
    Report.objects.create(item=item, reporter="b", created_at=decision.created_at + timedelta(minutes=1))
    rows, _ = history_chunk(Window(kind="review", until=db_now()), after=None, limit=5, payload=True, names={shop.pk: "shop"})
    row = rows[0]
    assert (row.item.reports, row.was, row.source, row.language, row.day) == (1, "allow", "shop", "en", "2026-03-01")
    assert row.score is not None
    assert (row.score.risk, row.score.signals) == (0.0, {"n": 0})


def test_labels_that_can_be_undone_or_are_known_answers_say_nothing(history: History) -> None:
    blind, gold, plain = history(3)
    Label.objects.create(item=gold, name="spam", value=1, source="gold")
    Label.objects.create(item=plain, name="spam", value=1, source="verdict")
    Label.objects.create(item=plain, name="spam", value=0, source="audit", propensity=0.25)
    Label.objects.create(item=blind, name="spam", value=1, source="verdict", withdrawn=True)
    rows, _ = history_chunk(Window(kind="review", until=db_now()), after=None, limit=5, payload=False, names={})
    assert [(row.harmful, row.chance) for row in rows] == [(None, None), (None, None), (False, 0.25)]


def test_a_rule_is_tried_on_all_of_it(history: History, petra: User, small: int) -> None:
    history(40, labels=True)
    backtest = finish(ask(petra))
    result = backtest.result
    assert (backtest.state, backtest.seen, backtest.total) == ("done", 40, 40)
    assert result["hits"]["count"] == 18
    assert (result["precision"]["right"], result["precision"]["of"]) == (18, 18)
    assert result["matrix"]["enforce"] == {"allow": 0, "review": 2, "enforce": 0, "none": 0}
    assert sorted(row["name"] for row in result["slices"]["language"]) == ["de", "en"]
    assert len(result["days"]) == 11
    assert [row.verb for row in AuditRow.objects.filter(subject=f"backtest:{backtest.pk}").order_by("pk")] == [
        "backtest.requested", "backtest.finished",
    ]  # fmt: skip


def test_a_turn_that_was_broken_off_costs_one_chunk_and_changes_nothing(history: History, petra: User, small: int) -> None:
    history(40, labels=True)
    whole = finish(ask(petra))
    broken = ask(petra)
    while backtest_turn(broken.pk, seconds=1e-9):  # one chunk a turn
        broken.refresh_from_db()
        assert broken.seen in (7, 14, 21, 28, 35, 40)
    broken.refresh_from_db()
    assert broken.result == whole.result
    assert broken.worked > 0


def test_two_workers_on_one_backtest_count_nothing_twice(
    history: History, petra: User, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second began while the first was thought dead: whoever writes later finds that the place has moved."""
    history(40)
    backtest, read = ask(petra), history_chunk

    def read_and_be_overtaken(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(running, "history_chunk", read)
        backtest_turn(backtest.pk, seconds=1e-9)
        return read(*args, **kwargs)

    monkeypatch.setattr(running, "history_chunk", read_and_be_overtaken)
    with pytest.raises(Stopped):
        backtest_turn(backtest.pk, seconds=1e-9)
    backtest.refresh_from_db()
    assert backtest.seen == 7
    assert finish(backtest).result["seen"] == 40


def test_what_is_cancelled_is_not_worked_on(history: History, petra: User, small: int) -> None:
    history(20)
    backtest = ask(petra)
    backtest_turn(backtest.pk, seconds=1e-9)
    backtest_cancel(backtest_id=backtest.pk, user=petra)
    with pytest.raises(Stopped):
        backtest_turn(backtest.pk)
    backtest.refresh_from_db()
    assert (backtest.state, backtest.seen, backtest.result) == ("cancelled", 7, {})
    with pytest.raises(Conflict, match="ended already"):
        backtest_cancel(backtest_id=backtest.pk, user=petra)


def test_a_worker_takes_turns_until_it_is_done(history: History, petra: User, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    history(20)
    monkeypatch.setattr("workers.backtest.backtest_turn", lambda pk: backtest_turn(pk, seconds=1e-9))
    backtest = ask(petra)
    for _ in range(10):
        backtest_task(list(Job.objects.filter(task="backtest", state="ready").values_list("pk", flat=True)))
    backtest.refresh_from_db()
    assert backtest.state == "done"
    assert set(Job.objects.filter(task="backtest").values_list("state", flat=True)) == {"done"}
    assert Job.objects.filter(task="backtest").count() == 4  # three chunks, and the turn that finds the end


def test_it_gives_up_with_a_sentence(history: History, petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    history(3)

    def fail(pk: object) -> bool:
        raise ValueError("the disk is full")

    monkeypatch.setattr("workers.backtest.backtest_turn", fail)
    monkeypatch.setattr("workers.backtest.RETRY_SECONDS", -1.0)
    backtest = ask(petra)
    for _ in range(3):
        backtest_task(list(Job.objects.filter(task="backtest", state="ready").values_list("pk", flat=True)))
    backtest.refresh_from_db()
    assert backtest.state == "failed"
    assert "the disk is full" in backtest.error


def test_a_sample_is_the_same_in_every_run_and_about_as_large_as_it_says(history: History, petra: User) -> None:
    history(120)
    one, two = finish(ask(petra, share=0.1)), finish(ask(petra, share=0.1))
    assert one.result == two.result
    assert 2 <= one.seen <= 30
    assert one.result["share"] == 0.1


def test_only_the_period_and_the_source_that_were_asked_for_count(history: History, petra: User, rival: Source) -> None:
    history(8)
    history(4, source=rival)
    since = START + timedelta(hours=36)
    assert finish(ask(petra, since=since)).seen == 6
    assert finish(ask(petra, source=rival)).seen == 4
    with pytest.raises(Invalid, match="not right"):
        ask(petra, since=db_now() + timedelta(days=1))


def test_items_without_a_score_can_be_tried_by_a_rule_only(history: History, shop: Source, petra: User) -> None:
    history(2)
    item = Item.objects.create(
        source=shop, kind="review", external_id="imported", body_hash="0", payload={"text": "spam"}, created_at=START
    )
    Label.objects.create(item=item, name="spam", value=1, source="import")
    by_rule = finish(ask(petra, 'payload.text.contains("spam")')).result
    assert by_rule["matrix"]["none"]["review"] == 1
    assert (by_rule["precision"]["right"], by_rule["precision"]["of"]) == (1, 1)
    by_bars = backtest_request(asked=asked_thresholds(kind="review", thresholds=[{"label": "risk", "enforce": 0.5}]), user=petra)
    assert finish(by_bars).result["unscored"] == 1


def test_a_draft_is_tried_as_it_was_when_it_was_asked_for(history: History, petra: User) -> None:
    history(40)
    draft = policy_draft(kind="review", user=petra)
    document = {**draft.document, "thresholds": [{"label": "risk", "allow": 0.1, "enforce": 0.5}], "automation": "demo"}
    policy_edit(version_id=draft.pk, document=document, user=petra)
    backtest = backtest_request(asked=asked_policy(kind="review", number=draft.number), user=petra)
    policy_edit(version_id=draft.pk, document={**document, "thresholds": []}, user=petra)
    result = finish(backtest).result
    assert result["hits"]["count"] == 20
    assert result["queue"]["change"] < 0
    with pytest.raises(NotFound):
        asked_policy(kind="review", number=99)


def test_thresholds_are_tried_as_if_they_acted(history: History, petra: User) -> None:
    history(40, labels=True)
    asked = asked_thresholds(kind="review", thresholds=[{"label": "risk", "allow": 0.2, "enforce": 0.8}])
    result = finish(backtest_request(asked=asked, user=petra)).result
    assert result["hits"]["count"] == 8
    assert [one["why"].split(",")[0] for one in result["near_samples"]][:2] == ["risk 0.750", "risk 0.750"]
    assert result["proof"]["would:allow"] == {**result["proof"]["would:allow"], "right": 0, "of": 10}


@pytest.mark.parametrize("thresholds", [[], [{"label": "risk", "allow": 0.9, "enforce": 0.1}], [{"label": "risk"}, {"label": "risk"}]])
def test_thresholds_that_cannot_be_are_refused(ready: None, thresholds: list[dict[str, Any]]) -> None:
    with pytest.raises(Invalid):
        asked_thresholds(kind="review", thresholds=thresholds)


def test_a_model_scores_a_sample_anew(history: History, petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    history(40)
    monkeypatch.setattr(running, "MODEL_AT_MOST", 20)
    version = ModelVersion.objects.get(kind="review", state="champion")
    backtest = finish(backtest_request(asked=asked_model(kind="review", version=version.version), user=petra))
    assert 0 < backtest.share < 1
    assert 5 <= backtest.seen < 40
    assert backtest.result["judged"] == backtest.seen
    assert Score.objects.count() == 40  # nothing is stored
    with pytest.raises(Invalid, match="not right"):
        asked_model(kind="review", version="no-such")


def test_what_a_model_learnt_from_says_nothing_of_it(history: History, petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    items = history(40, labels=True)
    monkeypatch.setattr(running, "seen_by", lambda version: Seen(ids=frozenset(str(item.pk) for item in items[:30])))
    version = ModelVersion.objects.get(kind="review", state="champion")
    backtest = finish(backtest_request(asked=asked_model(kind="review", version=version.version), user=petra))
    assert (backtest.seen, backtest.result["labelled"]) == (40, 10)


def test_again_is_the_same_subject_on_history_up_to_now(history: History, petra: User, ada: User) -> None:
    history(5)
    first = finish(ask(petra))
    history(5)
    second = finish(backtest_again(backtest=first, user=ada))
    assert (first.seen, second.seen) == (5, 10)
    assert second.subject == first.subject
    assert second.requested_by == ada


def test_only_so_many_are_under_way(ready: None, petra: User) -> None:
    for _ in range(MOST_OPEN):
        last = ask(petra)
    with pytest.raises(Conflict, match="under way"):
        ask(petra)
    with pytest.raises(Conflict, match="under way"):
        backtest_again(backtest=last, user=petra)


@pytest.mark.parametrize(("when", "said"), [("score.risk >", "Line 1"), ("nothing > 3", "there is no 'nothing'"), ("", "empty")])
def test_a_rule_that_cannot_be_read_is_refused_with_the_place(ready: None, when: str, said: str) -> None:
    with pytest.raises(Invalid) as error:
        asked_rule(kind="review", when=when)
    assert said in error.value.fields["when"][0]


def test_a_quick_try_looks_at_the_newest(history: History) -> None:
    history(30)
    tried = quick_try(asked_rule(kind="review", when="true"), newest=10)
    assert (tried["seen"], tried["hits"]["count"]) == (10, 10)
    assert tried["days"][0]["day"] > "2026-03-05"


def test_a_rule_may_ask_for_the_past(shop: Source, post: Callable[..., Item]) -> None:
    for number in range(3):
        post(kind="order", payload={"amount": 10 + number, "placed_at": f"2026-01-0{number + 1}T10:00:00Z", "user_id": "u1"})
    assert quick_try(asked_rule(kind="order", when="item.past >= 2"))["hits"]["count"] == 1


def test_the_command_prints_what_the_page_shows(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    history(40, labels=True)
    call_command("backtest", "score.risk > 0.5", "--kind", "review", "--since", "2026-01-01")
    told = capsys.readouterr()
    assert "Of 18 labelled hits 18 were harmful (100 %, 81 to 100)." in told.out
    assert "40 of 40" in told.err
    assert Backtest.objects.count() == 0
    call_command("backtest", "score.risk > 0.5", "--kind", "review", "--since", "2026-01-01", "--json")
    assert '"hits"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score.risk >", "--kind", "review"], "Line 1"), (["true", "--kind", "soup"], "no kind"),
        (["true", "--kind", "review", "--since", "x"], "since"),
        (["--kind", "review"], "rule"), (["--policy", "77", "--kind", "review"], "77"),
    ],
)  # fmt: skip
def test_the_command_says_in_one_line_what_is_wrong(ready: None, words: list[str], said: str) -> None:
    with pytest.raises(CommandError) as error:
        call_command("backtest", *words)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_time_left_follows_the_pace(petra: User, ready: None) -> None:
    backtest = ask(petra)
    assert backtest.seconds_left is None
    Backtest.objects.filter(pk=backtest.pk).update(state="running", total=1000, seen=250, worked=2.0, started_at=Now())
    backtest.refresh_from_db()
    assert backtest.seconds_left == pytest.approx(6.0)
    assert backtest.done_share == 0.25
