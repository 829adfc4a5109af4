"""A version scores beside the champion: after the item was decided, on a share of the traffic, seen by no reviewer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import User
from console.cases.claiming import case_claim_one
from console.cases.models import Case
from console.common.errors import Conflict, Invalid
from console.common.models import Job
from console.flow import shadow_turn, verdict_give
from console.intake.models import Item
from console.policies.services import policy_activate, policy_draft
from console.scores.models import Decision, Score
from console.training import shadow
from console.training.models import ShadowScore, Trial
from console.training.shadow_report import shadow_report
from console.training.trials import in_share, shadow_salt, shadow_start, trial_end
from console.verdicts.services import VerdictForm
from tests.console.versions import Says, Versions

pytestmark = pytest.mark.django_db
Post = Callable[..., Item]
ScoreAll = Callable[[], None]
LOW, MIDDLE, HIGH = 0.001, 0.5, 0.999


def by_word(item: object) -> float:
    """What a text says is what the champion says of it."""
    text = item.payload["text"]  # type: ignore[attr-defined]
    return HIGH if "high" in text else LOW if "low" in text else MIDDLE


@pytest.fixture
def begun(versions: Versions, ada: User, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trial]:
    monkeypatch.setattr(shadow, "LAG", timedelta())

    def _begin(says: Says = lambda item: MIDDLE, share: int = 100) -> Trial:
        versions.add("1", "champion", says=by_word)
        trial = shadow_start(version=versions.add("2", parent="1", says=says), user=ada, share=share)
        people_decide = policy_draft(kind="review", user=ada, automation=False)
        policy_activate(version_id=people_decide.pk, user=ada)
        return trial

    return _begin


def turn() -> int:
    return shadow_turn(lane="light", seconds=60)


def test_it_scores_after_the_decision_and_changes_nothing(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    trial = begun(says=lambda item: HIGH)
    items = [post("Quite low."), post("In the middle.")]
    score_all()
    before = list(Decision.objects.order_by("pk").values())
    assert turn() == 2
    assert turn() == 0  # once each
    assert list(Decision.objects.order_by("pk").values()) == before
    assert not Score.objects.filter(model="review@2").exists()
    low = ShadowScore.objects.get(trial=trial, item=items[0])
    assert (low.stands, low.band, round(low.gap, 3)) == ("allow", "enforce", 0.998)


def test_it_takes_its_share_and_no_more(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    trial = begun(share=30)
    items = [post(f"Soup {n}.") for n in range(40)]
    score_all()
    turn()
    drawn = {item.pk for item in items if in_share(shadow_salt(trial), item.pk, 30)}
    assert set(ShadowScore.objects.values_list("item_id", flat=True)) == drawn
    assert shadow_report(trial).dropped == 0


def test_what_it_cannot_keep_up_with_is_let_go_and_counted(
    begun: Callable[..., Trial], post: Post, score_all: ScoreAll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "ROOM", 5)
    monkeypatch.setattr(shadow, "WINDOW", 4)
    trial = begun()
    items = [post(f"Soup {n}.") for n in range(20)]
    score_all()
    assert turn() == 5
    report = shadow_report(trial)
    assert (report.scored, report.dropped) == (5, 15)
    assert set(ShadowScore.objects.values_list("item_id", flat=True)) == {item.pk for item in items[-5:]}  # the newest


def test_an_item_that_waits_comes_first(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    trial = begun()
    post("In the middle.")
    score_all()
    post("This one waits.")
    assert turn() == 0
    score_all()
    assert turn() == 1  # the first was let go
    assert shadow_report(trial).dropped == 1


def test_a_shadow_that_fails_harms_nobody(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    def burst(item: object) -> float:
        raise RuntimeError("out of range")

    trial, item = begun(says=burst), post()
    score_all()
    assert turn() == 0
    assert shadow_report(trial).dropped == 1
    assert Job.objects.get(subject=str(item.pk)).state == "done"


def test_nothing_on_the_way_of_an_item_knows_of_it(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    begun()
    post()
    with CaptureTables() as tables:
        score_all()
    assert not any("shadowscore" in sql for sql in tables)


class CaptureTables(list[str]):
    def __enter__(self) -> CaptureTables:
        self._wrapper = connection.execute_wrapper(self._note)
        self._wrapper.__enter__()
        return self

    def _note(self, execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        self.append(sql)
        return execute(sql, params, many, context)

    def __exit__(self, *error: object) -> None:
        self._wrapper.__exit__(*error)  # type: ignore[arg-type]


def test_the_report_adds_up(begun: Callable[..., Trial], post: Post, score_all: ScoreAll, rita: User, ada: User) -> None:
    trial = begun(says=lambda item: HIGH if "and wrong" in item.payload["text"] else by_word(item))
    for n in range(6):
        post(f"Quite low {n}.")
    for n in range(3):
        post(f"Quite low and wrong {n}.")
    for n in range(4):
        post(f"In the middle {n}.")
    score_all()
    turn()
    Trial.objects.filter(pk=trial.pk).update(started_at=Now() - timedelta(days=1))
    trial.refresh_from_db()
    report = shadow_report(trial)
    assert (report.scored, report.agree, report.otherwise) == (13, 10, 3)
    assert dict(report.matrix) == {("allow", "allow"): 6, ("allow", "enforce"): 3, ("review", "review"): 4}
    assert report.agree_interval[0] < 10 / 13 < report.agree_interval[1]
    assert report.queue is not None
    assert report.queue.change == 0
    assert report.queue.low < 0 < report.queue.high
    assert round(report.queue.per_day) == 13
    assert {row.item.payload["text"][:19] for row in report.largest} == {"Quite low and wrong"}
    case = Case.objects.filter(item__payload__text__icontains="and wrong").first()
    assert case is not None
    claim = case_claim_one(case_id=case.pk, reviewer=rita)
    assert claim is not None
    verdict_give(case_id=case.pk, reviewer=rita, token=claim.token, form=VerdictForm(outcome="allow"))
    report = shadow_report(trial)
    assert (report.judged, report.champion.decided, report.champion.otherwise) == (1, 1, 0)
    assert (report.challenger.decided, report.challenger.otherwise) == (1, 1)
    assert report.challenger.interval[1] == 1.0


def test_the_queue_grows_by_what_only_the_new_one_asks_about(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    trial = begun(says=lambda item: MIDDLE)
    for n in range(30):
        post(f"Quite low {n}.")
    score_all()
    turn()
    Trial.objects.filter(pk=trial.pk).update(started_at=Now() - timedelta(days=2))
    trial.refresh_from_db()
    queue = shadow_report(trial).queue
    assert queue is not None
    assert round(queue.change) == 15  # 30 items in two days, each of them now asked about
    assert 8 < queue.low < 15


def test_no_reviewer_sees_it(begun: Callable[..., Trial], post: Post, score_all: ScoreAll, rita: User) -> None:
    begun(says=lambda item: 0.876)
    item = post("In the middle.")
    score_all()
    turn()
    assert ShadowScore.objects.get().risk == 0.876
    client = Client()
    client.force_login(rita)
    for address in (f"/items/{item.pk}/", f"/api/v1/items/{item.pk}"):
        response = client.get(address)
        assert response.status_code == 200
        assert b"0.876" not in response.content
        assert b"review@2" not in response.content


def test_it_needs_a_champion_and_there_is_one_at_a_time(begun: Callable[..., Trial], versions: Versions, ada: User) -> None:
    lonely = versions.add("0", says=by_word)
    with pytest.raises(Conflict, match="Nothing serves yet"):
        shadow_start(version=lonely, user=ada)
    trial = begun()
    with pytest.raises(Conflict, match="Another shadow of this kind"):
        shadow_start(version=lonely, user=ada)
    with pytest.raises(Invalid):
        shadow_start(version=lonely, user=ada, share=0)
    trial_end(trial=trial, user=ada)
    assert shadow_start(version=lonely, user=ada).share == 10


def test_a_damaged_shadow_scores_nothing(begun: Callable[..., Trial], versions: Versions, post: Post, score_all: ScoreAll) -> None:
    trial = begun()
    post()
    score_all()
    versions.damage(trial.version)
    assert turn() == 0
    trial.version.refresh_from_db()
    assert "head.json" in trial.version.damage
    assert not ShadowScore.objects.exists()
