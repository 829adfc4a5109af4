"""A version decides a share of the items first: the same items at each step, and back to the champion when it is worse."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models.functions import Now

from console.accounts.models import User
from console.alerts.selectors import alerts_open
from console.audit.models import AuditRow
from console.common.errors import Conflict, Invalid
from console.common.ids import uuid7
from console.common.jobs import job_claim
from console.common.models import Job
from console.flow import items_score
from console.intake.models import Item
from console.scores.models import Decision, Score
from console.training.models import ModelVersion, Trial, TrialBatch
from console.training.promotion import model_promote, model_rollback
from console.training.selectors import champion
from console.training.trials import STEPS, canary_finish, canary_open, canary_pace, canary_step, in_share, trial_end
from console.training.watch import LEVEL, canaries_watch, canary_facts, is_worse, looks_due
from tests.console.versions import Says, Versions

pytestmark = pytest.mark.django_db
Post = Callable[..., Item]
ScoreAll = Callable[[], None]


@pytest.fixture
def begun(versions: Versions, ada: User, petra: User) -> Callable[..., Trial]:
    """A canary that Petra proposed and Ada agreed to, at the share the test wants."""

    def _begin(share: int = 50, says: Says = lambda item: 0.5) -> Trial:
        versions.add("1", "champion", says=lambda item: 0.5)
        new = versions.add("2", parent="1", says=says)
        model_promote(version=new, user=petra, way="in_steps", reason="Finds more.")
        model_promote(version=new, user=ada)
        trial = canary_open("review")
        assert trial is not None
        assert trial.share == 1
        if share != 1:
            canary_step(trial=trial, share=share, user=ada)
        trial.refresh_from_db()
        return trial

    return _begin


def arm(trial: Trial, name: str, items: int, errors: int = 0, ms: float | None = None, batches: int = 1) -> None:
    TrialBatch.objects.bulk_create(
        TrialBatch(trial=trial, arm=name, items=items, errors=errors if n == 0 else 0, took_ms=ms) for n in range(batches)
    )


def test_an_item_that_is_in_stays_in() -> None:
    ids = [str(uuid7()) for _ in range(4000)]
    drawn = [{i for i in ids if in_share("review@2", i, percent)} for percent in STEPS]
    assert all(few < more for few, more in pairwise(drawn))
    assert [len(found) for found in drawn][-1] == 4000
    assert 900 < len(drawn[2]) < 1100
    other = {i for i in ids if in_share("review@3", i, 25)}
    assert 180 < len(other & drawn[2]) < 330  # another version draws anew


def test_it_decides_its_share_and_each_decision_names_who_decided(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    trial = begun(50)
    items = [post(f"Soup {n}.") for n in range(40)]
    score_all()
    for item in items:
        expected = "review@2" if in_share("review@2", item.pk, 50) else "review@1"
        assert Decision.objects.get(item=item).model == expected
        assert Score.objects.get(item=item).model == expected
    facts = canary_facts(trial)
    assert facts.canary.items == facts.in_step == Score.objects.filter(model="review@2").count()
    assert facts.canary.items + facts.champion.items == 40


def test_what_it_cannot_do_the_champion_does(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    def burst(item: object) -> float:
        raise RuntimeError("out of range")

    begun(100, says=burst)
    items = [post(f"Soup {n}.") for n in range(30)]
    score_all()
    assert set(Decision.objects.filter(item__in=items).values_list("model", flat=True)) == {"review@1"}
    assert not Score.objects.exclude(errors={}).exists()
    assert canaries_watch() == 1
    assert canary_open("review") is None


def test_an_item_that_killed_its_worker_goes_to_the_champion(begun: Callable[..., Trial], post: Post) -> None:
    trial, item = begun(100), post()
    job_claim(task="score_item", owner="killed", lease_seconds=0)
    items_score(jobs=job_claim(task="score_item", owner="next"))
    assert Decision.objects.get(item=item).model == "review@1"
    assert Job.objects.get(task="score_item").attempt == 2
    assert canary_facts(trial).canary.errors == 1


def test_it_is_stopped_when_it_fails_more_often(begun: Callable[..., Trial], post: Post, score_all: ScoreAll) -> None:
    begun(50, says=lambda item: None)
    for n in range(60):
        post(f"Soup {n}.")
    score_all()
    assert canaries_watch() == 1
    trial = Trial.objects.get(mode="canary")
    assert trial.end == "stopped"
    assert "could not be scored in full" in trial.why
    version = ModelVersion.objects.get(version="2")
    assert version.state == "refused"
    assert "Its canary was stopped at 50 %" in version.reasons[-1]
    alert = alerts_open(kind="review", code="canary_stopped").get()
    assert "1 decides everything again" in alert.sentence
    after = post("After the stop.")
    score_all()
    assert Decision.objects.get(item=after).model == "review@1"
    assert AuditRow.objects.filter(verb="canary.stopped").exists()


def test_it_is_stopped_when_it_is_slower_on_batches_of_the_same_size(begun: Callable[..., Trial]) -> None:
    trial = begun(5)
    arm(trial, "champion", 1, ms=10, batches=40)
    arm(trial, "champion", 31, ms=40, batches=200)  # a large batch costs less an item: no reason to stop
    arm(trial, "canary", 1, ms=15, batches=40)
    assert canaries_watch() == 0
    arm(trial, "canary", 1, ms=60, batches=400)
    assert canaries_watch() == 1
    assert "times as long as 1" in Trial.objects.get(pk=trial.pk).why


def overrule(model: str, count: int, said: str, waiting: Callable[..., object], rita: User) -> None:
    """Automatic decisions of `model` to let through, each looked at by a person who says `said`."""
    from console.cases.claiming import case_claim_one
    from console.flow import verdict_give
    from console.verdicts.services import VerdictForm

    for n in range(count):
        case = waiting(f"{model} {said} {n}")
        Score.objects.filter(item_id=case.item_id).update(model=model)  # type: ignore[attr-defined]
        Decision.objects.filter(item_id=case.item_id).update(model=model, outcome="allow", automated=True)  # type: ignore[attr-defined]
        claim = case_claim_one(case_id=case.pk, reviewer=rita)  # type: ignore[attr-defined]
        assert claim is not None
        form = VerdictForm(outcome=said, clauses=("4.4",) if said == "enforce" else ())
        verdict_give(case_id=case.pk, reviewer=rita, token=claim.token, form=form)  # type: ignore[attr-defined]


def test_it_is_stopped_when_people_overrule_it_more(begun: Callable[..., Trial], waiting: Callable[..., object], rita: User) -> None:
    trial = begun(50)
    overrule("review@1", 16, "allow", waiting, rita)
    overrule("review@2", 4, "allow", waiting, rita)
    overrule("review@2", 12, "enforce", waiting, rita)
    facts = canary_facts(trial)
    assert (facts.canary.overruled, facts.canary.judged, facts.champion.overruled, facts.champion.judged) == (12, 16, 0, 16)
    assert canaries_watch() == 1
    assert "People overruled 12 of the 16 decisions" in Trial.objects.get(pk=trial.pk).why


def test_a_canary_that_is_no_worse_is_hardly_ever_stopped() -> None:
    """Every look of 600 canaries, whose champion fails as often: at most LEVEL of them are stopped, give or take chance."""
    draw, stopped = random.Random(7), 0
    for _ in range(600):
        mine = [0, 0]
        theirs = [0, 0]
        look = 0
        while mine[1] < 400 and look >= 0:
            mine = [mine[0] + (draw.random() < 0.1), mine[1] + 1]
            theirs = [theirs[0] + (draw.random() < 0.1), theirs[1] + 1]
            if (due := looks_due(mine[1], first=20)) > look:
                look = due
                if is_worse(mine, theirs, look=due):
                    stopped, look = stopped + 1, -1
    assert stopped <= 600 * LEVEL + 5


def test_one_that_fails_three_times_as_often_is_found() -> None:
    draw, found = random.Random(3), 0
    for _ in range(50):
        bad = sum(draw.random() < 0.3 for _ in range(400))
        ok = sum(draw.random() < 0.1 for _ in range(4000))
        found += is_worse((bad, 400), (ok, 4000), look=looks_due(400, first=20))
    assert found == 50


def test_it_goes_on_by_itself_after_enough_items_and_time_until_it_serves(begun: Callable[..., Trial], ada: User) -> None:
    trial = begun(1)
    canary_pace(trial=trial, user=ada, automatic=True, min_items=100, min_hours=2)
    arm(trial, "canary", 99)
    assert canaries_watch() == 0
    arm(trial, "canary", 1)
    assert canaries_watch() == 0  # enough items, not enough time
    shares = []
    for _ in STEPS:
        Trial.objects.filter(pk=trial.pk).update(stepped_at=Now() - timedelta(hours=3))
        arm(trial, "canary", 100)
        assert canaries_watch() == 1
        trial.refresh_from_db()
        shares.append(trial.share)
    assert shares == [5, 25, 50, 100, 100]
    assert trial.end == "serves"
    serving = champion("review")
    assert serving is not None
    assert (serving.version, serving.promoted_by) == ("2", ada)
    assert [step["share"] for step in trial.steps] == [1, 5, 25, 50, 100]


def test_by_hand_it_waits_for_a_person(begun: Callable[..., Trial], ada: User) -> None:
    trial = begun(100)
    canary_pace(trial=trial, user=ada, automatic=False, min_items=20, min_hours=0)
    arm(trial, "canary", 1000)
    trial.refresh_from_db()
    assert canaries_watch() == 0
    canary_finish(trial=trial, user=ada)
    assert getattr(champion("review"), "version", "") == "2"


def test_it_may_not_serve_before_it_decided_everything(begun: Callable[..., Trial], ada: User) -> None:
    trial = begun(25)
    with pytest.raises(Conflict, match="It decides 25 % so far"):
        canary_finish(trial=trial, user=ada)
    with pytest.raises(Invalid):
        canary_step(trial=trial, share=33, user=ada)
    stale = Trial.objects.get(pk=trial.pk)
    canary_step(trial=trial, share=50, user=ada)
    with pytest.raises(Conflict, match="changed by somebody else"):
        canary_step(trial=stale, share=5, user=ada)


def test_it_neither_goes_on_nor_serves_by_what_was_true_before_somebody_held_it_back(begun: Callable[..., Trial], ada: User) -> None:
    trial = begun(100)
    seen = Trial.objects.get(pk=trial.pk)  # by the watcher, which then reads the files
    canary_step(trial=trial, share=5, user=ada)
    with pytest.raises(Conflict, match="changed by somebody else"):
        canary_finish(trial=seen, user=None)
    seen.refresh_from_db()
    canary_pace(trial=trial, user=ada, automatic=False, min_items=20, min_hours=0)
    with pytest.raises(Conflict, match="changed by somebody else"):
        canary_step(trial=seen, share=25, user=None)
    assert getattr(champion("review"), "version", "") == "1"
    assert Trial.objects.get(pk=trial.pk).share == 5


def test_ending_it_by_hand_keeps_the_version_as_a_candidate(begun: Callable[..., Trial], ada: User) -> None:
    trial = begun(25)
    trial_end(trial=trial, user=ada, why="The sale starts tomorrow.")
    assert ModelVersion.objects.get(version="2").state == "candidate"
    assert canary_open("review") is None
    with pytest.raises(Conflict, match="over already"):
        trial_end(trial=trial, user=ada)


def test_what_serves_changes_so_the_canary_is_over(begun: Callable[..., Trial], versions: Versions, ada: User) -> None:
    trial = begun(25)
    model_promote(version=versions.add("3", parent="1"), user=ada, override=True, reason="A wave of spam.")
    trial.refresh_from_db()
    assert (trial.end, trial.why) == ("overtaken", "3 began to serve.")
    assert model_rollback(kind="review", user=ada).version == "1"


def test_a_canary_whose_files_are_damaged_decides_nothing(
    begun: Callable[..., Trial], versions: Versions, post: Post, score_all: ScoreAll
) -> None:
    trial, item = begun(100), post()
    versions.damage(trial.version)
    score_all()
    assert Decision.objects.get(item=item).model == "review@1"
    assert canary_open("review") is None
    assert canaries_watch() == 1
    assert "files are damaged" in Trial.objects.get(pk=trial.pk).why
