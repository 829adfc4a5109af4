"""Decisions, statements of reasons, training runs and models over REST."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases.models import Case, Claim
from console.common.clock import db_now
from console.flow import decisions_release, verdict_give
from console.scores.models import Decision
from console.training.models import ModelVersion, TrainingRun
from console.verdicts.services import VerdictForm
from tests.console.calls import Calls, fields, of, problem, signed_in

Waiting = Callable[..., Case]


@pytest.fixture
def enforced(claimed: Callable[..., Claim], settings: Any) -> Claim:
    settings.UNDO_SECONDS = 0
    claim = claimed("Buy two, get one free: visit our shop.")
    verdict_give(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=VerdictForm(outcome="enforce", clauses=("4.4",)))
    assert decisions_release() == 1
    return claim


def test_it_lists_decisions_in_the_order_in_which_they_took_effect(shop: Source, enforced: Claim, waiting: Waiting) -> None:
    waiting("Another.")
    results = of(shop).get("decisions").json()["results"]
    assert [row["outcome"] for row in results] == ["review", "enforce", "review"]
    assert [row["effective_at"] for row in results] == sorted(row["effective_at"] for row in results)
    settled()
    pages, cursor = [], ""
    while cursor is not None:
        body = of(shop).get("decisions", limit=1, **({"cursor": cursor} if cursor else {})).json()
        pages += [row["id"] for row in body["results"]]
        cursor = body["next_cursor"]
    assert pages == [row["id"] for row in results]


def settled() -> None:
    """As if everything had been written long enough ago that nothing earlier can still be on its way."""
    Decision.objects.update(effective_at=F("effective_at") - timedelta(seconds=10))


def test_who_follows_decisions_gets_none_that_another_may_still_come_before(shop: Source, waiting: Waiting) -> None:
    calls, before = of(shop), (db_now() - timedelta(minutes=1)).isoformat()
    waiting("The first.")
    waiting("The second.")
    assert len(calls.get("decisions").json()["results"]) == 2
    cursor = calls.get("decisions", limit=1).json()["next_cursor"]
    assert calls.get("decisions", since=before).json()["results"] == []
    assert calls.get("decisions", cursor=cursor).json()["results"] == []
    settled()
    assert len(calls.get("decisions", since=before).json()["results"]) == 2


def test_the_document_says_how_decisions_are_followed(shop: Source) -> None:
    document = of(shop).get("schema/", format="json").json()
    [since] = [p for p in document["paths"]["/api/v1/decisions"]["get"]["parameters"] if p["name"] == "since"]
    assert "the newest 3 seconds are left out" in since["description"]


RULED = {
    "outcome": "review", "reason": "rule", "sentence": "The thread reads like a scam.", "rule": "scam words", "clause": "4.4",
    "label": "scam", "severity": 3, "model": "review@starter", "thresholds": {"risk": 0.9},
}  # fmt: skip
OPINION = ("clause", "label", "rule", "severity", "thresholds", "model")


def test_a_decision_does_not_tell_who_reviews_what_the_machine_thinks(shop: Source, rita: User, petra: User, waiting: Waiting) -> None:
    case = waiting()
    Decision.objects.update(**RULED)
    path = f"decisions/{Decision.objects.get().pk}"
    for calls in (of(shop, Role.MODERATOR, rita), of(shop, Role.LEAD), of(shop, Role.ADMIN), signed_in(rita)):
        for row in (calls.get(path).json(), calls.get("decisions").json()["results"][0]):
            assert not any(row[name] for name in OPINION)
            assert "scam" not in json.dumps(row)
    for calls in (of(shop), of(shop, Role.POLICY, petra)):
        assert calls.get(path).json()["rule"] == "scam words"
        assert calls.get("decisions").json()["results"][0]["sentence"] == RULED["sentence"]
    Case.objects.filter(pk=case.pk).update(state="closed")
    assert signed_in(rita).get(path).json()["label"] == "scam"


def test_the_statement_of_a_machine_waits_while_a_person_decides_anew(shop: Source, rita: User, waiting: Waiting) -> None:
    case = waiting()
    Decision.objects.update(outcome="enforce", automated=False, statement={"decision_ground": "x"})
    path = f"decisions/{Decision.objects.get().pk}/statement"
    assert signed_in(rita).get(path).status_code == 200  # a verdict is a person's
    score = case.item.scores.get()
    Decision.objects.update(automated=True, score=score, model="review@starter")
    problem(signed_in(rita).get(path), 404, "not_yet")
    assert of(shop).get(path).status_code == 200


def test_it_lists_what_took_effect_since_a_time(shop: Source, enforced: Claim, waiting: Waiting) -> None:
    settled()
    since = (db_now() - timedelta(seconds=9)).isoformat()
    case = waiting("Later.")
    Decision.objects.filter(item=case.item).update(effective_at=F("effective_at") - timedelta(seconds=5))
    results = of(shop).get("decisions", since=since).json()["results"]
    assert [row["item"] for row in results] == [str(case.item_id)]
    assert of(shop).get("decisions", outcome="allow").json()["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"outcome": "maybe"},
        {"cursor": "WzEsMl0"},
        {"since": "2026-13-45T00:00:00Z"},
        {"since": "0166-06-12T17:31:04+16:27"},
    ],
)
def test_it_refuses_a_filter_that_it_does_not_know(shop: Source, query: dict[str, str]) -> None:
    assert fields(problem(of(shop).get("decisions", **query), 400)) == set(query)


def test_it_does_not_tell_a_held_decision(shop: Source, claimed: Callable[..., Claim]) -> None:
    claim = claimed()
    verdict_give(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=VerdictForm(outcome="allow"))
    assert [row["outcome"] for row in of(shop).get("decisions").json()["results"]] == ["review"]


def test_it_gives_the_statement_of_reasons(shop: Source, enforced: Claim) -> None:
    calls = of(shop)
    row = next(row for row in calls.get("decisions").json()["results"] if row["outcome"] == "enforce")
    body = calls.get(f"decisions/{row['id']}/statement").json()
    assert row["statement_url"].endswith(f"/api/v1/decisions/{row['id']}/statement")
    statement = body["statement"]
    assert statement["incompatible_content_ground"].startswith("4.4 ")
    assert statement["automated_decision"] in ("AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED")
    assert body["application_date"]
    assert calls.get(f"decisions/{row['id']}").json()["id"] == row["id"]


def test_a_decision_that_restricts_nothing_has_no_statement(shop: Source, enforced: Claim) -> None:
    calls = of(shop)
    row = next(row for row in calls.get("decisions").json()["results"] if row["outcome"] == "review")
    problem(calls.get(f"decisions/{row['id']}/statement"), 404, "no_statement")


def test_another_source_does_not_see_decisions(shop: Source, rival: Source, enforced: Claim) -> None:
    row = of(shop).get("decisions").json()["results"][0]
    assert of(rival).get("decisions").json()["results"] == []
    problem(of(rival).get(f"decisions/{row['id']}"), 404)
    problem(of(rival).get(f"decisions/{row['id']}/statement"), 404)


@pytest.fixture
def ada_calls(shop: Source, ada: User) -> Calls:
    return of(shop, Role.ADMIN, ada)


def test_it_starts_a_training_run_and_shows_it(ada_calls: Calls, ready: None, ada: User) -> None:
    answer = ada_calls.post("training/runs", {"kind": "review", "trainer": "quick"})
    assert answer.status_code == 201, answer.content
    run = TrainingRun.objects.get()
    assert (str(run.pk), run.trigger, run.requested_by) == (answer.json()["id"], "api", ada)
    assert [row["id"] for row in ada_calls.get("training/runs", kind="review").json()["results"]] == [str(run.pk)]
    shown = ada_calls.get(f"training/runs/{run.pk}").json()
    assert (shown["id"], shown["stages"], shown["log"]) == (str(run.pk), [], None), "the log quotes all sources: no token reads it"
    problem(ada_calls.post("training/runs", {"kind": "review"}), 409)


@pytest.mark.parametrize(("body", "field"), [({}, "kind"), ({"kind": "poem"}, "kind"), ({"kind": "review", "trainer": "magic"}, "trainer")])
def test_it_refuses_a_run_that_cannot_be(ada_calls: Calls, ready: None, body: dict[str, str], field: str) -> None:
    assert fields(problem(ada_calls.post("training/runs", body), 400)) == {field}
    assert not TrainingRun.objects.exists()


@pytest.fixture
def versions(ready: None, settings: Any, tmp_path: Path) -> dict[str, ModelVersion]:
    """Two whole bundles of a kind: one retired champion, one that serves now."""
    from scoring.artifacts import write_bundle

    settings.HOME = tmp_path
    ModelVersion.objects.filter(kind="contact").delete()
    made = {}
    for version, state in (("t-1", "retired"), ("t-2", "champion"), ("t-3", "candidate")):
        bundle = write_bundle(
            tmp_path / "models" / version, kind="contact", version=version, trainer="test", labels=("email",),
            fill=lambda folder: (folder / "a.txt").write_text("a") and None,
        )  # fmt: skip
        made[version] = ModelVersion.objects.create(
            kind="contact", version=version, state=state, path=f"models/{version}", checksum=bundle.checksum, trainer="test", parent="t-2",
            promoted_at=Now() if state != "candidate" else None,
        )  # fmt: skip
    return made


def test_it_lists_models(ada_calls: Calls, versions: dict[str, ModelVersion]) -> None:
    rows = ada_calls.get("models", kind="contact").json()["results"]
    assert [row["model"] for row in rows] == ["contact@t-3", "contact@t-2", "contact@t-1"]
    assert ada_calls.get("models/contact@t-1").json()["state"] == "retired"
    problem(ada_calls.get("models/contact@t-9"), 404)
    problem(ada_calls.get("models/%00"), 404)
    problem(ada_calls.get("models", kind="poem"), 400)


def test_two_people_promote_and_one_rolls_back(ada_calls: Calls, versions: dict[str, ModelVersion], shop: Source, petra: User) -> None:
    proposed = of(shop, Role.POLICY, petra).post("models/t-3/promote", {"reason": "Better on the frozen test."})
    assert proposed.status_code == 200, proposed.content
    assert (proposed.json()["state"], proposed.json()["proposed_by"]) == ("candidate", "petra")
    problem(of(shop, Role.POLICY, petra).post("models/t-3/promote"), 409, "needs_second_person")
    answer = ada_calls.post("models/t-3/promote")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["proposed_by"]) == ("champion", None)
    problem(ada_calls.post("models/contact@t-3/promote"), 409)
    back = ada_calls.post("models/contact@t-3/rollback", {"reason": "Too strict."})
    assert back.status_code == 200, back.content
    assert back.json()["version"] == "t-2"
    problem(ada_calls.post("models/contact@t-3/rollback"), 409, "not_champion")


def test_one_alone_promotes_only_as_an_admin_and_with_a_reason(
    ada_calls: Calls, versions: dict[str, ModelVersion], shop: Source, petra: User
) -> None:
    problem(of(shop, Role.POLICY, petra).post("models/t-3/promote", {"override": True, "reason": "Ours."}), 403, "needs_admin")
    assert fields(problem(ada_calls.post("models/t-3/promote", {"override": True}), 400)) == {"reason"}
    assert ada_calls.post("models/t-3/promote", {"override": True, "reason": "The only one here."}).json()["state"] == "champion"


def test_it_is_tried_in_shadow_and_in_steps(ada_calls: Calls, versions: dict[str, ModelVersion], shop: Source, petra: User) -> None:
    problem(ada_calls.get("models/contact@t-3/shadow"), 404)
    assert fields(problem(ada_calls.post("models/contact@t-3/shadow", {"share": 0}), 400)) == {"share"}
    shadow = ada_calls.post("models/contact@t-3/shadow", {"share": 25})
    assert (shadow.status_code, shadow.json()["share"], shadow.json()["scored"]) == (201, 25, 0)
    problem(ada_calls.post("models/contact@t-1/shadow"), 409, "trial_open")
    assert ada_calls.get("models/contact@t-3").json()["trials"][0]["mode"] == "shadow"
    assert ada_calls.send("DELETE", "models/contact@t-3/shadow").status_code == 204
    of(shop, Role.POLICY, petra).post("models/t-3/promote", {"way": "in_steps"})
    assert ada_calls.post("models/t-3/promote").json()["trials"][0]["share"] == 1
    assert fields(problem(ada_calls.post("models/contact@t-3/canary"), 400)) == {"share"}
    problem(ada_calls.post("models/contact@t-3/canary", {"serve": True}), 409, "not_all_yet")
    stepped = ada_calls.post("models/contact@t-3/canary", {"share": 100}).json()
    assert (stepped["share"], stepped["canary"]["items"], stepped["time_ratio"]) == (100, 0, None)
    assert ada_calls.post("models/contact@t-3/canary", {"serve": True}).json()["end"] == "serves"
    assert ModelVersion.objects.get(version="t-3").state == "champion"
    problem(ada_calls.send("DELETE", "models/contact@t-3/canary"), 409, "trial_ended")


def test_it_refuses_to_promote_a_damaged_bundle(ada_calls: Calls, versions: dict[str, ModelVersion], tmp_path: Path) -> None:
    (tmp_path / "models" / "t-3" / "a.txt").write_text("b")
    problem(ada_calls.post("models/t-3/promote"), 409, "damaged")
    assert ModelVersion.objects.get(version="t-2").state == "champion"


def test_who_may_train_and_promote(shop: Source, ready: None, lena: User, petra: User) -> None:
    assert of(shop, Role.LEAD, lena).get("models").status_code == 200
    for calls in (of(shop), of(shop, Role.MODERATOR)):
        problem(calls.get("models"), 403)
        problem(calls.get("training/runs"), 403)
    for calls in (of(shop), of(shop, Role.MODERATOR), of(shop, Role.LEAD, lena)):
        problem(calls.post("training/runs", {"kind": "review"}), 403)
    assert of(shop, Role.POLICY, petra).post("training/runs", {"kind": "review"}).status_code == 201
    for calls in (of(shop), of(shop, Role.MODERATOR), of(shop, Role.LEAD, lena)):
        problem(calls.post("models/review@starter/promote"), 403)
        problem(calls.post("models/review@starter/rollback"), 403)
    problem(of(shop, Role.POLICY, petra).post("models/review@starter/rollback"), 403)
    problem(of(shop, Role.LEAD, lena).get(f"training/runs/{uuid.uuid4()}"), 404)


def test_the_statement_uses_names_of_the_transparency_database() -> None:
    from console.enforcement import statements

    names = {value for _, value in statements.RESTRICTIONS.values()} | {name for pair in statements.CATEGORIES.values() for name in pair}
    assert names <= set(json.loads((Path(__file__).parent / "dsa_names.json").read_text()))
